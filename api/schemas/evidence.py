"""What evidence looks like from outside."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from core import ids
from ledger.notarise import Notarisation
from ledger.policy import MOST_ITEMS
from ledger.receipts import MOST_RECEIPTS, Receipt
from ledger.record import EvidenceFile
from ledger.repository import LoggedRecord

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="64 lower-case hex digits")]
EvidenceId = Annotated[str, Field(pattern=r"^evd_[0-9a-f]{32}$", examples=["evd_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_SM3 = "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23"


class FileDigests(BaseModel):
    """A file as a record describes it. `size` is in bytes."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["采购合同.pdf"])]
    media_type: Annotated[str, Field(min_length=1, max_length=100, examples=["application/pdf"])]
    size: Annotated[int, Field(ge=0, le=2**53 - 1, examples=[482113])]
    sha256: Annotated[Digest, Field(examples=[_SHA256])]
    sm3: Annotated[Digest, Field(examples=[_SM3])]


class NewEvidence(FileDigests):
    """A file that stays with its owner: only its description is notarised.

    `facts` is whatever you want to say about it; the record holds it below `facts.stated`. At most 16 KiB and 8 levels
    of JSON without decimals; write amounts, and integers beyond 2^53 − 1, as text.
    """

    facts: Annotated[dict[str, Any], Field(examples=[{"order": "PO-2026-118"}])] = {}

    def to_notarisation(self) -> Notarisation:
        file = EvidenceFile(self.name, self.media_type, self.size, self.sha256, self.sm3)
        return Notarisation(file, self.facts)


class NewEvidenceBatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[NewEvidence], Field(min_length=1, max_length=MOST_ITEMS)]


class NotarisedBatch(BaseModel):
    """The new records, in the order of the items. All were notarised in one transaction."""

    ids: list[EvidenceId]


class SubjectView(BaseModel):
    kind: str
    id: str


class EvidenceItem(BaseModel):
    """`leaf_index` is null until the log has given the entry its place."""

    id: str
    type: str
    at: datetime
    subject: SubjectView
    files: list[FileDigests]
    leaf_index: int | None

    @classmethod
    def of(cls, record: LoggedRecord) -> Self:
        return cls(**fields_of(record))


class ReasonView(BaseModel):
    zh: str
    en: str


class StandingView(BaseModel):
    """What the record is worth as evidence now, and what is still missing for court-grade."""

    grade: Literal["court_grade", "provisional"]
    reasons: list[ReasonView]


class EvidenceView(EvidenceItem):
    """`record` and `entry` are canonical JSON (RFC 8785): hash these very bytes.

    `tlog_proof` (C2SP) is against the first checkpoint that holds the entry, and null until there is one.
    """

    record: str
    salt: str
    entry: str
    checkpoint_size: int | None
    tlog_proof: str | None
    standing: StandingView


class EvidencePage(BaseModel):
    items: list[EvidenceItem]
    next_cursor: str | None


class WantedReceipts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[EvidenceId], Field(min_length=1, max_length=MOST_RECEIPTS)]


class ReceiptView(BaseModel):
    """`tlog_proof` (C2SP) is null until a checkpoint holds the entry."""

    id: str
    tlog_proof: str | None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        proof = receipt.proof.decode() if receipt.proof is not None else None
        return cls(id=ids.public(ids.EVIDENCE, receipt.evidence_id), tlog_proof=proof)


class ReceiptList(BaseModel):
    items: list[ReceiptView]


def fields_of(record: LoggedRecord) -> dict[str, Any]:
    return {
        "id": ids.public(ids.EVIDENCE, record.id),
        "type": record.type,
        "at": record.at,
        "subject": SubjectView(kind=record.subject.kind, id=record.subject.id),
        "files": [
            FileDigests(
                name=stored.file.name,
                media_type=stored.file.media_type,
                size=stored.file.size,
                sha256=stored.file.sha256,
                sm3=stored.file.sm3,
            )
            for stored in record.files
        ],
        "leaf_index": record.leaf_index,
    }
