"""RFC 3161 tokens: only the canonical form of a sound token under a trusted root is taken."""

import hashlib
import logging
from datetime import UTC, datetime

import pytest
from asn1crypto import cms, x509

from ledger.verifier.timestamp import AuthorityUnknown, TokenInvalid, canonical_token, verify_token
from tests.support.evidence import AT, pki, raw_token, token

DIGEST = hashlib.sha256(b"what is stamped").digest()


@pytest.fixture(autouse=True)
def quiet() -> None:
    """pyHanko logs a trace for each broken certificate."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def roots() -> list[bytes]:
    return [pki().timestamp_root.der]


def test_a_token_of_another_implementation_verifies_in_canonical_form() -> None:
    timestamp = verify_token(token(DIGEST), DIGEST, roots())
    assert timestamp.at == AT
    assert "Time-stamp unit" in timestamp.authority
    assert "Built-in time-stamp root" in timestamp.root


def test_the_canonical_form_drops_the_root_and_is_stable() -> None:
    raw = raw_token(DIGEST)
    canonical = canonical_token(raw)
    assert canonical != raw
    assert canonical_token(canonical) == canonical
    embedded = cms.ContentInfo.load(canonical)["content"]["certificates"]
    assert {choice.chosen.subject.native["common_name"] for choice in embedded} == {
        "Time-stamp unit",
        "Time-stamp issuer",
    }
    with pytest.raises(TokenInvalid, match="canonical"):
        verify_token(raw, DIGEST, roots())


def test_a_token_over_something_else_is_refused() -> None:
    with pytest.raises(TokenInvalid, match="something else"):
        verify_token(token(DIGEST), hashlib.sha256(b"other").digest(), roots())


def test_an_unknown_authority_is_undecided_not_accepted() -> None:
    with pytest.raises(AuthorityUnknown):
        verify_token(token(DIGEST), DIGEST, [pki().signing_root.der])
    with pytest.raises(AuthorityUnknown):
        verify_token(token(DIGEST), DIGEST, [])


def test_a_token_from_outside_its_certificates_validity_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        verify_token(token(DIGEST, datetime(2029, 1, 1, tzinfo=UTC)), DIGEST, roots())


def test_no_bit_of_a_token_can_change() -> None:
    """Also where CMS itself covers nothing: algorithm names, certificate order, signer id, unsigned parts."""
    good = token(DIGEST)
    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(TokenInvalid):
            verify_token(bytes(changed), DIGEST, roots())


@pytest.mark.parametrize("unused_bits", range(1, 8))
def test_no_certificate_has_two_spellings(unused_bits: int) -> None:
    """A certificate's signature doesn't cover how many of its own last bits are unused; whether a reader minds depends
    on what these bits happen to be."""
    good = token(DIGEST)
    for certificate in pki().timestamp_issuer.der, pki().stamper.der:
        at = good.index(certificate)
        position = at + len(certificate) - len(pki().timestamp_issuer.asn1["signature_value"].contents)
        assert good[position] == 0
        changed = good[:position] + bytes([unused_bits]) + good[position + 1 :]
        with pytest.raises(TokenInvalid):
            canonical_token(changed)


def test_no_certificate_has_a_longer_spelling() -> None:
    """The length of a certificate, written in one byte more than it needs."""
    content_info = cms.ContentInfo.load(token(DIGEST))
    issuer, unit = pki().timestamp_issuer.der, pki().stamper.der
    longer = b"\x30\x83\x00" + issuer[2:]
    assert issuer[1] == 0x82
    content_info["content"]["certificates"] = [x509.Certificate.load(each) for each in (unit, longer)]
    changed = content_info.dump()
    assert longer in changed
    with pytest.raises(TokenInvalid, match="isn't DER"):
        canonical_token(changed)


def test_another_name_for_the_same_algorithm_is_refused() -> None:
    """rsaEncryption and sha256WithRSAEncryption differ in one byte and verify alike; only one is canonical."""
    good = token(DIGEST)
    rsa_encryption = bytes.fromhex("2a864886f70d010101")
    position = good.rindex(rsa_encryption) + len(rsa_encryption) - 1
    changed = good[:position] + b"\x0b" + good[position + 1 :]
    assert canonical_token(changed) == good
    with pytest.raises(TokenInvalid, match="canonical"):
        verify_token(changed, DIGEST, roots())


@pytest.mark.parametrize("junk", [b"", b"0", b"\x30\x80", bytes(100), b"\x30\x03\x02\x01\x00"])
def test_junk_is_invalid(junk: bytes) -> None:
    with pytest.raises(TokenInvalid):
        verify_token(junk, DIGEST, roots())
    with pytest.raises(TokenInvalid):
        canonical_token(junk)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(TokenInvalid):
        verify_token(token(DIGEST) + b"\x00", DIGEST, roots())
