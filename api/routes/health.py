"""Whether the service is up, and what it stands on."""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from api.deps import CurrentServices

public_router = APIRouter(prefix="/health", tags=["health"])


class AnchorAlarm(BaseModel):
    """What keeps checkpoints from a chain; everything else goes on. `code` is one of `docs/errors.md`."""

    chain_id: int
    code: str


class Health(BaseModel):
    """Labels are honest: a trial CA, the built-in TSA or a development chain prove less than the real things."""

    status: str
    development_chain: bool
    trial_authority: bool
    built_in_timestamp: bool
    anchor_alarms: list[AnchorAlarm]
    # Evidence stays provisional while too many of them are late.
    late_witnesses: list[str]


class Readiness(BaseModel):
    sealing: str


@public_router.get("/sealing")
def sealing(services: CurrentServices) -> Readiness:
    """Whether envelopes could be sealed now. 503 with the reason if not; then none is sent either."""
    services.signing.require_ready()
    return Readiness(sealing="ready")


@public_router.get("/ready")
def ready(services: CurrentServices) -> Health:
    """Answers once the database answers; an error otherwise. Alarms and late witnesses are told, and stop nothing."""
    with services.unit_of_work() as uow:
        uow.session.execute(text("SELECT 1"))
    platform = services.platform
    return Health(
        status="ready",
        development_chain=platform.is_development_chain,
        trial_authority=platform.is_trial_authority,
        built_in_timestamp=platform.is_built_in_timestamp,
        anchor_alarms=[
            AnchorAlarm(chain_id=chain.chain_id, code=chain.error_code)
            for chain in services.anchors.status()
            if chain.error_code is not None
        ],
        late_witnesses=services.ledger.late_witnesses(services.clock.now()),
    )
