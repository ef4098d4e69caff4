"""A package from a real database, log, time-stamp authority and chain, checked by the offline verifier."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pypdfium2
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from typer.testing import CliRunner

from accounts.policy import Actor
from api import problems
from api.deps import current_actor
from api.routes import packages as routes
from app.cli import cli
from app.cli_verify import verify_command
from app.embedded import REPOSITORY, EmbeddedChain
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import EvidenceNotAnchored, EvidenceNotFound
from ledger.package.errors import PackageRefused
from ledger.package.service import PackageService
from ledger.package.trust import RootCertificates
from ledger.record import Subject
from ledger.service import LedgerService
from ledger.verifier.timestamp import TokenInvalid, canonical_token, verify_token
from ledger.verifier.verdict import ExitCode
from ledger.verifier.verify import verify_package
from signing.pki.service import PKIService
from tests.support.anchors import CADENCE, AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.evidence import StubAuthority, members_of
from tests.support.evidence import pki as foreign_pki
from tests.support.http import InProcessClient
from tests.support.ledger import ERASURE, eraser, record_many, register_organisation
from tests.support.packages import (
    CONTRACT,
    ENVELOPE,
    package_service,
    record_contract,
    settle,
    stamped_ledger,
    trial_authority,
)


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    return trial_authority(unit_of_work, secrets, clock)


@pytest.fixture
def anchored(
    ledger: LedgerService, pki: PKIService, actor: Actor, chain: EmbeddedChain, clock: FixedClock
) -> AnchoredLedger:
    return stamped_ledger(ledger, pki, actor, chain, clock)


@pytest.fixture
def packages(anchored: AnchoredLedger, pki: PKIService) -> PackageService:
    return package_service(anchored, pki)


@pytest.fixture
def recorded(anchored: AnchoredLedger, packages: PackageService) -> AnchoredLedger:
    record_contract(anchored, packages)
    settle(anchored)
    return anchored


def test_a_contracts_package_holds_offline(recorded: AnchoredLedger, packages: PackageService) -> None:
    package = packages.build(recorded.actor, CONTRACT)
    verdict = verify_package(package.data, packages.trust())
    assert verdict.exit_code is ExitCode.HOLDS
    with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
        names = archive.namelist()
        trust = json.loads(archive.read("trust/trust.json"))
    assert [name for name in names if name.startswith("documents/")] == ["documents/采购合同.pdf"]
    assert sum(name.endswith("record.json") for name in names) == 4, "the envelope's records come along"
    assert trust == packages.trust()
    assert any("development chain" in limit.en for limit in verdict.not_proven)


def test_erasing_a_record_leaves_every_other_proof(
    recorded: AnchoredLedger, packages: PackageService, owner_engine: Engine, objects: Objects
) -> None:
    """The package from before still holds, and so does a new one: without the person, with who erased what."""
    before = packages.build(recorded.actor, CONTRACT)
    signed = recorded.ledger.list_records(recorded.actor, ENVELOPE)[1]
    eraser(owner_engine, recorded.clock, objects).erase(signed.id, ERASURE)
    recorded.clock.advance(CADENCE)
    settle(recorded)

    after = packages.build(recorded.actor, CONTRACT)

    for package in (before, after):
        assert verify_package(package.data, packages.trust()).exit_code is ExitCode.HOLDS
    with zipfile.ZipFile(io.BytesIO(after.data)) as archive:
        records = [archive.read(name) for name in archive.namelist() if name.endswith("record.json")]
    assert sorted(json.loads(record)["type"] for record in records) == [
        "contract.registered",
        "envelope.completed",
        "envelope.sent",
        "evidence.erased",
    ]
    assert not any(b"13812345678" in record for record in records)
    assert list(recorded.ledger.examine()) == []


def test_the_anchor_is_the_smallest_that_covers_all(recorded: AnchoredLedger, packages: PackageService) -> None:
    recorded.settle(recorded.grow(5))
    verdict = verify_package(packages.build(recorded.actor, CONTRACT).data, packages.trust())
    assert next(check for check in verdict.checks if check.number == "8a").facts["size"] == 4


def test_the_block_hash_is_the_chains(recorded: AnchoredLedger, packages: PackageService, tmp_path: Path) -> None:
    """Also through the command line, with the node asked."""
    package, trust = tmp_path / "p.asice", tmp_path / "trust.json"
    package.write_bytes(packages.build(recorded.actor, ENVELOPE).data)
    trust.write_text(json.dumps(packages.trust()))
    cli.command("verify")(verify_command)
    runner = CliRunner()
    arguments = ["verify", str(package), "--trust", str(trust)]
    asked = runner.invoke(cli, [*arguments, "--rpc", recorded.chain.url, "--json"])
    assert asked.exit_code == 0, asked.output
    assert {check["number"]: check["status"] for check in json.loads(asked.stdout)["checks"]}["8b"] == "pass"
    block = json.loads(members_of(package.read_bytes())["anchors/evm.json"])["block_hash"]
    looked_up = runner.invoke(cli, [*arguments, "--block-hash", block])
    assert (looked_up.exit_code, "✔ 8b" in looked_up.stdout) == (0, True)
    assert runner.invoke(cli, [*arguments, "--block-hash", "0x" + "0" * 64]).exit_code == 1
    assert runner.invoke(cli, [*arguments, "--rpc", "http://127.0.0.1:9"]).exit_code == 2
    people = runner.invoke(cli, arguments)
    assert people.exit_code == 0
    assert "What is not proven" in people.stdout


def test_the_command_needs_nothing_but_the_two_files(
    recorded: AnchoredLedger, packages: PackageService, tmp_path: Path
) -> None:
    package, trust, junk = tmp_path / "p.asice", tmp_path / "trust.json", tmp_path / "junk"
    package.write_bytes(packages.build(recorded.actor, ENVELOPE).data)
    trust.write_text(json.dumps(packages.trust()))
    junk.write_bytes(b"PK\x03\x04 nothing of ours")

    def verify(file: Path, trust_file: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "app.cli", "verify", str(file), "--trust", str(trust_file), "--json"]
        environment = {"PATH": "", "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    good = verify(package, trust)
    assert (good.returncode, good.stderr) == (0, "")
    bad = verify(junk, trust)
    assert bad.returncode == 3
    assert json.loads(bad.stdout)["en"] == "This isn't an evidence package (ASiC-E)."
    assert verify(package, junk).returncode == 3
    assert verify(tmp_path / "missing", trust).returncode == 3


def test_the_report_names_who_signed(recorded: AnchoredLedger, packages: PackageService) -> None:
    package = packages.build(recorded.actor, CONTRACT)
    verdict = verify_package(package.data, packages.trust())
    signatures = next(check for check in verdict.checks if check.number == "3").facts["signatures"]
    [signature, document_timestamp] = signatures["采购合同.pdf"]
    assert signature["revocation"] == "good"
    assert document_timestamp["time_source"] == "document_timestamp"
    assert any("trial" in limit.en for limit in verdict.not_proven)
    with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
        report = pypdfium2.PdfDocument(archive.read("report/report.en.pdf"))
    text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in report)
    report.close()
    assert signature["serial_number"] in text
    assert "trialCA" in text


def test_reports_say_what_the_parts_are(recorded: AnchoredLedger, packages: PackageService) -> None:
    package = packages.build(recorded.actor, CONTRACT)
    with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
        reports = {name: archive.read(name) for name in archive.namelist() if name.startswith("report/")}
        guide = archive.read("VERIFY.md").decode()
    for report in reports.values():
        with pikepdf.open(io.BytesIO(report)) as pdf:
            assert package.number in str(pdf.docinfo["/Title"])
            assert "/AcroForm" in pdf.Root
    assert package.number in guide
    assert "@" not in guide.replace("@v1", "")


def test_nothing_is_handed_out_before_the_anchor_is_final(anchored: AnchoredLedger, packages: PackageService) -> None:
    record_contract(anchored, packages)
    with pytest.raises(EvidenceNotAnchored):
        packages.build(anchored.actor, CONTRACT)
    anchored.ledger.sequence_pending()
    with pytest.raises(EvidenceNotAnchored):
        packages.build(anchored.actor, CONTRACT)


def test_a_newer_record_waits_for_the_next_anchor(recorded: AnchoredLedger, packages: PackageService) -> None:
    record_many(recorded.ledger.unit_of_work, recorded.actor, 1, Subject("contract", CONTRACT))
    with pytest.raises(EvidenceNotAnchored):
        packages.build(recorded.actor, CONTRACT)


def test_another_organisations_evidence_is_not_found(
    recorded: AnchoredLedger, packages: PackageService, unit_of_work: UnitOfWorkFactory
) -> None:
    stranger = register_organisation(unit_of_work, region="610000")
    with pytest.raises(EvidenceNotFound):
        packages.build(stranger, CONTRACT)
    with pytest.raises(EvidenceNotFound):
        packages.build(recorded.actor, "ctr_" + "9" * 32)


def test_a_package_our_own_verifier_refuses_is_not_handed_out(
    recorded: AnchoredLedger, packages: PackageService
) -> None:
    unsealed = replace(packages, sealer=SimpleNamespace(seal_report=lambda pdf, reason: pdf + reason.encode()[:0]))
    with pytest.raises(PackageRefused):
        unsealed.build(recorded.actor, CONTRACT)


# Files somebody notarised


def test_files_notarised_as_they_were_found(anchored: AnchoredLedger, packages: PackageService) -> None:
    """One that is no sound PDF, kept; and one that was seen and not kept: neither keeps its holder from a package."""

    def notarised(name: str, *, keeps_content: bool) -> str:
        record = anchored.ledger.notarise_file(
            anchored.actor,
            name=name,
            media_type="application/pdf",
            content=io.BytesIO(b"%PDF-1.7 " + name.encode()),
            stated={},
            keeps_content=keeps_content,
        )
        return record.subject.id

    kept, seen = notarised("kept.pdf", keeps_content=True), notarised("seen.pdf", keeps_content=False)
    settle(anchored)
    verdict = verify_package(packages.build(anchored.actor, kept, seen).data, packages.trust())
    assert verdict.exit_code is ExitCode.HOLDS
    said = " ".join(limit.en for limit in verdict.not_proven)
    assert "kept.pdf (malformed)" in said
    assert "didn't keep" in said


# Time-stamps


def test_the_tokens_of_several_authorities(
    ledger: LedgerService, pki: PKIService, actor: Actor, chain: EmbeddedChain, clock: FixedClock
) -> None:
    second = StubAuthority(clock.now() + timedelta(minutes=1), "another authority")
    anchored = stamped_ledger(ledger, pki, actor, chain, clock)
    anchored = replace(anchored, ledger=replace(anchored.ledger, timestamp_authorities=(pki.timestamps, second)))
    service = package_service(anchored, pki)
    roots = RootCertificates(service.roots().signing, (*service.roots().timestamp, foreign_pki().timestamp_root.pem))
    service = replace(service, roots=lambda: roots)
    record_contract(anchored, service)
    settle(anchored)
    anchored.ledger.ensure_timestamp(4)
    clock.advance(timedelta(minutes=2))
    package = service.build(actor, CONTRACT).data
    trust = service.trust()
    verdict = verify_package(package, trust)
    stamps = next(check for check in verdict.checks if check.number == "7")
    assert verdict.exit_code is ExitCode.HOLDS
    assert set(stamps.facts) == {"anchors/checkpoint.tsr", "anchors/checkpoint.2.tsr", "META-INF/timestamp.tst"}
    ours = trust | {"certificates": trust["certificates"] | {"timestamp_roots": list(service.roots().timestamp[:-1])}}
    less = verify_package(package, ours)
    assert less.exit_code is ExitCode.HOLDS, "one trusted authority is enough"
    assert next(c for c in less.checks if c.number == "7").facts["authorities_not_trusted"] == [
        "anchors/checkpoint.2.tsr"
    ]


def test_openssl_accepts_the_time_assertion(recorded: AnchoredLedger, packages: PackageService, tmp_path: Path) -> None:
    """As VERIFY.md tells its reader: an implementation that isn't ours, over the member as `unzip` takes it out."""
    with zipfile.ZipFile(io.BytesIO(packages.build(recorded.actor, CONTRACT).data)) as archive:
        archive.extractall(tmp_path)
    roots = tmp_path / "roots.pem"
    roots.write_text("".join(packages.roots().timestamp))

    def verify(token: str, data: str) -> "subprocess.CompletedProcess[str]":
        at = str(int(recorded.clock.now().timestamp()))
        command = ["openssl", "ts", "-verify", "-token_in", "-in", token, "-data", data, "-CAfile", str(roots)]
        return subprocess.run([*command, "-attime", at], cwd=tmp_path, capture_output=True, text=True, check=False)

    for token, data in (
        ("META-INF/timestamp.tst", "META-INF/ASiCManifest.xml"),
        ("anchors/checkpoint.tsr", "anchors/checkpoint"),
    ):
        assert "Verification: OK" in verify(token, data).stdout, verify(token, data).stderr
    assert verify("META-INF/timestamp.tst", "VERIFY.md").returncode != 0


# Over HTTP


@pytest.fixture
def client(recorded: AnchoredLedger, packages: PackageService) -> InProcessClient:
    application = FastAPI()
    application.state.services = SimpleNamespace(packages=packages)
    application.include_router(routes.router, prefix="/v1")
    application.dependency_overrides[current_actor] = lambda: recorded.actor
    problems.install(application)
    return InProcessClient(application)


def test_a_party_downloads_a_package_and_the_trust_file(client: InProcessClient) -> None:
    trust: dict[str, Any] = client.get("/v1/trust").json()
    answer = client.get(f"/v1/evidence-packages/{CONTRACT}?also={ENVELOPE}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.etsi.asic-e+zip"
    assert answer.headers["content-disposition"].endswith('.asice"')
    assert verify_package(answer.content, trust).exit_code is ExitCode.HOLDS


@pytest.mark.parametrize(("subject", "status"), [("ctr_" + "9" * 32, 404), ("nonsense", 422), ("ctr_%00", 422)])
def test_bad_subjects_get_a_problem(client: InProcessClient, subject: str, status: int) -> None:
    answer = client.get(f"/v1/evidence-packages/{subject}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


# The built-in authority


def test_no_byte_of_a_built_in_token_can_change(pki: PKIService) -> None:
    """Its signatures are ECDSA; the unit tests do the same with another authority's RSA."""
    digest, roots = hashlib.sha256(b"what is stamped").digest(), list(pki.roots())
    token = pki.timestamps.timestamp(digest)
    assert canonical_token(token) == token
    verify_token(token, digest, roots)
    for position in range(len(token)):
        changed = bytearray(token)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(TokenInvalid):
            verify_token(bytes(changed), digest, roots)
