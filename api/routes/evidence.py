"""Evidence records: notarise digests, look records up, get the proof that one is in the log."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.services import Services
from core import ids
from ledger.errors import InvalidEvidenceCursor
from ledger.record import EvidenceFile
from ledger.service import LoggedRecord

router = APIRouter(prefix="/evidence", tags=["evidence"])

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="64 lower-case hex digits")]


class FileDigests(BaseModel):
    """A file that stays with its owner: only its description is notarised."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["采购合同.pdf"])]
    media_type: Annotated[str, Field(min_length=1, max_length=100, examples=["application/pdf"])]
    size: Annotated[int, Field(ge=0, le=2**53 - 1, description="Bytes", examples=[482113])]
    sha256: Annotated[Digest, Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    sm3: Annotated[Digest, Field(examples=["55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23"])]


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


class EvidenceView(EvidenceItem):
    """`record` and `entry` are canonical JSON (RFC 8785): hash these very bytes.

    `tlog_proof` (C2SP) is against the first checkpoint that holds the entry, and null until there is one.
    """

    record: str
    salt: str
    entry: str
    checkpoint_size: int | None
    tlog_proof: str | None


class EvidencePage(BaseModel):
    items: list[EvidenceItem]
    next_cursor: str | None


@router.post("", status_code=201)
def notarise(actor: CurrentActor, services: CurrentServices, body: FileDigests) -> EvidenceView:
    """Notarises digests: the log will prove that they existed by then. The file itself is not sent."""
    return _view(services, services.ledger.notarise(actor, EvidenceFile(**body.model_dump())))


@router.get("")
def list_evidence(
    actor: CurrentActor,
    services: CurrentServices,
    subject: Annotated[str, Query(max_length=100, description="The public id of what it is about", examples=["env_…"])],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EvidencePage:
    """The records of one subject that your organisation may read, oldest first."""
    after = _position(cursor) if cursor else -1
    records = services.ledger.list_records(actor, subject, after=after, limit=limit)
    full = len(records) == limit
    return EvidencePage(
        items=[EvidenceItem(**_fields(record)) for record in records],
        next_cursor=str(records[-1].position) if full else None,
    )


@router.get("/{evidence_id}")
def evidence(actor: CurrentActor, services: CurrentServices, evidence_id: str) -> EvidenceView:
    """One record with its salt, its public entry, and the proof that the log holds it."""
    return _view(services, services.ledger.evidence(actor, ids.parse(ids.EVIDENCE, evidence_id)))


def _view(services: Services, record: LoggedRecord) -> EvidenceView:
    checkpoint = services.ledger.first_checkpoint_with(record.leaf_index) if record.leaf_index is not None else None
    proof = services.ledger.tlog_proof(record.id, checkpoint.size).decode() if checkpoint else None
    return EvidenceView(
        **_fields(record),
        record=record.record.decode(),
        salt=record.salt.hex(),
        entry=record.entry.decode(),
        checkpoint_size=checkpoint.size if checkpoint else None,
        tlog_proof=proof,
    )


def _fields(record: LoggedRecord) -> dict[str, object]:
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


def _position(cursor: str) -> int:
    """Raises `InvalidEvidenceCursor`."""
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidEvidenceCursor
    return int(cursor)
