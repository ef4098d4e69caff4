"""Who sees messages and reminders, and how much of them (PIPL: masked, redacted)."""

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from accounts.errors import ScopeMissing
from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from accounts.service import AccountService
from api.routes import messages as route
from core import ids
from core.errors import InvalidId
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.adapters.console import ConsoleChannel
from notify.errors import RemindersNotFound
from notify.ports import ChannelUnavailable, Outgoing, Report
from notify.service import NotifyService
from performance.events import ContractRegistered, PartyFact
from tests.integration.notify.factories import CONTRACT, at, code_requested, console_service, handle, scheduled
from tests.support.clock import FixedClock


class UnreachableProvider(ConsoleChannel):
    """A real provider keeps no texts with us; this one is down."""

    provider = "elsewhere"

    def send(self, outgoing: Outgoing) -> Report:
        raise ChannelUnavailable


@pytest.fixture
def service(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> NotifyService:
    clock.set(at(20, 10, month=11))
    return console_service(unit_of_work, secrets)


def register(
    unit_of_work: UnitOfWorkFactory, first_17: str, kind: OrganisationKind, region: str = "yulin"
) -> Organisation:
    return AccountService(unit_of_work).register_organisation(
        name=first_17, uscc=first_17 + uscc_check_character(first_17), kind=kind, region=region
    )


def actor(organisation: Organisation, *scopes: Scope) -> Actor:
    kind = OrganisationKind(organisation.kind)
    return Actor(organisation.id, kind, organisation.region, None, frozenset(scopes or {Scope.CONTRACTS_READ}))


OPERATOR = Actor(uuid4(), OrganisationKind.THIRD_PARTY, "yulin", None, frozenset({Scope.MESSAGES_READ}))


def test_operators_read_the_console_in_full_newest_first_by_pages_and_by_phone(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox, clock: FixedClock
) -> None:
    for number in range(3):
        clock.set(at(20, 10, number, month=11))
        handle(unit_of_work, service, code_requested(secrets, f"00000{number}", phone=f"1380000000{number}"))
    service.send_due()
    services = SimpleNamespace(notify=service)

    first = route.list_messages(OPERATOR, services, limit=2)
    rest = route.list_messages(OPERATOR, services, limit=2, cursor=first.next_cursor)
    by_phone = route.list_messages(OPERATOR, services, phone="13800000001")

    assert ["000002" in first.items[0].text, "000001" in first.items[1].text] == [True, True]
    assert ("000000" in rest.items[0].text, rest.next_cursor) == (True, None)
    assert [item.phone for item in by_phone.items] == ["13800000001"]
    assert (by_phone.items[0].state, by_phone.items[0].segments) == ("sent", 1)
    with pytest.raises(InvalidId):
        route.list_messages(OPERATOR, services, cursor="ctr_1")


def test_where_a_real_provider_carries_them_phones_are_masked_and_codes_redacted(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    notify = console_service(unit_of_work, secrets, UnreachableProvider(unit_of_work))
    handle(unit_of_work, notify, code_requested(secrets, "246810"))
    notify.send_due()

    (view,) = notify.messages(OPERATOR)
    assert view.phone == "138****0009"
    assert "246810" not in view.text
    assert "••••" in view.text


def test_messages_are_for_operators_only(service: NotifyService, unit_of_work: UnitOfWorkFactory) -> None:
    anybody = register(unit_of_work, "91610800MA7000001", OrganisationKind.ENTERPRISE)
    with pytest.raises(ScopeMissing):
        service.messages(actor(anybody))


def test_reminders_are_for_parties_overseers_of_the_region_and_operators(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    party = register(unit_of_work, "91610800MA7000001", OrganisationKind.ENTERPRISE)
    regulator = register(unit_of_work, "11610800MB0000001", OrganisationKind.REGULATOR)
    stranger = register(unit_of_work, "91610800MA7000002", OrganisationKind.ENTERPRISE)
    elsewhere = register(unit_of_work, "11610300MB0000001", OrganisationKind.REGULATOR, "baoji")
    fact = PartyFact(role="supplier", name="-", uscc=party.uscc, kind="enterprise", organisation_id=party.id)
    handle(
        unit_of_work,
        service,
        ContractRegistered(contract_id=CONTRACT, number="1", title="合同", parties=[fact], registered_at=clock.now()),
    )
    handle(unit_of_work, service, scheduled())
    clock.set(at(3, 9))
    service.send_due()

    for reader in (actor(party), actor(regulator), OPERATOR):
        views = service.reminders(reader, CONTRACT)
        assert sorted(view.reminder.offset_days for view in views) == [-7, -7, 0, 0]
        assert {view.phone for view in views} == {"138****0001", "138****0002"}
    for other in (actor(stranger), actor(elsewhere)):
        with pytest.raises(RemindersNotFound):
            service.reminders(other, CONTRACT)
    with pytest.raises(RemindersNotFound):
        service.reminders(actor(party), UUID(int=1))
    with pytest.raises(ScopeMissing):
        service.reminders(actor(party, Scope.CREDIT_READ), CONTRACT)

    services = SimpleNamespace(notify=service)
    page = route.list_reminders(actor(party), services, ids.public(ids.CONTRACT, CONTRACT), limit=3)
    rest = route.list_reminders(
        actor(party), services, ids.public(ids.CONTRACT, CONTRACT), limit=3, cursor=page.next_cursor
    )
    assert len(page.items) + len(rest.items) == 4
    assert {item.message_state for item in page.items + rest.items} == {"sent", None}
