"""Reading and writing accounts. Everything that belongs to an organisation is looked up with that organisation."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import AccessToken, Membership, Organisation, Person, SignInAttempt


def organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    return session.get(Organisation, organisation_id)


def organisation_by_uscc(session: Session, uscc: str) -> Organisation | None:
    return session.scalar(select(Organisation).where(Organisation.uscc == uscc))


def organisations_by_uscc(session: Session, usccs: list[str]) -> dict[str, Organisation]:
    rows = session.scalars(select(Organisation).where(Organisation.uscc.in_(usccs)))
    return {row.uscc: row for row in rows}


def person_by_email(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email == email.lower()))


def membership(session: Session, person_id: UUID, organisation_id: UUID) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.person_id == person_id, Membership.organisation_id == organisation_id)
    )


def memberships(session: Session, organisation_id: UUID, person_ids: Collection[UUID]) -> Sequence[Membership]:
    """Those of these people in the organisation."""
    query = select(Membership).where(
        Membership.organisation_id == organisation_id, Membership.person_id.in_(person_ids)
    )
    return session.scalars(query).all()


def members(session: Session, organisation_id: UUID) -> Sequence[tuple[Person, Membership]]:
    """Who belongs to an organisation, by name."""
    query = (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Person.name, Person.id)
    )
    return [(person, membership) for person, membership in session.execute(query)]


def members_phones(session: Session, organisation_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Which phones belong to members of which of the organisations."""
    query = (
        select(Membership.organisation_id, Person.phone)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.organisation_id.in_(organisation_ids))
    )
    return {(organisation_id, phone) for organisation_id, phone in session.execute(query)}


def first_membership(session: Session, person_id: UUID) -> Membership | None:
    return session.scalar(
        select(Membership)
        .where(Membership.person_id == person_id)
        .order_by(Membership.created_at, Membership.id)
        .limit(1)
    )


def access_token(session: Session, token_hash: bytes) -> AccessToken | None:
    return session.scalar(select(AccessToken).where(AccessToken.token_hash == token_hash))


def access_token_of(session: Session, organisation_id: UUID, token_id: UUID) -> AccessToken | None:
    return session.scalar(
        select(AccessToken).where(AccessToken.id == token_id, AccessToken.organisation_id == organisation_id)
    )


def failed_sign_ins_since(session: Session, email: str, since: datetime) -> int:
    counted = session.scalar(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.email == email.lower(), SignInAttempt.at > since)
    )
    return counted or 0
