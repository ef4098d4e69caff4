"""The log's signing keys, sealed at rest: which there are, and which of them sign a checkpoint.

A key is announced by an entry of the log itself (`ledger.rotate_key`) and signs every checkpoint that holds this
entry, until the next key's announcement. So the log alone says who signs a checkpoint of a given size: every sequencer
comes to the same answer, also after a crash. Keys before it sign as well while their successor's row says so; of these
signatures nothing depends but how long an old trust file works. No key is ever forgotten: old checkpoints stay good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import LogKeyMissing
from ledger.models import LogKey, LogLeaf
from ledger.note import ED25519, Checkpoint, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from ledger.policy import KeyTerm, in_office, signing_generations

KEY_PURPOSE = "log-key"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """All keys of the log named `origin` by generation, and when each of them signs."""

    origin: str
    rows: Sequence[LogKey]
    terms: Sequence[KeyTerm]

    @property
    def verifiers(self) -> list[VerifierKey]:
        """Every key that ever signed or is announced, oldest first."""
        return [VerifierKey(self.origin, ED25519, row.public_key) for row in self.rows]

    def open_checkpoint(self, note: bytes) -> Checkpoint:
        """A checkpoint of this log, if the key that was in office at its size signed it; another's word isn't enough.

        Raises `NoteInvalid`.
        """
        size = parse_checkpoint(parse_note(note).text).size
        return open_checkpoint(note, [self.verifiers[in_office(self.terms, size)]], self.origin)

    def open_signers(self, secrets: SecretBox, size: int, now: datetime) -> list[Ed25519PrivateKey]:
        """The private keys that sign a checkpoint of `size` at `now`, the one in office first.

        Raises `core.secrets.UnreadableSecret` under another master key.
        """
        return [open_private_key(secrets, self.rows[each]) for each in signing_generations(self.terms, size, now)]


def ensure_log_key(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, origin: str) -> list[VerifierKey]:
    """The keys of the log named `origin`; the first is made if there is none. Also at every start, by many at once."""
    private_key = Ed25519PrivateKey.generate()
    with unit_of_work() as uow:
        first = {
            "origin": origin,
            "generation": 0,
            "public_key": private_key.public_key().public_bytes_raw(),
            "sealed_private_key": seal_private_key(secrets, private_key),
            "created_at": uow.now,
        }
        uow.session.execute(insert(LogKey).values(first).on_conflict_do_nothing())
        return read_keys(uow.session, origin).verifiers


def log_keys(unit_of_work: UnitOfWorkFactory, origin: str) -> LogKeys:
    """Raises `LogKeyMissing`."""
    with unit_of_work() as uow:
        return read_keys(uow.session, origin)


def read_keys(session: Session, origin: str) -> LogKeys:
    """Raises `LogKeyMissing`."""
    found = session.execute(
        select(LogKey, LogLeaf.leaf_index)
        .outerjoin(LogLeaf, LogLeaf.evidence_id == LogKey.announced_by)
        .where(LogKey.origin == origin)
        .order_by(LogKey.generation)
    ).all()
    if not found:
        raise LogKeyMissing(origin=origin)
    rows = [row for row, _ in found]
    return LogKeys(origin, rows, [_term(row, index) for row, index in found])


def seal_private_key(secrets: SecretBox, key: Ed25519PrivateKey) -> bytes:
    return secrets.seal(key.private_bytes_raw(), KEY_PURPOSE)


def open_private_key(secrets: SecretBox, row: LogKey) -> Ed25519PrivateKey:
    """Raises `core.secrets.UnreadableSecret` under another master key."""
    return Ed25519PrivateKey.from_private_bytes(secrets.open(row.sealed_private_key, KEY_PURPOSE))


def _term(row: LogKey, announced_at: int | None) -> KeyTerm:
    """The first key needs no announcement: it signs from the empty log on."""
    first_size = 0 if row.announced_by is None else None if announced_at is None else announced_at + 1
    return KeyTerm(first_size, row.predecessor_signs_until)
