"""Writes evidence of a fact, in the transaction of the fact itself: if somebody saw "done", the evidence exists."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from ledger.insert_evidence import NewEvidence, insert_evidence, lock_chain
from ledger.merkle import leaf_hash
from ledger.record import (
    SALT_SIZE,
    Entry,
    Record,
    StoredFile,
    Subject,
    commitment,
    entry_bytes,
    record_bytes,
)


def record_evidence(
    uow: UnitOfWork,
    *,
    type: str,  # noqa: A002 - the member's name in the record
    subject: Subject,
    organisation_ids: Sequence[UUID],
    facts: dict[str, Any],
    files: Sequence[StoredFile] = (),
) -> UUID:
    """Writes a record that `organisation_ids` may read, and queues its entry for the log; returns its id.

    Records of one subject form a chain: the subject is locked until the transaction ends. A use case that records
    for several subjects should always take them in the same order. Raises `ledger.record.RecordInvalid` for facts
    without a canonical JSON form (a float, say).
    """
    previous_id, position = lock_chain(uow.session, subject)
    new = new_evidence(
        uow.new_id(),
        at=uow.now,
        type=type,
        subject=subject,
        organisation_ids=organisation_ids,
        facts=facts,
        files=files,
        previous_id=previous_id,
        position=position + 1,
    )
    insert_evidence(uow.session, new)
    return new.id


def new_evidence(
    identifier: UUID,
    *,
    at: datetime,
    type: str,  # noqa: A002
    subject: Subject,
    organisation_ids: Sequence[UUID],
    facts: dict[str, Any],
    files: Sequence[StoredFile],
    previous_id: UUID | None = None,
    position: int = 0,
    salt: bytes | None = None,
) -> NewEvidence:
    """Record, commitment and entry of a fact (evidence.md, "From fact to leaf"), written nowhere yet.

    `salt` is for those who draw many at once. Raises `ledger.record.RecordInvalid`.
    """
    instant = rfc3339(at)
    record = record_bytes(
        Record(
            type=type,
            id=identifier.hex,
            at=instant,
            subject=subject,
            files=tuple(stored.file for stored in files),
            facts=facts,
            previous=previous_id.hex if previous_id else None,
        )
    )
    salt = salt or os.urandom(SALT_SIZE)
    entry = entry_bytes(Entry(commitment(salt, record), identifier.hex, instant))
    return NewEvidence(
        id=identifier,
        type=type,
        at=at,
        subject=subject,
        position=position,
        record=record,
        salt=salt,
        entry=entry,
        leaf_hash=leaf_hash(entry),
        files=tuple(files),
        organisation_ids=tuple(dict.fromkeys(organisation_ids)),
    )
