"""Block headers and receipts from a node's JSON to the bytes the chain hashed, and receipt trie proofs.

Nothing a node says is taken over unchecked: a header must hash to the block hash, the receipts to the header's
receiptsRoot, or `ProofUnavailable` is raised. (EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685 for the header's
later fields; EIP-2718 for typed receipts.) QBFT and IBFT2 chains hash a header without its seals.
"""

from collections.abc import Sequence
from typing import Any

import rlp
from eth_utils.crypto import keccak
from trie.hexary import HexaryTrie

from ledger.anchors.ports import ProofUnavailable
from ledger.verifier.seals import SealsInvalid, parse_sealed_header

_FIELDS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
# Forks appended these in this order; a block has them up to its own fork.
_FORK_FIELDS = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
_INTEGERS = frozenset(
    {
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
        *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
    }
)


def header_rlp(block: dict[str, Any]) -> bytes:
    """The header's RLP from `eth_getBlockBy…`, without seals on a chain that hashes it so.

    Raises `ProofUnavailable` unless it hashes to the block's hash.
    """
    header, block_hash = full_header_rlp(block), _bytes(block["hash"])
    if keccak(header) == block_hash:
        return header
    try:
        sealed = parse_sealed_header(header)
    except SealsInvalid:
        sealed = None
    if sealed is None or sealed.hash != block_hash:
        raise ProofUnavailable("the header doesn't hash to the block hash")
    return sealed.chain_header


def full_header_rlp(block: dict[str, Any]) -> bytes:
    """The header's RLP with everything that the node tells of it, seals included; not compared with any hash."""
    fields = (*_FIELDS, *(field for field in _FORK_FIELDS if block.get(field) is not None))
    return bytes(
        rlp.encode([_integer(block[field]) if field in _INTEGERS else _bytes(block[field]) for field in fields])
    )


def receipt_bytes(receipt: dict[str, Any]) -> bytes:
    """The receipt as it stands in the trie: RLP behind the transaction type (none for type 0)."""
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    body = [_integer(receipt["status"]), _integer(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"]), logs]
    kind = int(receipt.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(body))


def prove_receipt(receipts: Sequence[bytes], index: int, receipts_root: bytes) -> tuple[bytes, ...]:
    """The RLP nodes from the root down to receipt `index`, given all receipts of the block in order.

    Raises `ProofUnavailable` if they aren't the receipts under `receipts_root`. Every node on the way is at least
    32 bytes long (it holds a receipt or hashes), so none is embedded in its parent.
    """
    tree: Any = HexaryTrie({})
    for position, receipt in enumerate(receipts):
        tree.set(rlp.encode(position), receipt)
    if tree.root_hash != receipts_root:
        raise ProofUnavailable("the receipts don't hash to the receiptsRoot")
    return tuple(bytes(rlp.encode(node)) for node in tree.get_proof(rlp.encode(index)))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _integer(text: str) -> bytes:
    """Minimal big-endian; zero is empty (RLP)."""
    value = int(text, 16)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
