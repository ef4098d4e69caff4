"""Everything that is done with evidence and the log, in one place; each use case has a module of its own.

Facts are recorded with `record_evidence`, inside the unit of work of the fact.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from accounts.policy import Actor
from core.events import Reaction
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import cosignatures, keys, prove, published, read_evidence
from ledger.cosigning import AskedWitness, Cosigning
from ledger.events import CheckpointCosigned, CheckpointPublished
from ledger.fsck import Examination, Progress
from ledger.fsck_findings import Finding
from ledger.hold_evidence import Order, holds, place_hold, release_hold
from ledger.holds_repository import Release
from ledger.models import EvidenceHold, EvidenceHoldRelease
from ledger.notarise import Notarisation, notarise, notarise_batch, notarise_file
from ledger.ports import TimestampAuthority
from ledger.published import PublishedCheckpoint
from ledger.published_copy import copy_checkpoint
from ledger.receipts import Receipt, receipt, receipts
from ledger.record import Subject
from ledger.record_evidence import record_evidence
from ledger.repository import LoggedRecord
from ledger.rotate_key import LogKeyRotation, rotate_log_key, rotations
from ledger.sequencer import Sequencer
from ledger.stamp_checkpoint import StampedCheckpoint, stamp_checkpoint, stamps_of
from ledger.tiles import TileStore

__all__ = ["LedgerService", "LoggedRecord", "record_evidence"]

LATE_AFTER = timedelta(minutes=1)
"""A witness that hasn't cosigned after this time is told of in `/health/ready`."""


@dataclass(frozen=True, slots=True)
class LedgerService:
    """`origin` names the log, like `example.org/log`. What a method does, and raises, its use case says."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    secrets: SecretBox
    origin: str
    timestamp_authorities: tuple[TimestampAuthority, ...] = ()
    witnesses: tuple[AskedWitness, ...] = ()
    cosigning_pauses: dict[str, float] = field(default_factory=dict)

    # The log

    def ensure_log_key(self) -> str:
        """Makes the log's first key at set-up, once; returns the newest one's vkey."""
        return str(keys.ensure_log_key(self.unit_of_work, self.secrets, self.origin)[-1])

    def vkeys(self) -> list[str]:
        """All C2SP verifier keys the log ever had, oldest first. Raises `LogKeyMissing` before set-up."""
        return [str(key) for key in keys.log_keys(self.unit_of_work, self.origin).verifiers]

    def rotate_key(self, overlap: timedelta, requested_by: Mapping[str, Any]) -> LogKeyRotation:
        """See `ledger.rotate_key`."""
        return rotate_log_key(self.unit_of_work, self.secrets, self.origin, overlap=overlap, requested_by=requested_by)

    def key_rotations(self) -> list[LogKeyRotation]:
        """All of them, oldest first, for everybody. Raises `LogKeyMissing`."""
        return rotations(keys.log_keys(self.unit_of_work, self.origin))

    def sequence_pending(self) -> int | None:
        """Logs what is pending and returns the new checkpoint's size; None if there was nothing new.

        Safe to run at any time, by several at once, and after a crash anywhere. Raises `LogCorrupted`.
        """
        return Sequencer(self.unit_of_work, TileStore(self.objects), self.secrets, self.origin).run()

    def cosign_latest(self) -> int:
        """Asks the witnesses for the latest checkpoint's cosignatures that are missing; returns how many came.

        Takes no longer than the slowest witness may; see `ledger.cosigning`.
        """
        return self.cosigning().run()

    def cosigning(self, clock: Callable[[], float] = time.monotonic) -> Cosigning:
        """`clock` counts the seconds for which a witness that failed is left alone."""
        tiles = TileStore(self.objects)
        return Cosigning(self.unit_of_work, tiles, self.witnesses, clock, self.cosigning_pauses)

    def late_witnesses(self, now: datetime) -> list[str]:
        """Names of the witnesses that haven't cosigned what the log published a minute ago, or anything later."""
        names = {str(each.key): each.key.name for each in self.witnesses}
        with self.unit_of_work() as uow:
            return [names[each] for each in cosignatures.late(uow.session, list(names), now - LATE_AFTER)]

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint, with the cosignatures it has. Raises `LogEmpty` before the first."""
        return published.latest_cosigned(self.unit_of_work)

    def cosigned_checkpoint(self, size: int) -> bytes:
        return published.cosigned_checkpoint(self.unit_of_work, size)

    def copy_checkpoint(self) -> bool:
        """Puts the latest checkpoint, with the cosignatures it has, into the object store; False if it was there.

        See `ledger.published_copy`. Raises `LogEmpty`, `ObjectStoreUnavailable`.
        """
        log_keys = keys.log_keys(self.unit_of_work, self.origin)
        return copy_checkpoint(self.objects, log_keys, self.checkpoint())

    def latest_checkpoint(self) -> PublishedCheckpoint | None:
        return published.latest_checkpoint(self.unit_of_work)

    def published_checkpoint(self, size: int) -> PublishedCheckpoint:
        return published.published_checkpoint(self.unit_of_work, size)

    def first_checkpoint_with(self, leaf_index: int) -> PublishedCheckpoint | None:
        return published.first_checkpoint_with(self.unit_of_work, leaf_index)

    def tile(self, path: str) -> bytes:
        return published.published_tile(self.unit_of_work, self.objects, path)

    def examine(self, progress: Progress = lambda _done, _all: None) -> Iterator[Finding]:
        """Reads the whole log and yields what is wrong with it (`dingyue fsck`).

        Raises `LogKeyMissing`, `ObjectStoreUnavailable`.
        """
        return Examination.begin(self.unit_of_work, TileStore(self.objects), self.origin).examine(progress)

    # Proofs

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        return prove.prove_inclusion(self.unit_of_work, self.objects, index, size)

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        return prove.prove_consistency(self.unit_of_work, self.objects, size1, size2)

    def tlog_proof(self, evidence_id: UUID, checkpoint_size: int, note: bytes | None = None) -> bytes:
        return prove.prove_entry(self.unit_of_work, self.objects, evidence_id, checkpoint_size, note)

    # Time-stamps

    def ensure_timestamp(self, size: int) -> list[StampedCheckpoint]:
        return stamp_checkpoint(self.unit_of_work, self.timestamp_authorities, size)

    def timestamps(self, size: int) -> list[StampedCheckpoint]:
        return stamps_of(self.unit_of_work, size)

    def subscriptions(self) -> list[Reaction[CheckpointPublished] | Reaction[CheckpointCosigned]]:
        """Every checkpoint is stamped, and copied to the object store, as soon as it is published; with cosignatures,
        once it has them. An authority that is down is asked again, and so is a store.
        """

        def stamp(event: CheckpointPublished) -> None:
            self.ensure_timestamp(event.size)

        def copy(_event: CheckpointPublished | CheckpointCosigned) -> None:
            self.copy_checkpoint()

        return [
            Reaction("ledger.timestamp_checkpoint", CheckpointPublished, stamp),
            Reaction("ledger.copy_checkpoint", CheckpointPublished, copy),
            Reaction("ledger.copy_cosigned_checkpoint", CheckpointCosigned, copy),
        ]

    # Records

    def evidence(self, actor: Actor, evidence_id: UUID) -> LoggedRecord:
        return read_evidence.read_evidence(self.unit_of_work, actor, evidence_id)

    def records_of(self, actor: Actor, *subjects: Subject) -> list[LoggedRecord]:
        return read_evidence.read_subjects(self.unit_of_work, actor, subjects)

    def list_records(self, actor: Actor, subject_id: str, *, after: int = -1, limit: int = 50) -> list[LoggedRecord]:
        return read_evidence.list_records(self.unit_of_work, actor, subject_id, after=after, limit=limit)

    def records_with_digest(
        self,
        actor: Actor,
        *,
        sha256: bytes | None = None,
        sm3: bytes | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> list[LoggedRecord]:
        return read_evidence.find_by_digest(self.unit_of_work, actor, sha256=sha256, sm3=sm3, after=after, limit=limit)

    def receipt(self, actor: Actor, evidence_id: UUID) -> bytes:
        return receipt(self.unit_of_work, self.objects, actor, evidence_id)

    def receipts(self, actor: Actor, evidence_ids: Sequence[UUID]) -> list[Receipt]:
        return receipts(self.unit_of_work, self.objects, actor, evidence_ids)

    # Legal holds

    def place_hold(self, actor: Actor, evidence_id: UUID, order: Order, *, is_for_subject: bool) -> EvidenceHold:
        return place_hold(self.unit_of_work, actor, evidence_id, order, is_for_subject=is_for_subject)

    def release_hold(self, actor: Actor, hold_id: UUID, reference: str) -> EvidenceHoldRelease:
        return release_hold(self.unit_of_work, actor, hold_id, reference)

    def holds(self, actor: Actor, evidence_id: UUID) -> list[tuple[EvidenceHold, Release]]:
        return holds(self.unit_of_work, actor, evidence_id)

    # Notarising

    def notarise(self, actor: Actor, what: Notarisation, key_hash: bytes | None = None) -> LoggedRecord:
        return notarise(self.unit_of_work, actor, what, key_hash)

    def notarise_batch(self, actor: Actor, items: Sequence[Notarisation], key_hash: bytes | None = None) -> list[UUID]:
        return notarise_batch(self.unit_of_work, actor, items, key_hash)

    def notarise_file(
        self,
        actor: Actor,
        *,
        name: str,
        media_type: str,
        content: BinaryIO,
        stated: dict[str, Any],
        keeps_content: bool,
        key_hash: bytes | None = None,
    ) -> LoggedRecord:
        return notarise_file(
            self.unit_of_work,
            self.objects,
            actor,
            name=name,
            media_type=media_type,
            content=content,
            stated=stated,
            keeps_content=keeps_content,
            key_hash=key_hash,
        )
