"""`dingyue trust`: what an operator publishes and a user looks at, with the witnesses in it."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError
from typer.testing import CliRunner

from app.cli_trust import trust
from app.composition import build
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from app.settings import load_settings
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.verifier.trust import parse_trust
from tests.support.clock import FixedClock
from tests.support.installation import set_installation
from tests.support.pki import PKIDesk

MASTER_KEY = b"m" * 32


def vkey(name: str, seed: bytes, signature_type: int = COSIGNATURE_V1) -> str:
    return str(VerifierKey.of(name, Ed25519PrivateKey.from_private_bytes(seed * 32), signature_type))


@pytest.fixture
def environment(
    unit_of_work: UnitOfWorkFactory,
    clock: FixedClock,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> pytest.MonkeyPatch:
    """An installation with two witnesses, both of whom evidence needs."""
    desk = PKIDesk.set_up(unit_of_work, SecretBox(MASTER_KEY), clock)
    assert desk.pki.roots()
    set_installation(monkeypatch, postgres.url(SERVICE_ROLE), tmp_path, master_key=MASTER_KEY)
    for number, name in enumerate(("notary.test", "court.test")):
        monkeypatch.setenv(f"DINGYUE_LOG__WITNESSES__{number}__URL", f"https://{name}/witness")
        monkeypatch.setenv(f"DINGYUE_LOG__WITNESSES__{number}__VKEY", vkey(name, name[:1].encode()))
    monkeypatch.setenv("DINGYUE_LOG__WITNESS_QUORUM", "2")
    return monkeypatch


def test_the_file_names_the_witnesses_and_their_quorum(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    application = build(load_settings())
    application.services.ledger.ensure_log_key()
    application.close()
    file = tmp_path / "trust.json"

    exported = CliRunner().invoke(trust, ["export", str(file)])
    shown = CliRunner().invoke(trust, ["show", str(file)])

    assert exported.exit_code == shown.exit_code == 0, exported.output
    assert exported.stdout.strip() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert exported.stdout.strip() in shown.stdout
    found = parse_trust(json.loads(file.read_bytes()))
    assert (found.witness_quorum, [key.name for key in found.witness_keys]) == (2, ["notary.test", "court.test"])
    assert "2 of 2 (notary.test, court.test)" in shown.stdout


def test_what_is_no_trust_file_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    for content in (b"", b"[]", b'{"v": 1}', b"\xff"):
        file.write_bytes(content)
        shown = CliRunner().invoke(trust, ["show", str(file)])
        assert shown.exit_code == 1
        assert shown.output
    assert CliRunner().invoke(trust, ["show", str(tmp_path / "none")]).exit_code == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"WITNESS_QUORUM": "3"}, "at most the number of witnesses"),
        ({"WITNESSES__1__VKEY": vkey("court.test", b"n")}, "a key and a name of its own"),
        ({"WITNESSES__1__VKEY": vkey("notary.test", b"c")}, "a key and a name of its own"),
        ({"WITNESSES__1__VKEY": vkey("dingyue.test/log", b"c")}, "isn't named like the log"),
        ({"WITNESSES__1__VKEY": vkey("court.test", b"c", 1)}, "signature type 4"),
        ({"WITNESSES__1__VKEY": "court.test"}, "vkey"),
        ({"WITNESSES__1__URL": "file:///etc/passwd"}, "pattern"),
    ],
)
def test_witnesses_that_are_none_are_refused_at_start(
    environment: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    for name, value in changed.items():
        environment.setenv(f"DINGYUE_LOG__{name}", value)
    with pytest.raises(ValidationError, match=said):
        load_settings()
