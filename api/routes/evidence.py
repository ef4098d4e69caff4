"""Evidence: notarise digests and files, look records up, get the proof that they are in the log.

A POST here that bears an `Idempotency-Key` notarises once, also across a crash: the key is kept with the records.
"""

import hashlib
import json
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Header, HTTPException, Query, Request, Response, UploadFile

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.evidence import (
    Digest,
    EvidenceItem,
    EvidencePage,
    EvidenceView,
    NewEvidence,
    NewEvidenceBatch,
    NotarisedBatch,
    ReceiptList,
    ReceiptView,
    StandingView,
    WantedReceipts,
    fields_of,
)
from api.services import Services
from api.strict_json import JSONInvalid, check_json
from core import ids
from ledger.errors import InvalidEvidenceCursor, InvalidEvidenceQuery
from ledger.service import LoggedRecord

router = APIRouter(prefix="/evidence", tags=["evidence"])

_RECEIPT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
_LONGEST_NAME = 200
_LONGEST_MEDIA_TYPE = 100

IdempotencyKey = Annotated[
    str | None, Header(description="The same request with the same key is done once, whatever happens")
]


@router.post("", status_code=201)
def notarise(
    *,
    request: Request,
    actor: CurrentActor,
    services: CurrentServices,
    body: NewEvidence,
    idempotency_key: IdempotencyKey = None,
) -> EvidenceView:
    """Notarises digests: the log will prove that they existed by then. The file itself is not sent."""
    key_hash = _key_hash(request, idempotency_key)
    return _view(services, services.ledger.notarise(actor, body.to_notarisation(), key_hash))


@router.post("/batch", status_code=201)
def notarise_batch(
    *,
    request: Request,
    actor: CurrentActor,
    services: CurrentServices,
    body: NewEvidenceBatch,
    idempotency_key: IdempotencyKey = None,
) -> NotarisedBatch:
    """Notarises up to 10,000 digests (16 MB of JSON) at once, all or none.

    If some are wrong, none is notarised, and the answer says what is wrong with which. Receipts are to be had by
    `POST /v1/evidence/receipts` a few seconds later.
    """
    items = [item.to_notarisation() for item in body.items]
    made = services.ledger.notarise_batch(actor, items, _key_hash(request, idempotency_key))
    return NotarisedBatch(ids=[ids.public(ids.EVIDENCE, identifier) for identifier in made])


@router.post("/files", status_code=201)
def notarise_file(
    *,
    request: Request,
    actor: CurrentActor,
    services: CurrentServices,
    file: Annotated[UploadFile, File(description="Any file; we take its SHA-256 and SM3")],
    facts: Annotated[str, Form(description="A JSON object, as in `POST /v1/evidence`", examples=["{}"])] = "{}",
    keep: Annotated[bool, Form(description="Store the file, for packages; else only its digests stay here")] = False,
    idempotency_key: IdempotencyKey = None,
) -> EvidenceView:
    """Notarises a file that is sent. The record says that we hashed it ourselves, and whether we keep it."""
    record = services.ledger.notarise_file(
        actor,
        name=PurePosixPath((file.filename or "").replace("\\", "/")).name[-_LONGEST_NAME:] or "file",
        media_type=(file.content_type or "application/octet-stream")[:_LONGEST_MEDIA_TYPE],
        content=file.file,
        stated=_object(facts),
        keeps_content=keep,
        key_hash=_key_hash(request, idempotency_key),
    )
    return _view(services, record)


@router.post("/receipts")
def read_receipts(actor: CurrentActor, services: CurrentServices, body: WantedReceipts) -> ReceiptList:
    """The proofs (C2SP tlog-proof) of up to 1,000 records; null for those that no checkpoint holds yet."""
    wanted = [ids.parse(ids.EVIDENCE, identifier) for identifier in body.ids]
    return ReceiptList(items=[ReceiptView.of(each) for each in services.ledger.receipts(actor, wanted)])


@router.get("/batch", include_in_schema=False)
@router.get("/files", include_in_schema=False)
@router.get("/receipts", include_in_schema=False)
def nothing_to_read() -> None:
    """Not taken for the id of a record."""
    raise HTTPException(405, headers={"Allow": "POST"})


@router.get("")
def list_evidence(
    *,
    actor: CurrentActor,
    services: CurrentServices,
    subject: Annotated[
        str | None, Query(max_length=100, description="The public id of what it is about", examples=["env_…"])
    ] = None,
    sha256: Annotated[Digest | None, Query(description="SHA-256 of a file")] = None,
    sm3: Annotated[Digest | None, Query(description="SM3 of a file")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EvidencePage:
    """Records, oldest first: of one subject, all that your organisation may read; or by a file's digest, its own.

    Nobody learns whether somebody else has notarised a file.
    """
    is_by_digest = sha256 is not None or sm3 is not None
    if is_by_digest == (subject is not None):
        raise InvalidEvidenceQuery
    if subject is not None:
        after = _position(cursor) if cursor else -1
        records = services.ledger.list_records(actor, subject, after=after, limit=limit)
    else:
        records = services.ledger.records_with_digest(
            actor,
            sha256=bytes.fromhex(sha256) if sha256 else None,
            sm3=bytes.fromhex(sm3) if sm3 else None,
            after=ids.parse(ids.EVIDENCE, cursor) if cursor else None,
            limit=limit,
        )
    last = records[-1] if len(records) == limit else None
    by_digest = ids.public(ids.EVIDENCE, last.id) if last else None
    by_subject = str(last.position) if last else None
    return EvidencePage(
        items=[EvidenceItem.of(record) for record in records], next_cursor=by_digest if is_by_digest else by_subject
    )


@router.get("/{evidence_id}")
def evidence(actor: CurrentActor, services: CurrentServices, evidence_id: str) -> EvidenceView:
    """One record with its salt, its public entry, and the proof that the log holds it."""
    return _view(services, services.ledger.evidence(actor, ids.parse(ids.EVIDENCE, evidence_id)))


@router.get("/{evidence_id}/receipt", response_class=Response, responses=_RECEIPT)
def read_receipt(actor: CurrentActor, services: CurrentServices, evidence_id: str) -> Response:
    """The proof that the log holds the record's entry (C2SP tlog-proof), as soon as a checkpoint does."""
    proof = services.ledger.receipt(actor, ids.parse(ids.EVIDENCE, evidence_id))
    return Response(proof, media_type="text/plain; charset=utf-8")


def _view(services: Services, record: LoggedRecord) -> EvidenceView:
    checkpoint = services.ledger.first_checkpoint_with(record.leaf_index) if record.leaf_index is not None else None
    proof = services.ledger.tlog_proof(record.id, checkpoint.size).decode() if checkpoint else None
    return EvidenceView(
        **fields_of(record),
        record=record.record.decode(),
        salt=record.salt.hex(),
        entry=record.entry.decode(),
        checkpoint_size=checkpoint.size if checkpoint else None,
        tlog_proof=proof,
        standing=StandingView.model_validate(services.grading.of(record.leaf_index).to_json()),
    )


def _key_hash(request: Request, key: str | None) -> bytes | None:
    """A key belongs to the token and the address, as `api.idempotency` has it."""
    if key is None:
        return None
    parts = (request.headers.get("authorization", ""), request.url.path, key)
    named = b"".join(hashlib.sha256(part.encode()).digest() for part in parts)
    return hashlib.sha256(named).digest()


def _object(text: str) -> dict[str, Any]:
    """Raises `JSONInvalid` unless it is a JSON object with one meaning."""
    check_json(text.encode("utf-8", "surrogatepass"))
    value = json.loads(text) if text else None
    if not isinstance(value, dict):
        raise JSONInvalid(reason_zh="facts 应为对象", reason_en="`facts` isn't an object")
    return value


def _position(cursor: str) -> int:
    """Raises `InvalidEvidenceCursor`."""
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidEvidenceCursor
    return int(cursor)
