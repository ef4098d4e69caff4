"""Tables of credit: who has a record, what happened, and who shares a contract with whom.

A subject is an organisation; natural persons never have a record. Events are append-only: an event that turned out
wrong is answered by a reversal, which is another event. Scores are kept nowhere, they are computed (`scoring.py`).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class CreditSubject(Base):
    """An organisation with a credit record. `kind` is `government` or `enterprise`; the two are never compared."""

    __tablename__ = "credit_subject"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    uscc: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class CreditContractParty(Base):
    """A subject is a party of a contract: what lets parties of one contract look each other up (R7)."""

    __tablename__ = "credit_contract_party"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("credit_subject.id"), primary_key=True, index=True)


class CreditEvent(Base):
    """A fact that counts, with what proves it. `type` is a `policy.CreditEventType`.

    `title` is the obligation's, where the cause names it. `source_document` names the document it rests on and
    `source_evidence_id` the evidence of the fact itself; `evidence_id` is the evidence that it was entered here.
    `business_key` makes entering it twice impossible, and `reversal_of` can be claimed once.
    """

    __tablename__ = "credit_event"
    __append_only__ = True
    __table_args__ = (Index("ix_credit_event_subject_id_effective_on", "subject_id", "effective_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_key: Mapped[str] = mapped_column(Text, unique=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("credit_subject.id"))
    type: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    contract_id: Mapped[UUID]
    contract_title: Mapped[str] = mapped_column(Text)
    obligation_id: Mapped[UUID]
    title: Mapped[str | None] = mapped_column(Text)
    source_document: Mapped[str] = mapped_column(Text)
    source_evidence_id: Mapped[UUID]
    evidence_id: Mapped[UUID]
    reversal_of: Mapped[UUID | None] = mapped_column(ForeignKey("credit_event.id"), unique=True)
    recorded_at: Mapped[datetime]
