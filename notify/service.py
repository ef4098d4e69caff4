"""What others may ask of notify: send what is due, take in delivery reports, show what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope, masked_phone
from core.events import Reaction, Subscription
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify import planning, policy, repository
from notify.errors import CallbackRefused, MessageNotFound, RemindersNotFound
from notify.events import MessageQueued
from notify.models import Message, Reminder
from notify.outcomes import apply_report
from notify.ports import Channel
from notify.segments import Segments, count_segments
from notify.sending import Sender
from notify.templates import render
from performance.events import (
    ContractRegistered,
    ContractSuspended,
    FulfilmentClaimed,
    ObligationClosed,
    ObligationOverdue,
    ObligationScheduled,
)
from signing.events import RecipientReleased, SigningCodeRequested

_MOST_PER_SWEEP = 2000


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did: unknown outcomes settled, reminders queued, messages handed to the channel."""

    reconciled: int
    queued: int
    sent: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as an operator sees it. `text` is full only where the console channel carried it; elsewhere its
    secret is redacted and the phone masked."""

    message: Message
    phone: str
    text: str
    segments: Segments


@dataclass(frozen=True, slots=True)
class ReminderView:
    """A reminder, and the state of the message it became, if it did."""

    reminder: Reminder
    phone: str
    message_state: str | None


@dataclass(frozen=True, slots=True)
class NotifyService:
    """`base_url` is the public address of the pages, without a slash at the end; `signature` heads every text.

    `lease`: a sender that hasn't recorded an answer by then is taken for dead. It must exceed the channel's time-out.
    """

    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    channel: Channel
    base_url: str
    signature: str = "鼎约"
    lease: timedelta = timedelta(minutes=1)

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return [
            Subscription("notify.readers", ContractRegistered, planning.note_readers),
            Subscription("notify.plan", ObligationScheduled, planning.plan_reminders),
            Subscription("notify.end", ObligationClosed, planning.end_reminders),
            Subscription("notify.follow_up", ObligationOverdue, planning.queue_follow_ups),
            Subscription("notify.pause", ContractSuspended, planning.pause_reminders),
            Subscription("notify.claim", FulfilmentClaimed, planning.queue_claim_notice),
            Subscription("notify.link", RecipientReleased, planning.queue_signing_link),
            Subscription("notify.code", SigningCodeRequested, planning.queue_signing_code),
            Reaction("notify.send", MessageQueued, self.send_queued),
        ]

    def send_queued(self, event: MessageQueued) -> None:
        """Sends a message at once; whatever keeps it from being sent, the next sweep tries again."""
        self._sender.send_next(event.message_id)

    def send_due(self) -> Sweep:
        """The sweep: settle unknown outcomes, queue due reminders, send. Any number of workers may run it at once."""
        sender = self._sender
        reconciled = sender.reconcile()
        queued = sender.queue_due()
        sent = 0
        while sent < _MOST_PER_SWEEP and sender.send_next() is not None:
            sent += 1
        return Sweep(reconciled, queued, sent)

    def record_callback(
        self, *, message_id: UUID, attempt: int, url: str, parameters: Mapping[str, str], signature: str
    ) -> None:
        """Takes in a provider's delivery report about one attempt.

        A repeated or outdated report changes nothing; one about an earlier attempt, or naming another message of the
        provider's, is not believed. Raises `CallbackRefused` unless authentic, `MessageNotFound`.
        """
        report = self.channel.read_callback(url, parameters, signature)
        with self.unit_of_work() as uow:
            message = repository.lock_message(uow.session, message_id)
            if message is None:
                raise MessageNotFound
            if attempt > message.attempt:
                raise CallbackRefused
            is_current = attempt == message.attempt and message.provider_id in {None, report.provider_id}
            if is_current:
                apply_report(uow, message, report)

    def messages(
        self, actor: Actor, *, phone: str | None = None, before: UUID | None = None, limit: int = 50
    ) -> Sequence[MessageView]:
        """All messages, newest first, for operators. Raises `ScopeMissing`."""
        actor.require(Scope.MESSAGES_READ)
        with self.unit_of_work() as uow:
            rows = repository.messages(uow.session, phone=phone, before=before, limit=limit)
        return [self._view(message, text) for message, text in rows]

    def reminders(
        self, actor: Actor, contract_id: UUID, *, after: UUID | None = None, limit: int = 50
    ) -> Sequence[ReminderView]:
        """The reminders of a contract, for its parties, their overseers and operators.

        Raises `ScopeMissing` and, for everybody else, `RemindersNotFound`.
        """
        is_operator = Scope.MESSAGES_READ in actor.scopes
        if not is_operator:
            actor.require(Scope.CONTRACTS_READ)
        with self.unit_of_work() as uow:
            if not is_operator and not repository.may_read_reminders(uow.session, actor, contract_id):
                raise RemindersNotFound
            rows = repository.reminders(uow.session, contract_id, after=after, limit=limit)
        return [ReminderView(row, masked_phone(row.phone), state) for row, state in rows]

    @property
    def _sender(self) -> Sender:
        return Sender(self.unit_of_work, self.secrets, self.channel, self.base_url, self.signature, self.lease)

    def _view(self, message: Message, console_text: str | None) -> MessageView:
        text = console_text or render(
            message.template,
            message.language,
            message.params,
            secret=None,
            signature=self.signature,
            reference=policy.reference(message.id, message.attempt),
        )
        phone = message.phone if console_text else masked_phone(message.phone)
        return MessageView(message, phone, text, count_segments(text))
