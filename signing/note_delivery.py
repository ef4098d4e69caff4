"""What became of the message with a recipient's link, as the provider reports it."""

from datetime import datetime
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing import policy, repository
from signing.evidence import record_for_envelope


def note_delivery(
    uow: UnitOfWork, envelope_id: UUID, recipient_id: UUID, *, problem: str | None, link_issued_at: datetime
) -> None:
    """`problem` is None if the message was taken. A report about an older link than the recipient has changes nothing.

    In the caller's unit of work: it is an event's subscription.
    """
    envelope = repository.envelope_for_update(uow.session, envelope_id)
    recipients = repository.recipients(uow.session, envelope_id)
    recipient = next((each for each in recipients if each.id == recipient_id), None)
    if recipient is None or recipient.released_at is None or link_issued_at < recipient.released_at:
        return
    before = repository.progress(envelope, recipients)
    after = policy.note_delivery(before, recipient.id, arrived=problem is None)
    if after == before:
        return
    recipient.delivery_problem = problem
    repository.store_progress(after, envelope, recipients)
    step = "recipient.sent" if problem is None else "recipient.bounced"
    facts = {"problem": problem}
    record_for_envelope(uow, envelope, recipients, step=step, facts=facts, recipient=recipient)
