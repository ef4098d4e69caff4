"""Headers of QBFT and IBFT 2.0 chains (Hyperledger Besu), and the committed seals that make such a block final.

A header's `extraData` is the RLP list of vanity, validators, vote, round and seals. A seal is a validator's signature
over the header *without* the seals; the chain names the block by the hash of the header without seals and round, so
that every node names it alike, whichever seals it has collected:

    seal   signs  keccak256(RLP(header, extraData = QBFT: vanity, validators, vote, round, []
                                                  IBFT2: vanity, validators, vote, round))
    block hash =  keccak256(RLP(header, extraData = QBFT: vanity, validators, vote, 0, []
                                                  IBFT2: vanity, validators, vote))

The list of validators inside the header is never believed: whoever verifies names the validators. A block is final
if at least ⌈2n/3⌉ of the n named ones sealed it. Everything else raises `SealsInvalid`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import rlp
from eth_hash.auto import keccak
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

BFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""What Istanbul's descendants write where others have the proof of work (EIP-650)."""
_NUMBER, _EXTRA_DATA, _MIX_HASH = 8, 12, 13  # Positions in the header (Yellow Paper §4.4).
_HEADER_FIELDS = range(15, 41)
_PARTS = 5
_ROUND_SIZE = 4  # IBFT2 writes the round as four bytes, QBFT as a number without leading zeros.
_MOST_SEALS = 1000


class SealsInvalid(ValueError):
    """The header is not a sealed one, or too few of the named validators sealed it."""


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """`chain_header` is the RLP that hashes to `hash`, by which the chain names the block; `sealers` are addresses
    (20 bytes) whose seals are good, whoever they are."""

    hash: bytes
    number: int
    chain_header: bytes
    sealers: frozenset[bytes]


def parse_sealed_header(encoded: bytes) -> SealedHeader:
    """Takes a header as its nodes keep it: RLP with all seals in `extraData`."""
    fields = _list(_decode(encoded))
    if len(fields) not in _HEADER_FIELDS or not all(isinstance(field, bytes) for field in fields):
        raise SealsInvalid("this is not a block header")
    if fields[_MIX_HASH] != BFT_MIX_HASH:
        raise SealsInvalid("the header is not of a QBFT or IBFT2 chain")
    parts = _list(_decode(fields[_EXTRA_DATA]))
    if len(parts) != _PARTS or not isinstance(parts[3], bytes) or not isinstance(parts[4], list):
        raise SealsInvalid("extraData has not the five parts of a sealed header")
    *said, written_round, seals = parts
    is_ibft2 = len(written_round) == _ROUND_SIZE
    committed = [*said, written_round] if is_ibft2 else [*said, written_round, []]
    chain_header = _with_extra_data(fields, said if is_ibft2 else [*said, b"", []])
    digest = keccak(_with_extra_data(fields, committed))
    if len(seals) > _MOST_SEALS:
        raise SealsInvalid("there are too many seals")
    return SealedHeader(
        hash=keccak(chain_header),
        number=int.from_bytes(fields[_NUMBER]),
        chain_header=chain_header,
        sealers=frozenset(_sealer(seal, digest) for seal in seals),
    )


def quorum(validators: int) -> int:
    """⌈2n/3⌉ of n validators."""
    return -(-2 * validators // 3)


def require_quorum(header: SealedHeader, validators: Collection[bytes]) -> int:
    """How many of the named validators (20-byte addresses) sealed the block. Raises `SealsInvalid` if too few."""
    named = frozenset(validators)
    if not named:
        raise SealsInvalid("no validators are named")
    found = len(named & header.sealers)
    if found < quorum(len(named)):
        raise SealsInvalid(f"{found} of {len(named)} validators sealed it, {quorum(len(named))} are needed")
    return found


def _sealer(seal: bytes | list[Any], digest: bytes) -> bytes:
    """The address whose key made the seal: 32 bytes r, 32 bytes s, one byte of recovery (0 or 1)."""
    if not isinstance(seal, bytes):
        raise SealsInvalid("a seal is malformed")
    try:
        signature = Signature(seal)
        return bytes(signature.recover_public_key_from_msg_hash(digest).to_canonical_address())
    except (BadSignature, ValidationError, ValueError) as error:
        raise SealsInvalid("a seal is malformed") from error


def _with_extra_data(fields: list[Any], parts: list[Any]) -> bytes:
    encoded = rlp.encode([*fields[:_EXTRA_DATA], rlp.encode(parts), *fields[_EXTRA_DATA + 1 :]])
    return bytes(encoded)


def _decode(encoded: bytes) -> bytes | list[Any]:
    try:
        decoded: bytes | list[Any] = rlp.decode(encoded)
    except (RLPException, RecursionError, IndexError, TypeError) as error:
        raise SealsInvalid("malformed RLP") from error
    return decoded


def _list(value: bytes | list[Any]) -> list[Any]:
    if not isinstance(value, list):
        raise SealsInvalid("this is not a list")
    return value
