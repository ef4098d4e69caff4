"""What the authority promises: kinds of certificates, how long they live, names and object identifiers. Pure.

Object identifiers are below 2.25 (ITU-T X.667: a UUID is an arc of its own), so that none is borrowed.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class CertificateKind(StrEnum):
    """`seal` is the platform's own signature, `timestamp` that of the time-stamp authority."""

    ROOT = "root"
    ISSUING = "issuing"
    SEAL = "seal"
    TIMESTAMP = "timestamp"
    SIGNER = "signer"


class RevocationReason(StrEnum):
    """RFC 5280 §5.3.1, as far as we use it."""

    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"


STANDING = (CertificateKind.ROOT, CertificateKind.ISSUING, CertificateKind.SEAL, CertificateKind.TIMESTAMP)
"""Kinds of which the platform always holds one in force, issuers first."""

ISSUER = {
    CertificateKind.ROOT: CertificateKind.ROOT,
    CertificateKind.ISSUING: CertificateKind.ROOT,
    # Straight below the root, so that a time-stamp token needs to carry one certificate only.
    CertificateKind.TIMESTAMP: CertificateKind.ROOT,
    CertificateKind.SEAL: CertificateKind.ISSUING,
    CertificateKind.SIGNER: CertificateKind.ISSUING,
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
}
RENEW_BEFORE = {
    CertificateKind.ROOT: 5 * YEAR,
    CertificateKind.ISSUING: 4 * YEAR,
    CertificateKind.TIMESTAMP: 2 * YEAR,
    CertificateKind.SEAL: timedelta(days=30),
}
BACKDATE = timedelta(minutes=10)
"""Certificates start this much early, for time-stamp authorities whose clocks are behind ours."""

CRL_REFRESH = timedelta(hours=1)
CRL_LIFETIME = timedelta(days=7)

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


def is_crl_stale(this_update: datetime, last_revocation_at: datetime | None, now: datetime) -> bool:
    """A list is renewed every hour, and at once after a revocation it doesn't know of."""
    return now >= this_update + CRL_REFRESH or (last_revocation_at is not None and last_revocation_at >= this_update)


def shorten(name: str) -> str:
    """A name as long as X.520 allows; the full one stands in the evidence record."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
