"""What may be revoked and why; when lists are renewed; what is kept in memory and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from signing.pki.errors import InvalidityDateMisfits, ReasonMisfits, RootNotRevocable
from signing.pki.held import Held
from signing.pki.policy import (
    CRL_REFRESH,
    CertificateKind,
    RevocationReason,
    check_revocation,
    is_crl_stale,
    shorten_common_name,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ISSUED = NOW - timedelta(days=100)
SECOND = timedelta(seconds=1)


def check(kind: CertificateKind, reason: RevocationReason, since: datetime | None = None) -> None:
    check_revocation(kind, reason, invalid_since=since, issued_at=ISSUED, now=NOW)


@pytest.mark.parametrize("kind", [each for each in CertificateKind if each is not CertificateKind.ROOT])
def test_everything_but_a_root_is_revocable(kind: CertificateKind) -> None:
    for reason in RevocationReason:
        if reason is RevocationReason.AUTHORITY_COMPROMISE and kind is not CertificateKind.ISSUING:
            with pytest.raises(ReasonMisfits):
                check(kind, reason)
        else:
            check(kind, reason)


def test_a_root_is_not() -> None:
    for reason in RevocationReason:
        with pytest.raises(RootNotRevocable):
            check(CertificateKind.ROOT, reason)


def test_since_when_is_for_compromises_and_within_the_certificates_life() -> None:
    compromise = RevocationReason.KEY_COMPROMISE
    for since in (ISSUED, NOW):
        check(CertificateKind.SIGNER, compromise, since)
    check(CertificateKind.ISSUING, RevocationReason.AUTHORITY_COMPROMISE, NOW)
    for since in (ISSUED - SECOND, NOW + SECOND):
        with pytest.raises(InvalidityDateMisfits):
            check(CertificateKind.SIGNER, compromise, since)
    with pytest.raises(InvalidityDateMisfits):
        check(CertificateKind.SIGNER, RevocationReason.SUPERSEDED, NOW)


def test_a_list_is_stale_after_an_hour_or_a_revocation() -> None:
    assert not is_crl_stale(NOW, 7, 7, NOW)
    assert is_crl_stale(NOW, 7, 8, NOW)
    assert not is_crl_stale(NOW, 7, 7, NOW + CRL_REFRESH - SECOND)
    assert is_crl_stale(NOW, 7, 7, NOW + CRL_REFRESH)


def test_what_is_held_is_bounded_in_number_and_time() -> None:
    held: Held[int, str] = Held(limit=2, lifetime=timedelta(minutes=1))
    for key in (1, 2):
        held.put(key, f"value {key}", NOW)
    assert held.get(1, NOW) == "value 1"
    held.put(3, "value 3", NOW)
    assert held.get(2, NOW) is None  # the least recently used went
    assert held.get(1, NOW + timedelta(minutes=1)) is None
    assert held.take(3, NOW) == "value 3"
    assert held.take(3, NOW) is None
    held.put(4, "value 4", NOW)
    assert held.get(4, NOW - SECOND) is None  # a clock that went back is not trusted
    held.put(5, "value 5", NOW)
    held.clear()
    assert held.get(5, NOW) is None


@pytest.mark.parametrize("name", ["欧阳娜娜", "章" * 21, "a" * 64, "章" * 22, "a" * 65, "é" * 33, "𠮷" * 100])
def test_a_common_name_is_as_long_as_it_may_be(name: str) -> None:
    shown = shorten_common_name(name)
    assert len(shown.encode()) <= 64
    assert (shown == name) == (len(name.encode()) <= 64)
    assert shown == name or (shown.endswith("…") and name.startswith(shown[:-1]))
    x509.NameAttribute(NameOID.COMMON_NAME, shown)
