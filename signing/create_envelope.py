"""Makes a draft, and changes it: the documents, who signs them in which order, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts import repository as accounts
from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing import repository
from signing.context import SigningContext
from signing.errors import (
    DocumentNotFound,
    EnvelopeChanged,
    EnvelopeNotFound,
    EnvelopeStateConflict,
    ExternalIdTaken,
    RescissionFixed,
    TooManyAnchors,
)
from signing.models import Document, Envelope, EnvelopeDocument, Field, Recipient
from signing.plan import NewEnvelope, NewRecipient, check_envelope, check_expiry, check_text, place_anchored
from signing.policy import EnvelopeState, RecipientState

LONGEST_ANCHOR = 100
MOST_ANCHORS = 200
"""Different texts to look for in one document."""


def create_envelope(context: SigningContext, actor: Actor, new: NewEnvelope) -> UUID:
    """The id of the draft. Nobody but the sender sees it before it is sent.

    Raises `DocumentNotFound`, `ExternalIdTaken`, or one of the `InvalidInput`s of `signing.plan`.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    placed = locate_anchors(context, actor, new)
    with context.unit_of_work() as uow:
        return add_draft(uow, actor, placed).id


def update_envelope(context: SigningContext, actor: Actor, envelope_id: UUID, new: NewEnvelope, version: int) -> None:
    """Replaces everything about a draft. `version` is that of the draft the sender saw (its ETag).

    Raises `EnvelopeNotFound`, `EnvelopeChanged`, `EnvelopeStateConflict`, `RescissionFixed`, and what
    `create_envelope` raises.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    placed = locate_anchors(context, actor, new)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        if envelope.state != EnvelopeState.DRAFT:
            raise EnvelopeStateConflict(state=envelope.state)
        if envelope.rescinds_id is not None:
            raise RescissionFixed
        if envelope.version != version:
            raise EnvelopeChanged(version=envelope.version)
        documents = _own_documents(uow, actor, placed)
        check_envelope(placed, pages=[document.pages for document in documents])
        repository.clear_draft(uow.session, envelope.id)
        envelope.version += 1
        _describe(envelope, placed, uow.now)
        _flush_checking_external_id(uow, placed)
        _fill(uow, envelope, placed, documents)


def add_draft(uow: UnitOfWork, actor: Actor, new: NewEnvelope, *, rescinds_id: UUID | None = None) -> Envelope:
    """A draft whose fields all have their places, in the caller's unit of work. Raises as `create_envelope` does."""
    documents = _own_documents(uow, actor, new)
    check_envelope(new, pages=[document.pages for document in documents])
    envelope = Envelope(
        id=uow.new_id(),
        organisation_id=actor.organisation_id,
        created_by=actor.person_id,
        state=str(EnvelopeState.DRAFT),
        rescinds_id=rescinds_id,
        version=1,
        revision=0,
        created_at=uow.now,
    )
    _describe(envelope, new, uow.now)
    uow.session.add(envelope)
    _flush_checking_external_id(uow, new)
    _fill(uow, envelope, new, documents)
    return envelope


def locate_anchors(context: SigningContext, actor: Actor, new: NewEnvelope) -> NewEnvelope:
    """The plan with every anchored field at its place. Reads documents, so outside any unit of work.

    Raises `DocumentNotFound`, `TextInvalid`, `TooManyAnchors`, `AnchorNotFound`.
    """
    texts: dict[int, set[str]] = {}
    for field in new.fields:
        if field.anchor is not None and 1 <= field.document <= len(new.document_ids):
            check_text("fields.anchor.text", field.anchor.text, LONGEST_ANCHOR)
            texts.setdefault(field.document, set()).add(field.anchor.text)
    if not texts:
        return new
    if any(len(wanted) > MOST_ANCHORS for wanted in texts.values()):
        raise TooManyAnchors(most=MOST_ANCHORS)
    with context.unit_of_work() as uow:
        documents = _own_documents(uow, actor, new)
    found = {
        position: context.locator.locate(context.objects.get(documents[position - 1].object_key), sorted(wanted))
        for position, wanted in texts.items()
    }
    return replace(new, fields=place_anchored(new.fields, found))


def _own_documents(uow: UnitOfWork, actor: Actor, new: NewEnvelope) -> list[Document]:
    documents = repository.own_documents(uow.session, actor, new.document_ids)
    if len(documents) != len(new.document_ids):
        raise DocumentNotFound
    return documents


def _describe(envelope: Envelope, new: NewEnvelope, now: datetime) -> None:
    envelope.title = new.title
    envelope.language = new.language
    envelope.external_id = new.external_id
    envelope.custom = dict(new.metadata)
    envelope.contract_class = new.contract_class
    envelope.is_test = new.is_test
    envelope.may_delegate = new.may_delegate
    envelope.remind_every_days = new.remind_every_days
    envelope.expires_at = check_expiry(new.expires_at, now)


def _flush_checking_external_id(uow: UnitOfWork, new: NewEnvelope) -> None:
    try:
        uow.session.flush()
    except IntegrityError as error:
        if new.external_id is None:
            raise
        # Two drafts with one external id: the table decides, also between requests at the same moment.
        raise ExternalIdTaken(external_id=new.external_id) from error


def _fill(uow: UnitOfWork, envelope: Envelope, new: NewEnvelope, documents: Sequence[Document]) -> None:
    for position, document in enumerate(documents, start=1):
        uow.session.add(
            EnvelopeDocument(
                envelope_id=envelope.id,
                position=position,
                document_id=document.id,
                object_key=document.object_key,
                sha256=document.sha256,
                is_timestamped=True,
            )
        )
    recipient_ids = _add_recipients(uow, envelope, new.recipients)
    uow.session.flush()
    _add_fields(uow, envelope, new, recipient_ids)


def _add_recipients(uow: UnitOfWork, envelope: Envelope, new: Sequence[NewRecipient]) -> Mapping[str, UUID]:
    """The recipients' ids by key."""
    known = accounts.organisations_by_uscc(uow.session, [recipient.uscc for recipient in new])
    ids: dict[str, UUID] = {}
    for recipient in new:
        organisation = known.get(recipient.uscc)
        ids[recipient.key] = uow.new_id()
        uow.session.add(
            Recipient(
                id=ids[recipient.key],
                envelope_id=envelope.id,
                key=recipient.key,
                role=str(recipient.role),
                order=recipient.order,
                state=str(RecipientState.AWAITING),
                name=recipient.name,
                phone=recipient.phone,
                email=recipient.email,
                # An organisation with an account is called what it is called there, whatever the sender wrote.
                organisation_name=organisation.name if organisation else recipient.organisation_name,
                uscc=recipient.uscc,
                organisation_id=organisation.id if organisation else None,
                language=recipient.language,
            )
        )
    return ids


def _add_fields(uow: UnitOfWork, envelope: Envelope, new: NewEnvelope, ids: Mapping[str, UUID]) -> None:
    for placed in new.fields:
        uow.session.add(
            Field(
                id=uow.new_id(),
                envelope_id=envelope.id,
                recipient_id=ids[placed.recipient_key],
                name=placed.name,
                kind=str(placed.kind),
                document=placed.document,
                page=placed.page,
                x=placed.x,
                y=placed.y,
                width=placed.width,
                height=placed.height,
                is_required=placed.is_required,
            )
        )
