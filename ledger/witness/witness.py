"""What a witness signs, and what it refuses (C2SP tlog-witness, tlog-cosignature).

    400  the request can't be read, or its old size is beyond its checkpoint
    404  nobody told this witness of the log
    403  no key of the log signed the checkpoint
    409  the old size isn't that of the last checkpoint signed for; the answer is that size
    422  the proof doesn't lead from there to the new checkpoint

What is signed for is on the disk before it is answered: a witness that was killed may have signed for nothing that it
doesn't remember.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.merkle import EMPTY_ROOT, ProofInvalid, verify_consistency
from ledger.note import (
    Checkpoint,
    Note,
    NoteInvalid,
    VerifierKey,
    cosign,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
)
from ledger.witness.memory import Kept, Memory
from ledger.witness.request import SIZE_MEDIA_TYPE, AddCheckpoint, RequestMalformed


class Refused(Exception):
    """An answer other than 200. `body` is what the requester reads."""

    def __init__(self, status: int, body: str, media_type: str = "text/plain; charset=utf-8") -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.media_type = media_type


@dataclass(frozen=True)
class Witness:
    """`logs` are the keys of each log by its origin; `clock` tells POSIX seconds."""

    name: str
    key: Ed25519PrivateKey
    logs: Mapping[str, Sequence[VerifierKey]]
    memory: Memory
    clock: Callable[[], int]

    def add_checkpoint(self, body: bytes) -> str:
        """The cosignature line for the checkpoint in the request. Raises `Refused`."""
        request, note, checkpoint = _read(body)
        keys = self.logs.get(checkpoint.origin)
        if keys is None:
            raise Refused(404, f"this witness doesn't know the log {checkpoint.origin}\n")
        try:
            open_checkpoint(request.note, keys, checkpoint.origin)
        except NoteInvalid as error:
            raise Refused(403, f"{error}\n") from error
        if request.old_size > checkpoint.size:
            raise Refused(400, "the old size is beyond the checkpoint's\n")
        with self.memory.turn(checkpoint.origin):
            self._check_extension(request, checkpoint)
            self.memory.replace(checkpoint.origin, request.note)
        return cosign(note, self.name, self.key, self.clock()).line()

    def _check_extension(self, request: AddCheckpoint, checkpoint: Checkpoint) -> None:
        latest = self._latest(checkpoint.origin)
        if request.old_size != latest.size:
            raise _conflict(latest)
        if checkpoint.size == latest.size and checkpoint.root != latest.root:
            self.memory.keep(checkpoint.origin, request.note, Kept.CONTRADICTION)
            raise _conflict(latest)
        try:
            verify_consistency(latest.size, checkpoint.size, request.proof, latest.root, checkpoint.root)
        except ProofInvalid as error:
            self.memory.keep(checkpoint.origin, request.note, Kept.UNPROVEN)
            raise Refused(422, f"{error}\n") from error

    def _latest(self, origin: str) -> Checkpoint:
        """What was remembered is believed: nobody else writes into the folder."""
        note = self.memory.latest(origin)
        return Checkpoint(origin, 0, EMPTY_ROOT) if note is None else parse_checkpoint(parse_note(note).text)


def _read(body: bytes) -> tuple[AddCheckpoint, Note, Checkpoint]:
    try:
        request = AddCheckpoint.parse(body)
        note = parse_note(request.note)
        return request, note, parse_checkpoint(note.text)
    except (RequestMalformed, NoteInvalid) as error:
        raise Refused(400, f"{error}\n") from error


def _conflict(latest: Checkpoint) -> Refused:
    return Refused(409, f"{latest.size}\n", SIZE_MEDIA_TYPE)
