"""The API's own table: answers kept for repeated requests."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class IdempotentAnswer(Base):
    """What a POST with an `Idempotency-Key` was answered; empty while it runs.

    `key_hash` is SHA-256 over who asks, where and the key; `answer` is sealed, for it may hold a token.
    """

    __tablename__ = "idempotent_answer"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    started_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    answer: Mapped[bytes | None]
