"""Use case: every authority stamps a checkpoint (RFC 3161). The token is over what the log signed, cosigned or not."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import TimestampUnavailable
from ledger.policy import timestamp_instant
from ledger.ports import TimestampAuthority
from ledger.published import published_checkpoint


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """An RFC 3161 token (DER) over SHA-256(note), the authority's name, and the token's own time."""

    authority: str
    token: bytes
    stamped_at: datetime


def stamp_checkpoint(
    unit_of_work: UnitOfWorkFactory, authorities: Sequence[TimestampAuthority], size: int
) -> list[StampedCheckpoint]:
    """Has every authority stamp the checkpoint of `size` that hasn't yet, and returns all stamps.

    Idempotent. Every authority is asked, also when one before it fails. Raises `CheckpointNotFound`, or
    `TimestampUnavailable` if any didn't answer; stamps had until then are kept.
    """
    note = published_checkpoint(unit_of_work, size).note
    stamped = {stamp.authority for stamp in stamps_of(unit_of_work, size)}
    failure: TimestampUnavailable | None = None
    for authority in authorities:
        if authority.name not in stamped:
            try:
                _stamp(unit_of_work, size, authority, hashlib.sha256(note).digest())
            except TimestampUnavailable as error:
                failure = error
    if failure is not None:
        raise failure
    return stamps_of(unit_of_work, size)


def stamps_of(unit_of_work: UnitOfWorkFactory, size: int) -> list[StampedCheckpoint]:
    """The stamps that the checkpoint of `size` has, earliest first."""
    with unit_of_work() as uow:
        rows = repository.timestamps(uow.session, size)
    return [StampedCheckpoint(row.authority, row.token, row.stamped_at) for row in rows]


def _stamp(unit_of_work: UnitOfWorkFactory, size: int, authority: TimestampAuthority, digest: bytes) -> None:
    token = authority.timestamp(digest)
    stamped_at = timestamp_instant(token, digest)
    with unit_of_work() as uow:
        repository.add_timestamp(uow.session, size, authority.name, token, stamped_at)
