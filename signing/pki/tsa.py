"""The built-in time-stamp authority (RFC 3161, RFC 5816). Its time is that of the clock it is given.

Tokens are DER and small: one ECDSA signature, one certificate straight below the root, and no more attributes than
the standard asks for. They are in the canonical form of `ledger.verifier.timestamp` from the start.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from asn1crypto import tsp

from core.clock import Clock
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
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": TIMESTAMP_POLICY,
                "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
                "serial_number": secrets.randbits(_SERIAL_NUMBER_BITS),
                # Milliseconds, as in all our records.
                "gen_time": now.replace(microsecond=now.microsecond // 1000 * 1000),
                "accuracy": {"seconds": int(ACCURACY.total_seconds())},
            }
        )
        if nonce is not None:
            info["nonce"] = nonce
        content = info.dump()
        return signed_data(
            credential,
            hashlib.sha256(content).digest(),
            content_type="tst_info",
            content=content,
            certificates=[credential.der, *credential.chain] if with_certificate else (),
        )
