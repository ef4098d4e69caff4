"""An external time-stamp authority over HTTP (RFC 3161 §3.4)."""

import secrets

import httpx
from asn1crypto import tsp

from ledger.errors import TimestampUnavailable
from ledger.verifier.timestamp import canonical_token

_LARGEST_RESPONSE = 64 * 1024


class HTTPTimestampAuthority:
    """Implements `ledger.ports.TimestampAuthority`.

    The answer is checked to be granted, over our digest and with our nonce; whether its signer is trusted is decided
    wherever the token is verified.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 10) -> None:
        self.name = url
        self._url = url
        self._timeout_seconds = timeout_seconds

    def timestamp(self, digest: bytes) -> bytes:
        """Raises `TimestampUnavailable` for no answer, a refusal, or a token over something else."""
        nonce = secrets.randbits(64)
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
        try:
            return _token(self._ask(request.dump()), digest, nonce)
        except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
            raise TimestampUnavailable from error

    def _ask(self, request: bytes) -> bytes:
        response = httpx.post(
            self._url,
            content=request,
            headers={"Content-Type": "application/timestamp-query"},
            timeout=self._timeout_seconds,
        )
        response.raise_for_status()
        if len(response.content) > _LARGEST_RESPONSE:
            raise ValueError("the answer is too large")
        return response.content


def _token(response: bytes, digest: bytes, nonce: int) -> bytes:
    """The token inside a response, in the one form our verifier accepts. Raises `ValueError` unless it is ours."""
    parsed = tsp.TimeStampResp.load(response, strict=True)
    if parsed["status"]["status"].native not in {"granted", "granted_with_mods"}:
        raise ValueError(f"refused: {parsed['status'].native}")
    token = parsed["time_stamp_token"]
    info = token["content"]["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or imprint["hashed_message"].native != digest:
        raise ValueError("the token is over something else")
    if info["nonce"].native != nonce:
        raise ValueError("the token answers another request")
    return canonical_token(token.dump())
