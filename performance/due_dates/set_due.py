"""Giving an obligation its due date once the event it waits for is known (民法典 §200–204).

    waits for its anchor ─▶ anchored ─▶ has a due date
                               └─ no holiday table for that year yet: the sweep asks again until there is one

What waits has no due date and can't be overdue. A day is never guessed: without the year's table a person who enters a
contract is refused, and what happens by itself (an envelope's completion, another obligation met) leaves the day open
and says why in the history.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import repository
from performance.due_dates import policy
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import AnchorNotReportable, AnchorSet, HolidayTableMissing
from performance.due_dates.policy import Anchor, DueRule, Occurrence
from performance.due_dates.rules import determine, read_rule
from performance.errors import EvidenceMissing, NotAParty, ObligationStateForbids
from performance.events import ObligationDueSet
from performance.models import Obligation
from performance.policy import RUNNING_STATES, ObligationChange, ObligationState
from performance.recording import (
    SYSTEM,
    Author,
    announce_schedule,
    change_obligation,
    notarise,
    obligation_facts,
    write_history,
)
from performance.repository import ContractFile, ObligationInHand
from signing.models import Document

BATCH = 100


def settle_at_signing(file: ContractFile, signed_on: date, calendar: HolidayCalendar, *, is_strict: bool) -> None:
    """Finds every day that is known once the contract is signed, before it is registered and told.

    `is_strict`: a period from the signing that ends in a year without a table raises `HolidayTableMissing`. What
    recurs in such a year only stays open: the year may be far away.
    """
    for obligation in file.obligations:
        if obligation.due_rule is None:
            continue
        rule = read_rule(obligation.due_rule)
        if isinstance(rule, Occurrence):
            obligation.anchored_on = rule.counted_to
        elif rule.anchor is Anchor.SIGNING:
            obligation.anchored_on = signed_on
        try:
            _determine(obligation, calendar)
        except HolidayTableMissing:
            if is_strict and isinstance(rule, DueRule):
                raise


def start_periods_after(
    uow: UnitOfWork, hand: ObligationInHand, met_on: date, author: Author, calendar: HolidayCalendar
) -> None:
    """An obligation is met: those that run from it get their day."""
    for obligation in hand.file.obligations:
        if obligation.due_rule is None or obligation.anchored_on is not None:
            continue
        rule = read_rule(obligation.due_rule)
        is_next = isinstance(rule, DueRule) and rule.after_position == hand.obligation.position
        if is_next and ObligationState(obligation.state) in RUNNING_STATES:
            reason = f"“{hand.obligation.title}”已于 {met_on} 履行，期限起算"
            facts = {"after": ids.public(ids.OBLIGATION, hand.obligation.id)}
            set_due(uow, ObligationInHand(hand.file, obligation), met_on, author, calendar, reason=reason, facts=facts)


def report_anchor(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    calendar: HolidayCalendar,
    *,
    occurred_on: date,
    statement: str,
    document_ids: Sequence[UUID],
) -> Obligation:
    """A party tells, with evidence, when the delivery, acceptance or invoice was that a period runs from.

    Told once: whoever disagrees has an amendment signed. Raises `ObligationNotFound`, `NotAParty`,
    `ObligationStateForbids`, `EvidenceMissing`, `EvidenceDocumentNotFound`, `AnchorSet`, and what
    `policy.check_report` raises.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    obligation = hand.obligation
    if repository.own_role(uow.session, actor, hand.file) is None:
        raise NotAParty(role="当事人 / parties")
    rule = read_rule(obligation.due_rule) if obligation.due_rule else None
    if not isinstance(rule, DueRule):
        raise AnchorNotReportable
    if obligation.anchored_on is not None:
        raise AnchorSet(anchored_on=obligation.anchored_on.isoformat())
    if ObligationState(obligation.state) not in RUNNING_STATES:
        raise ObligationStateForbids(state=obligation.state, change=str(ObligationChange.SET_DUE))
    policy.check_report(rule, occurred_on=occurred_on, signed_on=hand.file.contract.signed_on, today=china_day(uow.now))
    documents = repository.documents_of(uow.session, actor, document_ids)
    if not documents:
        raise EvidenceMissing
    set_due(
        uow,
        hand,
        occurred_on,
        Author.of(actor),
        calendar,
        reason=statement,
        facts={"anchor": rule.anchor},
        documents=documents,
    )
    return obligation


def set_due(
    uow: UnitOfWork,
    hand: ObligationInHand,
    anchored_on: date,
    author: Author,
    calendar: HolidayCalendar,
    *,
    reason: str,
    facts: Mapping[str, Any],
    documents: Sequence[Document] = (),
) -> None:
    """The anchor is known: the day is set, or stays open for want of a holiday table."""
    obligation = hand.obligation
    obligation.anchored_on = anchored_on
    told = {**facts, "anchored_on": anchored_on.isoformat()}
    try:
        _determine(obligation, calendar)
    except HolidayTableMissing as missing:
        _leave_open(uow, hand, anchored_on, author, missing, reason=reason, facts=told, documents=documents)
        return
    evidence_id = change_obligation(
        uow,
        hand,
        ObligationChange.SET_DUE,
        author,
        reason=reason,
        facts={**told, "due_basis": obligation.due_basis},
        documents=documents,
    )
    _tell(uow, hand, anchored_on, evidence_id)
    announce_schedule(uow, hand)


def determine_open(unit_of_work: UnitOfWorkFactory, calendar: HolidayCalendar, batch: int = BATCH) -> int:
    """One pass over what waits for a holiday table; how many got their day. Costs nothing while no table is new."""
    found = 0
    after: tuple[date, UUID] | None = None
    while True:
        with unit_of_work() as uow:
            hands = repository.undetermined_obligations(uow.session, calendar.last_day, after, batch)
            if not hands:
                return found
            for hand, anchored_on in hands:
                found += _try_again(uow, hand, anchored_on, calendar)
                after = (anchored_on, hand.obligation.id)


def _try_again(uow: UnitOfWork, hand: ObligationInHand, anchored_on: date, calendar: HolidayCalendar) -> bool:
    try:
        _determine(hand.obligation, calendar)
    except HolidayTableMissing:
        return False
    reason = "节假日安排已公布，期限确定"
    facts = {"due_basis": hand.obligation.due_basis}
    evidence_id = change_obligation(uow, hand, ObligationChange.SET_DUE, SYSTEM, reason=reason, facts=facts)
    _tell(uow, hand, anchored_on, evidence_id)
    announce_schedule(uow, hand)
    return True


def _determine(obligation: Obligation, calendar: HolidayCalendar) -> None:
    """Raises `HolidayTableMissing`, before anything is changed."""
    if obligation.due_rule is None or obligation.anchored_on is None or obligation.due_on is not None:
        return
    obligation.due_on, obligation.due_basis = determine(obligation.due_rule, obligation.anchored_on, calendar)


def _leave_open(
    uow: UnitOfWork,
    hand: ObligationInHand,
    anchored_on: date,
    author: Author,
    missing: HolidayTableMissing,
    *,
    reason: str,
    facts: Mapping[str, Any],
    documents: Sequence[Document],
) -> None:
    told = {**obligation_facts(hand.obligation), **facts, "reason": reason, "undetermined": missing.code}
    evidence_id = notarise(uow, hand.file, "obligation.anchored", author, told, documents=documents)
    write_history(
        uow,
        hand.file,
        author,
        change="due_undetermined",
        after=anchored_on.isoformat(),
        reason=f"{reason}；{missing.message('zh')}",
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    _tell(uow, hand, anchored_on, evidence_id)


def _tell(uow: UnitOfWork, hand: ObligationInHand, anchored_on: date, evidence_id: UUID) -> None:
    obligation = hand.obligation
    uow.emit(
        ObligationDueSet(
            obligation_id=obligation.id,
            contract_id=obligation.contract_id,
            contract_title=hand.file.contract.title,
            title=obligation.title,
            anchored_on=anchored_on,
            due_on=obligation.due_on,
            due_version=obligation.due_version,
            basis=obligation.due_basis,
            evidence_id=evidence_id,
        )
    )
