"""Ethereum receipts: from the log of a contract up to the hash of the block (Ethereum Yellow Paper §4.3, appendix D).

    Anchored(…) ∈ receipt ∈ trie(receiptsRoot) ∈ header,  block hash = keccak256(RLP(header))

Every function raises `ReceiptInvalid` for anything that doesn't lead there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_hash.auto import keccak
from rlp.exceptions import RLPException

from ledger.merkle import HASH_SIZE

ANCHORED_TOPIC: bytes = keccak(b"Anchored(bytes32,uint64,bytes32,bytes32,uint64)")

_RECEIPTS_ROOT, _NUMBER, _TIMESTAMP = 5, 8, 11  # Positions in the header (Yellow Paper §4.4).
_MINIMUM_HEADER_FIELDS, _MAXIMUM_HEADER_FIELDS = 15, 40
_LARGEST_TYPE = 0x7F  # EIP-2718: a first byte up to here is a type; an RLP list starts with 0xc0 or more.


class ReceiptInvalid(ValueError):
    """The receipt, its proof or the block header is malformed or doesn't fit."""


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """`time` in POSIX seconds, hashes of 32 bytes."""

    hash: bytes
    receipts_root: bytes
    number: int
    time: int


@dataclass(frozen=True, slots=True)
class AnchoredLog:
    """The event `Anchored` of `EvidenceAnchor.vy`; `contract` (20 bytes) emitted it."""

    contract: bytes
    log_id: bytes
    size: int
    root: bytes
    note_hash: bytes
    previous_size: int


def parse_header(encoded: bytes) -> BlockHeader:
    fields = _list(_decode(encoded), "header")
    if not _MINIMUM_HEADER_FIELDS <= len(fields) <= _MAXIMUM_HEADER_FIELDS or not all(
        isinstance(field, bytes) for field in fields
    ):
        raise ReceiptInvalid("this is not a block header")
    if len(fields[_RECEIPTS_ROOT]) != HASH_SIZE:
        raise ReceiptInvalid("the header has no receipts root")
    return BlockHeader(
        hash=keccak(encoded),
        receipts_root=fields[_RECEIPTS_ROOT],
        number=int.from_bytes(fields[_NUMBER]),
        time=int.from_bytes(fields[_TIMESTAMP]),
    )


def prove_receipt(receipts_root: bytes, index: int, proof: Sequence[bytes]) -> bytes:
    """The encoded receipt number `index` of the block whose receipts root this is.

    `proof` holds the RLP trie nodes from the root down, each used exactly once.
    """
    path = _nibbles(rlp.encode(index))
    expected = receipts_root
    for number, encoded in enumerate(proof):
        if keccak(encoded) != expected:
            raise ReceiptInvalid(f"node {number} of the receipt proof isn't the one named above it")
        item: bytes | list[Any] = _decode(encoded)
        is_value = False
        while isinstance(item, list) and not is_value:  # A child shorter than a hash is embedded in its parent.
            item, path, is_value = _descend(item, path)
        if isinstance(item, list):
            break
        if is_value:
            if number == len(proof) - 1 and item:
                return item
            break
        expected = item
    raise ReceiptInvalid("the receipt proof doesn't lead to a receipt")


def anchored_logs(receipt: bytes) -> list[AnchoredLog]:
    """All `Anchored` events of a successful transaction's receipt, by whatever contract."""
    body = receipt[1:] if receipt and receipt[0] <= _LARGEST_TYPE else receipt
    fields = _list(_decode(body), "receipt")
    if len(fields) != 4 or fields[0] != b"\x01":
        raise ReceiptInvalid("the transaction failed, or this is not a receipt")
    logs = [_list(log, "log") for log in _list(fields[3], "receipt")]
    return [anchored for log in logs if (anchored := _anchored(log)) is not None]


def _anchored(log: list[Any]) -> AnchoredLog | None:
    if len(log) != 3:
        raise ReceiptInvalid("a log has an address, topics and data")
    address, topics, data = log
    if not isinstance(topics, list) or not isinstance(data, bytes):
        raise ReceiptInvalid("a log has an address, topics and data")
    if len(topics) != 3 or topics[0] != ANCHORED_TOPIC or len(data) != 3 * HASH_SIZE:
        return None
    return AnchoredLog(
        contract=address,
        log_id=topics[1],
        size=int.from_bytes(topics[2]),
        root=data[:32],
        note_hash=data[32:64],
        previous_size=int.from_bytes(data[64:]),
    )


def _descend(node: list[Any], path: list[int]) -> tuple[bytes | list[Any], list[int], bool]:
    """One step down the trie: what the node holds for `path`, the rest of the path, and whether it is the value."""
    if len(node) == 17:
        return (node[16], path, True) if not path else (node[path[0]], path[1:], False)
    if len(node) != 2 or not isinstance(node[0], bytes) or not node[0]:
        raise ReceiptInvalid("a trie node has 2 or 17 items")
    nibbles = _nibbles(node[0])
    is_leaf, is_odd = bool(nibbles[0] & 2), bool(nibbles[0] & 1)  # Hex-prefix encoding, appendix C.
    part = nibbles[1:] if is_odd else nibbles[2:]
    rest = path[len(part) :]
    if path[: len(part)] != part or (is_leaf and rest):
        raise ReceiptInvalid("the receipt proof is for another index")
    return node[1], rest, is_leaf


def _nibbles(data: bytes) -> list[int]:
    return [nibble for byte in data for nibble in (byte >> 4, byte & 0xF)]


def _decode(encoded: bytes) -> bytes | list[Any]:
    try:
        decoded: bytes | list[Any] = rlp.decode(encoded)
    except (RLPException, RecursionError, IndexError, TypeError) as error:
        raise ReceiptInvalid("malformed RLP") from error
    return decoded


def _list(value: bytes | list[Any], what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReceiptInvalid(f"the {what} is not a list")
    return value
