"""Rotating the log's key: in one transaction a new key, the old key's statement about it, and the evidence of that.

The evidence (`log.key_rotated`) becomes an entry of the log like any other. The first checkpoint that holds this entry
is the first that the new key signs (`ledger.keys`). There is no moment between: a crash leaves all of it or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.clock import rfc3339
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger import repository
from ledger.insert_evidence import lock_chain
from ledger.keys import LogKeys, open_private_key, read_keys, seal_private_key
from ledger.models import LogKey
from ledger.note import VerifierKey
from ledger.record import Subject
from ledger.record_evidence import record_evidence
from ledger.rotation_statement import state_succession

ROTATED = "log.key_rotated"


@dataclass(frozen=True, slots=True)
class LogKeyRotation:
    """A succession, as it is told to everybody. `statement` is the signed note of `ledger.rotation_statement`.

    `first_size`: the new key signs all checkpoints of at least so many entries; None while the announcement has no
    index yet. `is_new` (of `rotate_log_key` only): this call began it.
    """

    predecessor: str
    successor: str
    predecessor_signs_until: datetime
    statement: bytes
    first_size: int | None
    is_new: bool = False


def rotate_log_key(
    unit_of_work: UnitOfWorkFactory,
    secrets: SecretBox,
    origin: str,
    *,
    overlap: timedelta,
    requested_by: Mapping[str, Any],
) -> LogKeyRotation:
    """Makes the log's next key. For `overlap` from now on the old one signs beside it; zero if it is in wrong hands.

    Asked again before the new key has signed a checkpoint, it changes nothing. Raises `LogKeyMissing`, or
    `core.secrets.UnreadableSecret` under another master key.
    """
    subject = Subject("log", origin)
    with unit_of_work() as uow:
        lock_chain(uow.session, subject)  # Of two who rotate at once, the second finds the first one's key.
        keys = read_keys(uow.session, origin)
        newest = keys.terms[-1].first_size
        if len(keys.rows) > 1 and (newest is None or newest > repository.head_size(uow.session)):
            return rotations(keys)[-1]
        row = _successor(uow, secrets, keys, overlap)
        row.announced_by = _announce(uow, subject, keys, row, requested_by)
        uow.session.add(row)
    return _rotation(keys.verifiers[-1], row, None, is_new=True)


def rotations(keys: LogKeys) -> list[LogKeyRotation]:
    """All there were, oldest first."""
    later: Sequence[tuple[VerifierKey, LogKey, int | None]] = [
        (predecessor, row, term.first_size)
        for predecessor, row, term in zip(keys.verifiers, keys.rows[1:], keys.terms[1:], strict=False)
    ]
    return [_rotation(predecessor, row, first_size) for predecessor, row, first_size in later]


def _successor(uow: UnitOfWork, secrets: SecretBox, keys: LogKeys, overlap: timedelta) -> LogKey:
    old, new = open_private_key(secrets, keys.rows[-1]), Ed25519PrivateKey.generate()
    until = uow.now + overlap
    return LogKey(
        origin=keys.origin,
        generation=len(keys.rows),
        public_key=new.public_key().public_bytes_raw(),
        sealed_private_key=seal_private_key(secrets, new),
        created_at=uow.now,
        statement=state_succession(keys.origin, old, new, until),
        predecessor_signs_until=until,
    )


def _announce(uow: UnitOfWork, subject: Subject, keys: LogKeys, row: LogKey, requested_by: Mapping[str, Any]) -> Any:
    told = _rotation(keys.verifiers[-1], row, None)
    return record_evidence(
        uow,
        type=ROTATED,
        subject=subject,
        organisation_ids=[],
        facts={
            "predecessor": told.predecessor,
            "successor": told.successor,
            "predecessor_signs_until": rfc3339(told.predecessor_signs_until),
            "statement": told.statement.decode(),
            "requested_by": dict(requested_by),
        },
    )


def _rotation(predecessor: VerifierKey, row: LogKey, first_size: int | None, *, is_new: bool = False) -> LogKeyRotation:
    if row.statement is None or row.predecessor_signs_until is None:
        raise ValueError(f"key {row.generation} of {row.origin} came by no rotation")
    successor = VerifierKey(row.origin, predecessor.type, row.public_key)
    return LogKeyRotation(
        str(predecessor), str(successor), row.predecessor_signs_until, row.statement, first_size, is_new
    )
