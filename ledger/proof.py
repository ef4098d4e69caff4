"""C2SP tlog-proof: one text that proves an entry's place in the log offline.

    c2sp.org/tlog-proof@v1
    [extra <base64>]
    index <decimal>
    <base64 hash>          as many as the inclusion proof has, leaf's sibling first
    <empty line>
    <the checkpoint, verbatim>

`extra` is not authenticated and never trusted; we write none.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.merkle import HASH_SIZE, ProofInvalid, leaf_hash, verify_inclusion
from ledger.note import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint

_HEADER = "c2sp.org/tlog-proof@v1"
_MAXIMUM_HASHES = 63
_MAXIMUM_PROOF_SIZE = 128 * 1024
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """`index` from 0; `hashes` of 32 bytes each; `checkpoint` is the signed note's bytes, cosigned or not."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def encode_proof(proof: TlogProof) -> bytes:
    lines = [_HEADER]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines.extend(base64.b64encode(value).decode() for value in proof.hashes)
    return ("\n".join(lines) + "\n\n").encode() + proof.checkpoint


def decode_proof(data: bytes) -> TlogProof:
    """Takes a proof apart without believing it. Raises `ProofInvalid` for any deviation from the format."""
    if len(data) > _MAXIMUM_PROOF_SIZE:
        raise ProofInvalid("the proof is too long")
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise ProofInvalid("the proof's first lines are not ASCII") from error
    if not separator or not checkpoint or lines.pop(0) != _HEADER:
        raise ProofInvalid("this is not a tlog-proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decode_base64(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise ProofInvalid("the proof has no index")
    hashes = tuple(_decode_base64(line) for line in lines)
    if len(hashes) > _MAXIMUM_HASHES or any(len(value) != HASH_SIZE for value in hashes):
        raise ProofInvalid("the proof's hashes are malformed")
    return TlogProof(int(index[1]), hashes, checkpoint, extra)


def verify_proof(
    proof: TlogProof, entry: bytes, log_keys: Sequence[VerifierKey], origin: str | None = None
) -> Checkpoint:
    """Checks that the log signed the checkpoint and that `entry` is in its tree at `proof.index`.

    Returns the checkpoint, whose cosignatures are the caller's to judge. Raises `ProofInvalid`.
    """
    try:
        checkpoint = open_checkpoint(proof.checkpoint, log_keys, origin)
    except NoteInvalid as error:
        raise ProofInvalid(str(error)) from error
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint


def _decode_base64(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ProofInvalid("malformed base64") from error
    if base64.b64encode(decoded).decode() != text:
        raise ProofInvalid("base64 in another than the one canonical spelling")
    return decoded
