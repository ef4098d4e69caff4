"""From events to plans and messages. Transactional, and indifferent to the order in which events arrive.

Every handler of an obligation's event first locks the obligation's row, and drops what a later event has made stale.
"""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from core.clock import CHINA
from core.unit_of_work import UnitOfWork
from notify import policy, repository
from notify.events import MessageQueued
from notify.models import Message, Reminder, ReminderReader
from performance.events import (
    ContactFact,
    ContractRegistered,
    ContractSuspended,
    FulfilmentClaimed,
    ObligationClosed,
    ObligationOverdue,
    ObligationScheduled,
)
from signing.events import RecipientReleased, SigningCodeRequested

CHANNEL = "sms"
REMINDER_TEMPLATE = "obligation_reminder"


def note_readers(uow: UnitOfWork, event: ContractRegistered) -> None:
    """The parties with an account may see the contract's reminders."""
    for organisation_id in {party.organisation_id for party in event.parties} - {None}:
        uow.session.execute(
            insert(ReminderReader)
            .values(contract_id=event.contract_id, organisation_id=organisation_id)
            .on_conflict_do_nothing()
        )


def plan_reminders(uow: UnitOfWork, event: ObligationScheduled) -> None:
    """Plans for the new due date; plans for the dates before it end."""
    obligation = repository.lock_obligation(uow.session, event.obligation_id)
    if obligation.closed_as is not None or event.due_version <= obligation.due_version:
        return
    obligation.due_version = event.due_version
    repository.cancel_reminders(uow.session, event.obligation_id)
    repository.stop_messages(uow.session, event.obligation_id, "due_date_changed", uow.now)
    for contact in event.contacts:
        for planned in policy.plan(event.due_on, uow.now):
            uow.session.add(_reminder(uow, event, contact, planned))


def end_reminders(uow: UnitOfWork, event: ObligationClosed) -> None:
    """Met, exempt or terminated: nothing is left to remind of."""
    obligation = repository.lock_obligation(uow.session, event.obligation_id)
    obligation.closed_as = event.outcome
    repository.cancel_reminders(uow.session, event.obligation_id)
    repository.stop_messages(uow.session, event.obligation_id, "obligation_closed", uow.now)


def pause_reminders(uow: UnitOfWork, event: ContractSuspended) -> None:
    """The clocks stand still: plans end, and those that a late event would still make for the day before, too.
    Resumption gives each obligation a newer version, and with it a new plan."""
    for paused in sorted(event.obligations, key=lambda each: each.obligation_id):
        obligation = repository.lock_obligation(uow.session, paused.obligation_id)
        if obligation.closed_as is not None or paused.due_version < obligation.due_version:
            continue
        obligation.due_version = paused.due_version
        repository.cancel_reminders(uow.session, paused.obligation_id)
        repository.stop_messages(uow.session, paused.obligation_id, "contract_suspended", uow.now)


def queue_claim_notice(uow: UnitOfWork, event: FulfilmentClaimed) -> None:
    """Silence will confirm this claim: the creditor's contacts are told until when to answer. Of other claims nobody
    is told by message, for nothing follows from silence."""
    if event.answer_by is None:
        return
    for contact in event.contacts:
        queue_message(
            uow,
            business_key=f"claim:{event.fulfilment_id.hex}:{contact.contact_id.hex}",
            template="fulfilment_claimed",
            language=contact.language,
            phone=contact.phone,
            params={
                "contact": contact.name,
                "contract": event.contract_title,
                "number": event.contract_number,
                "obligation": event.title,
                "fulfilled_on": event.fulfilled_on.isoformat(),
                "answer_by": event.answer_by.isoformat(),
            },
            contract_id=event.contract_id,
            not_before=policy.next_allowed(uow.now),
        )


def queue_follow_ups(uow: UnitOfWork, event: ObligationOverdue) -> None:
    """Tells the contacts of both parties, in neutral words, inside the window."""
    obligation = repository.lock_obligation(uow.session, event.obligation_id)
    if obligation.closed_as is not None or event.due_version < obligation.due_version:
        return
    for contact in event.contacts:
        queue_message(
            uow,
            business_key=f"follow-up:{event.obligation_id.hex}:{event.due_version}:{contact.contact_id.hex}",
            template="obligation_follow_up",
            language=contact.language,
            phone=contact.phone,
            params=_obligation_params(event, contact),
            obligation_id=event.obligation_id,
            contract_id=event.contract_id,
            not_before=policy.next_allowed(uow.now),
        )


def queue_signing_link(uow: UnitOfWork, event: RecipientReleased) -> None:
    """It is the recipient's turn. A link that is issued again is another message; the same event never is."""
    token_digest = hashlib.sha256(event.sealed_token.encode()).hexdigest()[:16]
    _queue_now(
        uow,
        business_key=f"link:{event.recipient_id.hex}:{token_digest}",
        template="signing_link",
        language=event.language,
        phone=event.phone,
        params={
            "recipient": event.recipient_name,
            "sender": event.sender_name,
            "title": event.envelope_title,
            "expires_at": f"{event.expires_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        },
        sealed_secret=bytes.fromhex(event.sealed_token),
        expires_at=event.expires_at,
        envelope_id=event.envelope_id,
        recipient_id=event.recipient_id,
    )


def queue_signing_code(uow: UnitOfWork, event: SigningCodeRequested) -> None:
    """A code that couldn't be sent while it was valid is never sent."""
    _queue_now(
        uow,
        business_key=f"code:{event.code_id.hex}",
        template="signing_code",
        language=event.language,
        phone=event.phone,
        params={"minutes": event.valid_minutes},
        sealed_secret=bytes.fromhex(event.sealed_code),
        expires_at=uow.now + timedelta(minutes=event.valid_minutes),
    )


def queue_message(uow: UnitOfWork, *, business_key: str, **fields: Any) -> Message | None:
    """Writes the message row; None if there is one for `business_key` already.

    `fields` are columns of `Message`; those left out start empty.
    """
    values = {
        "sealed_secret": None,
        "expires_at": None,
        "not_before": uow.now,
        "obligation_id": None,
        "contract_id": None,
        "envelope_id": None,
        "recipient_id": None,
        **fields,
    }
    return uow.session.scalar(
        insert(Message)
        .values(
            id=uow.new_id(),
            business_key=business_key,
            channel=CHANNEL,
            state=policy.MessageState.QUEUED,
            attempt=0,
            created_at=uow.now,
            **values,
        )
        .on_conflict_do_nothing(index_elements=[Message.business_key])
        .returning(Message)
    )


def _queue_now(uow: UnitOfWork, **fields: Any) -> None:
    message = queue_message(uow, **fields)
    if message is not None:
        uow.emit(MessageQueued(message_id=message.id))


def _reminder(
    uow: UnitOfWork, event: ObligationScheduled, contact: ContactFact, planned: policy.PlannedReminder
) -> Reminder:
    return Reminder(
        id=uow.new_id(),
        obligation_id=event.obligation_id,
        contract_id=event.contract_id,
        due_version=event.due_version,
        due_on=event.due_on,
        offset_days=planned.offset_days,
        contact_id=contact.contact_id,
        channel=CHANNEL,
        phone=contact.phone,
        language=contact.language,
        params=_obligation_params(event, contact),
        send_at=planned.send_at,
        state=planned.state,
        late_reason=planned.late_reason,
        created_at=uow.now,
    )


def _obligation_params(event: ObligationScheduled | ObligationOverdue, contact: ContactFact) -> dict[str, Any]:
    return {
        "contact": contact.name,
        "contract": event.contract_title,
        "number": event.contract_number,
        "obligation": event.title,
        "debtor": event.debtor_name,
        "due_on": event.due_on.isoformat(),
    }
