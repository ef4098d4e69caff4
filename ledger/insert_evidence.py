"""Puts evidence into its tables: one record by one statement, many by PostgreSQL's COPY.

Entry, record, who may read it, how it is found and its place in the queue belong together: whoever writes one of them
writes all. Evidence is written at every step of everything, so that its cost is everybody's.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.record import StoredFile, Subject

_CHAIN_END = "ledger.chain_end"
"""Under this name and the subject, a session remembers the ends of the chains that it has locked and extended."""


class NewEvidence(NamedTuple):
    """A record and its entry, complete. `position` is its place in the subject's chain, from 0."""

    id: UUID
    type: str
    at: datetime
    subject: Subject
    position: int
    record: bytes
    salt: bytes
    entry: bytes
    leaf_hash: bytes
    files: tuple[StoredFile, ...]
    organisation_ids: tuple[UUID, ...]


_LOCK_CHAIN = text("SELECT id, position FROM lock_evidence_chain(:kind, :subject)")


def lock_chain(session: Session, subject: Subject) -> tuple[UUID | None, int]:
    """The id and position of the subject's latest record; None and −1 before its first.

    Waits until no other transaction is adding to this chain; the lock is held until this one ends. It is an advisory
    one, because row locks need the UPDATE privilege that append-only tables don't grant.
    """
    known: tuple[UUID, int] | None = session.info.get((_CHAIN_END, subject))
    if known is not None:  # Locked by us and extended by us: nobody else can have added to it.
        return known
    with session.no_autoflush:  # What the use case changes has nothing to do with this; it is sent once, in the end.
        latest = session.execute(_LOCK_CHAIN, {"kind": subject.kind, "subject": subject.id}).first()
    return (latest.id, latest.position) if latest else (None, -1)


# Lists come as array literals: psycopg takes longer to find out the type of a list than PostgreSQL to read one.
_INSERT = text("""
    WITH new_entry AS (
        INSERT INTO evidence_entry (id, entry, leaf_hash) VALUES (:id, :entry, :leaf_hash)
    ), new_record AS (
        INSERT INTO evidence_record (id, subject_kind, subject_id, position, type, at, record, salt, object_keys)
        VALUES (:id, :subject_kind, :subject_id, :position, :type, :at, :record, :salt, CAST(:object_keys AS jsonb))
    ), new_access AS (
        INSERT INTO evidence_access (evidence_id, organisation_id)
        SELECT :id, unnest(CAST(:organisation_ids AS uuid[]))
    ), new_digest AS (
        INSERT INTO evidence_digest (organisation_id, sha256, evidence_id, sm3)
        SELECT reader, decode(file.sha256, 'hex'), :id, decode(file.sm3, 'hex')
        FROM unnest(CAST(:organisation_ids AS uuid[])) reader,
             unnest(CAST(:sha256 AS text[]), CAST(:sm3 AS text[])) file (sha256, sm3)
    )
    INSERT INTO pending_entry (evidence_id) VALUES (:id)
""")


def insert_evidence(session: Session, new: NewEvidence) -> None:
    digests = _digests(new)
    values = {
        "id": new.id,
        "entry": new.entry,
        "leaf_hash": new.leaf_hash,
        "subject_kind": new.subject.kind,
        "subject_id": new.subject.id,
        "position": new.position,
        "type": new.type,
        "at": new.at,
        "record": new.record,
        "salt": new.salt,
        "object_keys": json.dumps([stored.object_key for stored in new.files]),
        "organisation_ids": _literal(map(str, new.organisation_ids)),
        "sha256": _literal(digests),
        "sm3": _literal(digests.values()),
    }
    with session.no_autoflush:
        session.execute(_INSERT, values)
    session.info[_CHAIN_END, new.subject] = (new.id, new.position)


def _literal(hexadecimal: Iterable[str]) -> str:
    """A PostgreSQL array of digests or ids, which need no quotes."""
    return f"{{{','.join(hexadecimal)}}}"


def copy_evidence(session: Session, many: Sequence[NewEvidence]) -> None:
    """The same for many records, in their order, each the first of a subject of its own.

    COPY takes some ten times as many rows a second as INSERT does, checks the same constraints, and is as much a part
    of the transaction.
    """
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor:
        _copy(cursor, "evidence_entry (id, entry, leaf_hash)", "uuid bytea bytea", _entries(many))
        _copy(
            cursor,
            "evidence_record (id, subject_kind, subject_id, position, type, at, record, salt, object_keys)",
            "uuid text text int8 text timestamptz bytea bytea jsonb",
            _records(many),
        )
        _copy(cursor, "evidence_access (evidence_id, organisation_id)", "uuid uuid", _readers(many))
        columns = "evidence_digest (organisation_id, sha256, evidence_id, sm3)"
        _copy(cursor, columns, "uuid bytea uuid bytea", _finders(many))
        _copy(cursor, "pending_entry (evidence_id)", "uuid", ((new.id,) for new in many))


def _copy(cursor: psycopg.Cursor[Any], table: str, types: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.set_types(types.split())
        for row in rows:
            copy.write_row(row)


def _entries(many: Sequence[NewEvidence]) -> Iterator[tuple[Any, ...]]:
    return ((new.id, new.entry, new.leaf_hash) for new in many)


def _records(many: Sequence[NewEvidence]) -> Iterator[tuple[Any, ...]]:
    for new in many:
        keys = Jsonb([stored.object_key for stored in new.files])
        subject = new.subject
        yield new.id, subject.kind, subject.id, new.position, new.type, new.at, new.record, new.salt, keys


def _readers(many: Sequence[NewEvidence]) -> Iterator[tuple[Any, ...]]:
    return ((new.id, organisation_id) for new in many for organisation_id in new.organisation_ids)


def _finders(many: Sequence[NewEvidence]) -> Iterator[tuple[Any, ...]]:
    for new in many:
        for sha256, sm3 in _digests(new).items():
            for organisation_id in new.organisation_ids:
                yield organisation_id, bytes.fromhex(sha256), new.id, bytes.fromhex(sm3)


def _digests(new: NewEvidence) -> dict[str, str]:
    """Each file's SHA-256 and SM3, hex; a file that the record names twice is found once."""
    return {stored.file.sha256: stored.file.sm3 for stored in new.files}
