"""Queries over real-name checks. Whoever asks has locked the envelope, so that tries are counted one by one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.identity.models import IdentityCheck


def checks_of(session: Session, recipient_id: UUID) -> Sequence[IdentityCheck]:
    """A recipient's checks, newest first, as they are now. The rate limit keeps them few."""
    query = select(IdentityCheck).where(IdentityCheck.recipient_id == recipient_id)
    query = query.order_by(IdentityCheck.asked_at.desc(), IdentityCheck.id.desc())
    return session.scalars(query.execution_options(populate_existing=True)).all()


def check(session: Session, check_id: UUID) -> IdentityCheck:
    """As it is now."""
    return session.get_one(IdentityCheck, check_id, populate_existing=True)
