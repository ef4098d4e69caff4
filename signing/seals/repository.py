"""Reading seals, authorisations and the use log, always for one organisation.

The seal's row is the one lock: every step of a seal, of its authorisations, and every use takes it before it decides,
so that they follow each other and a count of uses stays true until the transaction ends. An envelope's row is locked
before a seal's, never after.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from accounts import repository as accounts
from accounts.models import Person
from accounts.policy import Role
from signing.pki import repository as certificates
from signing.pki.models import Certificate, CertificateRevocation
from signing.seals.models import Seal, SealAuthorisation, SealUse
from signing.seals.policy import KEPT, SealState, Validity


def seal(session: Session, organisation_id: UUID, seal_id: UUID) -> Seal | None:
    return session.scalar(select(Seal).where(Seal.id == seal_id, Seal.organisation_id == organisation_id))


def some_seals(session: Session, organisation_id: UUID, seal_ids: Collection[UUID]) -> dict[UUID, Seal]:
    """By id."""
    found = session.scalars(select(Seal).where(Seal.id.in_(seal_ids), Seal.organisation_id == organisation_id))
    return {each.id: each for each in found}


def seal_for_update(session: Session, organisation_id: UUID, seal_id: UUID) -> Seal | None:
    """The seal as it is now, locked."""
    return session.scalar(
        select(Seal)
        .where(Seal.id == seal_id, Seal.organisation_id == organisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def seals(
    session: Session, organisation_id: UUID, *, state: SealState | None, before: UUID | None, limit: int
) -> Sequence[Seal]:
    """Newest first, older than `before`."""
    query = select(Seal).where(Seal.organisation_id == organisation_id)
    if state is not None:
        query = query.where(Seal.state == state)
    if before is not None:
        query = query.where(Seal.id < before)
    return session.scalars(query.order_by(Seal.id.desc()).limit(limit)).all()


def authorisation(session: Session, seal_id: UUID, authorisation_id: UUID) -> SealAuthorisation | None:
    """As it is now."""
    return session.scalar(
        select(SealAuthorisation)
        .where(SealAuthorisation.id == authorisation_id, SealAuthorisation.seal_id == seal_id)
        .execution_options(populate_existing=True)
    )


def authorisations(
    session: Session, seal_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[tuple[SealAuthorisation, Person]]:
    """With the person authorised, newest first, older than `before`."""
    query = (
        select(SealAuthorisation, Person)
        .join(Person, Person.id == SealAuthorisation.person_id)
        .where(SealAuthorisation.seal_id == seal_id)
    )
    if before is not None:
        query = query.where(SealAuthorisation.id < before)
    return [(row[0], row[1]) for row in session.execute(query.order_by(SealAuthorisation.id.desc()).limit(limit))]


def authorisations_of_phone(
    session: Session, organisation_id: UUID, phone: str, seal_id: UUID | None = None
) -> Sequence[SealAuthorisation]:
    """Those of the organisation's people with this phone number, oldest first; of one seal, or of all."""
    query = (
        select(SealAuthorisation)
        .join(Person, Person.id == SealAuthorisation.person_id)
        .where(SealAuthorisation.organisation_id == organisation_id, Person.phone == phone)
    )
    if seal_id is not None:
        query = query.where(SealAuthorisation.seal_id == seal_id)
    return session.scalars(query.order_by(SealAuthorisation.id).execution_options(populate_existing=True)).all()


def seals_with_ending_certificates(session: Session, ends_by: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(organisation, seal) of seals in force whose certificate of our own authority ends by then, of any organisation:
    for the platform's own sweep."""
    rows = session.execute(
        select(Seal.organisation_id, Seal.id)
        .join(Certificate, Certificate.id == Seal.certificate_id)
        .where(Seal.state.in_(KEPT), Certificate.not_after <= ends_by)
        .where(~exists().where(CertificateRevocation.certificate_id == Certificate.id))
        .order_by(Certificate.not_after, Seal.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def users(session: Session, seal_id: UUID, now: datetime) -> set[UUID]:
    """Who may use the seal now or later."""
    return set(
        session.scalars(
            select(SealAuthorisation.person_id).where(
                SealAuthorisation.seal_id == seal_id,
                SealAuthorisation.revoked_at.is_(None),
                SealAuthorisation.valid_until > now,
            )
        )
    )


def use_counts(session: Session, authorisation_ids: Collection[UUID]) -> dict[UUID, int]:
    """How often each was used; those never used aren't among them."""
    counted = session.execute(
        select(SealUse.authorisation_id, func.count())
        .where(SealUse.authorisation_id.in_(authorisation_ids))
        .group_by(SealUse.authorisation_id)
    )
    return {row[0]: row[1] for row in counted}


def uses(session: Session, seal_id: UUID, *, before: UUID | None, limit: int) -> Sequence[tuple[SealUse, Person]]:
    """With the person who used it, newest first, older than `before`."""
    query = select(SealUse, Person).join(Person, Person.id == SealUse.person_id).where(SealUse.seal_id == seal_id)
    if before is not None:
        query = query.where(SealUse.id < before)
    return [(row[0], row[1]) for row in session.execute(query.order_by(SealUse.id.desc()).limit(limit))]


def uses_after(session: Session, seal_id: UUID, *, after: UUID | None, limit: int) -> Sequence[tuple[SealUse, Person]]:
    """The same, oldest first, newer than `after`."""
    query = select(SealUse, Person).join(Person, Person.id == SealUse.person_id).where(SealUse.seal_id == seal_id)
    if after is not None:
        query = query.where(SealUse.id > after)
    return [(row[0], row[1]) for row in session.execute(query.order_by(SealUse.id).limit(limit))]


def roles_of(session: Session, organisation_id: UUID, person_id: UUID) -> frozenset[Role]:
    """What the person is in the organisation now; nothing if they are no member."""
    return roles_of_some(session, organisation_id, [person_id]).get(person_id, frozenset())


def roles_of_some(session: Session, organisation_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, frozenset[Role]]:
    """The same of several; those who are no members aren't among them."""
    found = accounts.memberships(session, organisation_id, person_ids)
    return {each.person_id: frozenset(Role(role) for role in each.roles) for each in found}


def validity(session: Session, certificate_id: UUID) -> Validity | None:
    """Of a certificate of our own authority; None for one of another."""
    return validities(session, [certificate_id]).get(certificate_id)


def validities(session: Session, certificate_ids: Collection[UUID]) -> dict[UUID, Validity]:
    """The same of several; those of another authority aren't among them."""
    return {
        row.id: Validity(not_before=row.not_before, not_after=row.not_after, is_revoked=revocation is not None)
        for row, revocation in certificates.some_with_revocation(session, list(certificate_ids))
    }
