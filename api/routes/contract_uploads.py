"""Contracts by the sheet: a template to fill in, a preview of every row, and the choice of what is registered."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.problems import language_of
from api.schemas.register import (
    PREVIEW,
    ContractUploadPage,
    ContractUploadRowPage,
    ContractUploadView,
    UploadChoice,
    row_view,
    upload_item,
    upload_view,
)
from core import ids
from core.errors import Language
from performance.register.register_rows import CONTRACT_UPLOAD
from performance.register.upload_policy import RowState

router = APIRouter(prefix="/contract-uploads", tags=["contracts"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
_FILE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}, CSV: {}}}}
SheetFormat = Annotated[Literal["xlsx", "csv"], Query(alias="format")]
SheetLanguage = Annotated[Literal["zh-CN", "en"] | None, Query(description="Of the heads; else your language")]


@router.get("/template", response_class=Response, responses=_FILE_ANSWER)
def download_template(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    *,
    form: SheetFormat = "xlsx",
    language: SheetLanguage = None,
    region: Annotated[str | None, Query(max_length=50, description="Whose classes; else your region's")] = None,
) -> Response:
    """The sheet to fill in: heads, drop-downs, and a second sheet that explains every column."""
    data = services.register.sheet_template(
        actor, region, is_workbook=form == "xlsx", language=_language(language, request)
    )
    return _file(data, "contracts-template", form)


@router.post("", status_code=201)
def upload_contracts(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    *,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB 18030) or XLSX, at most 10,000 rows")],
    region: Annotated[str | None, Form(max_length=50, description="Whose rules apply, else your region's")] = None,
) -> ContractUploadView:
    """Takes in a sheet and checks every row. Nothing is registered before you choose."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    upload_id = services.register.take_upload(actor, name=name, data=file.file.read(), region=region or None)
    return _read(actor, services, request, upload_id)


@router.get("")
def list_uploads(
    actor: CurrentActor, services: CurrentServices, limit: Limit = 50, cursor: Cursor = None
) -> ContractUploadPage:
    """Your organisation's uploads, newest first."""
    before = _id(cursor) if cursor else None
    found = services.register.uploads(actor, before=before, limit=limit + 1)
    items = [upload_item(view) for view in found[:limit]]
    return ContractUploadPage(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{upload_id}")
def read_upload(actor: CurrentActor, services: CurrentServices, request: Request, upload_id: str) -> ContractUploadView:
    """How many rows are in each state right now, and the first rows."""
    return _read(actor, services, request, _id(upload_id))


@router.get("/{upload_id}/rows")
def list_rows(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    upload_id: str,
    *,
    limit: Limit = 50,
    cursor: Annotated[int, Query(ge=0, le=1_000_000_000, description="`next_cursor` of the previous page")] = 0,
    verdict: Annotated[RowState | None, Query(description="Only rows in this state")] = None,
) -> ContractUploadRowPage:
    """Every row with what is wrong with it, in the sheet's order."""
    identifier, language = _id(upload_id), language_of(request)
    view = services.register.upload(actor, identifier)
    found = services.register.rows(actor, identifier, state=verdict, after=cursor, limit=limit + 1)
    items = [row_view(row, view.columns, language) for row in found[:limit]]
    return ContractUploadRowPage(items=items, next_cursor=str(items[-1].row) if len(found) > limit else None)


@router.get("/{upload_id}/report", response_class=Response, responses=_FILE_ANSWER)
def download_report(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    upload_id: str,
    *,
    form: SheetFormat = "xlsx",
    language: SheetLanguage = None,
) -> Response:
    """The rows with problems as you uploaded them, with the reasons: mend them there and upload them anew."""
    data = services.register.report(
        actor, _id(upload_id), is_workbook=form == "xlsx", language=_language(language, request)
    )
    return _file(data, f"{upload_id}-report", form)


@router.post("/{upload_id}/commit")
def commit_upload(
    actor: CurrentActor, services: CurrentServices, request: Request, upload_id: str, body: UploadChoice
) -> ContractUploadView:
    """Registers all good rows, or those you name. Asking again registers nothing twice."""
    services.register.register_upload(actor, _id(upload_id), body.rows, acknowledges_warnings=body.acknowledge_warnings)
    return _read(actor, services, request, _id(upload_id))


def _id(text: str) -> UUID:
    return ids.parse(CONTRACT_UPLOAD, text)


def _language(asked: str | None, request: Request) -> Language:
    if asked is None:
        return language_of(request)
    return "zh" if asked == "zh-CN" else "en"


def _file(data: bytes, name: str, form: str) -> Response:
    media_type = XLSX if form == "xlsx" else f"{CSV}; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(data, media_type=media_type, headers=headers)


def _read(actor: CurrentActor, services: CurrentServices, request: Request, upload_id: UUID) -> ContractUploadView:
    view = services.register.upload(actor, upload_id)
    first = services.register.rows(actor, upload_id, limit=PREVIEW)
    return upload_view(view, first, language_of(request))
