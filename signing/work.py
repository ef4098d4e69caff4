"""The lease on an envelope: one revision is made at a time, outside any transaction.

    claim (transaction) → PDF work, object store (no transaction) → finish (transaction)

If we crash in between, the lease lapses and the same use case simply runs again; the bytes it left in the object
store are named by their digest and harm nobody. If the lease lapsed while we were still working and somebody else took
over, `finish` refuses our result: of two attempts at most one is ever stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.errors import DingyueError
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile, describe_file
from signing import repository
from signing.context import SigningContext
from signing.errors import EnvelopeBusy
from signing.models import Envelope, EnvelopeRevision
from signing.ports import SignedPDF
from signing.repository import EnvelopeFile

PDF = "application/pdf"


def claim(uow: UnitOfWork, context: SigningContext, envelope: Envelope) -> UUID:
    """Takes the lease on a locked envelope. Raises `EnvelopeBusy` while somebody else's stands."""
    require_free(envelope, uow.now)
    envelope.work_id = uow.new_id()
    envelope.work_until = uow.now + context.work_lifetime
    return envelope.work_id


def require_free(envelope: Envelope, now: datetime) -> None:
    """Raises `EnvelopeBusy` while a step is being made."""
    if envelope.work_until is not None and now < envelope.work_until:
        seconds = max(1, int((envelope.work_until - now).total_seconds()))
        raise EnvelopeBusy(retry_after_seconds=min(seconds, 5))


def holds(envelope: Envelope, work_id: UUID) -> bool:
    """Whether a locked envelope's lease is still ours (a lapsed lease that nobody took is)."""
    return envelope.work_id == work_id


@dataclass(frozen=True, slots=True)
class NewRevision:
    """One document's new PDF, stored."""

    document: EnvelopeFile
    stored: StoredFile
    is_timestamped: bool = True
    renew_before: datetime | None = None


def finish(
    uow: UnitOfWork,
    envelope: Envelope,
    work_id: UUID,
    revisions: Sequence[NewRevision],
    *,
    cause: str,
    documents: Sequence[EnvelopeFile] | None = None,
    recipient_id: UUID | None = None,
) -> None:
    """Makes the new PDFs the current ones of the envelope's documents and gives the lease back.

    The envelope must be locked; `documents` are its documents, if the caller has read them since. Raises
    `EnvelopeBusy` if the lease is no longer ours.
    """
    if not holds(envelope, work_id):
        raise EnvelopeBusy(retry_after_seconds=1)
    files = repository.envelope_documents(uow.session, envelope.id) if documents is None else documents
    current = {file.position: file.current for file in files}
    envelope.revision += 1
    envelope.work_id = envelope.work_until = None
    envelope.last_error = None
    for new in revisions:
        document = current[new.document.position]
        document.object_key = new.stored.object_key
        document.sha256 = new.stored.file.sha256
        # A document timestamp vouches for all that is in the file; another signature's own doesn't for earlier ones.
        has_document_timestamp = new.renew_before is not None
        document.is_timestamped = has_document_timestamp or (new.is_timestamped and document.is_timestamped)
        document.renew_before = new.renew_before
        uow.session.add(
            EnvelopeRevision(
                envelope_id=envelope.id,
                number=envelope.revision,
                document=document.position,
                object_key=document.object_key,
                sha256=document.sha256,
                cause=cause,
                recipient_id=recipient_id,
                created_at=uow.now,
            )
        )


def make_revision(context: SigningContext, document: EnvelopeFile, make: Callable[[bytes], SignedPDF]) -> NewRevision:
    """Reads a document's current PDF, makes its next one and stores it. Outside any transaction."""
    made = make(context.objects.get(document.current.object_key))
    return store_revision(context, document, made)


def store_revision(context: SigningContext, document: EnvelopeFile, made: SignedPDF) -> NewRevision:
    object_key = context.objects.put(made.data)
    stored = StoredFile(describe_file(document.name, PDF, made.data), object_key)
    return NewRevision(document, stored, is_timestamped=made.is_timestamped, renew_before=made.renew_before)


def reason_of(error: Exception) -> str:
    """What people may read about a failure: our own errors are written for them, others tell only their name."""
    return str(error)[:500] if isinstance(error, DingyueError) else type(error).__name__


def give_up(
    context: SigningContext, envelope_id: UUID, work_id: UUID, error: Exception, pause: timedelta | None = None
) -> None:
    """Gives the lease back after a failure and keeps the reason, so that the next attempt needn't wait.

    With a `pause` nobody tries again before it is over: for sweeps, which others wait in line behind.
    """
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        if holds(envelope, work_id):
            envelope.work_id = None
            envelope.work_until = None if pause is None else uow.now + pause
            envelope.last_error = reason_of(error)
