"""Unified social credit codes, GB 32100-2015."""

import pytest

from accounts.errors import InvalidUSCC
from accounts.policy import USCC_ALPHABET, check_uscc, uscc_check_character

# The first is the example that the standard's readers use; the others begin with a letter, as newer codes do.
VALID = ["91350100M000100Y43"]
LETTER_FIRST = [first + uscc_check_character(first) for first in ("N2610800MA7000001", "Y1610300MF0000002")]


@pytest.mark.parametrize("code", VALID + LETTER_FIRST)
def test_right_codes_pass(code: str) -> None:
    assert check_uscc(code) == code


@pytest.mark.parametrize("code", VALID + LETTER_FIRST)
def test_every_single_wrong_character_is_found(code: str) -> None:
    for position in range(18):
        for character in USCC_ALPHABET:
            if character != code[position]:
                with pytest.raises(InvalidUSCC):
                    check_uscc(code[:position] + character + code[position + 1 :])


@pytest.mark.parametrize(
    "code", ["", "91350100M000100Y4", "91350100m000100y43", "91350100M000100Y4O", "9135010AM000100Y43"]
)
def test_malformed_codes_are_refused_with_a_reason(code: str) -> None:
    with pytest.raises(InvalidUSCC) as refused:
        check_uscc(code)
    assert refused.value.facts["reason_zh"]
