"""Makes a draft: the document, who signs it in which order, and where."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts import repository as accounts
from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing import repository
from signing.context import SigningContext
from signing.errors import DocumentNotFound, ExternalIdTaken
from signing.models import Document, Envelope, Field, Recipient
from signing.plan import NewEnvelope, NewRecipient, check_envelope, check_expiry
from signing.policy import EnvelopeState, RecipientState


def create_envelope(context: SigningContext, actor: Actor, new: NewEnvelope) -> UUID:
    """The id of the draft. Nobody but the sender sees it before it is sent.

    Raises `DocumentNotFound`, `ExternalIdTaken`, or one of the `InvalidInput`s of `signing.plan`.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        document = repository.document(uow.session, actor, new.document_id)
        if document is None:
            raise DocumentNotFound
        check_envelope(new, pages=document.pages)
        envelope = _draft(uow, actor, document, new)
        uow.session.add(envelope)
        try:
            uow.session.flush()
        except IntegrityError as error:
            if new.external_id is None:
                raise
            # Two drafts with one external id: the table decides, also between requests at the same moment.
            raise ExternalIdTaken(external_id=new.external_id) from error
        recipient_ids = _add_recipients(uow, envelope, new.recipients)
        uow.session.flush()
        _add_fields(uow, envelope, new, recipient_ids)
    return envelope.id


def _draft(uow: UnitOfWork, actor: Actor, document: Document, new: NewEnvelope) -> Envelope:
    return Envelope(
        id=uow.new_id(),
        organisation_id=actor.organisation_id,
        created_by=actor.person_id,
        document_id=document.id,
        title=new.title,
        state=str(EnvelopeState.DRAFT),
        language=new.language,
        external_id=new.external_id,
        custom=dict(new.metadata),
        revision=0,
        object_key=document.object_key,
        sha256=document.sha256,
        expires_at=check_expiry(new.expires_at, uow.now),
        created_at=uow.now,
    )


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
                organisation_name=recipient.organisation_name,
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
                page=placed.page,
                x=placed.x,
                y=placed.y,
                width=placed.width,
                height=placed.height,
                is_required=placed.is_required,
            )
        )
