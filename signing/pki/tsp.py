"""The time-stamp protocol of RFC 3161: requests answered by the built-in authority. A bad request is refused in the
protocol's own words (PKIFailureInfo), never with an exception."""

from typing import ClassVar

from asn1crypto import cms, core, tsp

from core.errors import DingyueError
from signing.pki.policy import TIMESTAMP_POLICY
from signing.pki.tsa import BuiltInTSA

REQUEST_TYPE = "application/timestamp-query"
RESPONSE_TYPE = "application/timestamp-reply"

_DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
_LARGEST_REQUEST = 4096
_LONGEST_NONCE_BITS = 512


class _Rejection(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """A TimeStampResp without a token, which asn1crypto's own class can't leave out."""

    _fields: ClassVar[list[tuple[str, type]]] = [("status", tsp.PKIStatusInfo)]


class _Refused(Exception):
    """`failure` is a name of PKIFailureInfo (RFC 3161 §2.4.2)."""

    def __init__(self, failure: str, why: str) -> None:
        super().__init__(why)
        self.failure = failure
        self.why = why


def answer(authority: BuiltInTSA, request: bytes) -> bytes:
    """The DER TimeStampResp to a DER TimeStampReq, whatever bytes come."""
    try:
        token = _grant(authority, request)
    except _Refused as refused:
        return _reject(refused.failure, refused.why)
    except DingyueError as error:
        return _reject("system_failure", str(error))
    granted = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(granted).dump())


def _grant(authority: BuiltInTSA, request: bytes) -> bytes:
    algorithm, digest, nonce, wants_certificate = _read(request)
    if algorithm not in _DIGEST_SIZES:
        raise _Refused("bad_alg", "use SHA-256, SHA-384 or SHA-512")
    if len(digest) != _DIGEST_SIZES[algorithm]:
        raise _Refused("bad_data_format", f"the digest isn't as long as {algorithm} makes it")
    return authority.issue(algorithm, digest, nonce=nonce, with_certificate=wants_certificate)


def _read(request: bytes) -> tuple[str, bytes, int | None, bool]:
    """Algorithm, digest, nonce, and whether the certificate is asked for."""
    if len(request) > _LARGEST_REQUEST:
        raise _Refused("bad_request", "the request is too large")
    try:
        parsed = tsp.TimeStampReq.load(request, strict=True)
        native = parsed.native
        algorithm = native["message_imprint"]["hash_algorithm"]["algorithm"]
        digest = native["message_imprint"]["hashed_message"]
        nonce, policy, extensions = native["nonce"], native["req_policy"], native["extensions"]
        version, wants_certificate = native["version"], bool(native["cert_req"])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise _Refused("bad_data_format", "not a DER TimeStampReq") from error
    if version != "v1" or not isinstance(digest, bytes):
        raise _Refused("bad_request", "only version 1 is known")
    if policy not in (None, TIMESTAMP_POLICY):
        raise _Refused("unaccepted_policy", f"the one policy is {TIMESTAMP_POLICY}")
    if extensions:
        raise _Refused("unaccepted_extensions", "no extension is supported")
    if nonce is not None and nonce.bit_length() > _LONGEST_NONCE_BITS:
        raise _Refused("bad_request", "the nonce is too long")
    return algorithm, digest, nonce, wants_certificate


def _reject(failure: str, why: str) -> bytes:
    info = {"status": "rejection", "status_string": [why], "fail_info": {failure}}
    return bytes(_Rejection({"status": info}).dump())
