"""The latest checkpoint in the object store, beside the tiles: a CDN can serve the whole log from the bucket.

The copy follows the database (`ledger.events`) and never goes back: it gives way only to a larger checkpoint, or to one
of its own size with more signatures, and looking and writing are one step (`core.objects.Objects.advance_at`). So it is
also a memory outside the database. Before anything is signed, the log must still hold what the copy says that it held:
a database restored to an older state, which would begin a second history, is refused.
"""

from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import LogCorrupted
from ledger.keys import LogKeys
from ledger.note import NoteInvalid, parse_note

CHECKPOINT_KEY = "log/checkpoint"
CHECKPOINT_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=2"}
"""It changes (tlog-tiles: "headers SHOULD prevent caching beyond a few seconds")."""


def copy_checkpoint(objects: Objects, keys: LogKeys, note: bytes) -> bool:
    """Puts a published checkpoint into the object store, unless one is there that outranks it; then False.

    Safe to run at any time, by several at once, late and in any order. Raises `ObjectStoreUnavailable`.
    """

    def is_behind(there: bytes) -> bool:
        return _rank(keys, there) < _rank(keys, note)

    return objects.advance_at(CHECKPOINT_KEY, note, is_behind, CHECKPOINT_HEADERS)


def read_copy(objects: Objects) -> bytes | None:
    """Raises `ObjectStoreUnavailable`."""
    try:
        return objects.get_at(CHECKPOINT_KEY)
    except ObjectMissing:
        return None


def check_copy(unit_of_work: UnitOfWorkFactory, keys: LogKeys, copy: bytes) -> int:
    """Checks that the database knows the checkpoint that was copied; returns its size.

    The copy must have been read before `keys` were, and before this is called: a checkpoint is in the database before
    it is copied. Raises `LogCorrupted` if we signed it and the database doesn't know it; `NoteInvalid` if it isn't
    ours: that says nothing of the log, and the next checkpoint replaces it.
    """
    checkpoint = keys.open_checkpoint(copy)
    with unit_of_work() as uow:
        row = repository.checkpoint(uow.session, checkpoint.size)
    if row is None or row.root != checkpoint.root:
        raise LogCorrupted(what=f"{CHECKPOINT_KEY} of size {checkpoint.size} isn't a checkpoint of this database")
    return checkpoint.size


def _rank(keys: LogKeys, note: bytes) -> tuple[int, int]:
    """By size, then by the number of signatures; what we didn't sign ranks last, whatever it says."""
    try:
        return keys.open_checkpoint(note).size, len(parse_note(note).signatures)
    except NoteInvalid:
        return -1, 0
