"""Writes evidence of a fact, in the transaction of the fact itself: if somebody saw "done", the evidence exists."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from ledger import repository
from ledger.merkle import leaf_hash
from ledger.models import EvidenceEntry, EvidenceRecord
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
    evidence_id: UUID | None = None,
) -> UUID:
    """Writes a record that `organisation_ids` may read, and queues its entry for the log; returns its id.

    Records of one subject form a chain: the subject is locked until the transaction ends. A use case that records
    for several subjects should always take them in the same order. `evidence_id` is for callers that need the id
    beforehand. Raises `ledger.record.RecordInvalid` for facts without a canonical JSON form (a float, say).
    """
    identifier = evidence_id or uow.new_id()
    repository.lock_subject(uow.session, subject)
    previous_id, position = repository.end_of_chain(uow.session, subject) or (None, -1)
    record = record_bytes(
        Record(
            type=type,
            id=identifier.hex,
            at=rfc3339(uow.now),
            subject=subject,
            files=tuple(stored.file for stored in files),
            facts=facts,
            previous=previous_id.hex if previous_id else None,
        )
    )
    salt = secrets.token_bytes(SALT_SIZE)
    entry = entry_bytes(Entry(commitment(salt, record), identifier.hex, rfc3339(uow.now)))
    repository.insert_evidence(
        uow.session,
        EvidenceEntry(id=identifier, entry=entry, leaf_hash=leaf_hash(entry)),
        EvidenceRecord(
            id=identifier,
            subject_kind=subject.kind,
            subject_id=subject.id,
            position=position + 1,
            type=type,
            at=uow.now,
            record=record,
            salt=salt,
            object_keys=[stored.object_key for stored in files],
        ),
        organisation_ids,
    )
    return identifier
