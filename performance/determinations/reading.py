"""Reads of determinations: the authority's and the party's view, what is public, and the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from performance.determinations import repository
from performance.determinations.errors import DocumentNotMade, DocumentNotServed, DocumentWithdrawn
from performance.determinations.limits import Limits, limits_of
from performance.determinations.models import Determination, DeterminationStep
from performance.determinations.policy import DeterminationState
from performance.models import Contract
from performance.reading import Page, page_of, read_cursor


class Standing(StrEnum):
    """Whether a public determination, or its document, still says what holds."""

    IN_FORCE = "in_force"
    REVISED = "revised"


@dataclass(frozen=True, slots=True)
class DeterminationDossier:
    """A determination with its steps, oldest first, and the limits it goes by."""

    determination: Determination
    contract: Contract
    steps: Sequence[DeterminationStep]
    limits: Limits


@dataclass(frozen=True, slots=True)
class PublicDetermination:
    """As the public reads it: of a revised one no more than its number, its authority, and what replaced it."""

    id: UUID
    region: str
    standing: Standing
    number: str
    content: dict[str, Any]
    published_at: datetime
    revised_at: datetime | None
    replaced_by: UUID | None


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """Where the sealed PDF lies, and whether it still holds."""

    name: str
    sha256: str
    object_key: str
    standing: Standing


def determinations(
    session: Session, actor: Actor, *, state: DeterminationState | None, cursor: str | None, limit: int
) -> Page[tuple[Determination, Contract]]:
    actor.require(Scope.CONTRACTS_READ)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.determinations(session, actor, state=state, before=before, limit=limit + 1)
    return page_of(rows, limit, lambda row: row[0].id.hex)


def determination(session: Session, actor: Actor, determination_id: UUID) -> DeterminationDossier:
    """Raises `DeterminationNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    row, contract = repository.determination_of(session, actor, determination_id)
    steps = repository.steps_of(session, determination_id)
    return DeterminationDossier(row, contract, steps, limits_of(row.limits_region, row.limits_version))


def published(session: Session, *, region: str | None, cursor: str | None, limit: int) -> Page[PublicDetermination]:
    """For anybody. Raises `ListCursorInvalid`."""
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.published(session, region=region, before=before, limit=limit + 1)
    return page_of([_public(*row) for row in rows], limit, lambda item: item.id.hex)


def published_one(session: Session, determination_id: UUID) -> PublicDetermination:
    """For anybody. Raises `DeterminationNotFound`."""
    return _public(*repository.published_one(session, determination_id))


def document(session: Session, actor: Actor, determination_id: UUID) -> KeptDocument:
    """Raises `DeterminationNotFound`, `DocumentWithdrawn`, `DocumentNotMade` or `DocumentNotServed`."""
    actor.require(Scope.CONTRACTS_READ)
    row, _ = repository.determination_of(session, actor, determination_id)
    if row.state == DeterminationState.REVOKED:
        raise DocumentWithdrawn
    if row.document_object_key is None or row.document_name is None or row.document_sha256 is None:
        raise DocumentNotMade
    if row.served_at is None and row.organisation_id != actor.organisation_id:
        raise DocumentNotServed
    return KeptDocument(row.document_name, row.document_sha256, row.document_object_key, standing_of(row))


def standing_of(row: Determination) -> Standing:
    return Standing.REVISED if row.state == DeterminationState.REVISED else Standing.IN_FORCE


def _public(row: Determination, successor: UUID | None) -> PublicDetermination:
    standing, content = standing_of(row), row.published or {}
    if standing is Standing.REVISED:
        content = {"authority": content.get("authority")}
    return PublicDetermination(
        id=row.id,
        region=row.limits_region,
        standing=standing,
        number=row.number or "",
        content=content,
        published_at=row.published_at or row.opened_at,
        revised_at=row.ended_at if standing is Standing.REVISED else None,
        replaced_by=successor,
    )
