"""`dingyue admin evidence` against a real database, as an operator types it."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from app.cli_admin import admin
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedPostgres
from core import ids
from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import EvidenceErasure, EvidenceRecord
from ledger.record import StoredFile, Subject, describe_file
from ledger.service import record_evidence
from tests.support.app import settings
from tests.support.ledger import register_organisation

DATA = b"to be forgotten"


@pytest.fixture
def machine(postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Settings of a stack whose database is the test's, owner and all."""
    for name, value in settings(tmp_path).model_dump(mode="json", exclude_unset=True).items():
        for key, each in value.items() if isinstance(value, dict) else ((None, value),):
            monkeypatch.setenv(f"DINGYUE_{name}{'__' + key if key else ''}".upper(), str(each))
    monkeypatch.setenv("DINGYUE_SECRETS__MASTER_KEY", "00" * 32)
    monkeypatch.setenv("DINGYUE_DATABASE__URL", postgres.url(SERVICE_ROLE))
    monkeypatch.setenv("DINGYUE_DATABASE__OWNER_URL", postgres.url(OWNER_ROLE))
    monkeypatch.setenv("LOGNAME", "wang")
    return monkeypatch


@pytest.fixture
def evidence_id(unit_of_work: UnitOfWorkFactory, objects: Objects, machine: pytest.MonkeyPatch) -> UUID:
    stored = StoredFile(describe_file("a.pdf", "application/pdf", DATA), objects.put(DATA))
    actor = register_organisation(unit_of_work)
    with unit_of_work() as uow:
        return record_evidence(
            uow,
            type="test.filed",
            subject=Subject("document", "doc_1"),
            organisation_ids=[actor.organisation_id],
            facts={},
            files=[stored],
        )


def run(*arguments: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(admin, ["evidence", *arguments, "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def erase(evidence_id: UUID, *, exit_code: int = 0) -> Any:
    told = ("--reason", "consent_withdrawn", "--reference", "2026-118")
    return run("erase", ids.public(ids.EVIDENCE, evidence_id), *told, exit_code=exit_code)


def test_evidence_is_held_released_and_erased(
    evidence_id: UUID, unit_of_work: UnitOfWorkFactory, objects: Objects, machine: pytest.MonkeyPatch
) -> None:
    public = ids.public(ids.EVIDENCE, evidence_id)
    hold = run("hold", public, "--case-number", "2026-7", "--authority", "人民法院", "--subject")["id"]
    assert erase(evidence_id, exit_code=1)["code"] == "evidence_held"
    assert run("release", hold, "--reference", "2026-8", exit_code=1)["code"] == "hold_needs_another_person"
    machine.setenv("LOGNAME", "li")
    run("release", hold, "--reference", "2026-8")

    assert erase(evidence_id) == {"erased": public, "deleted_files": 1, "kept_files": 0}

    assert erase(evidence_id)["deleted_files"] == 1  # again: nothing more happens
    with unit_of_work() as uow:
        assert uow.session.get(EvidenceRecord, evidence_id) is None
        erasure = uow.session.get_one(EvidenceErasure, evidence_id)
    assert (erasure.ground, erasure.reference, erasure.erased_by) == (
        "consent_withdrawn",
        "2026-118",
        "command_line:li",
    )
    with pytest.raises(ObjectMissing):
        objects.get(erasure.object_keys[0])


def test_people_are_told_in_two_languages(evidence_id: UUID) -> None:
    told = ["--reason", "other_law", "--reference", "2026-118"]
    done = CliRunner().invoke(admin, ["evidence", "erase", ids.public(ids.EVIDENCE, evidence_id), *told])
    assert done.exit_code == 0, done.output
    assert "已删除" in done.stdout
    assert "is erased" in done.stdout


def test_without_the_owner_nothing_is_erased(
    evidence_id: UUID, machine: pytest.MonkeyPatch, unit_of_work: UnitOfWorkFactory
) -> None:
    machine.delenv("DINGYUE_DATABASE__OWNER_URL")
    assert erase(evidence_id, exit_code=1)["code"] == "erasure_needs_owner"
    with unit_of_work() as uow:
        assert uow.session.get(EvidenceRecord, evidence_id) is not None


@pytest.mark.parametrize("wrong", [["--reason", "because"], ["--reference", "张三"], ["--reference", "for 7 of us"]])
def test_wrong_usage(evidence_id: UUID, wrong: list[str]) -> None:
    told = ["--reason", "other_law", "--reference", "2026-118", *wrong]
    result = CliRunner().invoke(admin, ["evidence", "erase", ids.public(ids.EVIDENCE, evidence_id), *told])
    assert result.exit_code == 2, result.output


def test_what_is_not_there_is_said_so(machine: pytest.MonkeyPatch, unit_of_work: UnitOfWorkFactory) -> None:
    assert erase(UUID(int=7), exit_code=1)["code"] == "evidence_not_found"
    assert run("hold", "nonsense", "--case-number", "1", "--authority", "x", exit_code=1)["code"] == "invalid_id"
    nothing = f"hld_{'0' * 32}"
    assert run("release", nothing, "--reference", "1", exit_code=1)["code"] == "hold_not_found"
