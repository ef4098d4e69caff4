"""Reads, scoped to the actor: lists in pages, and everything there is about a contract or an obligation.

Every list is one query and every dossier a fixed number of them, however long it is. A cursor names the last row of
the page before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.clock import china_day
from core.money import Money
from performance import explanation, listing, repository
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.explain_due import explain_due
from performance.errors import ListCursorInvalid
from performance.explanation import Explanation
from performance.late_interest.debts import debt_of
from performance.late_interest.policy import LateInterest, late_interest
from performance.late_interest.tables import RateTables
from performance.listing import ObligationFilter
from performance.mediation_wall import walled_off
from performance.models import (
    Contract,
    ContractHistory,
    ContractParty,
    Exemption,
    Fulfilment,
    Obligation,
    OverdueEntry,
    SupervisionCase,
    SupervisionStep,
    TerminationCase,
)
from performance.parts import Progress, progress, size_of
from performance.policy import VARIATION, ContractState, ObligationState, RequestState
from performance.regions import RegionProfiles, ReportingDuty, reporting_duty
from performance.register import search
from performance.register.models import ContractFiling, SignedFileCheck
from performance.register.repository import file_checks, filings
from performance.register.search import ContractFilter
from performance.repository import ContractFile
from performance.suspensions.models import Suspension
from performance.suspensions.repository import suspensions_of
from performance.variations.models import Variation
from performance.variations.policy import VariationState

T = TypeVar("T")
UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and where to go on; no cursor on the last page."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ContractDossier:
    """A contract with its parties, contacts, obligations, whether its class must be reported, how it was filed, and the
    signed files that were added to it, newest first."""

    file: ContractFile
    duty: ReportingDuty | None
    filings: Sequence[ContractFiling] = ()
    file_checks: Sequence[SignedFileCheck] = ()


@dataclass(frozen=True, slots=True)
class ListedObligation:
    obligation: Obligation
    contract: Contract


@dataclass(frozen=True, slots=True)
class ObligationDossier:
    """An obligation and all that happened to it, each list oldest first. `late_interest` is None unless money was late;
    `progress` counts what the other side confirmed."""

    obligation: Obligation
    contract: Contract
    progress: Progress
    late_interest: LateInterest | None
    fulfilments: Sequence[Fulfilment]
    overdue_entries: Sequence[OverdueEntry]
    supervision_cases: Sequence[SupervisionCase]
    supervision_steps: Sequence[SupervisionStep]
    termination_cases: Sequence[TerminationCase]
    exemptions: Sequence[Exemption]
    variations: Sequence[Variation]
    suspensions: Sequence[Suspension]


def obligation_states(names: Sequence[str]) -> tuple[ObligationState, ...]:
    return tuple(ObligationState(name) for name in names)


def dossier(session: Session, file: ContractFile, profiles: RegionProfiles) -> ContractDossier:
    contract = file.contract
    session.flush()
    if contract.class_code is None:
        return ContractDossier(file, None, file_checks=file_checks(session, contract.id))
    amount = Money(contract.amount_minor, contract.currency) if contract.amount_minor is not None else None
    profile = profiles.version(contract.region, contract.profile_version)
    duty = reporting_duty(profile, contract.class_code, amount)
    return ContractDossier(file, duty, filings(session, contract.id), file_checks(session, contract.id))


def contract(session: Session, actor: Actor, contract_id: UUID, profiles: RegionProfiles) -> ContractDossier:
    actor.require(Scope.CONTRACTS_READ)
    found = repository.contract_of(session, actor, contract_id)
    return dossier(session, repository.files_of(session, [found])[found.id], profiles)


def contracts(
    session: Session, actor: Actor, wanted: ContractFilter, *, cursor: str | None, limit: int
) -> Page[Contract]:
    actor.require(Scope.CONTRACTS_READ)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = search.contracts(session, actor, wanted, before=before, limit=limit + 1)
    return page_of(rows, limit, lambda row: row.id.hex)


def contract_counts(session: Session, actor: Actor) -> dict[str, int]:
    actor.require(Scope.CONTRACTS_READ)
    return listing.number_of_contracts(session, actor)


def history(
    session: Session, actor: Actor, contract_id: UUID, *, cursor: str | None, limit: int
) -> Page[ContractHistory]:
    actor.require(Scope.CONTRACTS_READ)
    found = repository.contract_of(session, actor, contract_id)
    after = read_cursor(cursor, _sequence) or 0
    rows = listing.history(session, found.id, after=after, limit=limit + 1)
    return page_of(rows, limit, lambda row: str(row.sequence))


def obligations(
    session: Session, actor: Actor, wanted: ObligationFilter, *, cursor: str | None, limit: int
) -> Page[ListedObligation]:
    actor.require(Scope.CONTRACTS_READ)
    after = read_cursor(cursor, _due_and_id)
    rows = listing.obligations(session, actor, wanted, after=after, limit=limit + 1)
    items = [ListedObligation(obligation, contract) for obligation, contract in rows]
    return page_of(items, limit, lambda item: f"{item.obligation.due_on or UNDATED}_{item.obligation.id.hex}")


def obligation(
    session: Session, actor: Actor, obligation_id: UUID, now: datetime, rates: RateTables
) -> ObligationDossier:
    actor.require(Scope.CONTRACTS_READ)
    obligation_row, contract_row = listing.obligation_of(session, actor, obligation_id)
    only = [obligation_id]
    cases = listing.rows_of(session, SupervisionCase, only)
    claims = listing.rows_of(session, Fulfilment, only)
    suspensions = suspensions_of(session, contract_row.id)
    debt = debt_of(
        obligation_row,
        contract_row,
        claims,
        suspensions,
        is_public_debtor=_is_public(session, obligation_row),
        today=china_day(now),
    )
    return ObligationDossier(
        obligation=obligation_row,
        contract=contract_row,
        progress=progress(size_of(obligation_row), claims),
        late_interest=late_interest(debt, rates) if debt else None,
        fulfilments=claims,
        overdue_entries=listing.overdue_entries_of(session, obligation_id),
        supervision_cases=cases,
        supervision_steps=repository.steps_of(session, [case.id for case in cases]),
        termination_cases=[
            walled_off(session, actor, case) for case in listing.rows_of(session, TerminationCase, only)
        ],
        exemptions=listing.rows_of(session, Exemption, only),
        variations=listing.rows_of(session, Variation, only),
        suspensions=suspensions,
    )


def _is_public(session: Session, row: Obligation) -> bool:
    kind = session.scalar(
        select(ContractParty.kind).where(
            ContractParty.contract_id == row.contract_id, ContractParty.role == row.debtor_role
        )
    )
    return kind == OrganisationKind.GOVERNMENT


def explain(
    session: Session,
    actor: Actor,
    obligation_id: UUID,
    *,
    profiles: RegionProfiles,
    now: datetime,
    rates: RateTables,
    calendar: HolidayCalendar,
) -> Explanation:
    about = obligation(session, actor, obligation_id, now, rates)
    row, contract_row = about.obligation, about.contract
    return explanation.explain(
        ObligationState(row.state),
        profiles.version(contract_row.region, contract_row.profile_version),
        due=explain_due(row, calendar),
        due_on=row.due_on,
        due_version=row.due_version,
        closed_on=row.closed_on,
        today=china_day(now),
        is_suspended=contract_row.state == ContractState.SUSPENDED,
        evidence=_case_facts(about),
    )


def _case_facts(about: ObligationDossier) -> dict[str, str | None]:
    """What decided it: the latest claim, step, approved ground and outcome."""
    facts: dict[str, str | None] = {}
    if about.progress.met and not about.progress.is_complete:
        done = about.progress
        facts |= {"met": done.text(done.met), "owed": done.text(done.owed), "rest": done.text(done.rest)}
    if about.fulfilments:
        claim = about.fulfilments[-1]
        facts |= {"claim": claim.state, "fulfilled_on": claim.fulfilled_on.isoformat()}
        facts |= {"answer_by": claim.answer_by.isoformat()} if claim.answer_by else {}
        facts |= {"confirmed_by": "silence"} if claim.is_deemed else {}
    if about.supervision_steps:
        step = about.supervision_steps[-1]
        facts |= {"last_step": step.kind, "last_step_on": step.held_on.isoformat()}
    approved = [each for each in about.exemptions if each.state == RequestState.APPROVED]
    if approved:
        facts |= {"ground": approved[-1].ground, "occurred_on": approved[-1].occurred_on.isoformat()}
    effective = [each for each in about.variations if each.state == VariationState.EFFECTIVE]
    if effective:
        facts |= {"variation": ids.public(VARIATION, effective[-1].id)}
    if about.termination_cases:
        case = about.termination_cases[-1]
        facts |= {"dispute": case.state, "outcome": case.outcome, "case_number": case.case_number}
        facts |= {"party_at_fault": case.party_at_fault}
    return facts


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("a row of the history has a number of at most 18 digits")
    return int(text)


def _due_and_id(text: str) -> tuple[date | None, UUID]:
    due_on, _, identifier = text.partition("_")
    return None if due_on == UNDATED else date.fromisoformat(due_on), UUID(hex=identifier)


def read_cursor(cursor: str | None, parse: Callable[[str], T]) -> T | None:
    """Raises `ListCursorInvalid` for anything `parse` refuses."""
    if cursor is None:
        return None
    try:
        return parse(cursor)
    except (ValueError, OverflowError) as error:
        raise ListCursorInvalid from error


def page_of(rows: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """`rows` holds one more than `limit` if there is a next page."""
    shown = list(rows[:limit])
    return Page(shown, cursor_of(shown[-1]) if len(rows) > limit else None)
