"""The body of `add-checkpoint` (C2SP tlog-witness): an old size, a consistency proof, a blank line, a checkpoint.

old 20852014
<base64 of a hash>        at most 63 of these
(blank)
<the signed note>
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Self

from ledger.merkle import HASH_SIZE

MOST_PROOF_LINES = 63
LARGEST_REQUEST = 72 * 1024
"""A note of 64 KiB and everything before it."""
SIZE_MEDIA_TYPE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class RequestMalformed(ValueError):
    """It isn't a request to add a checkpoint."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """`proof` are hashes of 32 bytes from `old_size` to the checkpoint (RFC 6962 §2.1.2), `note` the note's bytes."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        lines = [f"old {self.old_size}", *(base64.b64encode(each).decode() for each in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises `RequestMalformed`. The note itself is for `ledger.note` to read."""
        head, separator, note = body.partition(b"\n\n")
        if len(body) > LARGEST_REQUEST or not separator:
            raise RequestMalformed("a request has an old size, a proof, a blank line and a checkpoint")
        try:
            first, *proof = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise RequestMalformed("old size and proof are ASCII") from error
        old = _OLD.fullmatch(first)
        if old is None or len(proof) > MOST_PROOF_LINES:
            raise RequestMalformed("the first line reads `old <size>`, and at most 63 hashes follow")
        return cls(int(old[1]), tuple(_hash(line) for line in proof), note)


def _hash(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise RequestMalformed("a proof line is base64") from error
    if len(decoded) != HASH_SIZE or base64.b64encode(decoded).decode() != line:
        raise RequestMalformed("a proof line is the base64 of one hash")
    return decoded
