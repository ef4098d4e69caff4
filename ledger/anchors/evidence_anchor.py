"""The contract's calls and answers as bytes (Solidity ABI)."""

from collections.abc import Sequence

import rlp
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

ZERO_ADDRESS = "0x" + "00" * 20


def log_id(origin: str) -> bytes:
    """keccak256 of the log's origin: what the contract calls the log."""
    return keccak(origin.encode())


def register_call(log: bytes) -> bytes:
    return _call("register", ["bytes32"], [log])


def anchor_call(log: bytes, size: int, root: bytes, note_hash: bytes, proof: Sequence[bytes]) -> bytes:
    types = ["bytes32", "uint64", "bytes32", "bytes32", "bytes32[]"]
    return _call("anchor", types, [log, size, root, note_hash, list(proof)])


def rotate_writer_call(log: bytes, successor: str) -> bytes:
    return _call("rotate_writer", ["bytes32", "address"], [log, successor])


def writer_of_call(log: bytes) -> bytes:
    return _call("writer_of", ["bytes32"], [log])


def succession_of_call(log: bytes) -> bytes:
    return _call("succession_of", ["bytes32"], [log])


def latest_call(log: bytes) -> bytes:
    return _call("latest", ["bytes32"], [log])


def decode_writer(answer: bytes) -> str:
    """Lower-case 0x-hex; `ZERO_ADDRESS` if the log isn't registered."""
    (writer,) = decode(["address"], answer)
    return str(writer).lower()


def decode_succession(answer: bytes) -> tuple[str, int]:
    """The announced successor, as `decode_writer`, and from when it is in office (POSIX seconds); zeros if none."""
    ((successor, effective_at),) = decode(["(address,uint256)"], answer)
    return str(successor).lower(), int(effective_at)


def decode_latest(answer: bytes) -> tuple[int, bytes]:
    """The last anchored size and root; zeros if there is none."""
    size, root = decode(["uint64", "bytes32"], answer)
    return int(size), bytes(root)


def contract_address(sender: str, nonce: int) -> str:
    """Where a contract will be that `sender` deploys with transaction `nonce` (Yellow Paper, section 7)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex()


def _call(name: str, types: list[str], values: list[object]) -> bytes:
    return keccak(f"{name}({','.join(types)})".encode())[:4] + encode(types, values)
