"""Evidence packages for parties and courts, and the trust file to check them with."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import StringConstraints

from api.deps import CurrentActor, CurrentServices
from ledger.package.trust import fingerprint, trust_bytes
from ledger.verifier.container import MIMETYPE

router = APIRouter(tags=["evidence"])

_PACKAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MIMETYPE.decode(): {"schema": {"type": "string", "format": "binary"}}}}
}
_TRUST: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}


SubjectId = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}_[0-9a-f]{32}$")]


@router.get("/evidence-packages/{subject_id}", response_class=Response, responses=_PACKAGE)
def evidence_package(
    actor: CurrentActor,
    services: CurrentServices,
    subject_id: Annotated[SubjectId, Path(description="A contract, an envelope, …: what the evidence is about")],
    also: Annotated[
        list[SubjectId] | None, Query(max_length=20, description="Further subjects to put into the same package")
    ] = None,
) -> Response:
    """Everything recorded about the subject, and about those its records mention, as one `.asice` file.

    Only records that your organisation may read. Until a final anchor covers all of them the answer is
    `evidence_not_anchored`; ask again a little later.
    """
    package = services.packages.build(actor, subject_id, *(also or []))
    return Response(
        package.data,
        media_type=MIMETYPE.decode(),
        headers={
            "Content-Disposition": f'attachment; filename="{package.file_name}"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/trust", response_class=Response, responses=_TRUST)
def trust(services: CurrentServices) -> Response:
    """`trust.json` for `dingyue verify`. Compare its SHA-256 (`X-Content-SHA256`) by another way than this one."""
    data = trust_bytes(services.packages.trust())
    return Response(data, media_type="application/json", headers={"X-Content-SHA256": fingerprint(data)})
