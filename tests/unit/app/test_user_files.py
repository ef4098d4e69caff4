"""Files named on the command line, read strictly."""

import json

import pytest

from app.user_files import decode_trust
from ledger.verifier.verdict import ExitCode, Unusable
from ledger.verifier.verify import verify_package


def test_a_trust_file_is_json() -> None:
    assert decode_trust(b'{"v":1,"log":{"v":1}}') == {"v": 1, "log": {"v": 1}}
    for junk in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(Unusable, match="isn't JSON"):
            decode_trust(junk)


@pytest.mark.parametrize(
    "twice",
    [
        b'{"v":1,"witnesses":{"quorum":2,"vkeys":[],"quorum":0}}',
        b'{"v":1,"witnesses":{"quorum":2},"witnesses":{"qu\\u006frum":0}}',
        b'{"chains":[{"development":true,"developm\\u0065nt":false}]}',
    ],
)
def test_a_name_given_twice_cannot_weaken_a_check_unseen(twice: bytes) -> None:
    with pytest.raises(Unusable, match="twice"):
        decode_trust(twice)


def test_whatever_is_decoded_the_verifier_answers() -> None:
    for value in (None, 1, "text", [], {"v": 1}, json.loads("[" * 500 + "]" * 500)):
        assert verify_package(b"", value).exit_code is ExitCode.UNUSABLE
