"""Proof of misbehaviour: two statements that can't both be true, as one JSON file that anybody can check.

    {"v":1, "origin":…, "newer":<signed checkpoint>, "older_size":…, "older_root_in_newer":<hex>,
     "consistency":[<hex>,…], "older":<signed checkpoint>}                                        the log against itself
    {…, "anchor":{"chain_id":…,"contract":"0x…","tx_hash":"0x…","block_number":…,"size":…,"root":<hex>}}  or the chain

The consistency proof shows which root the tree of `newer` holds at the older size. `older`, signed by the same log, or
the anchor, to be looked up on the chain, says another one. With equal sizes the two roots are enough. Nobody who checks
it needs to believe the monitor. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.merkle import ProofInvalid, verify_consistency
from ledger.note import NoteInvalid, VerifierKey, open_checkpoint


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """`older` and `newer` are signed notes; exactly one of `older` and `anchor` is given."""

    origin: str
    newer: bytes
    older_size: int
    older_root_in_newer: bytes
    consistency: tuple[bytes, ...]
    older: bytes | None = None
    anchor: Mapping[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """The file, indented for people who open it."""
        document: dict[str, Any] = {
            "v": 1,
            "origin": self.origin,
            "newer": self.newer.decode(),
            "older_size": self.older_size,
            "older_root_in_newer": self.older_root_in_newer.hex(),
            "consistency": [value.hex() for value in self.consistency],
        }
        if self.older is not None:
            document["older"] = self.older.decode()
        if self.anchor is not None:
            document["anchor"] = dict(self.anchor)
        return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def read_misbehaviour(data: bytes) -> Misbehaviour:
    """Raises `ProofInvalid` for what isn't such a file; proves nothing yet."""
    try:
        document = json.loads(data)
        if document["v"] != 1 or ("older" in document) == ("anchor" in document):
            raise ProofInvalid("another kind of proof")
        return Misbehaviour(
            origin=str(document["origin"]),
            newer=str(document["newer"]).encode(),
            older_size=int(document["older_size"]),
            older_root_in_newer=bytes.fromhex(document["older_root_in_newer"]),
            consistency=tuple(bytes.fromhex(value) for value in document["consistency"]),
            older=str(document["older"]).encode() if "older" in document else None,
            anchor=dict(document["anchor"]) if "anchor" in document else None,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProofInvalid(f"this is no proof of misbehaviour: {error}") from error


def verify_misbehaviour(shown: Misbehaviour, log_keys: Sequence[VerifierKey]) -> None:
    """Returns if the log contradicts itself, or the anchor as it is stated. Raises `ProofInvalid`.

    1. the log signed `newer` (and `older`)   2. the tree of `newer` holds `older_root_in_newer` at the older size
    3. `older`, or the anchor, says another root at that size

    Whether the anchor is on the chain as stated is the reader's to look up.
    """
    try:
        newer = open_checkpoint(shown.newer, log_keys, shown.origin)
        older = None if shown.older is None else open_checkpoint(shown.older, log_keys, shown.origin)
    except NoteInvalid as error:
        raise ProofInvalid(str(error)) from error
    verify_consistency(shown.older_size, newer.size, shown.consistency, shown.older_root_in_newer, newer.root)
    claimed = (older.size, older.root) if older else _anchored(shown.anchor or {})
    if claimed[0] != shown.older_size:
        raise ProofInvalid("the older statement is about another size")
    if claimed[1] == shown.older_root_in_newer:
        raise ProofInvalid("the two statements agree")


def _anchored(anchor: Mapping[str, Any]) -> tuple[int, bytes]:
    try:
        return int(anchor["size"]), bytes.fromhex(anchor["root"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProofInvalid("the anchor is malformed") from error
