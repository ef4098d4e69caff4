"""Committed seals of QBFT and IBFT2 headers: who sealed, what they sealed, and how many it takes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_utils.crypto import keccak

from ledger.verifier.receipts import parse_header
from ledger.verifier.seals import SealedHeader, SealsInvalid, parse_sealed_header, quorum, require_quorum
from tests.support.bft import KEYS, Consensus, Dressing, address, seal

VALIDATORS = [address(key) for key in KEYS[:4]]
FIELDS: list[Any] = [
    *(bytes([number]) * 32 for number in range(2)),
    *(bytes(20), bytes([2]) * 32, bytes([3]) * 32, bytes([4]) * 32, bytes(256)),
    *(1, 4711, 30_000_000, 72_000, 1_764_000_000, b"", bytes(32), bytes(8), 0),
]
"""A header of after London: difficulty 1, block 4711, base fee 0."""


def sealed(dressing: Dressing) -> tuple[bytes, bytes]:
    """The header as a node keeps it, and the block's hash."""
    fields, name = seal(FIELDS, dressing)
    return rlp.encode(fields), name


@pytest.fixture(params=["qbft", "ibft2"])
def consensus(request: pytest.FixtureRequest) -> Consensus:
    kind: Consensus = request.param
    return kind


@pytest.mark.parametrize("round_number", [0, 1, 300])
@pytest.mark.parametrize("candidate", [None, address(KEYS[5])], ids=["no-vote", "vote"])
def test_a_sealed_header_has_the_chains_hash_and_its_sealers(
    consensus: Consensus, round_number: int, candidate: bytes | None
) -> None:
    dressing = Dressing(consensus, round=round_number, candidate=candidate)
    encoded, name = sealed(dressing)
    header = parse_sealed_header(encoded)
    assert header.hash == name == keccak(header.chain_header)
    assert header.number == 4711
    assert header.sealers == {address(key) for key in dressing.sealers}
    assert parse_header(header.chain_header).number == 4711
    assert require_quorum(header, VALIDATORS) == 3


def test_rounds_and_seals_do_not_change_the_blocks_name(consensus: Consensus) -> None:
    names = {
        parse_sealed_header(sealed(Dressing(consensus, sealers=KEYS[:count], round=count))[0]).hash
        for count in range(5)
    }
    assert len(names) == 1


@pytest.mark.parametrize(("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (100, 67)])
def test_a_quorum_is_two_thirds_rounded_up(validators: int, needed: int) -> None:
    assert quorum(validators) == needed


def test_too_few_seals_are_refused(consensus: Consensus) -> None:
    header = parse_sealed_header(sealed(Dressing(consensus, sealers=KEYS[:2]))[0])
    with pytest.raises(SealsInvalid, match="2 of 4 validators sealed it, 3 are needed"):
        require_quorum(header, VALIDATORS)


def test_one_validator_sealing_three_times_is_one(consensus: Consensus) -> None:
    header = parse_sealed_header(sealed(Dressing(consensus, sealers=(KEYS[0],) * 3))[0])
    with pytest.raises(SealsInvalid, match="1 of 4"):
        require_quorum(header, VALIDATORS)


def test_strangers_count_for_nothing_even_if_the_header_names_them(consensus: Consensus) -> None:
    dressing = Dressing(consensus, validators=KEYS[3:7], sealers=KEYS[3:7])
    with pytest.raises(SealsInvalid, match="1 of 4"):
        require_quorum(parse_sealed_header(sealed(dressing)[0]), VALIDATORS)


def test_without_named_validators_nothing_is_final() -> None:
    with pytest.raises(SealsInvalid, match="no validators"):
        require_quorum(SealedHeader(bytes(32), 1, b"", frozenset()), [])


def test_any_changed_field_undoes_the_quorum(consensus: Consensus) -> None:
    """Each field of the header, and each part of extraData that was sealed."""
    dressing = Dressing(consensus)
    encoded, _ = sealed(dressing)
    for position, value in enumerate(rlp.decode(encoded)):
        if position in {12, 13}:
            continue
        changed = rlp.decode(encoded)
        changed[position] = bytes([value[0] ^ 1, *value[1:]]) if value else b"\x01"
        with pytest.raises(SealsInvalid):
            require_quorum(parse_sealed_header(rlp.encode(changed)), VALIDATORS)
    fields = rlp.decode(encoded)
    parts = rlp.decode(fields[12])
    other_round = (7).to_bytes(4) if consensus == "ibft2" else b"\x07"
    for position, other in ((0, b"\x01" * 32), (1, []), (2, [bytes(20), b"\xff"]), (3, other_round)):
        forged = [*parts[:position], other, *parts[position + 1 :]]
        with pytest.raises(SealsInvalid, match="sealed it"):
            require_quorum(
                parse_sealed_header(rlp.encode([*fields[:12], rlp.encode(forged), *fields[13:]])), VALIDATORS
            )


Damage = Callable[[list[Any]], list[Any]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: parts[:4],
        lambda parts: [*parts, b""],
        lambda parts: [*parts[:4], b"seals"],
        lambda parts: [*parts[:4], [b"short"]],
        lambda parts: [*parts[:4], [[b"nested"]]],
        lambda parts: [*parts[:4], [bytes(64) + b"\x05"]],
        lambda parts: [*parts[:4], [bytes(65)]],
        lambda parts: [*parts[:3], [], parts[4]],
        lambda parts: [*parts[:4], [parts[4][0]] * 1001],
    ],
    ids=["four-parts", "six-parts", "no-list", "short", "nested", "recovery", "zeros", "round", "too-many"],
)
def test_malformed_seals_are_refused(consensus: Consensus, damage: Damage) -> None:
    fields = rlp.decode(sealed(Dressing(consensus))[0])
    fields[12] = rlp.encode(damage(rlp.decode(fields[12])))
    with pytest.raises(SealsInvalid):
        parse_sealed_header(rlp.encode(fields))


@pytest.mark.parametrize("encoded", [b"", b"\xc0", b"\xff", rlp.encode([b""] * 15), rlp.encode([[]] * 15), b"\x80"])
def test_what_is_no_header_is_refused(encoded: bytes) -> None:
    with pytest.raises(SealsInvalid):
        parse_sealed_header(encoded)


def test_a_header_of_another_kind_of_chain_is_refused() -> None:
    with pytest.raises(SealsInvalid, match="QBFT"):
        parse_sealed_header(rlp.encode(FIELDS))


def test_the_dressing_is_what_the_specification_says() -> None:
    """One vector spelt out: QBFT, one validator, round 1, so that test and code can't agree on something wrong."""
    dressing = replace(Dressing("qbft"), validators=KEYS[:1], sealers=KEYS[:1], round=1)
    fields = rlp.decode(sealed(dressing)[0])
    vanity, validators = b"\xa0" + bytes(32), b"\xd5\x94" + address(KEYS[0])
    signature = KEYS[0].sign_msg_hash(
        keccak(rlp.encode([*fields[:12], b"\xf8\x3a" + vanity + validators + b"\xc0\x01\xc0", *fields[13:]]))
    )
    seals = b"\xf8\x43\xb8\x41" + signature.to_bytes()
    assert fields[12] == b"\xf8\x7e" + vanity + validators + b"\xc0\x01" + seals
