"""What the authority promises: kinds of certificates, how long they live, names and object identifiers. Pure.

Object identifiers are below 2.25 (ITU-T X.667: a UUID is an arc of its own), so that none is borrowed.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import rfc3339
from signing.pki.errors import InvalidityDateMisfits, ReasonMisfits, RootNotRevocable


class CertificateKind(StrEnum):
    """`seal` is the platform's own signature, `timestamp` that of the time-stamp authority; `signer` is one person's
    for one signature, `organisation_seal` an organisation's for years."""

    ROOT = "root"
    ISSUING = "issuing"
    SEAL = "seal"
    TIMESTAMP = "timestamp"
    SIGNER = "signer"
    ORGANISATION_SEAL = "organisation_seal"


class RevocationReason(StrEnum):
    """RFC 5280 §5.3.1, as far as we use it: no hold, because a revocation is for good, and always a reason."""

    KEY_COMPROMISE = "key_compromise"
    AUTHORITY_COMPROMISE = "authority_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


STANDING = (CertificateKind.ROOT, CertificateKind.ISSUING, CertificateKind.SEAL, CertificateKind.TIMESTAMP)
"""Kinds of which the platform always holds one in force, issuers first."""

AUTHORITIES = (CertificateKind.ROOT, CertificateKind.ISSUING)
"""Kinds that issue certificates, CRLs and OCSP answers."""

ISSUER = {
    CertificateKind.ROOT: CertificateKind.ROOT,
    CertificateKind.ISSUING: CertificateKind.ROOT,
    # Straight below the root, so that a time-stamp token needs to carry one certificate only.
    CertificateKind.TIMESTAMP: CertificateKind.ROOT,
    CertificateKind.SEAL: CertificateKind.ISSUING,
    CertificateKind.SIGNER: CertificateKind.ISSUING,
    CertificateKind.ORGANISATION_SEAL: CertificateKind.ISSUING,
}

YEAR = timedelta(days=365)
SIGNING_WINDOW = timedelta(hours=24)
"""How long a signer's key may be used; then it is destroyed. Its certificate lives on, so that the signature can be
archived (time-stamped again with the material to validate it) while everything in it is still valid."""

LIFETIME = {
    CertificateKind.ROOT: 20 * YEAR,
    CertificateKind.ISSUING: 15 * YEAR,
    CertificateKind.TIMESTAMP: 10 * YEAR,
    CertificateKind.SEAL: 3 * YEAR,
    CertificateKind.SIGNER: 3 * YEAR,
    CertificateKind.ORGANISATION_SEAL: 3 * YEAR,
}
RENEW_BEFORE = {
    CertificateKind.ROOT: 5 * YEAR,
    CertificateKind.ISSUING: 4 * YEAR,
    CertificateKind.TIMESTAMP: 2 * YEAR,
    CertificateKind.SEAL: timedelta(days=30),
    CertificateKind.ORGANISATION_SEAL: timedelta(days=30),
}
BACKDATE = timedelta(minutes=10)
"""Certificates start this much early, for time-stamp authorities whose clocks are behind ours."""

CRL_REFRESH = timedelta(hours=1)
CRL_LIFETIME = timedelta(days=7)

OCSP_REFRESH = timedelta(hours=1)
OCSP_LIFETIME = timedelta(days=1)

STANDING_RECHECK = timedelta(seconds=10)
"""For so long a process uses a platform certificate without asking whether another process has revoked it."""

CERTIFICATE_POLICY = "2.25.176530921546263415203446386120316245037.1"
TIMESTAMP_POLICY = "2.25.176530921546263415203446386120316245037.2"

COMMON_NAME = {
    CertificateKind.ROOT: "鼎约试用根证书 Dingyue Trial Root CA",
    CertificateKind.ISSUING: "鼎约试用签发证书 Dingyue Trial Issuing CA",
    CertificateKind.SEAL: "鼎约平台电子印章（试用） Dingyue Trial Platform Seal",
    CertificateKind.TIMESTAMP: "鼎约内置时间戳（试用） Dingyue Built-in Trial TSA",
}
ORGANISATION_NAME = "鼎约 Dingyue"

_LONGEST_NAME = 64
"""Characters in a common or organisation name (RFC 5280 appendix A.1, ub-common-name)."""


def is_due_for_renewal(kind: CertificateKind, not_after: datetime, now: datetime) -> bool:
    return now >= not_after - RENEW_BEFORE[kind]


def is_crl_stale(this_update: datetime, last_revocation: int, newest_revocation: int, now: datetime) -> bool:
    """A list is renewed every hour, and at once after a revocation it doesn't know of (both by sequence)."""
    return now >= this_update + CRL_REFRESH or newest_revocation > last_revocation


def check_revocation(
    kind: CertificateKind,
    reason: RevocationReason,
    *,
    invalid_since: datetime | None,
    issued_at: datetime,
    now: datetime,
) -> None:
    """Raises `RootNotRevocable`, `ReasonMisfits` or `InvalidityDateMisfits`."""
    if kind is CertificateKind.ROOT:
        raise RootNotRevocable
    if reason is RevocationReason.AUTHORITY_COMPROMISE and kind is not CertificateKind.ISSUING:
        raise ReasonMisfits(reason=str(reason), kind=str(kind))
    if invalid_since is None:
        return
    if reason not in {RevocationReason.KEY_COMPROMISE, RevocationReason.AUTHORITY_COMPROMISE}:
        raise InvalidityDateMisfits(earliest=rfc3339(issued_at), latest=rfc3339(now))
    if not issued_at <= invalid_since <= now:
        raise InvalidityDateMisfits(earliest=rfc3339(issued_at), latest=rfc3339(now))


def shorten(name: str) -> str:
    """A name as long as X.520 allows; the full one stands in the evidence record."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def shorten_common_name(name: str) -> str:
    """The same for a common name, of which cryptography counts the bytes in UTF-8: of Chinese 21 characters fit."""
    encoded = name.encode()
    if len(encoded) <= _LONGEST_NAME:
        return name
    return encoded[: _LONGEST_NAME - len("…".encode())].decode(errors="ignore") + "…"
