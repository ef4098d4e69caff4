"""Every later step of a determination: the party's statement and request for a hearing, and the authority's rest."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import Organisation
from accounts.policy import Actor, Scope
from core.clock import china_day, local_date
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.determinations import policy, repository
from performance.determinations.draw_up import last_day, locked_by_authority
from performance.determinations.errors import DocumentNotMade
from performance.determinations.limits import limits_of
from performance.determinations.models import Determination
from performance.determinations.policy import DeterminationChange, DeterminationState
from performance.determinations.publication import published_content
from performance.determinations.recording import take
from performance.due_dates.calendar import HolidayCalendar
from performance.errors import NotAParty
from performance.repository import ObligationInHand

_C = DeterminationChange
_BY_PARTY = frozenset({_C.STATE, _C.ASK_FOR_HEARING})


def take_step(
    uow: UnitOfWork,
    actor: Actor,
    determination_id: UUID,
    change: DeterminationChange,
    *,
    text: str,
    calendar: HolidayCalendar,
    document_ids: Sequence[UUID] = (),
) -> Determination:
    """The party states and asks for a hearing, in time; the authority does the rest.

    Raises `NotAParty`, `RegulatorRequired`, `AuthorityRequired`, `DeterminationNotFound`, `DocumentNotMade`,
    `EvidenceDocumentNotFound`, `HolidayTableMissing`, and what the guards of `policy` raise.
    """
    if change in _BY_PARTY:
        hand, row = _locked_by_party(uow, actor, determination_id)
    else:
        hand, row = locked_by_authority(uow, actor, determination_id)
    policy.next_determination_state(DeterminationState(row.state), change)
    _check(uow, actor, row, change)
    documents = contracts.documents_of(uow.session, actor, document_ids)
    _note(uow, hand, row, change, text=text, calendar=calendar)
    take(uow, actor, hand, row, change=change, text=text, documents=documents)
    return row


def _locked_by_party(uow: UnitOfWork, actor: Actor, determination_id: UUID) -> tuple[ObligationInHand, Determination]:
    actor.require(Scope.CONTRACTS_WRITE)
    hand, row = repository.locked(uow.session, actor, determination_id)
    if contracts.own_role(uow.session, actor, hand.file) != row.party_role:
        raise NotAParty(role=row.party_role)
    return hand, row


def _check(uow: UnitOfWork, actor: Actor, row: Determination, change: DeterminationChange) -> None:
    today = china_day(uow.now)
    steps = repository.steps_of(uow.session, row.id)
    if change in _BY_PARTY:
        policy.check_in_time(today, row.defence_until or today)
    if change in policy.DECISIONS:
        drafters = [step.person_id for step in steps if step.change in policy.DRAFTING]
        policy.check_decider({row.drafted_by_person_id, *drafters}, actor.person_id)
    if change is _C.HOLD_HEARING:
        policy.check_hearing_chair(row.drafted_by_person_id, actor.person_id)
    if change is _C.SUBMIT:
        policy.check_over(change, today, row.defence_until or today)
        policy.check_heard(DeterminationChange(step.change) for step in steps)
    if change is _C.SERVE and row.document_sha256 is None:
        raise DocumentNotMade
    if change is _C.PUBLISH:
        policy.check_over(change, today, row.objection_until or today)


def _note(
    uow: UnitOfWork,
    hand: ObligationInHand,
    row: Determination,
    change: DeterminationChange,
    *,
    text: str,
    calendar: HolidayCalendar,
) -> None:
    """What a step adds to the determination's own row."""
    if change is _C.ISSUE:
        row.issued_at, row.number = uow.now, policy.number_of(local_date(uow.now), row.id)
    if change is _C.SERVE:
        limits = limits_of(row.limits_region, row.limits_version)
        row.served_at, row.objection_until = uow.now, last_day(china_day(uow.now), limits.objection, calendar)
    if change is _C.PUBLISH:
        authority = uow.session.get_one(Organisation, row.organisation_id).name
        row.published_at = uow.now
        row.published = published_content(row, hand.file.party(row.party_role), authority=authority, summary=text)
    if change in policy.ENDINGS:
        row.ended_at = uow.now
