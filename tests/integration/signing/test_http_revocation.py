"""Revocation information of external authorities, from a real HTTP server: lists, responders, issuers, and mishaps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from signing.pdf.adapters.http_revocation import RevocationSource
from signing.pdf.adapters.kept_answers import KeptAnswers
from signing.pki.policy import CRL_LIFETIME, CertificateKind
from signing.pki.profiles import build_certificate
from tests.support.clock import FixedClock
from tests.support.publishing_authority import DER, LIST, RESPONDER, PublishingAuthority

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


@pytest.fixture
def authority(clock: FixedClock) -> Iterator[PublishingAuthority]:
    authority = PublishingAuthority(clock)
    yield authority
    authority.stop()


@pytest.fixture
def source(authority: PublishingAuthority) -> RevocationSource:
    """As the service has it: it knows the authority's root."""
    return RevocationSource(clock=authority.clock, roots=[authority.root.public_bytes(DER)])


def test_a_responders_answer_comes_first(authority: PublishingAuthority) -> None:
    authority.published |= {RESPONDER: authority.answer(GOOD), LIST: authority.list()}
    material = RevocationSource(clock=authority.clock).material([authority.credential.der])
    assert material.ocsp_responses == (authority.published[RESPONDER],)
    assert material.revocation_lists == ()
    assert material.certificates == (authority.credential.der, authority.root.public_bytes(DER))
    assert (material.revoked, material.unknown) == ((), ())


def test_a_list_when_the_responder_is_of_no_use(authority: PublishingAuthority) -> None:
    authority.published[LIST] = authority.list()
    forged = authority.answer(GOOD, signed_by=authority.impostor())
    about_another = authority.answer(GOOD, about=authority.root)
    of_no_use = [None, b"rubbish", about_another, authority.answer(UNKNOWN), forged]
    for answer in of_no_use:
        if answer is not None:
            authority.published[RESPONDER] = answer
        material = RevocationSource(clock=authority.clock).material([authority.credential.der])
        assert (material.revocation_lists, material.ocsp_responses) == ((authority.published[LIST],), ())


def test_a_list_at_hand_needs_no_network(authority: PublishingAuthority) -> None:
    source = RevocationSource([authority.list()], clock=authority.clock, is_offline=True)
    material = source.material([authority.credential.der])
    assert len(material.revocation_lists) == 1
    assert authority.asked == []


def test_of_two_lists_at_hand_the_newer_counts(authority: PublishingAuthority) -> None:
    older = authority.list()
    newer = authority.list(revoked_at=authority.clock.advance(timedelta(hours=1)))
    for lists in ([older, newer], [newer, older]):
        source = RevocationSource(lists, clock=authority.clock, is_offline=True)
        assert source.material([authority.credential.der]).revocation_lists == (newer,)


@pytest.mark.parametrize("path", [LIST, RESPONDER])
def test_a_revoked_certificate_is_told_with_its_proof(
    authority: PublishingAuthority, source: RevocationSource, path: str
) -> None:
    now = authority.clock.now()
    authority.published[path] = authority.list(revoked_at=now) if path == LIST else authority.answer(REVOKED)
    material = source.material([authority.credential.der])
    assert material.revoked == (authority.credential.der,)
    assert [*material.revocation_lists, *material.ocsp_responses] == [authority.published[path]]


@pytest.mark.parametrize("published", [{}, {LIST: b"rubbish"}, {LIST: b"x" * (9 * 1024 * 1024)}])
def test_nothing_to_be_had_is_told_and_never_silence(
    authority: PublishingAuthority, source: RevocationSource, published: dict[str, bytes]
) -> None:
    authority.published |= published
    assert source.material([authority.credential.der]).unknown == (authority.credential.der,)


def test_servers_that_never_end_are_given_up(authority: PublishingAuthority) -> None:
    """Byte by byte, so that no single wait is long. The list still has its turn when the responder has used its own."""
    source = RevocationSource(clock=authority.clock, roots=[authority.root.public_bytes(DER)], timeout_seconds=2)
    authority.dripping = {RESPONDER, LIST}
    assert source.material([authority.credential.der]).unknown == (authority.credential.der,)
    authority.dripping = {RESPONDER}
    authority.published[LIST] = authority.list()
    assert source.material([authority.credential.der]).revocation_lists == (authority.published[LIST],)


def test_who_is_revoked_later_is_found_out_within_the_hour(
    authority: PublishingAuthority, source: RevocationSource
) -> None:
    authority.published[LIST] = authority.list()
    signer = [authority.credential.der]
    assert source.material(signer).revoked == ()
    authority.published[LIST] = revoking = authority.list(revoked_at=authority.clock.advance(timedelta(minutes=1)))
    assert source.material(signer).revoked == ()  # the list from before is good enough
    assert authority.asked.count(LIST) == 1
    authority.clock.advance(timedelta(hours=1))
    material = source.material(signer)
    assert (material.revoked, material.revocation_lists) == ((authority.credential.der,), (revoking,))
    assert authority.asked.count(LIST) == 2


def test_a_responders_answer_is_kept_for_minutes(authority: PublishingAuthority, source: RevocationSource) -> None:
    authority.published[RESPONDER] = authority.answer(GOOD)
    for _ in range(3):
        assert source.material([authority.credential.der]).revoked == ()
    assert authority.asked == [RESPONDER]
    authority.published[RESPONDER] = authority.answer(REVOKED)
    authority.clock.advance(timedelta(minutes=5))
    assert source.material([authority.credential.der]).revoked == (authority.credential.der,)


def test_what_is_out_of_date_is_never_used(authority: PublishingAuthority, source: RevocationSource) -> None:
    """Kept, fetched again, or at hand."""
    signer = [authority.credential.der]
    authority.published |= {LIST: authority.list(), RESPONDER: authority.answer(GOOD)}
    assert source.material(signer).unknown == ()
    authority.clock.advance(CRL_LIFETIME)
    assert source.material(signer).unknown == (authority.credential.der,)
    at_hand = RevocationSource([authority.published[LIST]], clock=authority.clock, is_offline=True)
    assert at_hand.material(signer).unknown == (authority.credential.der,)


def test_a_list_that_its_issuer_didnt_sign_says_nothing(
    authority: PublishingAuthority, source: RevocationSource
) -> None:
    authority.published[LIST] = authority.list(revoked_at=authority.clock.now(), signed_by=authority.impostor())
    material = source.material([authority.credential.der])
    assert (material.revoked, material.unknown) == ((), (authority.credential.der,))


def test_the_addresses_of_strangers_are_not_called(authority: PublishingAuthority) -> None:
    """Anybody can make a certificate that names an address of the inner network."""
    stranger = PublishingAuthority(authority.clock)
    try:
        # Its root bears the same name as the one that is known, so only its signature gives it away.
        source = RevocationSource(clock=authority.clock, roots=[authority.root.public_bytes(DER)])
        carried = [stranger.credential.der, stranger.root.public_bytes(DER), b"rubbish"]
        assert set(source.material(carried).unknown) == set(carried)
        assert stranger.asked == authority.asked == []
    finally:
        stranger.stop()


def test_only_http_is_spoken(authority: PublishingAuthority, source: RevocationSource) -> None:
    issuer = replace(authority.issuer, url=authority.issuer.url.replace("http", "ftp"))
    subject, key = authority.signer.subject, authority.credential.private_key.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signer = build_certificate(CertificateKind.SEAL, subject, key, issuer, authority.clock.now()).public_bytes(DER)
    assert source.material([signer]).unknown == (signer,)
    assert authority.asked == []


def test_what_is_kept_is_bounded(clock: FixedClock) -> None:
    kept, until = KeptAnswers(most=2, largest_sum=10), clock.now() + timedelta(hours=1)
    for name in "abc":
        kept.put((name, None), b"1234", until)
        kept.get(("a", None), clock.now())
    assert [kept.get((name, None), clock.now()) for name in "abc"] == [b"1234", None, b"1234"]  # a was used in between
    kept.put(("d", None), b"1234567", until)
    assert [name for name in "abcd" if kept.get((name, None), clock.now())] == ["d"]
    kept.put(("e", None), b"12345678901", until)
    assert len(kept) == 0  # larger than everything may be
    kept.put(("f", None), b"1", until)
    assert kept.get(("f", None), until) is None
    assert len(kept) == 0
