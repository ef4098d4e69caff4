"""The responder of the online certificate status protocol (RFC 6960, in the profile of RFC 5019 and RFC 9654).

An answer is signed by the key that issued the certificate, so that it needs no certificate of its own (RFC 6960
§4.2.2.2) and is small enough to be embedded in every signed PDF. One request asks for one certificate. A request we
can't read or aren't the right responder for is refused in the protocol's own words, never with an exception.

Answers without a nonce are kept and given again for `OCSP_REFRESH`; what is kept is found by the revocation itself, so
that a revocation is told at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from signing.pki.der import certificate_names
from signing.pki.held import Held
from signing.pki.policy import OCSP_LIFETIME, OCSP_REFRESH, RevocationReason
from signing.pki.profiles import REASON_FLAG, Issuer

REQUEST_TYPE = "application/ocsp-request"
RESPONSE_TYPE = "application/ocsp-response"
LARGEST_REQUEST = 4096

_MOST_ANSWERS = 4096
_LONGEST_NONCE = 128
"""Bytes (RFC 9654 §2.1)."""
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
)
"""All that `cryptography` raises for bytes that aren't a request of one certificate."""


@dataclass(frozen=True, slots=True)
class Status:
    """What we know of a certificate we issued; `revoked_at` and `reason` are None while it is good."""

    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`is_lasting`: signed and without a nonce, so that a cache may keep it for a while."""

    der: bytes
    made_at: datetime
    is_lasting: bool


@dataclass(frozen=True, slots=True)
class _Query:
    """The certificate asked for: how its issuer is named, its serial number, and a nonce to be echoed."""

    algorithm: str
    name_hash: bytes
    key_hash: bytes
    serial_number: int
    nonce: bytes | None


class _Refused(Exception):
    def __init__(self, status: ocsp.OCSPResponseStatus) -> None:
        super().__init__(status.name)
        self.status = status


class OCSPResponder:
    """Answers for any number of issuers. Keeps signed answers in memory, no more than `_MOST_ANSWERS`."""

    def __init__(self) -> None:
        self._kept: Held[tuple[UUID, str, int, Status], tuple[bytes, datetime]] = Held(
            limit=_MOST_ANSWERS, lifetime=OCSP_REFRESH
        )

    def answer(
        self,
        issuer_id: UUID,
        issuer: Issuer,
        request: bytes,
        look_up: Callable[[int], Status | None],
        now: datetime,
    ) -> Answer:
        """The DER OCSPResponse to a DER OCSPRequest, whatever bytes come. `look_up` finds a certificate of the
        issuer's by serial number."""
        try:
            query = _read(request)
            _require_issuer(query, issuer)
        except _Refused as refused:
            return Answer(refuse(refused.status), now, is_lasting=False)
        status = look_up(query.serial_number)
        if status is None or query.nonce is not None:
            return Answer(_sign(issuer, query, status, now), now, is_lasting=False)
        return self._lasting(issuer_id, issuer, query, status, now)

    def status_of(self, issuer_id: UUID, issuer: Issuer, serial_number: int, status: Status, now: datetime) -> bytes:
        """An answer that nobody asked for, to be embedded in a PDF. Issuers are named by SHA-1, the one hash that
        every validator knows (RFC 5019 §2.1.1)."""
        name_hash, key_hash = _hashes_of(issuer, "sha1")
        query = _Query("sha1", name_hash, key_hash, serial_number, None)
        return self._lasting(issuer_id, issuer, query, status, now).der

    def _lasting(self, issuer_id: UUID, issuer: Issuer, query: _Query, status: Status, now: datetime) -> Answer:
        key = (issuer_id, query.algorithm, query.serial_number, status)
        kept = self._kept.get(key, now)
        if kept is None:
            kept = (_sign(issuer, query, status, now), now)
            self._kept.put(key, kept, now)
        return Answer(*kept, is_lasting=True)


def refuse(status: ocsp.OCSPResponseStatus) -> bytes:
    """An answer that only says why there is none; nobody signs it (RFC 6960 §2.3)."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)


def _read(request: bytes) -> _Query:
    if len(request) > LARGEST_REQUEST:
        raise _Refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    try:
        parsed = ocsp.load_der_ocsp_request(request)
        query = _Query(
            algorithm=parsed.hash_algorithm.name,
            name_hash=parsed.issuer_name_hash,
            key_hash=parsed.issuer_key_hash,
            serial_number=parsed.serial_number,
            nonce=_nonce(parsed.extensions),
        )
    except _UNREADABLE as error:
        raise _Refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST) from error
    is_nonce_long = query.nonce is not None and len(query.nonce) > _LONGEST_NONCE
    if query.algorithm not in _HASHES or is_nonce_long or query.serial_number < 0:
        raise _Refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    return query


def _nonce(extensions: x509.Extensions) -> bytes | None:
    """Raises `ValueError` for an extension that must be understood and isn't."""
    nonce = None
    for extension in extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            nonce = extension.value.nonce
        elif extension.critical:
            raise ValueError("an unknown critical extension")
    if nonce == b"":
        raise ValueError("an empty nonce")
    return nonce


def _require_issuer(query: _Query, issuer: Issuer) -> None:
    """RFC 5019 §2.2.3: of somebody else's certificates we say that it isn't for us to say."""
    if (query.name_hash, query.key_hash) != _hashes_of(issuer, query.algorithm):
        raise _Refused(ocsp.OCSPResponseStatus.UNAUTHORIZED)


def _hashes_of(issuer: Issuer, algorithm: str) -> tuple[bytes, bytes]:
    """Of the issuer's name, and of its public key without tag, length and unused bits (RFC 6960 §4.1.1)."""
    der = issuer.certificate.public_bytes(serialization.Encoding.DER)
    public_key = issuer.certificate.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return _digest(algorithm, certificate_names(der).subject), _digest(algorithm, public_key)


def _digest(algorithm: str, data: bytes) -> bytes:
    digest = hashes.Hash(_HASHES[algorithm]())
    digest.update(data)
    return digest.finalize()


def _sign(issuer: Issuer, query: _Query, status: Status | None, now: datetime) -> bytes:
    """`status` None: we never issued it."""
    good = ocsp.OCSPCertStatus.GOOD if status is not None else ocsp.OCSPCertStatus.UNKNOWN
    is_revoked = status is not None and status.revoked_at is not None
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            query.name_hash,
            query.key_hash,
            query.serial_number,
            _HASHES[query.algorithm](),
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else good,
            this_update=now,
            next_update=now + OCSP_LIFETIME,
            revocation_time=status.revoked_at if status is not None else None,
            revocation_reason=REASON_FLAG[status.reason] if status is not None and status.reason else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    )
    if query.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(query.nonce), critical=False)
    return builder.sign(issuer.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
