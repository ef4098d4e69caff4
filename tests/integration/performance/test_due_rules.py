"""Due dates that follow from events, parts, silence and late interest (R9–R12), each with its trace."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.clock import CHINA
from core.money import Money
from performance import errors
from performance.due_dates.calendar import CALENDARS, HolidayCalendar
from performance.due_dates.errors import AnchorNotReportable, AnchorSet, DueRuleInvalid, HolidayTableMissing
from performance.due_dates.policy import Anchor, DueRule, DueUnit, Recurrence
from performance.fulfil_obligation import Part
from performance.intake import ObligationElement
from performance.models import Fulfilment, Obligation
from performance.policy import ObligationKind, PartyRole
from performance.reading import ContractDossier

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


def at(world: "World", day: date) -> None:
    world.clock.set(datetime(day.year, day.month, day.day, 10, tzinfo=CHINA))


def owed(world: "World", *rules: DueRule | Recurrence) -> tuple[ObligationElement, ...]:
    """A delivery on a named day, then one payment for each rule."""
    delivery = world.obligation(ObligationKind.DELIVERY, "交付设备", PartyRole.SUPPLIER, 10)
    pay = replace(world.obligation(ObligationKind.PAYMENT, "付款", PartyRole.PURCHASER, 0, "1000.00"), due_on=None)
    return (replace(delivery, quantity="80 台"), *(replace(pay, rule=rule) for rule in rules))


def entered(world: "World", *rules: DueRule | Recurrence) -> ContractDossier:
    return world.registered(obligations=owed(world, *rules))


def reread(world: "World", obligation: Obligation) -> Obligation:
    return world.service.obligation(world.purchaser, obligation.id).obligation


def test_2026_09_30_plus_2_working_days_is_2026_10_09(world: "World") -> None:
    at(world, date(2026, 9, 30))
    (_, payment) = entered(world, DueRule(Anchor.SIGNING, 2, DueUnit.WORKING_DAYS)).file.obligations
    assert payment.due_on == date(2026, 10, 9)
    due = world.service.explain(world.purchaser, payment.id).due
    assert (due.kind, due.facts["holiday_table"]) == ("relative", "2026.v1")
    assert "2 working days after the signing" in due.en


def test_a_due_date_on_a_holiday_rolls_unless_the_contract_says_otherwise(world: "World") -> None:
    at(world, date(2026, 9, 1))
    rolling, fixed = (DueRule(Anchor.SIGNING, 30, DueUnit.CALENDAR_DAYS, rolls=rolls) for rolls in (True, False))
    (_, rolled, stays) = entered(world, rolling, fixed).file.obligations
    assert (rolled.due_on, stays.due_on) == (date(2026, 10, 8), date(2026, 10, 1))
    due = world.service.explain(world.supplier, rolled.id).due
    assert (due.facts["counted_to"], due.facts["rolled"]) == ("2026-10-01", True)
    assert "顺延至 2026-10-08" in due.zh


def test_a_year_without_a_holiday_table_fails_loudly(world: "World") -> None:
    """The entry is refused, and nothing is half done."""
    far = DueRule(Anchor.SIGNING, 3000, DueUnit.CALENDAR_DAYS)
    with pytest.raises(HolidayTableMissing):
        entered(world, far)
    assert world.service.contracts(world.purchaser).items == []
    assert entered(world, replace(far, rolls=False)).file.obligations[1].due_on is not None


def test_what_waits_for_an_invoice_has_no_day_and_cannot_be_overdue(world: "World") -> None:
    (_, payment) = entered(world, DueRule(Anchor.INVOICE, 30, DueUnit.CALENDAR_DAYS, rolls=False)).file.obligations
    told = len(world.events("obligation.scheduled"))
    world.pass_days(400)
    world.service.sweep_due()
    assert (reread(world, payment).state, payment.due_on) == ("scheduled", None)
    about = world.service.explain(world.purchaser, payment.id)
    assert (about.due.missing, about.facts["is_past_due"]) == ("anchor", False)
    assert world.service.obligations(world.purchaser).items[-1].obligation.id == payment.id

    invoice = [world.document(world.supplier)]
    issued = world.today - timedelta(days=3)
    with pytest.raises(errors.EvidenceMissing):
        world.service.report_anchor(world.supplier, payment.id, occurred_on=issued, statement="已开票", document_ids=[])
    world.service.report_anchor(
        world.supplier, payment.id, occurred_on=issued, statement="已开票", document_ids=invoice
    )
    assert reread(world, payment).due_on == issued + timedelta(days=30)
    (event,) = world.events("obligation.due_set")
    assert (event["anchored_on"], event["due_on"]) == (str(issued), str(issued + timedelta(days=30)))
    assert world.events("obligation.scheduled")[told]["obligation_id"] == str(payment.id)
    with pytest.raises(AnchorSet):
        world.service.report_anchor(
            world.supplier, payment.id, occurred_on=world.today, statement="又一次", document_ids=invoice
        )


def test_what_follows_a_delivery_starts_when_it_is_met(world: "World") -> None:
    rule = DueRule(Anchor.OBLIGATION, 1, DueUnit.MONTHS, after_position=1, rolls=False)
    (delivery, payment) = entered(world, rule).file.obligations
    with pytest.raises(AnchorNotReportable):
        world.service.report_anchor(world.supplier, payment.id, occurred_on=world.today, statement="", document_ids=[])
    world.meet(delivery, world.supplier, world.purchaser)
    found = reread(world, payment)
    assert (found.anchored_on, found.due_version) == (world.today, 1)
    assert found.due_on is not None
    assert found.due_on.day == world.today.day


def test_a_day_that_waits_for_a_holiday_table_is_set_by_the_sweep_once_it_is_there(
    world: "World", tmp_path: Path
) -> None:
    at(world, date(2026, 11, 2))
    (delivery, payment) = entered(
        world, DueRule(Anchor.DELIVERY, 90, DueUnit.CALENDAR_DAYS, after_position=1)
    ).file.obligations
    world.meet(delivery, world.supplier, world.purchaser)  # the confirmation itself isn't held up
    assert reread(world, payment).due_on is None
    assert world.service.explain(world.purchaser, payment.id).due.missing == "holiday_table"
    (open_row,) = [row for row in world.history(payment.contract_id) if row.change == "due_undetermined"]
    assert "2027" in open_row.reason
    world.service.sweep_due()
    assert reread(world, payment).due_on is None

    (tmp_path / "2027.v1.json").write_text('{"year": 2027, "version": 1, "source": "测试", "off": [], "worked": []}')
    later = replace(world.service, calendar=HolidayCalendar((CALENDARS, tmp_path)))
    later.sweep_due()
    assert reread(world, payment).due_on == date(2027, 2, 1)  # 2027-01-31 is a Sunday
    assert [row.after for row in world.history(payment.contract_id) if row.change == "set_due"] == ["scheduled"]


def test_monthly_volumes_are_obligations_of_their_own(world: "World") -> None:
    monthly = Recurrence(date(2026, 12, 1), date(2027, 11, 1), 0)
    (_, *months) = entered(world, monthly).file.obligations
    assert len(months) == 12
    assert [str(each.due_on) for each in months[:3]] == ["2026-12-31", "2027-01-31", "2027-02-28"]
    assert months[0].title == "付款（2026-12）"
    assert all(each.state == "scheduled" for each in months)
    waits = DueRule(Anchor.OBLIGATION, 5, DueUnit.CALENDAR_DAYS, after_position=2)
    with pytest.raises(DueRuleInvalid):
        entered(world, monthly, waits)


def test_a_part_that_is_confirmed_leaves_the_rest_due(world: "World") -> None:
    (delivery, _) = entered(world, DueRule(Anchor.INVOICE, 5, DueUnit.MONTHS)).file.obligations
    _part(world, delivery, "30 台")
    assert world.state_of(delivery) == "partially_met"
    with pytest.raises(errors.OverFulfilled):
        _part(world, delivery, "51 台")
    world.pass_days(11)
    assert world.service.sweep_due() == 1
    assert world.state_of(delivery) == "overdue"
    _part(world, delivery, "20 台")
    assert world.state_of(delivery) == "overdue"
    assert world.service.explain(world.supplier, delivery.id).facts["rest"] == "30 台"
    _part(world, delivery, "30 台")
    assert world.state_of(delivery) == "met"
    assert [each["met"] for each in world.events("fulfilment.answered")] == ["30 台", "50 台", "80 台"]


def test_silence_confirms_nothing_unless_the_contract_says_so(world: "World") -> None:
    silent, agreed = world.registered(), world.registered(silence_days=7)
    claims = [
        world.service.claim_fulfilment(
            world.supplier, each.file.obligations[0].id, fulfilled_on=world.today, statement="已交付"
        )
        for each in (silent, agreed)
    ]
    assert [claim.answer_by for claim in claims] == [None, world.today + timedelta(days=7)]
    assert [event["answer_by"] for event in world.events("fulfilment.claimed")] == [None, str(claims[1].answer_by)]
    world.pass_days(7)
    world.service.sweep_due()
    assert world.state_of(agreed.file.obligations[0]) == "scheduled"  # the last day is the creditor's
    world.pass_days(30)
    world.service.sweep_due()
    assert world.state_of(silent.file.obligations[0]) == "scheduled"
    assert world.state_of(agreed.file.obligations[0]) == "met"
    with world.unit_of_work() as uow:
        deemed = uow.session.scalars(select(Fulfilment).where(Fulfilment.is_deemed)).one()
    assert deemed.answered_by_person_id is None
    assert world.service.explain(world.purchaser, agreed.file.obligations[0].id).facts["confirmed_by"] == "silence"


def test_late_interest_runs_on_what_is_unpaid_and_stops_with_the_last_part(world: "World") -> None:
    (_, payment, _) = world.registered().file.obligations  # 144,000.00 by a public body, due in 20 days
    world.pass_days(30)
    about = world.service.obligation(world.supplier, payment.id)
    assert about.late_interest is not None
    assert (str(about.late_interest.total), about.late_interest.days) == ("720.00", 10)
    claim = world.service.claim_fulfilment(
        world.purchaser,
        payment.id,
        fulfilled_on=world.today,
        statement="付一半",
        part=Part(amount=Money.parse("72000.00")),
    )
    world.service.confirm_fulfilment(world.supplier, claim.id)
    world.pass_days(10)
    about = world.service.obligation(world.supplier, payment.id)
    assert about.late_interest is not None
    assert (str(about.late_interest.total), str(about.late_interest.outstanding)) == ("1080.00", "72000.00")
    delivery = world.service.contract(world.supplier, payment.contract_id).file.obligations[0]
    assert world.service.obligation(world.supplier, delivery.id).late_interest is None


def _part(world: "World", obligation: Obligation, quantity: str) -> None:
    claim = world.service.claim_fulfilment(
        world.supplier, obligation.id, fulfilled_on=world.today, statement="分批交付", part=Part(quantity=quantity)
    )
    world.service.confirm_fulfilment(world.purchaser, claim.id)
