"""Risk reviews on the real database: stored once, told in evidence, confirmed by a person (R5)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from accounts.errors import ScopeMissing
from accounts.policy import Actor
from core.sandbox import Sandbox
from ledger.models import EvidenceRecord
from ledger.record import describe_file
from performance.errors import ContractNotFound, PartiesIncomplete
from performance.models import Contract
from performance.review import errors
from performance.review.pdf_text import ContractReader, SandboxedContractReader, read_contract
from performance.review.rules import VERSION
from performance.review.service import ReviewDossier, ReviewService
from signing.models import Document
from tests.support.clock import FixedClock
from tests.support.contract_papers import drawn, sample, scanned

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

CLEAN, FLAWED = "d01-office-computers", "d02-printers-flawed"


@dataclass(slots=True)
class Desk:
    world: "World"
    service: ReviewService

    def upload(self, data: bytes) -> UUID:
        """A document of the purchaser, as signing stores it."""
        described = describe_file("合同.pdf", "application/pdf", data)
        with self.world.unit_of_work() as uow:
            row = Document(
                id=uow.new_id(),
                organisation_id=self.world.purchaser.organisation_id,
                created_by=None,
                name=described.name,
                size=described.size,
                sha256=described.sha256,
                sm3=described.sm3,
                object_key=self.world.objects.put(data),
                pages=1,
                created_at=uow.now,
            )
            uow.session.add(row)
        return row.id

    def review(self, name: str) -> ReviewDossier:
        return self.service.review(self.world.purchaser, self.upload(drawn(sample(name).text)))

    def confirm(self, review_id: UUID, actor: Actor | None = None, **what: Any) -> Any:
        elements = what.pop("elements", None) or self.world.elements()
        acknowledged = what.pop("acknowledged", [])
        return self.service.confirm(actor or self.world.purchaser, review_id, elements, acknowledged=acknowledged)

    def evidence(self, record_type: str) -> list[str]:
        with self.world.unit_of_work() as uow:
            records = [str(each.record) for each in uow.session.scalars(select(EvidenceRecord))]
        return [each for each in records if record_type in each]

    def contracts(self) -> list[Contract]:
        with self.world.unit_of_work() as uow:
            return list(uow.session.scalars(select(Contract)))


@pytest.fixture
def desk(world: "World") -> Desk:
    return Desk(world, ReviewService(world.unit_of_work, world.objects, read_contract, "Dingyue test"))


def test_a_review_is_stored_with_its_rules_and_told_in_evidence(desk: Desk) -> None:
    about = desk.review(FLAWED)
    row = about.review
    assert (row.outcome, row.rules_version, row.software) == ("findings", VERSION, "Dingyue test")
    assert about.confirmation is None
    assert {each["case"] for each in row.findings} == sample(FLAWED).findings
    again = desk.service.read_review(desk.world.purchaser, row.id).review
    assert (again.findings, again.draft) == (row.findings, row.draft)
    (record,) = desk.evidence("contract.reviewed")
    assert row.document_sha256 in record
    assert "R03.words_differ" in record
    assert "米脂县" not in record  # the contract's words stay with those who may read the review


def test_each_finding_quotes_the_page(desk: Desk) -> None:
    (finding,) = [each for each in desk.review(FLAWED).review.findings if each["case"] == "R03.words_differ"]
    span = finding["span"]
    assert (span["page"], span["quote"]) == (1, "叁拾万元整（¥360,000.00")
    assert "叁拾万" not in finding["zh"]
    assert "300000.00" in finding["zh"]


def test_the_same_document_reviewed_twice_is_two_reviews_with_one_result(desk: Desk, clock: FixedClock) -> None:
    document_id = desk.upload(drawn(sample(CLEAN).text))
    first = desk.service.review(desk.world.purchaser, document_id).review
    clock.advance(timedelta(seconds=1))  # ids of one millisecond sort by chance
    second = desk.service.review(desk.world.purchaser, document_id).review
    assert (first.findings, first.draft) == (second.findings, second.draft)
    page = desk.service.reviews(desk.world.purchaser, document_id, limit=1)
    assert [row.id for row in page.items] == [second.id]
    rest = desk.service.reviews(desk.world.purchaser, document_id, cursor=page.next_cursor)
    assert [row.id for row in rest.items] == [first.id]


def test_a_scan_is_unreadable_and_never_clear(desk: Desk) -> None:
    row = desk.service.review(desk.world.purchaser, desk.upload(scanned(pages=2))).review
    assert (row.outcome, row.pages, row.findings, row.draft) == ("unreadable", 2, [], {})
    assert row.reading["unreadable_pages"] == [1, 2]
    assert len(row.reading["not_checked"]) == 22


def test_strangers_find_neither_document_nor_review(desk: Desk) -> None:
    row = desk.review(CLEAN).review
    outsider = desk.world.supplier
    with pytest.raises(errors.ReviewDocumentNotFound):
        desk.service.review(outsider, row.document_id)
    with pytest.raises(errors.ReviewDocumentNotFound):
        desk.service.reviews(outsider, row.document_id)
    with pytest.raises(errors.ReviewNotFound):
        desk.service.read_review(outsider, row.id)
    with pytest.raises(errors.ReviewNotFound):
        desk.confirm(row.id, outsider)
    with pytest.raises(ScopeMissing):
        desk.service.review(replace(desk.world.purchaser, scopes=frozenset()), row.document_id)


def test_a_person_confirms_and_what_they_changed_is_on_record(desk: Desk) -> None:
    row = desk.review(CLEAN).review
    dossier, confirmed = desk.confirm(row.id, elements=desk.world.elements(number="YLCZ-2026-0031"))
    contract = dossier.file.contract
    assert (contract.number, contract.amount_minor) == ("YLCZ-2026-0031", 48000000)
    changed = {each["field"]: (each["drafted"], each["entered"]) for each in confirmed.changes}
    assert changed["title"] == ("政府采购合同", "办公设备政府采购合同")
    assert changed["signed_on"] == ("2026-03-05", None)
    assert "amount" not in changed
    assert "number" not in changed
    title = "乙方应当在本合同签订之日起30日内将货物交付至甲方办公楼三楼机房，运费由乙方承担"
    assert changed["obligations[1]"][0] == f"delivery | supplier | {title} | 2026-04-07 | -"
    history = desk.world.service.history(desk.world.purchaser, contract.id, limit=200).items
    assert {"draft_confirmed", "draft.title", "draft.obligations[1]"} <= {each.change for each in history}
    assert all(each.person_id == desk.world.purchaser.person_id for each in history if each.change.startswith("draft"))
    assert len(desk.evidence("contract.draft_confirmed")) == 1
    assert desk.service.read_review(desk.world.purchaser, row.id).confirmation is not None


def test_a_program_cant_confirm(desk: Desk) -> None:
    row = desk.review(CLEAN).review
    with pytest.raises(errors.ReviewPersonRequired):
        desk.confirm(row.id, replace(desk.world.purchaser, person_id=None))
    assert desk.contracts() == []


def test_findings_of_high_severity_must_be_acknowledged_by_key(desk: Desk) -> None:
    row = desk.review(FLAWED).review
    high = sorted(each["key"] for each in row.findings if each["severity"] == "high")
    with pytest.raises(errors.FindingsUnacknowledged) as refused:
        desk.confirm(row.id, acknowledged=high[1:])
    assert refused.value.facts["keys"] == high[0]
    assert desk.contracts() == []
    _, confirmed = desk.confirm(row.id, acknowledged=high)
    assert confirmed.acknowledged == high


def test_pages_that_cant_be_read_must_be_looked_at(desk: Desk) -> None:
    row = desk.service.review(desk.world.purchaser, desk.upload(scanned(pages=1))).review
    with pytest.raises(errors.PagesUnacknowledged):
        desk.confirm(row.id)
    _, confirmed = desk.confirm(row.id, acknowledged=["unreadable_pages"])
    assert len(confirmed.changes) == 9  # all that was entered: nothing was drafted


def test_a_refused_entry_leaves_the_draft_open(desk: Desk) -> None:
    row = desk.review(CLEAN).review
    broken = replace(desk.world.elements(), parties=desk.world.elements().parties[:1])
    with pytest.raises(PartiesIncomplete):
        desk.confirm(row.id, elements=broken)
    assert desk.contracts() == []
    assert desk.confirm(row.id)[1].review_id == row.id


def test_a_draft_is_confirmed_once_however_many_try(desk: Desk) -> None:
    row = desk.review(CLEAN).review

    def attempt(number: int) -> str:
        try:
            desk.confirm(row.id, elements=desk.world.elements(number=f"N-{number}"))
        except errors.ReviewConfirmed:
            return "refused"
        return "confirmed"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["confirmed", "refused", "refused", "refused"]
    assert len(desk.contracts()) == 1
    assert len(desk.evidence("contract.draft_confirmed")) == 1


def test_the_counterparty_sees_the_contract_and_not_the_review(desk: Desk) -> None:
    row = desk.review(CLEAN).review
    dossier, _ = desk.confirm(row.id)
    with pytest.raises(ContractNotFound):  # a draft binds nobody yet
        desk.world.service.contract(desk.world.supplier, dossier.file.contract.id)
    with pytest.raises(errors.ReviewNotFound):
        desk.service.read_review(desk.world.supplier, row.id)


@pytest.fixture(scope="module")
def sandbox() -> Any:
    started = Sandbox()
    yield started
    started.close()


def test_the_sandbox_reads_what_this_process_reads(sandbox: Sandbox) -> None:
    data = drawn(sample("d16-fertiliser").text)
    inside: ContractReader = SandboxedContractReader(sandbox)
    assert inside(data).pages == read_contract(data).pages


@pytest.mark.parametrize("data", [b"no PDF at all", b"%PDF-1.7\n%%EOF\n"])
def test_what_the_parser_chokes_on_is_said_so(sandbox: Sandbox, data: bytes) -> None:
    read: Callable[[bytes], Any] = SandboxedContractReader(sandbox)
    with pytest.raises(errors.ReviewTextNotRead) as refused:
        read(data)
    assert refused.value.facts["what"] == "TaskFailed"
