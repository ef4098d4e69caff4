"""What a time-stamp says, byte for byte as asn1crypto encodes it."""

from datetime import UTC, datetime, timedelta

from asn1crypto import tsp
from hypothesis import given
from hypothesis import strategies as st

from signing.pki.policy import TIMESTAMP_POLICY
from signing.pki.tsa import time_stamp_info

SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


@given(
    algorithm=st.sampled_from(sorted(SIZES)),
    serial_number=st.integers(0, 2**128 - 1),
    milliseconds=st.integers(0, 4_000_000_000_000),
    nonce=st.none() | st.integers(-(2**64), 2**64) | st.sampled_from([-129, -128, -1, 127, 128]),
)
def test_it_is_what_asn1crypto_makes(algorithm: str, serial_number: int, milliseconds: int, nonce: int | None) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    digest = bytes(range(SIZES[algorithm]))
    expected = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": TIMESTAMP_POLICY,
            "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
            "serial_number": serial_number,
            "gen_time": at,
            "accuracy": {"seconds": 1},
            **({} if nonce is None else {"nonce": nonce}),
        }
    )
    assert time_stamp_info(algorithm, digest, serial_number=serial_number, at=at, nonce=nonce) == expected.dump()
