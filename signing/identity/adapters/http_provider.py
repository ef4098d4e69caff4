"""A provider of real-name checks that speaks a small JSON over HTTPS; most need a gateway of a few lines in front.

    POST url   Authorization: Bearer <secret>   Idempotency-Key: <key>
               {"name": …, "phone": …, "id_number": … | absent}
    200        {"outcome": "matched" | "mismatched" | "unknown", "method": "运营商三要素", "reference": …,
                "checked_at": RFC 3339 | absent}

Anything else is `UNKNOWN`: another status, no answer by the deadline, a body that is not this. What goes into the log
is the kind of failure alone: bodies may repeat the claim.
"""

import json
import logging
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal

import httpcore
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core.bounded_http import DeadlineBackend, seconds_left
from signing.ports import IdentityCheck, IdentityClaim, IdentityOutcome

logger = logging.getLogger(__name__)

_LARGEST_ANSWER = 16 * 1024
_WITHOUT_ANSWER = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError)
_Plain = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+$")
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    outcome: Literal["matched", "mismatched", "unknown"]
    method: _Plain
    reference: _Plain
    checked_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class HTTPIdentityProvider:
    """Implements `signing.ports.IdentityProvider`. Neither claim nor secret shows in its repr."""

    name: str
    url: str
    secret: str = field(repr=False)
    needs_id_number: bool = False
    timeout_seconds: float = 5

    def check(self, claim: IdentityClaim, key: str) -> IdentityCheck:
        try:
            status, body = self._post(claim, key, time.monotonic() + self.timeout_seconds)
            if status != 200:
                return self._unknown(f"it answered {status}")
            answer = _Answer.model_validate_json(body)
        except ValidationError as error:
            # Before ValueError, which it is: its text would repeat the body.
            return self._unknown(f"{error.error_count()} things are wrong with its answer")
        except _WITHOUT_ANSWER as error:
            return self._unknown(type(error).__name__)
        if claim.id_number is not None and claim.id_number in f"{answer.method} {answer.reference}".upper():
            return self._unknown("its answer repeats the identity number")
        return IdentityCheck(IdentityOutcome(answer.outcome), answer.method, answer.reference, answer.checked_at)

    def _unknown(self, why: str) -> IdentityCheck:
        logger.warning("no real-name check by %s: %s", self.name, why)
        return IdentityCheck(IdentityOutcome.UNKNOWN)

    def _post(self, claim: IdentityClaim, key: str, deadline: float) -> tuple[int, bytes]:
        told: dict[str, Any] = {"name": claim.name, "phone": claim.phone}
        if claim.id_number is not None:
            told["id_number"] = claim.id_number
        headers: dict[bytes | str, bytes | str] = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "User-Agent": "dingyue",
        }
        waits = dict.fromkeys(("connect", "read", "write", "pool"), seconds_left(deadline))
        with (
            httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=DeadlineBackend(deadline)) as pool,
            pool.stream(
                "POST",
                self.url,
                headers=headers,
                content=json.dumps(told, ensure_ascii=False).encode(),
                extensions={"timeout": waits},
            ) as answer,
        ):
            return answer.status, _body(answer.iter_stream())


def _body(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise ValueError("the answer is too large")
    return bytes(body)


@lru_cache(1)
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()
