"""Credit records in the database: entered once, proved, explained, reversed, and shown only to those who may see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.exc import ProgrammingError

from accounts.errors import ScopeMissing
from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from accounts.service import AccountService
from api.routes import credit as route
from core import ids
from core.events import Event, Subscription
from core.unit_of_work import UnitOfWorkFactory
from credit.errors import (
    CreditEventNotFound,
    CreditRecordNotFound,
    EventNotReversible,
    ReversalNotAllowed,
    ScoreDateInFuture,
)
from credit.models import CreditEvent, CreditSubject
from credit.service import CreditService
from ledger.models import EvidenceAccess, EvidenceRecord
from performance.events import BreachRecorded, ContractRegistered, ObligationClosed, PartyFact
from tests.support.clock import FixedClock

CONTRACT = UUID(int=0xC0)
TODAY = date(2026, 12, 10)


@dataclass(frozen=True)
class World:
    """A contract between a purchaser and a supplier in Yulin, and others who have nothing to do with it."""

    purchaser: Organisation
    supplier: Organisation
    stranger: Organisation
    credit_office: Organisation
    office_elsewhere: Organisation

    def party(self, role: str, organisation: Organisation, kind: str | None = None) -> PartyFact:
        return PartyFact(
            role=role,
            name=organisation.name,
            uscc=organisation.uscc,
            kind=kind or organisation.kind,
            organisation_id=organisation.id,
        )

    @property
    def parties(self) -> list[PartyFact]:
        return [self.party("purchaser", self.purchaser), self.party("supplier", self.supplier)]


def actor(organisation: Organisation, *scopes: Scope) -> Actor:
    kind = OrganisationKind(organisation.kind)
    return Actor(organisation.id, kind, organisation.region, None, frozenset(scopes or {Scope.CREDIT_READ}))


@pytest.fixture
def service(unit_of_work: UnitOfWorkFactory) -> CreditService:
    return CreditService(unit_of_work)


@pytest.fixture
def handle(unit_of_work: UnitOfWorkFactory, service: CreditService) -> Callable[[Event], None]:
    """What the worker does with an event, without the outbox."""

    def run(event: Event) -> None:
        for subscriber in service.subscriptions():
            if isinstance(subscriber, Subscription) and isinstance(event, subscriber.event):
                with unit_of_work() as uow:
                    subscriber.handle(uow, event)

    return run


@pytest.fixture
def world(unit_of_work: UnitOfWorkFactory, clock: FixedClock, handle: Callable[[Event], None]) -> World:
    clock.set(datetime(2026, 12, 10, 2, tzinfo=UTC))
    accounts = AccountService(unit_of_work)
    rows = [
        ("榆林市示例局", "11610800016097505", OrganisationKind.GOVERNMENT, "yulin"),
        ("示例办公设备有限公司", "91610800MA7000000", OrganisationKind.ENTERPRISE, "yulin"),
        ("路人有限公司", "91610800MA7000001", OrganisationKind.ENTERPRISE, "yulin"),
        ("榆林市信用办", "11610800MB0000000", OrganisationKind.CREDIT_OFFICE, "yulin"),
        ("宝鸡市信用办", "11610300MB0000000", OrganisationKind.CREDIT_OFFICE, "baoji"),
    ]
    made = World(
        *(
            accounts.register_organisation(
                name=name, uscc=first_17 + uscc_check_character(first_17), kind=kind, region=region
            )
            for name, first_17, kind, region in rows
        )
    )
    handle(
        ContractRegistered(
            contract_id=CONTRACT,
            number="YL-2026-0001",
            title="办公设备采购合同",
            parties=made.parties,
            registered_at=clock.now(),
        )
    )
    return made


def closed(world: World, outcome: str = "met", *, obligation: int = 1, **changes: Any) -> ObligationClosed:
    fields: dict[str, Any] = {
        "obligation_id": UUID(int=obligation),
        "contract_id": CONTRACT,
        "contract_title": "办公设备采购合同",
        "title": "交付设备",
        "kind": "delivery",
        "outcome": outcome,
        "due_on": TODAY,
        "closed_on": TODAY,
        "debtor": world.party("supplier", world.supplier),
        "creditor": world.party("purchaser", world.purchaser),
        "evidence_id": UUID(int=0xE1),
        **changes,
    }
    return ObligationClosed(**fields)


def breach(world: World, outcome: str = "award", **changes: Any) -> BreachRecorded:
    fields: dict[str, Any] = {
        "termination_id": UUID(int=0x7E),
        "obligation_id": UUID(int=2),
        "contract_id": CONTRACT,
        "contract_title": "办公设备采购合同",
        "party": world.party("supplier", world.supplier),
        "outcome": outcome,
        "source_document": "榆仲裁字〔2026〕8号",
        "decided_on": TODAY,
        "evidence_id": UUID(int=0xE2),
        **changes,
    }
    return BreachRecorded(**fields)


def test_a_new_party_starts_at_the_base_score(service: CreditService, world: World) -> None:
    record = service.record(actor(world.supplier), world.supplier.uscc)

    assert (record.score.value, record.score.grade.grade, record.points) == (100, "B", [])
    assert record.at == TODAY


def test_met_on_time_adds_points_with_evidence_for_both_parties(
    service: CreditService, world: World, handle: Callable[[Event], None], unit_of_work: UnitOfWorkFactory
) -> None:
    handle(closed(world))
    handle(closed(world))

    record = service.record(actor(world.supplier), world.supplier.uscc)
    assert record.score.value == 102
    (point,) = record.points
    assert "按期履行合同约定的义务，+2 分" in point.zh
    assert "JD-P1" in point.en
    with unit_of_work() as uow:
        evidence = uow.session.scalars(select(EvidenceRecord)).one()
        readers = set(uow.session.scalars(select(EvidenceAccess.organisation_id)))
    assert (evidence.id, evidence.type) == (point.event.evidence_id, "credit.event_recorded")
    assert (evidence.subject_kind, evidence.subject_id) == ("contract", ids.public(ids.CONTRACT, CONTRACT))
    assert readers == {world.supplier.id, world.purchaser.id}


@pytest.mark.parametrize("outcome", ["met_after_supervision", "exempt", "terminated"])
def test_other_ends_leave_no_event_at_all(
    service: CreditService, world: World, handle: Callable[[Event], None], outcome: str
) -> None:
    handle(closed(world, outcome, due_on=TODAY - timedelta(days=90)))

    assert service.record(actor(world.supplier), world.supplier.uscc).events == []


def test_a_breach_takes_points_and_names_its_document(
    service: CreditService, world: World, handle: Callable[[Event], None]
) -> None:
    handle(breach(world))
    handle(breach(world))

    record = service.record(actor(world.supplier), world.supplier.uscc)
    assert (record.score.value, record.score.grade.grade) == (80, "C")
    assert "来源文件：榆仲裁字〔2026〕8号" in record.points[0].zh
    assert record.points[0].event.source_evidence_id == UUID(int=0xE2)
    assert service.record(actor(world.purchaser), world.purchaser.uscc).score.value == 100


def test_mediation_and_natural_persons_never_reach_the_record(
    world: World, handle: Callable[[Event], None], unit_of_work: UnitOfWorkFactory
) -> None:
    handle(breach(world, "mediation"))
    handle(breach(world, party=world.party("supplier", world.stranger, kind="person")))

    with unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(CreditEvent)) == 0
        usccs = set(uow.session.scalars(select(CreditSubject.uscc)))
    assert usccs == {world.purchaser.uscc, world.supplier.uscc}


def test_events_that_overtake_the_registration_are_kept(
    service: CreditService, world: World, handle: Callable[[Event], None]
) -> None:
    handle(closed(world, contract_id=UUID(int=0xC1), debtor=world.party("supplier", world.stranger)))

    assert service.record(actor(world.stranger), world.stranger.uscc).score.value == 102


def test_a_past_day_is_scored_as_it_was_and_a_future_one_never(
    service: CreditService, world: World, handle: Callable[[Event], None], clock: FixedClock
) -> None:
    handle(closed(world, closed_on=TODAY - timedelta(days=3)))
    handle(breach(world))
    me, uscc = actor(world.supplier), world.supplier.uscc

    scores = [service.record(me, uscc, at=TODAY - timedelta(days=days)).score.value for days in (0, 1, 3, 4)]
    assert scores == [82, 102, 102, 100]
    with pytest.raises(ScoreDateInFuture):
        service.record(me, uscc, at=TODAY + timedelta(days=1))


def test_who_may_see_a_record(service: CreditService, world: World, handle: Callable[[Event], None]) -> None:
    uscc = world.supplier.uscc
    for organisation in (world.supplier, world.purchaser, world.credit_office):
        assert service.record(actor(organisation), uscc).subject.uscc == uscc
    for organisation in (world.stranger, world.office_elsewhere):
        with pytest.raises(CreditRecordNotFound):
            service.record(actor(organisation), uscc)
    with pytest.raises(CreditRecordNotFound):
        service.record(actor(world.supplier), world.stranger.uscc)
    with pytest.raises(ScopeMissing):
        service.record(actor(world.supplier, Scope.CONTRACTS_READ), uscc)


def test_a_reversal_restores_the_score_and_keeps_the_event(
    service: CreditService, world: World, handle: Callable[[Event], None]
) -> None:
    handle(breach(world))
    office = actor(world.credit_office, Scope.CREDIT_READ, Scope.CREDIT_WRITE)
    event = service.record(office, world.supplier.uscc).events[0]

    reversal = service.reverse(office, event.id, source_document="榆信用办异议〔2026〕3号")

    record = service.record(actor(world.supplier), world.supplier.uscc)
    assert record.score.value == 100
    assert {found.id for found in record.events} == {event.id, reversal.id}
    for again in (event.id, reversal.id):
        with pytest.raises(EventNotReversible):
            service.reverse(office, again, source_document="再次")


def test_only_the_credit_office_of_the_region_reverses(
    service: CreditService, world: World, handle: Callable[[Event], None]
) -> None:
    handle(breach(world))
    event = service.record(actor(world.supplier), world.supplier.uscc).events[0]

    with pytest.raises(ScopeMissing):
        service.reverse(actor(world.credit_office), event.id, source_document="-")
    with pytest.raises(ReversalNotAllowed):
        service.reverse(actor(world.supplier, Scope.CREDIT_WRITE), event.id, source_document="-")
    with pytest.raises(CreditEventNotFound):
        service.reverse(actor(world.office_elsewhere, Scope.CREDIT_WRITE), event.id, source_document="-")


def test_credit_events_can_be_neither_changed_nor_deleted(
    engine: Engine, world: World, handle: Callable[[Event], None]
) -> None:
    handle(breach(world))
    for statement in (delete(CreditEvent), update(CreditEvent).values(type="obligation_met_on_time")):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(statement)


def test_the_api_shows_score_explanation_events_and_rules(
    service: CreditService, world: World, handle: Callable[[Event], None]
) -> None:
    handle(closed(world))
    handle(breach(world))
    services = SimpleNamespace(credit=service)

    shown = route.credit_record(actor(world.purchaser), services, world.supplier.uscc).model_dump(mode="json")
    assert (shown["score"], shown["grade"], shown["base_score"], shown["is_assumption"]) == (82, "C", 100, True)
    assert [item["points"] for item in shown["explanation"]] == [2, -20]
    assert {item["id"] for item in shown["events"]} == {item["credit_event_id"] for item in shown["explanation"]}
    assert [rule_set.id for rule_set in route.credit_rules(services).items] == ["jiuding-2026.1"]

    office = actor(world.credit_office, Scope.CREDIT_WRITE)
    minus = shown["explanation"][1]["credit_event_id"]
    body = route.NewReversal(source_document="榆信用办异议〔2026〕3号")
    assert route.reverse_event(office, services, minus, body).reversal_of == minus
