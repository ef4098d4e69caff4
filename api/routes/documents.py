"""Uploading PDFs and reading them back."""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Response, UploadFile
from pydantic import BaseModel, Field

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.responses import pdf_response
from core import ids
from signing.models import Document
from signing.pdf.flatten import FLATTENED

router = APIRouter(prefix="/documents", tags=["documents"])


class Flattening(BaseModel):
    """Something of the upload that becomes plain content of its pages, or is left out, before anybody signs."""

    code: Annotated[str, Field(examples=["form_fields"])]
    zh: str
    en: str


class DocumentView(BaseModel):
    """`sha256` and `sm3` are the digests of the file as it was uploaded, in lower-case hex; `size` is in bytes."""

    id: Annotated[str, Field(examples=["doc_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    name: str
    size: int
    pages: int
    sha256: str
    sm3: str
    flattened: list[Flattening]
    created_at: datetime


class DocumentList(BaseModel):
    items: list[DocumentView]
    next_cursor: str | None


@router.post("", status_code=201)
def upload_document(
    actor: CurrentActor,
    services: CurrentServices,
    file: Annotated[UploadFile, File(description="A PDF without scripts, attachments, encryption or signatures")],
) -> DocumentView:
    """Takes in a PDF. One that could show something else after signing is refused, with the reason."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    return _view(services.signing.upload_document(actor, name=name, data=file.file.read()))


@router.get("")
def list_documents(
    actor: CurrentActor, services: CurrentServices, limit: Limit = 50, cursor: Cursor = None
) -> DocumentList:
    """The organisation's documents, newest first."""
    before = ids.parse(ids.DOCUMENT, cursor) if cursor else None
    found = services.signing.documents(actor, before=before, limit=limit + 1)
    items = [_view(document) for document in found[:limit]]
    return DocumentList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{document_id}")
def read_document(actor: CurrentActor, services: CurrentServices, document_id: str) -> DocumentView:
    return _view(services.signing.document(actor, _id(document_id)))


@router.get("/{document_id}/content", response_class=Response)
def read_document_content(actor: CurrentActor, services: CurrentServices, document_id: str) -> Response:
    """The PDF as it was uploaded."""
    return pdf_response(services.signing.document_content(actor, _id(document_id)))


def _id(text: str) -> UUID:
    return ids.parse(ids.DOCUMENT, text)


def _view(document: Document) -> DocumentView:
    return DocumentView(
        id=ids.public(ids.DOCUMENT, document.id),
        name=document.name,
        size=document.size,
        pages=document.pages,
        sha256=document.sha256,
        sm3=document.sm3,
        flattened=[Flattening(code=code, zh=FLATTENED[code][0], en=FLATTENED[code][1]) for code in document.flattened],
        created_at=document.created_at,
    )
