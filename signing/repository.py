"""Reading documents and envelopes, always on behalf of somebody.

Organisations: a document belongs to the one that uploaded it; an envelope is read by its owner and, once sent, by the
organisations its recipients act for. Recipients: whatever they touch is found through the hash of their own token.
`*_for_update` functions lock the envelope's row, always before anything else is written, so that two use cases on one
envelope follow each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select, union, update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from signing.identity.models import IdentityCheck
from signing.models import (
    Document,
    Envelope,
    EnvelopeDocument,
    EnvelopeRevision,
    Field,
    Recipient,
    RemoteSignature,
    SigningCode,
    SigningSession,
)
from signing.policy import EnvelopeState, Party, Progress, RecipientRole, RecipientState


@dataclass(frozen=True, slots=True)
class EnvelopeFile:
    """One of an envelope's documents: as it stands, and as it was uploaded."""

    current: EnvelopeDocument
    uploaded: Document

    @property
    def position(self) -> int:
        return self.current.position

    @property
    def name(self) -> str:
        return self.uploaded.name


def document(session: Session, actor: Actor, document_id: UUID) -> Document | None:
    return session.scalar(
        select(Document).where(Document.id == document_id, Document.organisation_id == actor.organisation_id)
    )


def documents(session: Session, actor: Actor, *, before: UUID | None, limit: int) -> Sequence[Document]:
    """Newest first, older than `before`."""
    query = select(Document).where(Document.organisation_id == actor.organisation_id)
    if before is not None:
        query = query.where(Document.id < before)
    return session.scalars(query.order_by(Document.id.desc()).limit(limit)).all()


def envelope(session: Session, actor: Actor, envelope_id: UUID) -> Envelope | None:
    return session.scalar(select(Envelope).where(Envelope.id == envelope_id, _is_readable_by(actor)))


def envelopes(
    session: Session, actor: Actor, *, state: EnvelopeState | None, before: UUID | None, limit: int
) -> Sequence[Envelope]:
    """Newest first, older than `before`.

    Own envelopes and those one is a party to are looked up by an index each, a page of either; asked for in one
    condition, the database would walk everybody's.
    """
    own = select(Envelope.id).where(Envelope.organisation_id == actor.organisation_id)
    as_party = (
        select(Recipient.envelope_id)
        .distinct()
        .join(Envelope, Envelope.id == Recipient.envelope_id)
        .where(Recipient.organisation_id == actor.organisation_id, Envelope.sent_at.is_not(None))
    )
    if state is not None:
        own, as_party = own.where(Envelope.state == state), as_party.where(Envelope.state == state)
    if before is not None:
        own, as_party = own.where(Envelope.id < before), as_party.where(Recipient.envelope_id < before)
    page = union(
        own.order_by(Envelope.id.desc()).limit(limit).subquery().select(),
        as_party.order_by(Recipient.envelope_id.desc()).limit(limit).subquery().select(),
    ).subquery()
    query = select(Envelope).where(Envelope.id.in_(select(page.c[0])))
    return session.scalars(query.order_by(Envelope.id.desc()).limit(limit)).all()


def own_envelope_for_update(session: Session, actor: Actor, envelope_id: UUID) -> Envelope | None:
    """The envelope, locked, if the actor's organisation is its sender."""
    return session.scalar(
        select(Envelope)
        .where(Envelope.id == envelope_id, Envelope.organisation_id == actor.organisation_id)
        .with_for_update()
    )


def envelope_for_update(session: Session, envelope_id: UUID) -> Envelope:
    """The envelope, locked, for steps nobody outside asks for by id (a signer's own, sealing, expiry)."""
    return session.scalars(_ENVELOPE_FOR_UPDATE, {"id": envelope_id}).one()


def envelope_documents(session: Session, envelope_id: UUID) -> list[EnvelopeFile]:
    return documents_of_envelopes(session, [envelope_id])[envelope_id]


def documents_of_envelopes(session: Session, envelope_ids: Iterable[UUID]) -> dict[UUID, list[EnvelopeFile]]:
    """Each envelope's documents by position, as they are now: copies read before the lock are refreshed."""
    found: dict[UUID, list[EnvelopeFile]] = defaultdict(list)
    for current, uploaded in session.execute(_DOCUMENTS, {"envelope_ids": list(envelope_ids)}):
        found[current.envelope_id].append(EnvelopeFile(current, uploaded))
    return found


def own_documents(session: Session, actor: Actor, document_ids: Sequence[UUID]) -> list[Document]:
    """The actor's organisation's documents in the order asked for; shorter if one isn't theirs."""
    query = select(Document).where(Document.id.in_(document_ids), Document.organisation_id == actor.organisation_id)
    found = {document.id: document for document in session.scalars(query)}
    return [found[document_id] for document_id in document_ids if document_id in found]


def recipients(session: Session, envelope_id: UUID) -> list[Recipient]:
    return recipients_of(session, [envelope_id])[envelope_id]


def recipients_of(session: Session, envelope_ids: Iterable[UUID]) -> dict[UUID, list[Recipient]]:
    """The recipients of each envelope in signing order, as they are now: a copy that was read before the envelope
    was locked is refreshed."""
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    for recipient in session.scalars(_RECIPIENTS, {"envelope_ids": list(envelope_ids)}):
        found[recipient.envelope_id].append(recipient)
    return found


def fields(session: Session, envelope_id: UUID) -> Sequence[Field]:
    """In reading order, document by document."""
    return session.scalars(_FIELDS, {"envelope_id": envelope_id}).all()


def clear_draft(session: Session, envelope_id: UUID) -> None:
    """Takes everything out of a draft that is to be filled anew, with what its recipients left when it was out once."""
    recipients = select(Recipient.id).where(Recipient.envelope_id == envelope_id)
    for table in (SigningSession, SigningCode, RemoteSignature, IdentityCheck):
        session.execute(delete(table).where(table.recipient_id.in_(recipients)))
    session.execute(delete(Field).where(Field.envelope_id == envelope_id))
    session.execute(update(Recipient).where(Recipient.envelope_id == envelope_id).values(replaces_id=None))
    session.execute(delete(Recipient).where(Recipient.envelope_id == envelope_id))
    session.execute(delete(EnvelopeDocument).where(EnvelopeDocument.envelope_id == envelope_id))


def hand_over_fields(session: Session, old_recipient_id: UUID, new_recipient_id: UUID) -> None:
    session.execute(update(Field).where(Field.recipient_id == old_recipient_id).values(recipient_id=new_recipient_id))


def revisions(session: Session, envelope_id: UUID) -> Sequence[EnvelopeRevision]:
    query = select(EnvelopeRevision).where(EnvelopeRevision.envelope_id == envelope_id)
    return session.scalars(query.order_by(EnvelopeRevision.number, EnvelopeRevision.document)).all()


def recipient_by_link(session: Session, token_hash: bytes) -> Recipient | None:
    return session.scalar(_BY_LINK, {"token_hash": token_hash})


def envelope_of_session(session: Session, token_hash: bytes, now: datetime) -> Envelope | None:
    """The envelope, locked, that a live session is about."""
    return session.scalar(_ENVELOPE_OF_SESSION, {"token_hash": token_hash, "now": now})


def seated(
    session: Session, envelope_id: UUID, token_hash: bytes, now: datetime
) -> list[tuple[Recipient, SigningSession | None]]:
    """An envelope's recipients in signing order, and beside one of them the live session behind the token; all of it
    as it is now, also what was read before the envelope was locked."""
    rows = session.execute(_SEATED, {"envelope_id": envelope_id, "token_hash": token_hash, "now": now})
    return [(recipient, live) for recipient, live in rows]


def end_sessions(session: Session, recipient_id: UUID, now: datetime) -> None:
    session.execute(
        update(SigningSession)
        .where(SigningSession.recipient_id == recipient_id, SigningSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def recipients_in_session(session: Session, envelope_id: UUID, now: datetime) -> set[UUID]:
    """The recipients of an envelope who entered a right code and may be about to sign."""
    query = (
        select(SigningSession.recipient_id)
        .join(Recipient, Recipient.id == SigningSession.recipient_id)
        .where(
            Recipient.envelope_id == envelope_id,
            SigningSession.ended_at.is_(None),
            SigningSession.authenticated_until > now,
        )
    )
    return set(session.scalars(query))


def codes_since(session: Session, recipient_id: UUID, since: datetime) -> Sequence[SigningCode]:
    """A recipient's codes, newest first; only that one may be used.

    Whoever asks for a code or enters one has locked the envelope, so that guesses are counted one after the other.
    """
    return session.scalars(_CODES_SINCE, {"recipient_id": recipient_id, "since": since}).all()


def expired_envelopes(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    return session.scalars(
        select(Envelope.id)
        .where(Envelope.state == EnvelopeState.IN_PROGRESS, Envelope.expires_at <= now)
        .order_by(Envelope.expires_at)
        .limit(limit)
    ).all()


def envelopes_to_remind(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    return session.scalars(
        select(Envelope.id)
        .where(Envelope.state == EnvelopeState.IN_PROGRESS, Envelope.next_reminder_at <= now)
        .order_by(Envelope.next_reminder_at)
        .limit(limit)
    ).all()


def envelopes_without_timestamp(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Those being signed in which the time of a signature is only claimed so far, and that nobody works on."""
    return session.scalars(
        select(Envelope.id)
        .where(
            Envelope.state == EnvelopeState.IN_PROGRESS,
            or_(Envelope.work_until.is_(None), Envelope.work_until <= now),
            exists().where(EnvelopeDocument.envelope_id == Envelope.id, ~EnvelopeDocument.is_timestamped),
        )
        .order_by(Envelope.id)
        .limit(limit)
    ).all()


def envelopes_to_renew(session: Session, now: datetime, before: datetime, limit: int) -> Sequence[UUID]:
    """Completed ones whose last document timestamp can't be validated much longer by its own certificate."""
    due = (
        select(EnvelopeDocument.envelope_id, func.min(EnvelopeDocument.renew_before).label("at"))
        .where(EnvelopeDocument.renew_before <= before)
        .group_by(EnvelopeDocument.envelope_id)
        .subquery()
    )
    return session.scalars(
        select(Envelope.id)
        .join(due, due.c.envelope_id == Envelope.id)
        .where(
            Envelope.state == EnvelopeState.COMPLETED, or_(Envelope.work_until.is_(None), Envelope.work_until <= now)
        )
        .order_by(due.c.at)
        .limit(limit)
    ).all()


def live_rescission(session: Session, envelope_id: UUID) -> UUID | None:
    """An envelope that is out, or went through, to undo this one. A draft that nobody sends stands in nobody's way."""
    under_way = (EnvelopeState.PROCESSING, EnvelopeState.IN_PROGRESS, EnvelopeState.SEALING, EnvelopeState.COMPLETED)
    return session.scalar(
        select(Envelope.id).where(Envelope.rescinds_id == envelope_id, Envelope.state.in_(under_way)).limit(1)
    )


def remote_signature(session: Session, recipient_id: UUID, remote_id: UUID) -> RemoteSignature | None:
    """A remote signature of this recipient, locked: it is completed once."""
    return session.scalar(
        select(RemoteSignature)
        .where(RemoteSignature.id == remote_id, RemoteSignature.recipient_id == recipient_id)
        .with_for_update()
    )


def progress(envelope: Envelope, recipients: Iterable[Recipient]) -> Progress:
    """What the policy decides on."""
    parties = (
        Party(
            id=recipient.id,
            role=RecipientRole(recipient.role),
            order=recipient.order,
            state=RecipientState(recipient.state),
        )
        for recipient in recipients
    )
    return Progress(EnvelopeState(envelope.state), tuple(parties))


def store_progress(progress: Progress, envelope: Envelope, recipients: Iterable[Recipient]) -> None:
    """Writes what the policy decided; the one place where states change."""
    envelope.state = str(progress.state)
    for recipient in recipients:
        recipient.state = str(progress.party(recipient.id).state)


def _is_readable_by(actor: Actor) -> ColumnElement[bool]:
    is_party = exists().where(Recipient.envelope_id == Envelope.id, Recipient.organisation_id == actor.organisation_id)
    return or_(Envelope.organisation_id == actor.organisation_id, and_(Envelope.sent_at.is_not(None), is_party))


# Statements of every step of a ceremony, put together once.

_IS_LIVE = and_(
    SigningSession.token_hash == bindparam("token_hash"),
    SigningSession.ended_at.is_(None),
    SigningSession.expires_at > bindparam("now"),
)
_ENVELOPE_FOR_UPDATE = select(Envelope).where(Envelope.id == bindparam("id")).with_for_update()
_ENVELOPE_OF_SESSION = (
    select(Envelope)
    .where(
        Envelope.id
        == select(Recipient.envelope_id)
        .join(SigningSession, SigningSession.recipient_id == Recipient.id)
        .where(_IS_LIVE)
        .scalar_subquery()
    )
    .with_for_update()
)
_SEATED = (
    select(Recipient, SigningSession)
    .outerjoin(SigningSession, and_(SigningSession.recipient_id == Recipient.id, _IS_LIVE))
    .where(Recipient.envelope_id == bindparam("envelope_id"))
    .order_by(Recipient.order, Recipient.id)
    .execution_options(populate_existing=True)
)
_CODES_SINCE = (
    select(SigningCode)
    .where(SigningCode.recipient_id == bindparam("recipient_id"), SigningCode.requested_at > bindparam("since"))
    .order_by(SigningCode.requested_at.desc(), SigningCode.id.desc())
)
_FIELDS = (
    select(Field)
    .where(Field.envelope_id == bindparam("envelope_id"))
    .order_by(Field.document, Field.page, Field.y, Field.x, Field.id)
)
_DOCUMENTS = (
    select(EnvelopeDocument, Document)
    .join(Document, Document.id == EnvelopeDocument.document_id)
    .where(EnvelopeDocument.envelope_id.in_(bindparam("envelope_ids", expanding=True)))
    .order_by(EnvelopeDocument.envelope_id, EnvelopeDocument.position)
    .execution_options(populate_existing=True)
)
_RECIPIENTS = (
    select(Recipient)
    .where(Recipient.envelope_id.in_(bindparam("envelope_ids", expanding=True)))
    .order_by(Recipient.order, Recipient.id)
    .execution_options(populate_existing=True)
)
_BY_LINK = select(Recipient).where(Recipient.token_hash == bindparam("token_hash"))
