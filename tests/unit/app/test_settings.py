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
        {"DINGYUE_SECRETS__MASTER_KEY": None},
        {"DINGYUE_MESSAGES__TWILIO__ACCOUNT_SID": None},
        {"DINGYUE_DATABASE__URL": None},
        {"DINGYUE_DATABASE__URLS": "x"},
        {"DINGYUE_DEBUG": "1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_wrong_in_production_is_refused(monkeypatch: pytest.MonkeyPatch, change: dict[str, str | None]) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_from(monkeypatch, **change)


@pytest.mark.parametrize("key", ["ab", "zz" * 32, ""])
def test_a_bad_master_key_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_from(monkeypatch, DINGYUE_SECRETS__MASTER_KEY=key).secrets.read()
