"""Use cases of evidence: sequence the log, prove, time-stamp a checkpoint, read, notarise.

Facts are recorded with `record_evidence`, inside the unit of work of the fact.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from accounts.policy import Actor, Scope
from core.events import Reaction
from core.objects import ObjectMissing, Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import cosignatures, keys, repository
from ledger.cosigning import AskedWitness, Cosigning
from ledger.errors import (
    CheckpointNotFound,
    EvidenceErased,
    EvidenceNotFound,
    EvidenceNotLogged,
    LogEmpty,
    TileNotFound,
    TimestampUnavailable,
)
from ledger.events import CheckpointCosigned, CheckpointPublished
from ledger.fsck import Examination, Progress
from ledger.fsck_findings import Finding
from ledger.hold_evidence import Order, holds, place_hold, release_hold
from ledger.holds_repository import Release
from ledger.merkle import consistency_proof, inclusion_proof
from ledger.models import EvidenceHold, EvidenceHoldRelease, LogCheckpoint
from ledger.notarise import Notarisation, notarise, notarise_batch, notarise_file
from ledger.policy import timestamp_instant
from ledger.ports import TimestampAuthority
from ledger.proof import TlogProof, encode_proof
from ledger.published_copy import copy_checkpoint
from ledger.receipts import Receipt, receipt, receipts
from ledger.record import Subject
from ledger.record_evidence import record_evidence
from ledger.repository import LoggedRecord
from ledger.rotate_key import LogKeyRotation, rotate_log_key, rotations
from ledger.sequencer import Sequencer
from ledger.tiles import Tile, TileStore

__all__ = ["LedgerService", "LoggedRecord", "PublishedCheckpoint", "StampedCheckpoint", "record_evidence"]

LATE_AFTER = timedelta(minutes=1)
"""A witness that hasn't cosigned after this time is told of in `/health/ready`."""


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """A checkpoint as it was signed and shown to the world. `root` is 32 bytes, `note` the signed note's bytes."""

    size: int
    root: bytes
    note: bytes
    published_at: datetime


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """An RFC 3161 token (DER) over SHA-256(note), the authority's name, and the token's own time."""

    authority: str
    token: bytes
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerService:
    """Everything that is done with evidence and the log. `origin` names the log, like `example.org/log`."""

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
        with self.unit_of_work() as uow:
            latest = repository.latest_checkpoint(uow.session)
            if latest is None:
                raise LogEmpty
            return cosignatures.cosigned_notes(uow.session, [latest])[latest.size]

    def cosigned_checkpoint(self, size: int) -> bytes:
        """A published checkpoint with the cosignatures it has. Raises `CheckpointNotFound`."""
        with self.unit_of_work() as uow:
            row = repository.checkpoint(uow.session, size)
            if row is None:
                raise CheckpointNotFound(size=size)
            return cosignatures.cosigned_notes(uow.session, [row])[size]

    def copy_checkpoint(self) -> bool:
        """Puts the latest checkpoint, with the cosignatures it has, into the object store; False if it was there.

        See `ledger.published_copy`. Raises `LogEmpty`, `ObjectStoreUnavailable`.
        """
        log_keys = keys.log_keys(self.unit_of_work, self.origin)
        return copy_checkpoint(self.objects, log_keys, self.checkpoint())

    def latest_checkpoint(self) -> PublishedCheckpoint | None:
        with self.unit_of_work() as uow:
            row = repository.latest_checkpoint(uow.session)
        return _published(row) if row else None

    def published_checkpoint(self, size: int) -> PublishedCheckpoint:
        """Raises `CheckpointNotFound` unless a checkpoint of this very size was published."""
        with self.unit_of_work() as uow:
            row = repository.checkpoint(uow.session, size)
        if row is None:
            raise CheckpointNotFound(size=size)
        return _published(row)

    def tile(self, path: str) -> bytes:
        """A tile or entry bundle under its tlog-tiles path, `tile/…`.

        Raises `TileNotFound`, also for what is stored and not in the latest checkpoint: it may never be published.
        """
        tile = Tile.parse(path)
        with self.unit_of_work() as uow:
            size = repository.head_size(uow.session)
        if not tile.is_within(size):
            raise TileNotFound
        try:
            return TileStore(self.objects).read(tile)
        except ObjectMissing as error:
            raise TileNotFound from error

    def examine(self, progress: Progress = lambda _done, _all: None) -> Iterator[Finding]:
        """Reads the whole log and yields what is wrong with it (`dingyue fsck`).

        Raises `LogKeyMissing`, `ObjectStoreUnavailable`.
        """
        return Examination.begin(self.unit_of_work, TileStore(self.objects), self.origin).examine(progress)

    # Proofs

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """RFC 6962 §2.1.1 for leaf `index` in the checkpoint of `size`. Raises `CheckpointNotFound`, `LogCorrupted`."""
        self.published_checkpoint(size)
        if not 0 <= index < size:
            raise EvidenceNotLogged(size=size)
        return inclusion_proof(index, size, TileStore(self.objects).nodes(size))

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        """RFC 6962 §2.1.2 between checkpoints. Empty if `size1` is 0 or `size2`.

        Raises `CheckpointNotFound` unless both are published (0 always is) and `size1` ≤ `size2`; `LogCorrupted`.
        """
        for size in {size1, size2} - {0}:
            self.published_checkpoint(size)
        if size1 > size2:
            raise CheckpointNotFound(size=size1)
        return consistency_proof(size1, size2, TileStore(self.objects).nodes(size2))

    def tlog_proof(self, evidence_id: UUID, checkpoint_size: int, note: bytes | None = None) -> bytes:
        """The C2SP tlog-proof of an entry against the published checkpoint of `checkpoint_size`, cosigned as it is.

        For callers that have let the reader in already. `note` is that checkpoint, for those who have read it: it may
        gain a cosignature at any time. Raises `CheckpointNotFound`, `EvidenceNotLogged`.
        """
        note = note or self.cosigned_checkpoint(checkpoint_size)
        with self.unit_of_work() as uow:
            index = repository.leaf_index(uow.session, evidence_id)
        if index is None or index >= checkpoint_size:
            raise EvidenceNotLogged(size=checkpoint_size)
        path = inclusion_proof(index, checkpoint_size, TileStore(self.objects).nodes(checkpoint_size))
        return encode_proof(TlogProof(index, tuple(path), note))

    def first_checkpoint_with(self, leaf_index: int) -> PublishedCheckpoint | None:
        """The earliest checkpoint that holds a leaf; None while it is staged but not published."""
        with self.unit_of_work() as uow:
            row = repository.first_checkpoint_with(uow.session, leaf_index)
        return _published(row) if row else None

    # Time-stamps

    def ensure_timestamp(self, size: int) -> list[StampedCheckpoint]:
        """Has every authority stamp the checkpoint of `size` that hasn't yet, and returns all stamps.

        Idempotent. Every authority is asked, also when one before it fails. Raises `TimestampUnavailable` if any
        didn't answer; stamps had until then are kept.
        """
        note = self.published_checkpoint(size).note
        stamped = {stamp.authority for stamp in self.timestamps(size)}
        failure: TimestampUnavailable | None = None
        for authority in self.timestamp_authorities:
            if authority.name not in stamped:
                try:
                    self._stamp(size, authority, hashlib.sha256(note).digest())
                except TimestampUnavailable as error:
                    failure = error
        if failure is not None:
            raise failure
        return self.timestamps(size)

    def _stamp(self, size: int, authority: TimestampAuthority, digest: bytes) -> None:
        token = authority.timestamp(digest)
        stamped_at = timestamp_instant(token, digest)
        with self.unit_of_work() as uow:
            repository.add_timestamp(uow.session, size, authority.name, token, stamped_at)

    def timestamps(self, size: int) -> list[StampedCheckpoint]:
        """The stamps that the checkpoint of `size` has, earliest first."""
        with self.unit_of_work() as uow:
            rows = repository.timestamps(uow.session, size)
        return [StampedCheckpoint(row.authority, row.token, row.stamped_at) for row in rows]

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
        """Raises `EvidenceNotFound`, also for another organisation's, or `EvidenceErased`."""
        actor.require(Scope.EVIDENCE_READ)
        with self.unit_of_work() as uow:
            found = repository.record(uow.session, actor, evidence_id)
            if found is None and repository.is_erased_for(uow.session, actor, evidence_id):
                raise EvidenceErased
        if found is None:
            raise EvidenceNotFound
        return found

    def records_of(self, actor: Actor, *subjects: Subject) -> list[LoggedRecord]:
        """All records of the subjects that the actor may read, subject by subject, oldest first."""
        actor.require(Scope.EVIDENCE_READ)
        with self.unit_of_work() as uow:
            return repository.records_of_subjects(uow.session, actor, subjects)

    def list_records(self, actor: Actor, subject_id: str, *, after: int = -1, limit: int = 50) -> list[LoggedRecord]:
        """A page of one subject's records: those behind position `after` in its chain."""
        actor.require(Scope.EVIDENCE_READ)
        with self.unit_of_work() as uow:
            return repository.records_of_subject(uow.session, actor, subject_id, after=after, limit=limit)

    def records_with_digest(
        self,
        actor: Actor,
        *,
        sha256: bytes | None = None,
        sm3: bytes | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> list[LoggedRecord]:
        """A page of the organisation's own records of a file with these digests (32 bytes), oldest first."""
        actor.require(Scope.EVIDENCE_READ)
        with self.unit_of_work() as uow:
            return repository.records_with_digest(uow.session, actor, sha256=sha256, sm3=sm3, after=after, limit=limit)

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


def _published(row: LogCheckpoint) -> PublishedCheckpoint:
    return PublishedCheckpoint(row.size, row.root, row.note, row.published_at)
