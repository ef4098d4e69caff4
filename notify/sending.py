"""Sending: row, call, result, each in its own place.

    1. `queue_due`       due reminders become message rows                      (one transaction)
    2. `send_next`       a row is claimed: queued → sending, attempt + 1        (one transaction)
                         the channel is called                                  (no transaction)
                         the answer is recorded if the attempt is still ours    (one transaction)
    3. `reconcile`       rows whose sender died or got no answer are unknown; the provider's own list says whether
                         it has them: sent if so, queued again if certainly not

A crash after 1 leaves a queued row, which the next sweep sends; a crash inside 2 leaves a row in `sending`, whose
lease runs out and which goes through 3. Nothing is sent again before the provider was asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func

from core.errors import DingyueError
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from notify import policy, repository
from notify.models import Message, Reminder
from notify.outcomes import apply_report, mark_unknown, send_again, settle, try_later
from notify.planning import REMINDER_TEMPLATE, queue_message
from notify.policy import MessageState, ReminderState
from notify.ports import Channel, ChannelUnavailable, OutcomeUnknown, Outgoing, Report, SendingRefused
from notify.templates import TemplateInvalid, render, template_named

_BATCH = 200
# How far before an attempt to look for it: more than clocks differ and more than a message may wait at a provider.
_LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is queued through one channel. `signature` heads every text; links start with `base_url`.

    `lease` must be longer than the channel's own time-out: a sender that hasn't answered by then is taken for dead.
    """

    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    channel: Channel
    base_url: str
    signature: str
    lease: timedelta

    def queue_due(self) -> int:
        """Queues all reminders that are due, unless it is night. Returns how many became messages."""
        queued = 0
        while True:
            with self.unit_of_work() as uow:
                if not policy.is_allowed(uow.now):
                    return queued
                due = repository.claim_due_reminders(uow.session, uow.now, _BATCH)
                queued += sum(_queue_reminder(uow, reminder) for reminder in due)
            if len(due) < _BATCH:
                return queued

    def send_next(self, message_id: UUID | None = None) -> MessageState | None:
        """Sends one queued message (the one named, if it is still queued); None if there is nothing to send."""
        with self.unit_of_work() as uow:
            message = repository.claim_queued_message(uow.session, self.channel.medium, uow.now, message_id)
            if message is None:
                return None
            if policy.has_expired(message.expires_at, uow.now):
                settle(uow, message, MessageState.CANCELLED, "expired")
                return MessageState.CANCELLED
            if _must_wait(message, uow.now):
                message.not_before = policy.next_allowed(uow.now)
                return MessageState.QUEUED
            message.attempt += 1
            try:
                outgoing = self._compose(message, self._secret(message))
            except (TemplateInvalid, DingyueError) as error:
                settle(uow, message, MessageState.FAILED, type(error).__name__)
                return MessageState.FAILED
            message.state = MessageState.SENDING
            message.claimed_at = func.now()  # the database's clock, as in `give_up_leases`
            message.provider = self.channel.provider
            message.provider_id = None
            message.sent_at = None
            message.reason = None
        return self._call(outgoing)

    def reconcile(self) -> int:
        """Settles messages whose outcome is unknown. Returns how many it settled."""
        with self.unit_of_work() as uow:
            repository.give_up_leases(uow.session, self.lease)
        with self.unit_of_work() as uow:
            channel = self.channel
            unknown = repository.unknown_messages(uow.session, channel.provider, channel.settles_after, _BATCH)
        return sum(self._settle_unknown(message) for message in unknown)

    def _call(self, outgoing: Outgoing) -> MessageState | None:
        try:
            report = self.channel.send(outgoing)
        except SendingRefused as refusal:
            report = Report("", MessageState.FAILED, "refused", refusal.error_code, refusal.action)
        except ChannelUnavailable:
            return self._record(outgoing, MessageState.SENDING, try_later)
        except OutcomeUnknown:
            return self._record(outgoing, MessageState.SENDING, mark_unknown)
        return self._record(outgoing, MessageState.SENDING, lambda uow, message: apply_report(uow, message, report))

    def _settle_unknown(self, message: Message) -> bool:
        outgoing = self._compose(message, None)  # it is looked for by its reference; the secret stays sealed
        claimed_at = message.claimed_at or message.created_at
        try:
            report = self.channel.find(outgoing, since=claimed_at - _LOOK_BACK)
        except ChannelUnavailable:
            return False
        if report is None:
            self._record(outgoing, MessageState.UNKNOWN, send_again)
        else:
            found = report
            self._record(outgoing, MessageState.UNKNOWN, lambda uow, message: apply_report(uow, message, found))
        return True

    def _record(
        self, outgoing: Outgoing, expected: MessageState, change: Callable[[UnitOfWork, Message], None]
    ) -> MessageState | None:
        """Applies `change` if the attempt is still the latest and in the `expected` state (compare and swap).

        It isn't if a callback was faster, or if we were so slow that somebody else took over.
        """
        with self.unit_of_work() as uow:
            message = repository.lock_attempt(uow.session, outgoing.message_id, outgoing.attempt)
            if message is None:
                return None
            if message.state == expected:
                change(uow, message)
            return MessageState(message.state)

    def _compose(self, message: Message, secret: str | None) -> Outgoing:
        reference = policy.reference(message.id, message.attempt)
        text = render(
            message.template,
            message.language,
            message.params,
            secret=secret,
            signature=self.signature,
            reference=reference,
        )
        return Outgoing(message.id, message.attempt, reference, message.phone, text)

    def _secret(self, message: Message) -> str | None:
        template = template_named(message.template)
        if template.secret_purpose is None or message.sealed_secret is None:
            return None
        secret = self.secrets.open(message.sealed_secret, template.secret_purpose).decode()
        return secret if template.secret_path is None else f"{self.base_url}{template.secret_path}{secret}"


def _must_wait(message: Message, now: datetime) -> bool:
    """What is about an obligation waits for the morning; codes and links are wanted now."""
    return message.obligation_id is not None and not policy.is_allowed(now)


def _queue_reminder(uow: UnitOfWork, reminder: Reminder) -> bool:
    if policy.has_been_overtaken(reminder.due_on, reminder.offset_days, uow.now):
        reminder.state = ReminderState.OVERTAKEN
        return False
    message = queue_message(
        uow,
        business_key=f"reminder:{reminder.id.hex}",
        template=REMINDER_TEMPLATE,
        language=reminder.language,
        phone=reminder.phone,
        params=reminder.params,
        obligation_id=reminder.obligation_id,
        contract_id=reminder.contract_id,
    )
    reminder.state = ReminderState.QUEUED
    reminder.late_reason = policy.late_reason(reminder.late_reason, reminder.send_at, uow.now)
    reminder.message_id = message.id if message is not None else None
    return True
