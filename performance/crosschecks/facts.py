"""What the rules look at: everything the sources say about one contract, as plain values (no I/O)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from core.money import Money
from performance.crosschecks.policy import AcceptanceOutcome, ReportKind, ReportSide, Stated, Value


@dataclass(frozen=True, slots=True)
class Report:
    """A reported fact that stands (nobody corrected it). `period` is the first day of a month; `sha256` is what the
    source says its file's digest is, `document_sha256` the digests of the files that came with it."""

    reference: str
    kind: ReportKind
    side: ReportSide
    source_system: str
    occurred_on: date
    reported_on: date
    organisation_id: UUID
    person_id: UUID | None
    obligation_id: UUID | None = None
    amount: Money | None = None
    quantity: Decimal | None = None
    period: date | None = None
    outcome: AcceptanceOutcome | None = None
    signed_on: date | None = None
    sha256: str | None = None
    document_sha256: tuple[str, ...] = ()

    def says(self, value: Value) -> Stated:
        source = f"{self.kind} {self.source_system}"
        return Stated(value, source, self.reference, self.occurred_on, self.organisation_id, self.person_id)


@dataclass(frozen=True, slots=True)
class Claim:
    """The debtor's claim that it has performed, unless the creditor disputed it."""

    reference: str
    fulfilled_on: date
    claimed_on: date
    organisation_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class ObligationFacts:
    """`is_said_done`: claimed, or met."""

    id: UUID
    reference: str
    title: str
    kind: str
    amount: Money | None
    is_said_done: bool
    claim: Claim | None


@dataclass(frozen=True, slots=True)
class PartyFacts:
    role: str
    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The signed file: the digest on record, that of the bytes in the store (None: gone), and its text if it was
    read."""

    recorded_sha256: str
    stored_sha256: str | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """`owner_id` entered the contract: the register's own fields are its word."""

    reference: str
    number: str
    owner_id: UUID
    entered_on: date
    amount: Money | None
    signed_on: date | None
    parties: tuple[PartyFacts, ...]
    obligations: tuple[ObligationFacts, ...]
    reports: tuple[Report, ...]
    file: FileFacts | None = None

    def registers(self, value: Value) -> Stated:
        return Stated(value, "register", self.reference, self.signed_on or self.entered_on, self.owner_id)

    def reports_of(self, *kinds: ReportKind) -> tuple[Report, ...]:
        """The oldest first, and for one day in the order of their ids: a result never depends on how they came."""
        found = [report for report in self.reports if report.kind in kinds]
        return tuple(sorted(found, key=lambda report: (report.occurred_on, report.reference)))
