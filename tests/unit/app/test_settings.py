"""Settings refuse what would be wrong in production, and what nobody knows."""

import pytest
from pydantic import ValidationError

from app.settings import Settings, load_settings

GOOD = {
    "DINGYUE_MODE": "production",
    "DINGYUE_BASE_URL": "https://dingyue.example/",
    "DINGYUE_RUN_DIRECTORY": "/tmp",  # noqa: S108 - nothing is written there
    "DINGYUE_DATABASE__URL": "postgresql+psycopg://dingyue_service@db/dingyue",
    "DINGYUE_BROKER__URL": "redis://redis:6379/0",
    "DINGYUE_OBJECTS__URL": "s3://bucket/dingyue",
    "DINGYUE_SECRETS__MASTER_KEY": "ab" * 32,
    "DINGYUE_LOG__ORIGIN": "dingyue.example/log",
    "DINGYUE_CHAIN__RPC_URL": "http://node:8545",
    "DINGYUE_CHAIN__CHAIN_ID": "20261122",
    "DINGYUE_CHAIN__NAME": "consortium",
    "DINGYUE_MESSAGES__CHANNEL": "twilio",
    "DINGYUE_MESSAGES__TWILIO__ACCOUNT_SID": "AC0",
    "DINGYUE_MESSAGES__TWILIO__AUTH_TOKEN": "secret-token",
    "DINGYUE_MESSAGES__TWILIO__FROM_NUMBER": "+8613800000000",
}


def settings_from(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    for key, value in {**GOOD, **changes}.items():
        if value is None:
            monkeypatch.delenv(key, raising=False)
        else:
            monkeypatch.setenv(key, value)
    return load_settings()


def test_complete_settings_are_taken_and_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_from(monkeypatch)
    assert settings.base_url == "https://dingyue.example"
    assert settings.secrets.read() == b"\xab" * 32
    with pytest.raises(ValidationError):
        settings.port = 1


NO_CHAIN = dict.fromkeys(key for key in GOOD if key.startswith("DINGYUE_CHAIN__"))
VALIDATORS = f"0x{'aB' * 20},0x{'cd' * 20}"


def chain(number: int, chain_id: int, **more: str) -> dict[str, str]:
    facts = {"RPC_URL": f"http://node-{number}", "CHAIN_ID": str(chain_id), "NAME": f"chain {number}", **more}
    return {f"DINGYUE_CHAINS__{number}__{key}": value for key, value in facts.items()}


def test_chains_are_one_or_several_or_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    both = chain(0, 5, FINALITY="12", CONTRACT="0x" + "ab" * 20) | chain(1, 7, MAXIMUM_FEE_WEI="0")
    with monkeypatch.context() as one:
        assert [each.chain_id for each in settings_from(one).all_chains] == [20261122]
    with monkeypatch.context() as three:
        assert [each.chain_id for each in settings_from(three, **both).all_chains] == [20261122, 5, 7]
    with monkeypatch.context() as two:
        first, second = settings_from(two, **NO_CHAIN, **both).all_chains
        assert (first.finality, second.finality, second.maximum_fee_wei) == ("12", "tag", 0)
    with monkeypatch.context() as listed:
        found = settings_from(
            listed, **NO_CHAIN, DINGYUE_CHAINS='[{"rpc_url": "http://node", "chain_id": 9, "name": "listed"}]'
        )
        assert [each.chain_id for each in found.all_chains] == [9]


def test_seals_need_validators(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_from(monkeypatch, DINGYUE_CHAIN__FINALITY="seals", DINGYUE_CHAIN__VALIDATORS=VALIDATORS).all_chains
    assert found[0].validators == VALIDATORS


def test_checkpoints_may_have_further_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_from(
        monkeypatch,
        DINGYUE_LOG__TIMESTAMPS__0__URL="https://tsa.example",
        DINGYUE_LOG__TIMESTAMPS__0__ROOTS_FILE="/roots.pem",
    )
    assert [each.url for each in found.log.timestamps] == ["https://tsa.example"]


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(settings_from(monkeypatch))
    assert "secret-token" not in shown
    assert "abab" not in shown


@pytest.mark.parametrize(
    "change",
    [
        {"DINGYUE_CLOCK__OFFSET_FILE": "/tmp/clock.json"},  # noqa: S108 - refused before it is read
        {"DINGYUE_MESSAGES__CHANNEL": "console"},
        {"DINGYUE_CHAIN__IS_DEVELOPMENT": "true"},
        NO_CHAIN,
        chain(0, 20261122),
        chain(1, 5),
        chain(0, 5, IS_DEVELOPMENT="true"),
        chain(0, 5, FINALITY="seals"),
        chain(0, 5, VALIDATORS=VALIDATORS),
        chain(0, 5, FINALITY="seals", VALIDATORS=f"{VALIDATORS},0x{'Ab' * 20}"),
        chain(0, 5, FINALITY="seals", VALIDATORS="0x12"),
        chain(0, 5, CONTRACT="0x12"),
        chain(0, 5, MAXIMUM_FEE_WEI="-1"),
        {"DINGYUE_LOG__TIMESTAMPS__0__URL": "https://tsa.example"},
        {"DINGYUE_SECRETS__MASTER_KEY": None},
        {"DINGYUE_MESSAGES__TWILIO__ACCOUNT_SID": None},
        {"DINGYUE_DATABASE__URL": None},
        {"DINGYUE_DATABASE__URLS": "x"},
        {"DINGYUE_DEBUG": "1"},
    ],
)
def test_what_is_wrong_in_production_is_refused(monkeypatch: pytest.MonkeyPatch, change: dict[str, str | None]) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_from(monkeypatch, **change)


@pytest.mark.parametrize("key", ["ab", "zz" * 32, ""])
def test_a_bad_master_key_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_from(monkeypatch, DINGYUE_SECRETS__MASTER_KEY=key).secrets.read()
