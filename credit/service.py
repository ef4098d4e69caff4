"""What others may ask of credit: a record with its score explained, the rule sets, a reversal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core.clock import china_day
from core.events import Reaction, Subscription
from core.unit_of_work import UnitOfWorkFactory
from credit import recording, repository
from credit.errors import (
    CreditEventNotFound,
    CreditRecordNotFound,
    EventNotReversible,
    ReversalNotAllowed,
    ScoreDateInFuture,
)
from credit.explanation import Point, explain
from credit.models import CreditEvent, CreditSubject
from credit.policy import CreditEventType
from credit.rule_sets import RuleSet, rule_set_at, rule_set_named, rule_sets
from credit.scoring import Fact, Score, score
from performance.events import BreachRecorded, ContractRegistered, ObligationClosed


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """A subject's record as of the day `at`: `events` are those in effect by then, oldest first."""

    subject: CreditSubject
    at: date
    rule_set: RuleSet
    score: Score
    points: Sequence[Point]
    events: Sequence[CreditEvent]


@dataclass(frozen=True, slots=True)
class CreditService:
    """Every method is one use case in a unit of work of its own."""

    unit_of_work: UnitOfWorkFactory

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return [
            Subscription("credit.parties", ContractRegistered, recording.note_parties),
            Subscription("credit.closing", ObligationClosed, recording.record_closing),
            Subscription("credit.breach", BreachRecorded, recording.record_breach),
        ]

    def record(self, actor: Actor, uscc: str, *, at: date | None = None, rules: str | None = None) -> CreditRecord:
        """The record of a subject: the actor's own, a counterparty's, or one the actor oversees.

        `at` defaults to today in China, `rules` to the rule set in force then. Raises `ScopeMissing`,
        `CreditRecordNotFound`, `RuleSetNotFound` and `ScoreDateInFuture`.
        """
        actor.require(Scope.CREDIT_READ)
        with self.unit_of_work() as uow:
            today = china_day(uow.now)
            day = at or today
            if day > today:
                raise ScoreDateInFuture(at=day.isoformat(), today=today.isoformat())
            rule_set = rule_set_named(rules) if rules else rule_set_at(day)
            subject = repository.visible_subject(uow.session, actor, uscc)
            if subject is None:
                raise CreditRecordNotFound
            events = [event for event in repository.events_of(uow.session, subject.id) if event.effective_on <= day]
        computed = score(rule_set, subject.kind, [_fact(event) for event in events], day)
        points = explain(computed, {event.id: event for event in events})
        return CreditRecord(subject, day, rule_set, computed, points, events)

    def rule_sets(self) -> Sequence[RuleSet]:
        """All published rule sets, oldest first."""
        return list(rule_sets().values())

    def reverse(self, actor: Actor, event_id: UUID, *, source_document: str) -> CreditEvent:
        """Takes an event out of all scores from today on, on the strength of a document (R24).

        Raises `ScopeMissing`, `ReversalNotAllowed` unless the actor is a credit office, `CreditEventNotFound` and
        `EventNotReversible`.
        """
        actor.require(Scope.CREDIT_WRITE)
        if actor.organisation_kind != OrganisationKind.CREDIT_OFFICE:
            raise ReversalNotAllowed
        with self.unit_of_work() as uow:
            found = repository.visible_event(uow.session, actor, event_id)
            if found is None:
                raise CreditEventNotFound
            event, subject = found
            repository.lock_subject(uow.session, subject.id)
            is_reversed = repository.has_event(uow.session, f"reversal:{event.id.hex}")
            if event.type == CreditEventType.REVERSAL or is_reversed:
                raise EventNotReversible
            today = china_day(uow.now)
            return recording.record_reversal(uow, event, subject, on=today, source_document=source_document)


def _fact(event: CreditEvent) -> Fact:
    return Fact(event.id, event.type, event.effective_on, event.reversal_of)
