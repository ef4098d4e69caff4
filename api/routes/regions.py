"""The rules of a region: classes and thresholds, forms, and who must report what within how long."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.register import RegionView, region_view

router = APIRouter(prefix="/regions", tags=["contracts"])


@router.get("")
def list_regions(actor: CurrentActor, services: CurrentServices) -> list[RegionView]:
    """The profiles in force, with the policy each rule comes from."""
    return [region_view(profile) for profile in services.register.regions(actor)]
