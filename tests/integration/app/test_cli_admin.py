"""`dingyue admin` against a real database, as an operator types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli_admin import admin
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core import ids
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import EvidenceRecord
from ledger.service import LedgerService
from signing.pki.models import Certificate
from tests.support.clock import FixedClock
from tests.support.installation import set_installation
from tests.support.pki import PKIDesk

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, SecretBox(OLD), clock)


@pytest.fixture
def environment(
    desk: PKIDesk, postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """Settings of a stack whose database is the test's."""
    set_installation(monkeypatch, postgres.url(SERVICE_ROLE), tmp_path, master_key=OLD)
    return monkeypatch


def run(*arguments: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(admin, [*arguments, "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_certificates_are_listed_and_revoked(
    environment: pytest.MonkeyPatch, desk: PKIDesk, unit_of_work: UnitOfWorkFactory
) -> None:
    certificate_id = ids.public(ids.CERTIFICATE, desk.seal_certificate())
    [seal] = run("certificates", "list", "--kind", "organisation_seal")
    assert (seal["id"], seal["state"]) == (certificate_id, "valid")
    revoked = run("certificates", "revoke", certificate_id, "--reason", "cessation_of_operation")
    assert (revoked["state"], revoked["reason"]) == ("revoked", "cessation_of_operation")
    assert [each["id"] for each in run("certificates", "list", "--revoked")] == [certificate_id]
    with unit_of_work() as uow:
        [record] = uow.session.scalars(select(EvidenceRecord).where(EvidenceRecord.subject_id == certificate_id))
    assert b"command_line_user" in record.record

    people = CliRunner().invoke(admin, ["certificates", "list", "--kind", "organisation_seal"])
    assert "revoked" in people.stdout
    assert "cessation_of_operation" in people.stdout


def test_the_anchoring_account_is_rotated(environment: pytest.MonkeyPatch) -> None:
    first = run("anchor-writer", "rotate", "--chain", "31337")
    again = run("anchor-writer", "rotate", "--chain", "31337")
    assert (first["is_new"], again["is_new"], again["successor"]) == (True, False, first["successor"])
    (chain,) = run("anchor-writer", "list")
    assert (chain["chain_id"], chain["writer"], chain["error_code"]) == (31337, first["successor"], None)
    assert run("anchor-writer", "rotate", "--chain", "1", exit_code=1)["code"] == "unknown_chain"
    shown = CliRunner().invoke(admin, ["anchor-writer", "rotate", "--chain", "31337"])
    assert first["successor"] in shown.output
    assert "两天后生效" in shown.output
    assert "31337" in CliRunner().invoke(admin, ["anchor-writer", "list"]).output


def test_refusals_say_why(environment: pytest.MonkeyPatch, unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        root = uow.session.scalars(select(Certificate.id).where(Certificate.kind == "root")).one()
    revoke = ("certificates", "revoke")
    refused = run(*revoke, ids.public(ids.CERTIFICATE, root), "--reason", "superseded", exit_code=1)
    assert refused["code"] == "root_not_revocable"
    assert run(*revoke, "nonsense", "--reason", "superseded", exit_code=1)["code"] == "invalid_id"
    for wrong in (["--reason", "because"], ["--reason", "superseded", "--invalid-since", "2026-11-25"]):
        result = CliRunner().invoke(admin, [*revoke, ids.public(ids.CERTIFICATE, root), *wrong])
        assert result.exit_code == 2, result.output


def test_the_master_key_is_changed(environment: pytest.MonkeyPatch, desk: PKIDesk) -> None:
    environment.setenv("DINGYUE_SECRETS__MASTER_KEY", NEW.hex())
    assert run("rewrap-keys", exit_code=1)["code"] == "unreadable_secret"
    environment.setenv("DINGYUE_SECRETS__PREVIOUS_MASTER_KEY", OLD.hex())
    assert run("rewrap-keys") == {"rewrapped": 4}
    environment.delenv("DINGYUE_SECRETS__PREVIOUS_MASTER_KEY")
    assert run("rewrap-keys") == {"rewrapped": 0}
    assert "0 " in CliRunner().invoke(admin, ["rewrap-keys"]).stdout


def test_the_log_s_key_is_rotated_once_until_it_has_signed(
    environment: pytest.MonkeyPatch, unit_of_work: UnitOfWorkFactory, tmp_path: Path
) -> None:
    objects = Objects.at(f"file://{tmp_path / 'objects'}")
    ledger = LedgerService(unit_of_work, objects, SecretBox(OLD), "dingyue.test/log")
    assert run("log-key", "rotate", exit_code=1)["code"] == "log_key_missing"
    ledger.ensure_log_key()

    first = run("log-key", "rotate", "--overlap-days", "7")
    again = run("log-key", "rotate")
    waiting = run("log-key", "list")
    ledger.sequence_pending()

    assert (first["is_new"], again["is_new"]) == (True, False)
    assert again["successor"] == first["successor"]
    assert [each["vkey"] for each in waiting] == [first["predecessor"], first["successor"]] == ledger.vkeys()
    assert [each["first_size"] for each in waiting] == [0, None]
    assert [each["first_size"] for each in run("log-key", "list")] == [0, 1]
    assert run("log-key", "rotate")["predecessor"] == first["successor"]
