"""Bulk sends 批量发送: a sheet is checked, confirmed, and sent row by row, each with its own result."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.problems import language_of
from api.schemas.bulk_sends import (
    PREVIEW,
    BulkSendList,
    BulkSendOutput,
    ConfirmationInput,
    RowList,
    bulk_output,
    bulk_summary,
    row_output,
)
from core import ids
from signing.bulk.policy import RowState

router = APIRouter(prefix="/bulk_sends", tags=["bulk sends"])

CSV = "text/csv"
_CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {}}}}


@router.post("", status_code=201)
def upload_sheet(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    *,
    template_id: Annotated[str, Form(max_length=100)],
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GBK) or XLSX, at most 5,000 rows")],
    test: Annotated[bool, Form(description="Test mode: every page is marked, nothing is binding")] = False,
) -> BulkSendOutput:
    """Takes in a sheet and checks every row. Nothing is sent before you confirm."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    bulk_send_id = services.bulk.upload_sheet(
        actor, ids.parse(ids.TEMPLATE, template_id), name=name, data=file.file.read(), is_test=test
    )
    return _read(actor, services, request, bulk_send_id)


@router.get("")
def list_bulk_sends(
    actor: CurrentActor, services: CurrentServices, limit: Limit = 50, cursor: Cursor = None
) -> BulkSendList:
    """The organisation's bulk sends, newest first."""
    before = _id(cursor) if cursor else None
    found = services.bulk.bulk_sends(actor, before=before, limit=limit + 1)
    items = [bulk_summary(view) for view in found[:limit]]
    return BulkSendList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{bulk_send_id}")
def read_bulk_send(
    actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: str
) -> BulkSendOutput:
    """How many rows are in each state right now, and the first rows."""
    return _read(actor, services, request, _id(bulk_send_id))


@router.get("/{bulk_send_id}/rows", response_model=RowList, responses=_CSV_ANSWER)
def list_rows(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    bulk_send_id: str,
    *,
    limit: Limit = 50,
    cursor: Annotated[int, Query(ge=0, le=1_000_000_000, description="`next_cursor` of the previous page")] = 0,
    state: Annotated[RowState | None, Query(description="Only rows in this state")] = None,
    # Not named `format` in the code: that is Python's own.
    form: Annotated[Literal["json", "csv"], Query(alias="format", description="`csv`: all of them at once")] = "json",
) -> RowList | Response:
    """Every row and its result, in the sheet's order."""
    identifier, language = _id(bulk_send_id), language_of(request)
    if form == "csv":
        exported = services.bulk.export_rows(actor, identifier, state=state, language=language)
        return StreamingResponse(exported, media_type=f"{CSV}; charset=utf-8", headers=_named(bulk_send_id, "rows"))
    bulk = services.bulk.bulk_send(actor, identifier)
    found = services.bulk.rows(actor, identifier, state=state, after=cursor, limit=limit + 1)
    items = [row_output(view, bulk, language) for view in found[:limit]]
    return RowList(items=items, next_cursor=str(items[-1].row) if len(found) > limit else None)


@router.get("/{bulk_send_id}/problems", response_class=Response, responses=_CSV_ANSWER)
def download_problems(
    actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: str
) -> StreamingResponse:
    """A CSV with a line for everything that is wrong or odd: row, column, what, and what to do."""
    exported = services.bulk.export_problems(actor, _id(bulk_send_id), language=language_of(request))
    return StreamingResponse(exported, media_type=f"{CSV}; charset=utf-8", headers=_named(bulk_send_id, "problems"))


@router.post("/{bulk_send_id}/confirm")
def confirm_bulk_send(
    actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: str, body: ConfirmationInput
) -> BulkSendOutput:
    """Sends all valid rows, or those you name; the rest may be confirmed later. Look at the counts to follow."""
    services.bulk.confirm(actor, _id(bulk_send_id), body.rows)
    return _read(actor, services, request, _id(bulk_send_id))


@router.post("/{bulk_send_id}/cancel")
def cancel_bulk_send(
    actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: str
) -> BulkSendOutput:
    """Stops what isn't sent yet; what was sent stays sent."""
    services.bulk.cancel(actor, _id(bulk_send_id))
    return _read(actor, services, request, _id(bulk_send_id))


@router.post("/{bulk_send_id}/retry")
def retry_failed_rows(
    actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: str
) -> BulkSendOutput:
    """Tries all failed rows again."""
    services.bulk.retry(actor, _id(bulk_send_id))
    return _read(actor, services, request, _id(bulk_send_id))


def _id(text: str) -> UUID:
    return ids.parse(ids.BULK_SEND, text)


def _named(bulk_send_id: str, what: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{bulk_send_id}-{what}.csv"'}


def _read(actor: CurrentActor, services: CurrentServices, request: Request, bulk_send_id: UUID) -> BulkSendOutput:
    view = services.bulk.bulk_send(actor, bulk_send_id)
    first = services.bulk.rows(actor, bulk_send_id, limit=PREVIEW)
    return bulk_output(view, first, language_of(request))
