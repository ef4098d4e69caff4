"""Makes evidence and reads a log as an outsider would: from its checkpoint and tiles alone."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope
from app.object_references import is_object_needed
from core.clock import Clock
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.erase import Eraser, ErasureGround, ErasureOrder
from ledger.merkle import leaf_hash, root
from ledger.note import Checkpoint, VerifierKey, open_checkpoint
from ledger.record import Subject
from ledger.service import LedgerService, record_evidence
from ledger.tiles import TILE_WIDTH, decode_bundle, tile_at

ERASURE = ErasureOrder(ErasureGround.CONSENT_WITHDRAWN, "2026-118", "command_line:tests")


def register_organisation(
    unit_of_work: UnitOfWorkFactory,
    *,
    region: str = "441900",
    kind: OrganisationKind = OrganisationKind.ENTERPRISE,
) -> Actor:
    """An organisation of its own, and somebody of it who may read and write evidence."""
    identifier = uuid4()
    with unit_of_work() as uow:
        uow.session.add(
            Organisation(
                id=identifier,
                name="测试单位",
                uscc=identifier.hex[:18],
                kind=str(kind),
                region=region,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    return Actor(
        identifier, kind, region, None, frozenset({Scope.EVIDENCE_READ, Scope.EVIDENCE_WRITE, Scope.EVIDENCE_HOLD})
    )


def record_many(
    unit_of_work: UnitOfWorkFactory, actor: Actor, count: int, subject: Subject | None = None
) -> list[UUID]:
    """`count` records in one transaction, each of a subject of its own unless `subject` is given."""
    with unit_of_work() as uow:
        return [
            record_evidence(
                uow,
                type="test.happened",
                subject=subject or Subject("test", f"test_{uuid4().hex}"),
                organisation_ids=[actor.organisation_id],
                facts={"number": number},
            )
            for number in range(count)
        ]


def eraser(owner_engine: Engine, clock: Clock, objects: Objects) -> Eraser:
    """As `dingyue admin evidence erase` has it: connected as the owner of the tables."""
    return Eraser(lambda: UnitOfWork(owner_engine, clock), objects, is_object_needed)


def read_log(ledger: LedgerService, note: bytes | None = None) -> tuple[Checkpoint, list[bytes]]:
    """The checkpoint (the latest unless `note` is given) and all its entries, checked as a monitor does."""
    log_keys = [VerifierKey.parse(vkey) for vkey in ledger.vkeys()]
    checkpoint = open_checkpoint(note or ledger.checkpoint(), log_keys, ledger.origin)
    entries: list[bytes] = []
    for index in range(-(-checkpoint.size // TILE_WIDTH)):
        bundle = tile_at(None, index, checkpoint.size)
        entries.extend(decode_bundle(ledger.tile(bundle.path)))
    assert len(entries) == checkpoint.size
    assert root([leaf_hash(entry) for entry in entries]) == checkpoint.root
    return checkpoint, entries
