"""A small world for the register: two parties, their region's regulator, and somebody who has no business there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from core.clock import china_day
from core.money import Money
from core.objects import Objects
from core.outbox import OutboxEvent
from core.unit_of_work import UnitOfWorkFactory
from ledger.record import describe_file
from ledger.verifier.pades import verify_pdf
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.models import ContractHistory, Obligation
from performance.policy import ObligationKind, PartyRole
from performance.reading import ContractDossier
from performance.service import PerformanceService
from performance.supervision.service import SupervisionService
from performance.suspensions.policy import SuspensionGround
from performance.suspensions.service import SuspensionService
from performance.variations.models import Variation
from performance.variations.policy import Terms
from performance.variations.service import VariationService
from signing.events import EnvelopeCompleted, SignedDocument, SignerFact
from signing.models import Document, Envelope
from tests.support.clock import FixedClock


def uscc(first_17: str) -> str:
    return first_17 + uscc_check_character(first_17)


@dataclass(slots=True)
class World:
    """Organisations as actors, the service, and what a test keeps asking for."""

    service: PerformanceService
    supervision: SupervisionService
    variations: VariationService
    suspensions: SuspensionService
    unit_of_work: UnitOfWorkFactory
    objects: Objects
    clock: FixedClock
    purchaser: Actor
    supplier: Actor
    regulator: Actor
    outsider: Actor
    usccs: dict[UUID, str]
    roots: list[bytes]

    @property
    def today(self) -> date:
        return china_day(self.clock.now())

    def pass_days(self, days: int) -> date:
        self.clock.advance(timedelta(days=days))
        return self.today

    def document(self, actor: Actor, name: str = "验收单.pdf", data: bytes | None = None) -> UUID:
        """A document of the actor's organisation, as signing stores it."""
        data = data or f"%PDF-1.7 {name} {uuid4()}".encode()
        described = describe_file(name, "application/pdf", data)
        with self.unit_of_work() as uow:
            document = Document(
                id=uow.new_id(),
                organisation_id=actor.organisation_id,
                created_by=None,
                name=name,
                size=described.size,
                sha256=described.sha256,
                sm3=described.sm3,
                object_key=self.objects.put(data),
                pages=1,
                created_at=uow.now,
            )
            uow.session.add(document)
        return document.id

    def envelope(self, actor: Actor, state: str = "in_progress") -> UUID:
        with self.unit_of_work() as uow:
            envelope = Envelope(
                id=uow.new_id(),
                organisation_id=actor.organisation_id,
                created_by=None,
                title="政府采购合同",
                state=state,
                language="zh",
                external_id=None,
                custom={},
                revision=0,
                expires_at=uow.now + timedelta(days=30),
                created_at=uow.now,
            )
            uow.session.add(envelope)
        return envelope.id

    def elements(self, **changes: Any) -> ContractElements:
        """A procurement contract of 480,000 CNY: delivery in 10 days, payments in 20 and 40."""
        whole = ContractElements(
            title="办公设备政府采购合同",
            class_code="government_procurement",
            amount=Money.parse("480000.00"),
            summary="台式计算机 80 台",
            parties=(
                PartyElement(
                    PartyRole.PURCHASER,
                    "榆林市示范区财政局",
                    self.usccs[self.purchaser.organisation_id],
                    (ContactElement("王采购", "13900000001", "wang@example.cn"),),
                ),
                PartyElement(
                    PartyRole.SUPPLIER,
                    "榆林市示范科技有限公司",
                    self.usccs[self.supplier.organisation_id],
                    (ContactElement("李供应", "13900000002"),),
                ),
            ),
            obligations=(
                self.obligation(ObligationKind.DELIVERY, "交付设备", PartyRole.SUPPLIER, 10),
                self.obligation(ObligationKind.PAYMENT, "首付款", PartyRole.PURCHASER, 20, "144000.00"),
                self.obligation(ObligationKind.PAYMENT, "尾款", PartyRole.PURCHASER, 40, "336000.00"),
            ),
        )
        return replace(whole, **changes)

    def obligation(
        self, kind: ObligationKind, title: str, debtor: PartyRole, in_days: int, amount: str | None = None
    ) -> ObligationElement:
        due_on = self.today + timedelta(days=in_days)
        return ObligationElement(kind, title, debtor, due_on, Money.parse(amount) if amount else None)

    def registered(self, **changes: Any) -> ContractDossier:
        """A contract in the register, by self-entry; it may look like one that is there already."""
        given = {"signed_on": self.today, "acknowledges_duplicate": True, **changes}
        return self.service.enter_contract(self.purchaser, self.elements(**given))

    def completion(
        self, envelope_id: UUID, signers: Sequence[Actor], *, title: str = "政府采购合同"
    ) -> EnvelopeCompleted:
        return EnvelopeCompleted(
            envelope_id=envelope_id,
            organisation_id=self.purchaser.organisation_id,
            title=title,
            completed_at=self.clock.now(),
            documents=[SignedDocument(name="合同.pdf", object_key="sha256/ab/ab", sha256="ab" * 32)],
            evidence_id=uuid4(),
            signers=[
                SignerFact(
                    recipient_id=uuid4(),
                    name="签署人",
                    phone="13900000009",
                    email=None,
                    organisation_name="某单位",
                    uscc=self.usccs[signer.organisation_id],
                    signed_at=self.clock.now(),
                )
                for signer in signers
            ],
        )

    def handle(self, event: Any) -> None:
        """As the relay does: every subscription to this event, each in a unit of work of its own."""
        for subscription in [*self.variations.subscriptions(), *self.service.subscriptions()]:
            if isinstance(event, subscription.event):
                with self.unit_of_work() as uow:
                    subscription.handle(uow, event)  # type: ignore[union-attr] # performance has no reactions

    def meet(self, obligation: Obligation, debtor: Actor, creditor: Actor) -> None:
        claim = self.service.claim_fulfilment(
            debtor,
            obligation.id,
            fulfilled_on=self.today,
            statement="已履行",
            document_ids=[self.document(debtor)],
        )
        self.service.confirm_fulfilment(creditor, claim.id)

    def agreed(self, obligation: Obligation, terms: Terms) -> Variation:
        """The supplier's proposal, agreed by the purchaser; the amendment is still to be signed."""
        variation = self.variations.propose(self.supplier, obligation.id, terms, reason="双方协商")
        return self.variations.agree(self.purchaser, variation.id)

    def amend(self, obligation: Obligation, terms: Terms) -> Variation:
        """The same, with an amendment that both signed in an envelope."""
        variation = self.agreed(obligation, terms)
        envelope_id = self.envelope(self.purchaser)
        self.variations.attach_envelope(self.purchaser, variation.id, envelope_id)
        self.handle(self.completion(envelope_id, [self.purchaser, self.supplier]))
        return variation

    def suspend(self, contract_id: UUID) -> UUID:
        """Proposed by the supplier, agreed by the purchaser."""
        row = self.suspensions.propose(
            self.supplier, contract_id, ground=SuspensionGround.FORCE_MAJEURE, reason="洪水封路"
        )
        return self.suspensions.agree(self.purchaser, row.id).id

    def resume(self, suspension_id: UUID) -> None:
        for side in (self.supplier, self.purchaser):
            self.suspensions.resume(side, suspension_id, reason="道路恢复")

    def contract_state(self, contract_id: UUID) -> str:
        return self.service.contract(self.purchaser, contract_id).file.contract.state

    def history(self, contract_id: UUID) -> list[ContractHistory]:
        with self.unit_of_work() as uow:
            rows = uow.session.scalars(
                select(ContractHistory)
                .where(ContractHistory.contract_id == contract_id)
                .order_by(ContractHistory.sequence)
            )
            return list(rows)

    def events(self, event_type: str) -> list[dict[str, Any]]:
        with self.unit_of_work() as uow:
            rows = uow.session.scalars(
                select(OutboxEvent).where(OutboxEvent.type == event_type).order_by(OutboxEvent.sequence)
            )
            return [row.payload for row in rows]

    def state_of(self, obligation: Obligation) -> str:
        return self.service.obligation(self.purchaser, obligation.id).obligation.state


@pytest.fixture
def world(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock) -> World:
    usccs: dict[UUID, str] = {}
    roots: list[bytes] = []

    def actor(code: str, name: str, kind: OrganisationKind, region: str, *scopes: Scope) -> Actor:
        with unit_of_work() as uow:
            organisation = Organisation(
                id=uow.new_id(), name=name, uscc=uscc(code), kind=kind, region=region, created_at=uow.now
            )
            uow.session.add(organisation)
        usccs[organisation.id] = organisation.uscc
        return Actor(organisation.id, kind, region, uuid4(), frozenset({Scope.CONTRACTS_READ, *scopes}))

    write, supervise = Scope.CONTRACTS_WRITE, Scope.SUPERVISION_WRITE
    return World(
        service=PerformanceService(unit_of_work),
        supervision=SupervisionService(unit_of_work),
        variations=VariationService(
            unit_of_work,
            objects,
            lambda data: verify_pdf(data, signing_roots=roots, timestamp_roots=roots, form="any", at=clock.now()),
        ),
        suspensions=SuspensionService(unit_of_work),
        roots=roots,
        unit_of_work=unit_of_work,
        objects=objects,
        clock=clock,
        purchaser=actor("11610800016037001", "榆林市示范区财政局", OrganisationKind.GOVERNMENT, "yulin", write),
        supplier=actor("91610802MA7000001", "榆林市示范科技有限公司", OrganisationKind.ENTERPRISE, "yulin", write),
        regulator=actor("11610800016037002", "榆林市发改委", OrganisationKind.REGULATOR, "yulin", supervise),
        outsider=actor("91610302MA7000002", "宝鸡某公司", OrganisationKind.ENTERPRISE, "baoji", write, supervise),
        usccs=usccs,
    )
