"""A person applies for a seal of their organisation, and may withdraw the application until it is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts import repository as accounts
from accounts.errors import OrganisationNotFound
from accounts.policy import Actor, Scope
from core import ids
from core.unit_of_work import UnitOfWork
from ledger.record import EvidenceFile, StoredFile, describe_file
from signing import repository as documents
from signing.models import Document
from signing.plan import check_text
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.custody import locked_seal, person_of
from signing.seals.errors import SealDocumentNotFound, SealDocumentsInvalid, SealNameTaken
from signing.seals.models import Seal
from signing.seals.policy import LONGEST_NAME, LONGEST_REASON, MOST_DOCUMENTS, SealKind, SealState, SealStep
from signing.seals.record_step import record_step

PNG = "image/png"


@dataclass(frozen=True, slots=True)
class NewSeal:
    """What an applicant asks for. Without a `picture` (PNG) a round trial seal is drawn."""

    name: str
    kind: SealKind
    reason: str
    document_ids: Sequence[UUID] = ()
    picture: bytes | None = None


def apply_for_seal(context: SealContext, actor: Actor, new: NewSeal) -> UUID:
    """Raises `SealApplicantRole`, `SealNameTaken`, `SealDocumentNotFound`, or what the picture is refused for.

    The picture is stored before the row: a crash in between leaves an object nobody refers to.
    """
    _require_scope(actor)
    person = person_of(actor)
    _check(new)
    with context.unit_of_work() as uow:
        organisation = accounts.organisation(uow.session, actor.organisation_id)
        policy.require_applicant(repository.roles_of(uow.session, actor.organisation_id, person))
        _own_documents(uow, actor, new.document_ids)
    if organisation is None:
        raise OrganisationNotFound
    picture = _picture(context, organisation.name, new)
    stored = StoredFile(describe_file("seal.png", PNG, picture), context.objects.put(picture))
    with context.unit_of_work() as uow:
        # Both may have changed since we looked; a refusal here leaves the picture, which harms nobody.
        policy.require_applicant(repository.roles_of(uow.session, actor.organisation_id, person))
        supporting = _own_documents(uow, actor, new.document_ids)
        seal = _add(uow, actor.organisation_id, person, new, stored)
        facts = {
            "reason": new.reason,
            "documents": [ids.public(ids.DOCUMENT, document.id) for document in supporting],
            "picture_generated": new.picture is None,
            "software": context.software,
        }
        files = [stored, *map(_stored, supporting)]
        record_step(uow, seal, step="seal.applied", person_id=person, facts=facts, files=files)
    return seal.id


def withdraw_application(context: SealContext, actor: Actor, seal_id: UUID) -> None:
    """By the applicant. Raises `SealNotFound`, `SealNotApplicant`, `SealStateConflict`."""
    _require_scope(actor)
    with context.unit_of_work() as uow:
        seal = locked_seal(uow, actor, seal_id)
        person = person_of(actor)
        policy.require_own_application(applicant=seal.applied_by, person=person)
        seal.state = policy.move(SealState(seal.state), SealStep.WITHDRAW)
        seal.decided_by, seal.decided_at = person, uow.now
        record_step(uow, seal, step="seal.withdrawn", person_id=person, facts={"software": context.software})


def _require_scope(actor: Actor) -> None:
    """Those who run the organisation's contracts may ask for a seal, and those who keep its seals."""
    if Scope.SEALS_WRITE not in actor.scopes:
        actor.require(Scope.ENVELOPES_WRITE)


def _check(new: NewSeal) -> None:
    check_text("name", new.name, LONGEST_NAME)
    check_text("reason", new.reason, LONGEST_REASON)
    if len(new.document_ids) > MOST_DOCUMENTS or len(set(new.document_ids)) != len(new.document_ids):
        raise SealDocumentsInvalid(most=MOST_DOCUMENTS)


def _picture(context: SealContext, organisation_name: str, new: NewSeal) -> bytes:
    if new.picture is None:
        return context.pictures.draw(organisation_name, new.name)
    context.pictures.check(new.picture)
    return new.picture


def _own_documents(uow: UnitOfWork, actor: Actor, document_ids: Sequence[UUID]) -> list[Document]:
    found = documents.own_documents(uow.session, actor, document_ids)
    if len(found) != len(document_ids):
        raise SealDocumentNotFound
    return found


def _add(uow: UnitOfWork, organisation_id: UUID, person: UUID, new: NewSeal, picture: StoredFile) -> Seal:
    seal = Seal(
        id=uow.new_id(),
        organisation_id=organisation_id,
        name=new.name,
        kind=str(new.kind),
        state=str(SealState.APPLIED),
        picture_key=picture.object_key,
        picture_sha256=picture.file.sha256,
        is_picture_generated=new.picture is None,
        reason=new.reason,
        document_ids=[ids.public(ids.DOCUMENT, document_id) for document_id in new.document_ids],
        applied_by=person,
        applied_at=uow.now,
    )
    uow.session.add(seal)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique index decides, also between two who apply at the same time.
        raise SealNameTaken(name=new.name) from error
    return seal


def _stored(document: Document) -> StoredFile:
    file = EvidenceFile(document.name, "application/pdf", document.size, document.sha256, document.sm3)
    return StoredFile(file, document.object_key)
