"""Organisation seals 电子印章: applications, custody, authorisations and the use log, for the organisation's people."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.seals import (
    AuthorisationInput,
    AuthorisationList,
    AuthorisationOutput,
    SealInput,
    SealList,
    SealOutput,
    SealReason,
    SealRevocation,
    UseList,
    authorisation_output,
    seal_output,
    use_output,
)
from core import ids
from signing.seals.policy import SealState

router = APIRouter(prefix="/seals", tags=["seals"])

_CSV = "text/csv"


@router.post("", status_code=201)
def apply_for_seal(actor: CurrentActor, services: CurrentServices, body: SealInput) -> SealOutput:
    """A contract manager or seal administrator applies; another person, a seal administrator, decides."""
    return _read(actor, services, services.seals.apply_for_seal(actor, body.to_application()))


@router.get("")
def list_seals(
    actor: CurrentActor,
    services: CurrentServices,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[SealState | None, Query(description="Only seals in this state")] = None,
) -> SealList:
    """The organisation's seals and applications, newest first."""
    before = _id(cursor) if cursor else None
    found = services.seals.seals(actor, state=state, before=before, limit=limit + 1)
    items = [seal_output(seal) for seal in found[:limit]]
    return SealList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{seal_id}")
def read_seal(actor: CurrentActor, services: CurrentServices, seal_id: str) -> SealOutput:
    return _read(actor, services, _id(seal_id))


@router.get("/{seal_id}/image", response_class=Response)
def read_seal_image(actor: CurrentActor, services: CurrentServices, seal_id: str) -> Response:
    """The seal's picture, PNG."""
    picture = services.seals.picture(actor, _id(seal_id))
    return Response(picture, media_type="image/png")


@router.post("/{seal_id}/withdraw")
def withdraw_application(actor: CurrentActor, services: CurrentServices, seal_id: str) -> SealOutput:
    """The applicant takes the application back."""
    services.seals.withdraw_application(actor, _id(seal_id))
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/approve")
def approve_seal(actor: CurrentActor, services: CurrentServices, seal_id: str) -> SealOutput:
    """Makes the seal's key and certificate; the seal is active. Never by the applicant."""
    services.seals.approve_seal(actor, _id(seal_id))
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/refuse")
def refuse_seal(actor: CurrentActor, services: CurrentServices, seal_id: str, body: SealReason) -> SealOutput:
    services.seals.refuse_seal(actor, _id(seal_id), body.reason)
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/suspend")
def suspend_seal(actor: CurrentActor, services: CurrentServices, seal_id: str, body: SealReason) -> SealOutput:
    """From now on nobody can use it, not even in a signature that is being made."""
    services.seals.suspend_seal(actor, _id(seal_id), body.reason)
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/resume")
def resume_seal(actor: CurrentActor, services: CurrentServices, seal_id: str, body: SealReason) -> SealOutput:
    services.seals.resume_seal(actor, _id(seal_id), body.reason)
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/revoke")
def revoke_seal(actor: CurrentActor, services: CurrentServices, seal_id: str, body: SealRevocation) -> SealOutput:
    """For good. Its certificate is revoked with it; what was sealed before stays as valid as it was."""
    services.seals.revoke_seal(actor, _id(seal_id), body.reason, body.revocation_reason())
    return _read(actor, services, _id(seal_id))


@router.post("/{seal_id}/authorizations", status_code=201)
def authorise_user(
    actor: CurrentActor, services: CurrentServices, seal_id: str, body: AuthorisationInput
) -> AuthorisationOutput:
    """Lets a person of the organisation use the seal; never a seal administrator or auditor."""
    identifier = services.seals.authorise_user(actor, _id(seal_id), body.to_authorisation())
    return authorisation_output(services.seals.authorisation(actor, _id(seal_id), identifier))


@router.get("/{seal_id}/authorizations")
def list_authorisations(
    actor: CurrentActor, services: CurrentServices, seal_id: str, limit: Limit = 50, cursor: Cursor = None
) -> AuthorisationList:
    """Who may use the seal, or might, newest first."""
    before = ids.parse(ids.SEAL_AUTHORISATION, cursor) if cursor else None
    found = services.seals.authorisations(actor, _id(seal_id), before=before, limit=limit + 1)
    items = [authorisation_output(view) for view in found[:limit]]
    return AuthorisationList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.post("/{seal_id}/authorizations/{authorization_id}/revoke")
def revoke_authorisation(
    actor: CurrentActor, services: CurrentServices, seal_id: str, authorization_id: str, body: SealReason
) -> AuthorisationOutput:
    """Takes it back, at once."""
    identifier = ids.parse(ids.SEAL_AUTHORISATION, authorization_id)
    services.seals.revoke_authorisation(actor, _id(seal_id), identifier, body.reason)
    return authorisation_output(services.seals.authorisation(actor, _id(seal_id), identifier))


@router.get("/{seal_id}/uses", response_model=UseList, responses={200: {"content": {_CSV: {}}}})
def list_uses(
    actor: CurrentActor,
    services: CurrentServices,
    seal_id: str,
    *,
    limit: Limit = 50,
    cursor: Cursor = None,
    # Not named `format` in the code: that is Python's own.
    form: Annotated[
        Literal["json", "csv"], Query(alias="format", description="`csv`: the whole log at once, oldest first")
    ] = "json",
) -> UseList | Response:
    """The use log 用印记录, newest first: who used the seal, by what right, in which envelope, on which files."""
    if form == "csv":
        exported = services.seals.export_uses(actor, _id(seal_id))
        headers = {"Content-Disposition": f'attachment; filename="{seal_id}-uses.csv"'}
        return StreamingResponse(exported, media_type=f"{_CSV}; charset=utf-8", headers=headers)
    before = ids.parse(ids.SEAL_USE, cursor) if cursor else None
    found = services.seals.uses(actor, _id(seal_id), before=before, limit=limit + 1)
    items = [use_output(view) for view in found[:limit]]
    return UseList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


def _id(text: str) -> UUID:
    return ids.parse(ids.SEAL, text)


def _read(actor: CurrentActor, services: CurrentServices, seal_id: UUID) -> SealOutput:
    return seal_output(services.seals.seal(actor, seal_id))
