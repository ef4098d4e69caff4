"""Tables of the contract register and of what happens after signature.

Nothing is edited without a trace (R4): every change of a contract or an obligation is a row of `contract_history`,
which the service role can only append to, and an evidence record. Dates are calendar days in China.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Contract(Base):
    """An entry of the register. `state` is a `policy.ContractState`; `region` names the profile it falls under.

    `intake` says how it came in (R3), a `policy.Intake`. `evidence_id` and `signed_sha256` point to
    the signed file's record in the ledger.
    """

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("owner_organisation_id", "number"),
        Index("ix_contract_region_id", "region", "id"),
        Index("ix_contract_region_state_id", "region", "state", "id"),
        Index("ix_contract_region_class_id", "region", "class_code", "id"),
        Index("ix_contract_region_signed_on", "region", "signed_on"),
        Index("ix_contract_region_amount", "region", "amount_minor"),
        Index("ix_contract_owner_id", "owner_organisation_id", "id"),
        Index("ix_contract_number", "number", postgresql_ops={"number": "text_pattern_ops"}),
        Index("ix_contract_signed_on_amount", "signed_on", "amount_minor"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(Text)
    class_code: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text)
    profile_version: Mapped[int]
    summary: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(Text)
    intake: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    envelope_id: Mapped[UUID | None] = mapped_column(unique=True)
    signed_on: Mapped[date | None]
    performance_due_on: Mapped[date | None]
    signed_object_key: Mapped[str | None] = mapped_column(Text)
    signed_sha256: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[UUID | None]
    silence_days: Mapped[int | None]
    late_interest: Mapped[dict[str, Any] | None]
    published_on: Mapped[date | None]
    created_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]


class ContractParty(Base):
    """A party, known by its unified social credit code; `organisation_id` if it has an account here."""

    __tablename__ = "contract_party"
    __table_args__ = (
        UniqueConstraint("contract_id", "uscc"),
        Index("ix_contract_party_uscc_contract_id", "uscc", "contract_id"),
        Index("ix_contract_party_name", "name", "contract_id", postgresql_ops={"name": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    role: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))


class ContractContact(Base):
    """A contact a party left for reminders 预留的联系人 (R9)."""

    __tablename__ = "contract_contact"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("contract_party.id"))
    party_role: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)


class Obligation(Base):
    """What one party owes the other by a day. `due_version` grows with every change of that day.

    `due_rule` is the rule the day follows from (`due_dates.rules`); None: the contract names the day. `anchored_on` is
    the day the rule counts from; `due_basis` tells how the day was found. Without `due_on` it waits for its anchor, or
    for a holiday table if `anchored_on` is known.

    The index on (state, due_on) lets the daily sweep touch only what is due, however large the register grows.
    """

    __tablename__ = "obligation"
    __table_args__ = (
        Index("ix_obligation_state_due_on_id", "state", "due_on", "id"),
        Index("ix_obligation_due_on_id", "due_on", "id"),
        Index(
            "ix_obligation_undetermined",
            "anchored_on",
            "id",
            postgresql_where=text("due_on IS NULL AND anchored_on IS NOT NULL AND state <> 'drafted'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    debtor_role: Mapped[str] = mapped_column(Text)
    creditor_role: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    due_version: Mapped[int] = mapped_column(default=1)
    due_rule: Mapped[dict[str, Any] | None]
    due_basis: Mapped[dict[str, Any] | None]
    anchored_on: Mapped[date | None]
    amount_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(Text)
    quantity: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    closed_on: Mapped[date | None]


class Fulfilment(Base):
    """The debtor says it is done, with evidence; the creditor confirms or disputes. State: `policy.ClaimState`.

    `amount_minor` or `quantity` is the part this claim is about; neither: the whole of what was still owed.
    `is_whole`: with it nothing is owed any more. Silence after `answer_by` confirms it (`is_deemed`), if the contract
    says so.
    """

    __tablename__ = "fulfilment"
    __table_args__ = (
        Index(
            "uq_fulfilment_pending",
            "obligation_id",
            unique=True,
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(
            "ix_fulfilment_answer_by",
            "answer_by",
            "id",
            postgresql_where=text("state = 'claimed' AND answer_by IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    due_version: Mapped[int]
    fulfilled_on: Mapped[date]
    amount_minor: Mapped[int | None]
    quantity: Mapped[str | None] = mapped_column(Text)
    is_whole: Mapped[bool] = mapped_column(default=True)
    answer_by: Mapped[date | None]
    is_deemed: Mapped[bool] = mapped_column(default=False)
    statement: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(Text)
    claimed_at: Mapped[datetime]
    claimed_on: Mapped[date]
    claimed_by_person_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by_person_id: Mapped[UUID | None]
    answer: Mapped[str | None] = mapped_column(Text)


class OverdueEntry(Base):
    """A stay in the overdue register 逾期执行库 (R11): once for each version of a due date.

    Region, class and debtor are those of the contract when it entered, so that the register of a region, a class or a
    unit is read off an index. `next_step` may be taken from `next_step_on` on; none at the top of the ladder.
    """

    __tablename__ = "overdue_entry"
    __table_args__ = (
        UniqueConstraint("obligation_id", "due_version"),
        Index("ix_overdue_entry_open", "id", postgresql_where=text("left_at IS NULL")),
        Index("ix_overdue_entry_region_id", "region", "id"),
        Index("ix_overdue_entry_region_class_code_id", "region", "class_code", "id"),
        Index("ix_overdue_entry_region_due_on", "region", "due_on"),
        Index("ix_overdue_entry_debtor_uscc_id", "debtor_uscc", "id"),
        Index(
            "ix_overdue_entry_next_step",
            "region",
            "next_step",
            "next_step_on",
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"))
    due_version: Mapped[int]
    due_on: Mapped[date]
    region: Mapped[str] = mapped_column(Text)
    class_code: Mapped[str | None] = mapped_column(Text)
    debtor_uscc: Mapped[str] = mapped_column(Text)
    next_step: Mapped[str | None] = mapped_column(Text)
    next_step_on: Mapped[date | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)


class SupervisionCase(Base):
    """A regulator follows an overdue obligation up, by the ladder of `ladder_version`. At most one is open for an
    obligation."""

    __tablename__ = "supervision_case"
    __table_args__ = (
        Index(
            "uq_supervision_case_open",
            "obligation_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"))
    regulator_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    ladder_version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)


class SupervisionStep(Base):
    """A reminder, demand, public demand 催告公示, interview 约谈 or inspection 专项检查, with its minutes.

    `position` counts the steps of a case from 1.
    """

    __tablename__ = "supervision_step"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_case.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    held_on: Mapped[date]
    participants: Mapped[list[str]]
    minutes: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    recorded_at: Mapped[datetime]
    recorded_by_organisation_id: Mapped[UUID]
    recorded_by_person_id: Mapped[UUID | None]


class TerminationCase(Base):
    """An entry of the termination register 终止库 (R13), from `awaiting_resolution` to its end."""

    __tablename__ = "termination_case"
    __table_args__ = (
        Index(
            "uq_termination_case_open",
            "obligation_id",
            unique=True,
            postgresql_where=text("state = 'awaiting_resolution'"),
        ),
        Index("ix_termination_case_state_id", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    case_number: Mapped[str | None] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    decided_on: Mapped[date | None]
    party_at_fault: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[datetime | None]


class Exemption(Base):
    """A request that a non-performance isn't held against the debtor (R14), decided by a different person."""

    __tablename__ = "exemption"
    __table_args__ = (
        Index(
            "uq_exemption_pending",
            "obligation_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    ground: Mapped[str] = mapped_column(Text)
    occurred_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    requested_by_person_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by_person_id: Mapped[UUID | None]
    answer: Mapped[str | None] = mapped_column(Text)


class ContractHistory(Base):
    """Who changed what, when, from what, to what, and why (R4). No organisation: the system itself did."""

    __tablename__ = "contract_history"
    __append_only__ = True
    __table_args__ = (Index("ix_contract_history_contract_id_sequence", "contract_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    obligation_id: Mapped[UUID | None] = mapped_column(ForeignKey("obligation.id"))
    at: Mapped[datetime]
    organisation_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    change: Mapped[str] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[UUID | None]
