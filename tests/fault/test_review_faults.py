"""Crash points 78 to 80: a file read and not reviewed, a review around its commit, a confirmation around its commit."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from core.money import Money
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.models import EvidenceRecord
from ledger.record import describe_file
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.models import Contract
from performance.policy import ObligationKind, PartyRole
from performance.review.errors import ReviewConfirmed
from performance.review.models import ContractReview
from performance.review.pdf_text import read_contract
from performance.review.service import ReviewService
from signing.models import Document
from tests.support.clock import FixedClock
from tests.support.contract_papers import drawn, sample
from tests.support.crashes import Crash, CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault

FAULTS = pytest.mark.parametrize("fault", ["lost", "applied"])


class Stage:
    """A purchaser with one uploaded contract, and its supplier."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock) -> None:
        self.unit_of_work, self.objects = unit_of_work, objects
        self.today = clock.now().date()
        self.usccs = [code + uscc_check_character(code) for code in ("11610800016037001", "91610802MA7000001")]
        kinds = (OrganisationKind.GOVERNMENT, OrganisationKind.ENTERPRISE)
        owners = [self._organisation(*each) for each in zip(self.usccs, kinds, strict=True)]
        scopes = frozenset({Scope.CONTRACTS_READ, Scope.CONTRACTS_WRITE})
        self.actor = Actor(owners[0], OrganisationKind.GOVERNMENT, "yulin", uuid4(), scopes)
        self.document_id = self._document(drawn(sample("d01-office-computers").text))

    def service(self, unit_of_work: UnitOfWorkFactory | None = None, objects: Objects | None = None) -> ReviewService:
        return ReviewService(unit_of_work or self.unit_of_work, objects or self.objects, read_contract, "Dingyue test")

    def confirm(self, service: ReviewService, review_id: UUID) -> None:
        service.confirm(self.actor, review_id, self._elements(), acknowledged=[])

    def counts(self) -> tuple[int, int, int]:
        """Reviews, contracts, and evidence of either."""
        with self.unit_of_work() as uow:
            reviews = uow.session.scalars(select(ContractReview)).all()
            contracts = uow.session.scalars(select(Contract)).all()
            records = [str(row.record) for row in uow.session.scalars(select(EvidenceRecord))]
        kinds = ("contract.reviewed", "contract.draft_confirmed")
        return len(reviews), len(contracts), sum(any(kind in record for kind in kinds) for record in records)

    def _organisation(self, uscc: str, kind: OrganisationKind) -> UUID:
        with self.unit_of_work() as uow:
            row = Organisation(id=uow.new_id(), name=uscc, uscc=uscc, kind=kind, region="yulin", created_at=uow.now)
            uow.session.add(row)
        return row.id

    def _document(self, data: bytes) -> UUID:
        described = describe_file("合同.pdf", "application/pdf", data)
        with self.unit_of_work() as uow:
            row = Document(
                id=uow.new_id(),
                organisation_id=self.actor.organisation_id,
                created_by=None,
                name=described.name,
                size=described.size,
                sha256=described.sha256,
                sm3=described.sm3,
                object_key=self.objects.put(data),
                pages=1,
                created_at=uow.now,
            )
            uow.session.add(row)
        return row.id

    def _elements(self) -> ContractElements:
        contact = (ContactElement("联系人", "13900000001"),)
        roles = (PartyRole.PURCHASER, PartyRole.SUPPLIER)
        parties = tuple(
            PartyElement(role, "某单位", uscc, contact) for role, uscc in zip(roles, self.usccs, strict=True)
        )
        delivery = ObligationElement(ObligationKind.DELIVERY, "交付", PartyRole.SUPPLIER, self.today)
        return ContractElements(
            title="政府采购合同",
            class_code="government_procurement",
            parties=parties,
            obligations=(replace(delivery, due_on=self.today.replace(year=self.today.year + 1)),),
            amount=Money.parse("480000.00"),
        )


@pytest.fixture
def stage(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock) -> Stage:
    return Stage(unit_of_work, objects, clock)


def dying(engine: Engine, clock: FixedClock, fault: Fault, at: int) -> UnitOfWorkFactory:
    plan = CrashPlan(at, fault)

    def begin() -> UnitOfWork:
        return CrashingUnitOfWork(engine, clock, plan)

    return begin


@FAULTS
def test_a_file_that_was_read_and_not_reviewed_leaves_nothing(stage: Stage, fault: Fault) -> None:
    victim = stage.service(objects=CrashingObjects(stage.objects, CrashPlan(0, fault)))
    with pytest.raises(Crash):
        victim.review(stage.actor, stage.document_id)
    assert stage.counts() == (0, 0, 0)
    stage.service().review(stage.actor, stage.document_id)
    assert stage.counts() == (1, 0, 1)


@FAULTS
def test_a_review_is_there_with_its_evidence_or_not_at_all(
    stage: Stage, engine: Engine, clock: FixedClock, fault: Fault
) -> None:
    with pytest.raises(Crash):  # the first unit of work only reads the document's row
        stage.service(dying(engine, clock, fault, at=1)).review(stage.actor, stage.document_id)
    assert stage.counts() == ((1, 0, 1) if fault == "applied" else (0, 0, 0))
    clock.advance(timedelta(seconds=1))  # ids of one millisecond sort by chance
    again = stage.service().review(stage.actor, stage.document_id).review
    newest = stage.service().reviews(stage.actor, stage.document_id, limit=1).items[0]
    assert newest.id == again.id  # whoever heard nothing asks again; the same rules say the same


@FAULTS
def test_a_confirmation_enters_the_contract_once(stage: Stage, engine: Engine, clock: FixedClock, fault: Fault) -> None:
    review_id = stage.service().review(stage.actor, stage.document_id).review.id
    with pytest.raises(Crash):
        stage.confirm(stage.service(dying(engine, clock, fault, at=0)), review_id)
    assert stage.counts() == ((1, 1, 2) if fault == "applied" else (1, 0, 1))
    if fault == "applied":  # who didn't hear of it confirms again, and learns that it is done
        with pytest.raises(ReviewConfirmed):
            stage.confirm(stage.service(), review_id)
    else:
        stage.confirm(stage.service(), review_id)
    assert stage.counts() == (1, 1, 2)
