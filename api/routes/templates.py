"""Templates 模板: envelopes planned but for who exactly signs, and drafts made from them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import CurrentActor, CurrentServices, Cursor, Limit, VersionSeen
from api.problems import language_of
from api.schemas.envelopes import EnvelopeOutput, full
from api.schemas.templates import TemplateInput, TemplateList, TemplateOutput, UseInput, template_output
from core import ids

router = APIRouter(prefix="/templates", tags=["templates"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"


@router.post("", status_code=201)
def create_template(actor: CurrentActor, services: CurrentServices, body: TemplateInput) -> TemplateOutput:
    """Makes a template from your own documents. Anchors are looked for at once."""
    return _read(actor, services, services.templates.create_template(actor, body.to_plan()))


@router.get("")
def list_templates(
    actor: CurrentActor,
    services: CurrentServices,
    limit: Limit = 50,
    cursor: Cursor = None,
    archived: Annotated[bool, Query(description="The archived ones instead of those in use")] = False,
) -> TemplateList:
    """The organisation's templates, newest first."""
    before = _id(cursor) if cursor else None
    found = services.templates.templates(actor, is_archived=archived, before=before, limit=limit + 1)
    items = [template_output(view) for view in found[:limit]]
    return TemplateList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{template_id}")
def read_template(
    actor: CurrentActor,
    services: CurrentServices,
    template_id: str,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=1_000_000_000, description="An earlier version")] = None,
) -> TemplateOutput:
    """The template; its ETag is what a change must show as `If-Match`."""
    return _read(actor, services, _id(template_id), response, version)


@router.put("/{template_id}")
def update_template(
    actor: CurrentActor,
    services: CurrentServices,
    template_id: str,
    *,
    version: VersionSeen,
    body: TemplateInput,
    response: Response,
) -> TemplateOutput:
    """Makes the next version; envelopes and bulk sends keep the one they were made from. 412 if it was changed."""
    services.templates.template(actor, _id(template_id))  # to whom it isn't there, its version is of no concern
    services.templates.update_template(actor, _id(template_id), body.to_plan(), version)
    return _read(actor, services, _id(template_id), response)


@router.delete("/{template_id}", status_code=204)
def archive_template(actor: CurrentActor, services: CurrentServices, template_id: str) -> None:
    """Archives it: it can be read, and neither used nor changed."""
    services.templates.archive_template(actor, _id(template_id))


@router.post("/{template_id}/envelopes", status_code=201)
def use_template(actor: CurrentActor, services: CurrentServices, template_id: str, body: UseInput) -> EnvelopeOutput:
    """A draft from the template's current version, sent at once if you say so."""
    envelope_id = services.templates.use_template(actor, _id(template_id), body.to_filling(), is_sent=body.send)
    return full(services.signing.envelope(actor, envelope_id), actor.organisation_id)


@router.get("/{template_id}/bulk_columns", response_class=Response, responses={200: {"content": {XLSX: {}, CSV: {}}}})
def read_bulk_columns(
    actor: CurrentActor,
    services: CurrentServices,
    request: Request,
    template_id: str,
    # Not named `format` in the code: that is Python's own.
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
) -> Response:
    """An empty sheet for a bulk send, its head in the language you ask for. `*` marks what must be filled."""
    sheet = services.bulk.column_template(
        actor, _id(template_id), is_workbook=form == "xlsx", language=language_of(request)
    )
    headers = {"Content-Disposition": f'attachment; filename="{template_id}-columns.{form}"'}
    return Response(sheet, media_type=XLSX if form == "xlsx" else f"{CSV}; charset=utf-8", headers=headers)


def _id(text: str) -> UUID:
    return ids.parse(ids.TEMPLATE, text)


def _read(
    actor: CurrentActor,
    services: CurrentServices,
    template_id: UUID,
    response: Response | None = None,
    version: int | None = None,
) -> TemplateOutput:
    view = services.templates.template(actor, template_id, version)
    if response is not None:
        response.headers["ETag"] = f'"{view.template.version}"'
    return template_output(view)
