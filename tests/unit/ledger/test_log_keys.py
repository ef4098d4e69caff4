"""Which keys sign a checkpoint, and how trust passes from one key of a log to the next."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.note import NoteInvalid, VerifierKey, parse_checkpoint, parse_note, sign_note
from ledger.policy import KeyTerm, in_office, signing_generations
from ledger.rotation_statement import later_keys, read_succession, state_succession

ORIGIN = "dingyue.test/log"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(3)]
VERIFIERS = [VerifierKey.of(ORIGIN, key) for key in KEYS]

# The second key is announced by leaf 9, the third by leaf 19; each of the former signs on for a day.
TERMS = [KeyTerm(0, None), KeyTerm(10, NOW + DAY), KeyTerm(20, NOW + 3 * DAY)]


@pytest.mark.parametrize(("size", "generation"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (10**9, 2)])
def test_the_announcement_in_a_checkpoint_decides_who_signs_it(size: int, generation: int) -> None:
    assert in_office(TERMS, size) == generation


@pytest.mark.parametrize(
    ("size", "at", "generations"),
    [
        (9, NOW, [0]),
        (10, NOW, [1, 0]),
        (10, NOW + DAY, [1]),
        (20, NOW, [2, 1, 0]),
        (20, NOW + DAY, [2, 1]),
        (20, NOW + 3 * DAY, [2]),
    ],
)
def test_old_keys_sign_on_in_their_overlap(size: int, at: datetime, generations: list[int]) -> None:
    assert signing_generations(TERMS, size, at) == generations


def test_a_later_rotation_never_calls_back_a_key_that_was_stopped() -> None:
    stopped = [KeyTerm(0, None), KeyTerm(10, NOW), KeyTerm(20, NOW + 30 * DAY)]

    assert signing_generations(stopped, 10, NOW) == [1]
    assert signing_generations(stopped, 20, NOW) == [2, 1]


def test_a_key_without_an_index_signs_nothing() -> None:
    assert signing_generations([KeyTerm(0, None), KeyTerm(None, NOW + DAY)], 10**6, NOW) == [0]


def test_a_statement_says_who_follows_whom() -> None:
    statement = state_succession(ORIGIN, KEYS[0], KEYS[1], NOW)

    succession = read_succession(statement, ORIGIN)

    assert (succession.predecessor, succession.successor) == (VERIFIERS[0], VERIFIERS[1])
    assert succession.until == "2026-11-23T02:00:00.000Z"
    with pytest.raises(NoteInvalid):
        parse_checkpoint(parse_note(statement).text)


def test_trust_passes_from_key_to_key() -> None:
    statements = [state_succession(ORIGIN, old, new, NOW) for old, new in pairwise(KEYS)]

    assert later_keys(VERIFIERS[0], statements) == VERIFIERS[1:]
    assert later_keys(VERIFIERS[1], statements) == VERIFIERS[2:]
    assert later_keys(VERIFIERS[0], statements[1:]) == []


def statement_text() -> str:
    return parse_note(state_succession(ORIGIN, KEYS[0], KEYS[1], NOW)).text


@pytest.mark.parametrize(
    "statement",
    [
        sign_note(statement_text(), ORIGIN, KEYS[0]).to_bytes(),
        sign_note(statement_text(), ORIGIN, KEYS[1]).to_bytes(),
        sign_note(statement_text(), ORIGIN, KEYS[0], KEYS[0]).to_bytes(),
        sign_note(statement_text() + "and more\n", ORIGIN, KEYS[0], KEYS[1]).to_bytes(),
        sign_note(statement_text().replace("from ", "to "), ORIGIN, KEYS[0], KEYS[1]).to_bytes(),
        sign_note(statement_text().replace("/v1", "/v2"), ORIGIN, KEYS[0], KEYS[1]).to_bytes(),
        state_succession("another.test/log", KEYS[0], KEYS[1], NOW),
        state_succession(ORIGIN, KEYS[0], KEYS[0], NOW),
    ],
    ids=["new missing", "old missing", "old twice", "longer", "misspelt", "version", "another log", "itself"],
)
def test_other_statements_pass_no_trust_on(statement: bytes) -> None:
    with pytest.raises(NoteInvalid):
        read_succession(statement, ORIGIN)


def test_every_flipped_bit_of_a_statement_is_noticed() -> None:
    statement = state_succession(ORIGIN, KEYS[0], KEYS[1], NOW)
    for position in range(len(statement)):
        changed = bytearray(statement)
        changed[position] ^= 1
        with pytest.raises(NoteInvalid):
            read_succession(bytes(changed), ORIGIN)
