"""Table of real-name checks. No identity number, and nothing made from one, is ever in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class IdentityCheck(Base):
    """A question to the provider. Its row is there before the provider is asked, so that none is asked unseen.

    `outcome` (`signing.ports.IdentityOutcome`) is None until an answer was recorded; one that is neither matched nor
    mismatched is asked again under the same id. `checked_at` is the provider's own word, `answered_at` when we heard.
    """

    __tablename__ = "identity_check"
    __table_args__ = (Index("ix_identity_check_recipient_id_asked_at", "recipient_id", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"))
    provider: Mapped[str] = mapped_column(Text)
    has_number: Mapped[bool]
    asked_at: Mapped[datetime]
    attempts: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
