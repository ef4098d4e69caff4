"""Reading documents and envelopes: for the sender and the parties' organisations, and for a recipient at the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts import repository as accounts
from accounts.models import Organisation
from accounts.policy import Actor, Scope
from core import ids
from core.unit_of_work import UnitOfWork
from ledger import repository as evidence
from signing import policy, repository
from signing.consent import Consent
from signing.context import SigningContext
from signing.errors import DocumentNotFound, DocumentUnavailable, EnvelopeNotFound, ReportNotReady
from signing.identity.facts import outcome_of
from signing.models import Document, Envelope, Field, Recipient
from signing.policy import ACTING, READABLE, EnvelopeState, RecipientRole
from signing.ports import IdentityOutcome
from signing.repository import EnvelopeFile
from signing.seals.errors import SealNotFound
from signing.seals.use_seal import UsableSeal, seals_for
from signing.signing_session import Seat, is_authenticated, is_identity_asked, take_seat


@dataclass(frozen=True, slots=True)
class StoredPDF:
    """Bytes to hand out. `sha256` is lower-case hex; objects are checked against it when read."""

    name: str
    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EnvelopeView:
    """An envelope with its documents, and its recipients in signing order. Tokens are kept as hashes only."""

    envelope: Envelope
    documents: list[EnvelopeFile]
    recipients: list[Recipient]
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class EnvelopeEvent:
    """A step as the evidence tells it. `position` counts from 0 within the envelope."""

    evidence_id: UUID
    position: int
    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class IdentityView:
    """The real-name check of this seat: who makes it, what it takes, and what came of it so far (None: not asked)."""

    provider: str
    is_required: bool
    needs_id_number: bool
    outcome: IdentityOutcome | None

    @property
    def is_due(self) -> bool:
        return self.outcome is not IdentityOutcome.MATCHED


@dataclass(frozen=True, slots=True)
class SeatView:
    """What a recipient sees: the envelope, the others by name, their own fields, what they consent to, and, if they
    are to apply their organisation's seal, which ones they may use.

    `is_on_turn`: they may sign or decline now. `authenticated_until` is None without a valid code;
    `identity` where nobody's name is checked.
    """

    envelope: Envelope
    documents: list[EnvelopeFile]
    sender: Organisation
    recipient: Recipient
    recipients: list[Recipient]
    fields: list[Field]
    consent: Consent
    seals: Sequence[UsableSeal]
    is_on_turn: bool
    authenticated_until: datetime | None
    identity: IdentityView | None = None


def document(context: SigningContext, actor: Actor, document_id: UUID) -> Document:
    """Raises `DocumentNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        found = repository.document(uow.session, actor, document_id)
    if found is None:
        raise DocumentNotFound
    return found


def documents(context: SigningContext, actor: Actor, *, before: UUID | None, limit: int) -> Sequence[Document]:
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        return repository.documents(uow.session, actor, before=before, limit=limit)


def document_content(context: SigningContext, actor: Actor, document_id: UUID) -> StoredPDF:
    found = document(context, actor, document_id)
    return StoredPDF(found.name, found.sha256, context.objects.get(found.object_key))


def envelope(context: SigningContext, actor: Actor, envelope_id: UUID) -> EnvelopeView:
    """Raises `EnvelopeNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        found = repository.envelope(uow.session, actor, envelope_id)
        if found is None:
            raise EnvelopeNotFound
        documents = repository.envelope_documents(uow.session, envelope_id)
        recipients = repository.recipients(uow.session, envelope_id)
        return EnvelopeView(found, documents, recipients, repository.fields(uow.session, envelope_id))


def envelopes(
    context: SigningContext, actor: Actor, *, state: EnvelopeState | None, before: UUID | None, limit: int
) -> Sequence[EnvelopeView]:
    """Newest first, without their fields."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        found = repository.envelopes(uow.session, actor, state=state, before=before, limit=limit)
        envelope_ids = [envelope.id for envelope in found]
        documents = repository.documents_of_envelopes(uow.session, envelope_ids)
        recipients = repository.recipients_of(uow.session, envelope_ids)
    return [EnvelopeView(envelope, documents[envelope.id], recipients[envelope.id], []) for envelope in found]


def envelope_content(context: SigningContext, actor: Actor, envelope_id: UUID, position: int = 1) -> StoredPDF:
    """A document as it stands: uploaded, prepared, partly signed, or sealed. `position` counts from 1.

    Raises `EnvelopeNotFound`, `DocumentNotFound`.
    """
    view = envelope(context, actor, envelope_id)
    return _content(context, view.documents, position)


def completion_report(context: SigningContext, actor: Actor, envelope_id: UUID) -> StoredPDF:
    """The sealed report on the signing. Raises `EnvelopeNotFound`, or `ReportNotReady`."""
    return _report(context, envelope(context, actor, envelope_id).envelope)


def report_name(envelope_id: UUID) -> str:
    """What the file with an envelope's completion report is called."""
    return f"report-{ids.public(ids.ENVELOPE, envelope_id)}.pdf"


def _report(context: SigningContext, found: Envelope) -> StoredPDF:
    if found.report_object_key is None or found.report_sha256 is None:
        raise ReportNotReady
    return StoredPDF(report_name(found.id), found.report_sha256, context.objects.get(found.report_object_key))


def _content(context: SigningContext, documents: Sequence[EnvelopeFile], position: int) -> StoredPDF:
    for file in documents:
        if file.position == position:
            return StoredPDF(file.name, file.current.sha256, context.objects.get(file.current.object_key))
    raise DocumentNotFound


def envelope_events(
    context: SigningContext, actor: Actor, envelope_id: UUID, *, after: int, limit: int
) -> Sequence[EnvelopeEvent]:
    """The envelope's evidence behind position `after`, oldest first. Raises `EnvelopeNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        if repository.envelope(uow.session, actor, envelope_id) is None:
            raise EnvelopeNotFound
        records = evidence.records_of_subject(
            uow.session, actor, ids.public(ids.ENVELOPE, envelope_id), after=after, limit=limit
        )
    return [EnvelopeEvent(record.id, record.position, record.type, record.at) for record in records]


def seat(context: SigningContext, session_token: str) -> SeatView:
    """Raises `SigningSessionInvalid`."""
    with context.unit_of_work() as uow:
        taken = take_seat(uow, session_token)
        sender = accounts.organisation(uow.session, taken.envelope.organisation_id)
        if sender is None:
            raise EnvelopeNotFound
        fields = [
            field
            for field in repository.fields(uow.session, taken.envelope.id)
            if field.recipient_id == taken.recipient.id
        ]
        has_code = is_authenticated(taken, uow.now)
        return SeatView(
            envelope=taken.envelope,
            documents=taken.documents,
            sender=sender,
            recipient=taken.recipient,
            recipients=taken.recipients,
            fields=fields,
            consent=taken.consent,
            seals=_usable_seals(uow, taken),
            is_on_turn=policy.is_on_turn(taken.progress, taken.recipient.id) and uow.now < taken.envelope.expires_at,
            authenticated_until=taken.session.authenticated_until if has_code else None,
            identity=_identity(context, taken),
        )


def _identity(context: SigningContext, taken: Seat) -> IdentityView | None:
    provider = context.identity
    if provider is None or taken.recipient.role not in ACTING or not is_identity_asked(context, taken):
        return None
    outcome = outcome_of(taken.identity)
    return IdentityView(provider.name, context.is_identity_required, provider.needs_id_number, outcome)


def _usable_seals(uow: UnitOfWork, taken: Seat) -> Sequence[UsableSeal]:
    if taken.recipient.role != RecipientRole.SEAL or taken.recipient.organisation_id is None:
        return []
    return seals_for(
        uow.session,
        organisation_id=taken.recipient.organisation_id,
        phone=taken.recipient.phone,
        contract_class=taken.envelope.contract_class,
        now=uow.now,
    )


def seat_content(context: SigningContext, session_token: str, position: int = 1) -> StoredPDF:
    """A current PDF; `position` counts from 1. Raises `SigningSessionInvalid`, `DocumentNotFound`;
    `DocumentUnavailable` once the envelope came to nothing."""
    with context.unit_of_work() as uow:
        taken = take_seat(uow, session_token)
        documents = taken.documents
    if taken.envelope.state not in READABLE:
        raise DocumentUnavailable(state=taken.envelope.state)
    return _content(context, documents, position)


def seat_report(context: SigningContext, session_token: str) -> StoredPDF:
    """The completion report: whoever takes part may have it. Raises `SigningSessionInvalid`, `ReportNotReady`."""
    return _report(context, seat(context, session_token).envelope)


def seat_seal_picture(context: SigningContext, session_token: str, seal_id: UUID) -> bytes:
    """A PNG, of the seals this recipient may use now only. Raises `SigningSessionInvalid`, `SealNotFound`."""
    for usable in seat(context, session_token).seals:
        if usable.seal_id == seal_id:
            return context.objects.get(usable.picture_key)
    raise SealNotFound
