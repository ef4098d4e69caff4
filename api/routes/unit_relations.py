"""Which unit is below which 下属单位: who is above reads the contracts of those below and may report for them."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.register import EndOfRelation, NewUnitRelation, UnitRelationList, UnitRelationView, relation_view
from core import ids
from performance.register.errors import UnitRelationNotFound
from performance.register.relate_units import UNIT_RELATION

router = APIRouter(prefix="/unit-relations", tags=["contracts"])


@router.get("")
def list_relations(actor: CurrentActor, services: CurrentServices) -> UnitRelationList:
    """Those your organisation is in, newest first, ended ones too; a regulator sees its region's."""
    return UnitRelationList(items=[relation_view(*each) for each in services.register.relations(actor)])


@router.post("", status_code=201)
def begin_relation(actor: CurrentActor, services: CurrentServices, body: NewUnitRelation) -> UnitRelationView:
    """Said by the lower unit's administrator, or by the regulator of the region of both."""
    relation = services.register.begin_relation(actor, **body.model_dump())
    return _read(actor, services, relation.id)


@router.post("/{relation_id}/end")
def end_relation(
    actor: CurrentActor, services: CurrentServices, relation_id: str, body: EndOfRelation
) -> UnitRelationView:
    """From now on the one is no longer above the other."""
    relation = services.register.end_relation(actor, ids.parse(UNIT_RELATION, relation_id), reason=body.reason)
    return _read(actor, services, relation.id)


def _read(actor: CurrentActor, services: CurrentServices, relation_id: UUID) -> UnitRelationView:
    for found in services.register.relations(actor):
        if found[0].id == relation_id:
            return relation_view(*found)
    raise UnitRelationNotFound
