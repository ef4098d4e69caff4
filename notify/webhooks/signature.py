"""The signature of a delivery. What a consumer does to check it is in `docs/webhooks.md`.

    Dingyue-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">[,v1=<the same by the other secret>]

The time is signed with the body, so that whoever recorded a delivery can't play it back later. While a secret is being
replaced there are two, and a consumer that knows either is served.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"


def new_secret() -> str:
    """256 random bits; the key of the HMAC is the whole text, prefix included."""
    return PREFIX + secrets.token_urlsafe(32)


def signature_header(keys: Sequence[str], timestamp: int, body: bytes) -> str:
    """`keys`: newest first, at least one."""
    signed = f"{timestamp}.".encode() + body
    values = [hmac.digest(key.encode(), signed, hashlib.sha256).hex() for key in keys]
    return ",".join([f"t={timestamp}", *(f"v1={value}" for value in values)])
