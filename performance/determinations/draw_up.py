"""Drawing a determination up: opened on a recorded breach, its facts frozen, the party given prior notice."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.determinations import policy, repository
from performance.determinations.errors import AuthorityRequired
from performance.determinations.limits import Limit, current_limits, limits_of
from performance.determinations.models import Determination
from performance.determinations.policy import DETERMINATION, DeterminationChange, DeterminationState
from performance.determinations.recording import record, take
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.policy import DueUnit, period_end
from performance.policy import ObligationState
from performance.recording import Author, obligation_facts
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator


@dataclass(frozen=True, slots=True)
class Notice:
    """What the party is told before anything is decided; none may be empty."""

    facts: str
    reasons: str
    basis: str


def open_determination(uow: UnitOfWork, actor: Actor, obligation_id: UUID, *, reason: str) -> Determination:
    """Takes the place of a revised one, if there is one.

    Raises `RegulatorRequired`, `ObligationNotFound`, `ObligationNotDeterminable` or `RegionUnknown`.
    """
    require_regulator(actor)
    hand = contracts.locked_obligation(uow.session, actor, obligation_id)
    policy.check_obligation(ObligationState(hand.obligation.state))
    limits = current_limits(hand.file.contract.region)
    revised = repository.revised_of(uow.session, obligation_id)
    row = Determination(
        id=uow.new_id(),
        contract_id=hand.obligation.contract_id,
        obligation_id=obligation_id,
        organisation_id=actor.organisation_id,
        replaces_id=revised.id if revised else None,
        party_role=repository.recorded_breach(uow.session, obligation_id).party_at_fault,
        reason=reason,
        limits_region=limits.region,
        limits_version=limits.version,
        state=DeterminationState.OPENED,
        opened_at=uow.now,
        drafted_by_person_id=actor.person_id,
    )
    uow.session.add(row)
    uow.session.flush()
    record(uow, hand.file, row, "determination.open", Author.of(actor), facts={"reason": reason})
    return row


def freeze_facts(uow: UnitOfWork, actor: Actor, determination_id: UUID) -> Determination:
    """Takes the snapshot the determination rests on; its digest is evidence.

    Raises what `locked_by_authority` raises, or `DeterminationStateForbids`.
    """
    hand, row = locked_by_authority(uow, actor, determination_id)
    case = repository.recorded_breach(uow.session, row.obligation_id)
    snapshot = {
        **obligation_facts(hand.obligation),
        "contract_number": hand.file.contract.number,
        "termination": ids.public(ids.TERMINATION, case.id),
        "outcome": case.outcome,
        "body": case.body,
        "case_number": case.case_number,
    }
    policy.next_determination_state(DeterminationState(row.state), DeterminationChange.FREEZE_FACTS)
    row.facts = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row.facts_sha256 = hashlib.sha256(row.facts.encode()).hexdigest()
    take(uow, actor, hand, row, change=DeterminationChange.FREEZE_FACTS, text=f"SHA-256 {row.facts_sha256}")
    return row


def notify(
    uow: UnitOfWork, actor: Actor, determination_id: UUID, notice: Notice, calendar: HolidayCalendar
) -> Determination:
    """The prior notice; the defence period begins.

    Raises `NoticeIncomplete`, `DeterminationStateForbids`, what `locked_by_authority` raises, or `HolidayTableMissing`.
    """
    hand, row = locked_by_authority(uow, actor, determination_id)
    policy.check_notice(notice.facts, notice.reasons, notice.basis)
    policy.next_determination_state(DeterminationState(row.state), DeterminationChange.NOTIFY)
    row.notice, row.notified_at = asdict(notice), uow.now
    limits = limits_of(row.limits_region, row.limits_version)
    row.defence_until = last_day(china_day(uow.now), limits.defence, calendar)
    told = f"事实 facts：{notice.facts}\n理由 reasons：{notice.reasons}\n依据 basis：{notice.basis}"
    take(uow, actor, hand, row, change=DeterminationChange.NOTIFY, text=told)
    return row


def locked_by_authority(
    uow: UnitOfWork, actor: Actor, determination_id: UUID
) -> tuple[ObligationInHand, Determination]:
    """Raises `RegulatorRequired`, `DeterminationNotFound`, or `AuthorityRequired` for another regulator's."""
    require_regulator(actor)
    hand, row = repository.locked(uow.session, actor, determination_id)
    if row.organisation_id != actor.organisation_id:
        raise AuthorityRequired(determination=ids.public(DETERMINATION, row.id))
    return hand, row


def last_day(today: date, limit: Limit, calendar: HolidayCalendar) -> date:
    """Of a period that begins today. Raises `HolidayTableMissing`."""
    return period_end(today, limit.days, DueUnit(limit.unit), calendar).due_on
