"""The built-in time-stamp authority (RFC 3161, RFC 5816). Its time is that of the clock it is given.

Tokens are DER and small: one ECDSA signature, one certificate straight below the root, and no more attributes than
the standard asks for. They are in the canonical form of `ledger.verifier.timestamp` from the start.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, core

from core.clock import Clock
from signing.pki import der
from signing.pki.cms import signed_data
from signing.pki.credentials import SigningCredential
from signing.pki.policy import TIMESTAMP_POLICY

ACCURACY = timedelta(seconds=1)
_SERIAL_NUMBER_BITS = 128
"""Random serial numbers of this length never repeat, whatever number of processes issue tokens (RFC 3161 §2.4.2)."""


class BuiltInTSA:
    """Implements `ledger.ports.TimestampAuthority`; `name` says in every token and page that it is the built-in one."""

    name = "鼎约内置时间戳（试用） Dingyue built-in TSA (trial)"

    def __init__(self, credential: Callable[[datetime], SigningCredential], clock: Clock) -> None:
        """`credential` gives the time-stamping key in force (`PKIService.timestamp_credential`)."""
        self._credential = credential
        self._clock = clock

    def timestamp(self, digest: bytes) -> bytes:
        """A DER TimeStampToken over a SHA-256 digest."""
        return self.issue("sha256", digest)

    def issue(self, algorithm: str, digest: bytes, *, nonce: int | None = None, with_certificate: bool = True) -> bytes:
        """A DER TimeStampToken over a digest made with `algorithm` (an asn1crypto name such as `sha512`)."""
        now = self._clock.now()
        credential = self._credential(now)
        serial_number = secrets.randbits(_SERIAL_NUMBER_BITS)
        content = time_stamp_info(algorithm, digest, serial_number=serial_number, at=now, nonce=nonce)
        return signed_data(
            credential,
            hashlib.sha256(content).digest(),
            content_type="tst_info",
            content=content,
            certificates=[credential.der, *credential.chain] if with_certificate else (),
        )


def time_stamp_info(algorithm: str, digest: bytes, *, serial_number: int, at: datetime, nonce: int | None) -> bytes:
    """TSTInfo (RFC 3161 §2.4.2), DER. Ordering is left at its default: tokens of one second aren't ordered by us."""
    return der.value(
        der.SEQUENCE,
        _VERSION,
        _POLICY,
        der.value(der.SEQUENCE, _ALGORITHMS[algorithm], der.value(der.OCTET_STRING, digest)),
        der.integer(serial_number),
        der.value(der.GENERALIZED_TIME, _written(at)),
        _ACCURACY,
        *([der.integer(nonce)] if nonce is not None else []),
    )


def _written(at: datetime) -> bytes:
    """UTC to the millisecond, as in all our records; DER leaves out zeros at the end, and an empty fraction."""
    fraction = f".{at.microsecond // 1000:03}".rstrip("0").rstrip(".")
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}{fraction}Z".encode()


_ALGORITHMS = {
    name: bytes(algos.DigestAlgorithm({"algorithm": name}).dump()) for name in ("sha256", "sha384", "sha512")
}
_VERSION = der.integer(1)
_POLICY = bytes(core.ObjectIdentifier(TIMESTAMP_POLICY).dump())
_ACCURACY = der.value(der.SEQUENCE, der.integer(int(ACCURACY.total_seconds())))
