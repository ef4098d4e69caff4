"""Signatures by other people and their software: sound ones are authentic, whatever form they have, and what a
signature carries about revocation counts wherever it stands. In the canonical form none of them is taken for ours, and
none is called altered for that.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ledger.verifier.pades import Form, PDFVerdict, verify_pdf
from ledger.verifier.pades_findings import Finding
from signing.pdf.embed import Embedder, Signature
from signing.pdf.form import Form as FileForm
from signing.pdf.growing import GrowingPDF
from signing.pki.adapters.pkcs12 import PKCS12Credential
from tests.support import attacks
from tests.support.attacks import Attack
from tests.support.foreign import STAMPED_AT, Place, Stranger, Told, add_validation_data, timestamp_roots
from tests.support.layers import SWITCHES, layered_pdf, looks
from tests.support.layouts import hybrid, linearised
from tests.support.pdf import contract_pdf

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def judged(data: bytes, stranger: Stranger, *, at: datetime | None = NOW, form: Form = "any") -> PDFVerdict:
    return verify_pdf(data, signing_roots=stranger.roots, timestamp_roots=timestamp_roots(), form=form, at=at)


def is_no_form_of_ours(data: bytes, stranger: Stranger) -> bool:
    """Whether it is intact in the canonical form, too, but isn't taken for a signature of ours."""
    verdict = judged(data, stranger, form="canonical")
    (signature,) = verdict.signatures
    told = (verdict.outcome, verdict.finding, signature.is_intact, signature.is_trusted)
    return told == ("unrecognised", Finding.CONTENTS_NOT_CANONICAL, True, False)


def rsa_key(made: list[rsa.RSAPrivateKey] = []) -> rsa.RSAPrivateKey:  # noqa: B006 - making one takes long
    if not made:
        made.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return made[0]


KEYS: dict[str, Callable[[], ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]] = {
    "rsa": rsa_key,
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@pytest.mark.parametrize(
    ("key", "digest", "is_pades", "uses_pss"),
    [
        ("rsa", "sha256", True, False),
        ("rsa", "sha512", True, True),
        ("rsa", "sha256", False, False),
        ("p256", "sha256", True, False),
        ("p384", "sha384", True, False),
        ("p256", "sha512", False, False),
    ],
)
def test_signatures_of_other_software_are_authentic(key: str, digest: str, is_pades: bool, uses_pss: bool) -> None:
    stranger = Stranger.with_key(KEYS[key]())
    signed = stranger.sign(contract_pdf(1), digest=digest, is_pades=is_pades, uses_pss=uses_pss)
    verdict = judged(signed, stranger)
    assert verdict.outcome == "authentic", verdict
    assert [found.level for found in verdict.signatures] == ["B-T"]
    assert verdict.signatures[0].proven_at == STAMPED_AT
    assert is_no_form_of_ours(signed, stranger)


@pytest.mark.parametrize("layout", ["linearised", "linearised, with object streams", "hybrid"])
def test_files_laid_out_as_other_producers_do(layout: str) -> None:
    """Such a file can be signed by us, too, and is judged by what it shows."""
    plain = contract_pdf(2)
    file = hybrid(plain) if layout == "hybrid" else linearised(plain, has_streams="object" in layout)
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    signed = b"".join([file, *increments_of(file, stranger)])
    verdict = judged(signed, stranger)
    assert (verdict.outcome, verdict.finding) == ("authentic", None), verdict
    attacked = hybrid(signed, b"BT /F1 20 Tf 100 500 Td (480 yuan) Tj ET")
    assert judged(attacked, stranger).outcome == "altered"


def increments_of(file: bytes, stranger: Stranger) -> list[bytes]:
    """What our own signing adds to a file, with a stranger's key."""
    credential = PKCS12Credential.load(stranger.pkcs12(b"secret"), "secret", now=NOW)
    with GrowingPDF(BytesIO(file)) as growing:
        form = FileForm(growing)
        form.add_signature_field("Theirs")
        Embedder(None).sign(growing, form, Signature("Theirs", NOW, "李四", "agreed"), credential, stamp=False)
        return list(growing.increments)


def test_two_strangers_sign_one_after_the_other() -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    signed = stranger.sign(stranger.sign(contract_pdf(1), field="First"), field="Second")
    verdict = judged(signed, stranger)
    assert verdict.outcome == "authentic", verdict
    assert [found.field for found in verdict.signatures] == ["First", "Second"]


def test_a_stranger_nobody_trusts_is_unrecognised() -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    signed = stranger.sign(contract_pdf(1))
    verdict = verify_pdf(signed, signing_roots=[], timestamp_roots=timestamp_roots(), form="any")
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.UNTRUSTED_ROOT)
    assert verdict.signatures[0].is_intact
    no_authority = verify_pdf(signed, signing_roots=stranger.roots, timestamp_roots=[], form="any")
    assert (no_authority.outcome, no_authority.finding) == ("unrecognised", Finding.TIMESTAMP_UNTRUSTED)


def test_an_expired_certificate() -> None:
    stranger = Stranger.with_key(KEYS["p256"](), not_after=STAMPED_AT - timedelta(days=30))
    verdict = judged(stranger.sign(contract_pdf(1)), stranger)
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_EXPIRED)


def test_without_a_time_stamp_the_certificate_must_be_valid_now() -> None:
    """A thief of an old key may claim any time (EN 319 102-1 §5.2.6)."""
    stranger = Stranger.with_key(KEYS["p256"]())
    signed = stranger.sign(contract_pdf(1), stamped_at=None)
    good = judged(signed, stranger)
    assert (good.outcome, good.signatures[0].level) == ("authentic", "B-B")
    assert good.signatures[0].time_source == "claimed"
    late = judged(signed, stranger, at=datetime(2031, 1, 1, tzinfo=UTC))
    assert (late.outcome, late.finding) == ("unrecognised", Finding.CERTIFICATE_EXPIRED)


@pytest.mark.parametrize("by", ["crl", "ocsp"])
def test_a_certificate_revoked_before_signing(by: str) -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    signed = stranger.sign(contract_pdf(1))
    told_at, revoked_at = STAMPED_AT + timedelta(hours=1), STAMPED_AT - timedelta(days=1)
    if by == "crl":
        told = add_validation_data(signed, crls=(stranger.revocation_list(told_at, revoked_at),))
    else:
        told = add_validation_data(signed, responses=(stranger.ocsp_response(told_at, revoked_at),))
    verdict = judged(told, stranger)
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED), verdict
    assert verdict.signatures[0].revocation == "revoked"


@pytest.mark.parametrize("by", ["crl", "ocsp"])
@pytest.mark.parametrize("stamped_at", [STAMPED_AT, None], ids=["stamped", "claimed"])
def test_a_revocation_told_long_before_still_counts(stamped_at: datetime | None, by: str) -> None:
    """What said so was out of date when somebody signed all the same: revocation is for good."""
    stranger = Stranger.with_key(KEYS["p256"]())
    told_at, revoked_at = STAMPED_AT - timedelta(days=20), STAMPED_AT - timedelta(days=21)
    signed = stranger.sign(contract_pdf(1), stamped_at=stamped_at)
    if by == "crl":
        told = add_validation_data(signed, crls=(stranger.revocation_list(told_at, revoked_at),))
    else:
        told = add_validation_data(signed, responses=(stranger.ocsp_response(told_at, revoked_at),))
    verdict = judged(told, stranger)
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED), verdict


def test_revocation_after_signing_counts_only_where_the_time_is_proven() -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    told_at, revoked_at = STAMPED_AT + timedelta(days=3), STAMPED_AT + timedelta(days=2)
    list_of_revoked = (stranger.revocation_list(told_at, revoked_at),)
    stamped = add_validation_data(stranger.sign(contract_pdf(1)), crls=list_of_revoked)
    assert judged(stamped, stranger).outcome == "authentic"
    claimed = add_validation_data(stranger.sign(contract_pdf(1), stamped_at=None), crls=list_of_revoked)
    verdict = judged(claimed, stranger, at=STAMPED_AT)
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED)


def test_a_revocation_taken_out_of_the_file_still_counts() -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    told_at, revoked_at = STAMPED_AT + timedelta(hours=1), STAMPED_AT - timedelta(days=1)
    told = add_validation_data(stranger.sign(contract_pdf(1)), crls=(stranger.revocation_list(told_at, revoked_at),))
    silenced = attacks.replace_validation_data(stranger.revocation_list(told_at))(told)
    verdict = judged(silenced, stranger)
    assert verdict.outcome != "authentic"
    assert verdict.finding is Finding.VALIDATION_DATA_CHANGED


def test_peers_software(tmp_path: Path) -> None:
    """What Documenso signs with (@libpdf/core)."""
    script = Path(__file__).parents[3] / "bench" / "libpdf.mjs"
    node = shutil.which("node")
    assert node is not None
    stranger = Stranger.with_key(KEYS["rsa"]())
    source, target, bundle = tmp_path / "in.pdf", tmp_path / "out.pdf", tmp_path / "signer.p12"
    source.write_bytes(contract_pdf(1))
    bundle.write_bytes(stranger.pkcs12(b"secret"))
    command = [node, str(script), str(source), str(target), str(bundle), "secret", "1"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    verdict = judged(target.read_bytes(), stranger)
    assert verdict.outcome == "authentic", verdict
    canonical = judged(target.read_bytes(), stranger, form="canonical")
    assert canonical.outcome == "authentic", (
        canonical
    )  # it has no time-stamp, and nothing else that we'd write otherwise


def test_endesive(tmp_path: Path) -> None:
    """In a process of its own, in which the old library it wants finds its OpenSSL."""
    stranger = Stranger.with_key(KEYS["rsa"]())
    source, target, bundle = tmp_path / "in.pdf", tmp_path / "out.pdf", tmp_path / "signer.p12"
    source.write_bytes(contract_pdf(1))
    bundle.write_bytes(stranger.pkcs12(b"secret"))
    command = [sys.executable, "-m", "tests.support.endesive_signs", str(source), str(target), str(bundle)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=Path(__file__).parents[3])
    verdict = judged(target.read_bytes(), stranger)
    assert verdict.outcome == "authentic", verdict
    canonical = judged(target.read_bytes(), stranger, form="canonical")
    assert canonical.outcome == "authentic", (
        canonical
    )  # it has no time-stamp, and nothing else that we'd write otherwise


CHANGES: list[tuple[Attack, Finding]] = [
    (attacks.change_content, Finding.CONTENT_CHANGED_INCREMENTALLY),
    (attacks.overlay_content, Finding.OVERLAY_ADDED),
    (attacks.overlay_stamp, Finding.OVERLAY_ADDED),
    (attacks.append_page, Finding.PAGE_ADDED),
    (attacks.remove_form, Finding.SIGNATURE_REMOVED),
    (attacks.flip_signed_byte, Finding.DIGEST_MISMATCH),
    (attacks.change_byte_range, Finding.BYTE_RANGE_CHANGED),
    (attacks.wrap_signature, Finding.SIGNATURE_WRAPPED),
    (attacks.pad_contents, Finding.CONTENTS_PADDED),
    (attacks.shadow_switch_objects, Finding.SHADOW_CONTENT),
    (attacks.append_bytes, Finding.APPENDED_DATA),
]


@pytest.mark.parametrize("form", ["any", "canonical"])
@pytest.mark.parametrize(("attack", "finding"), CHANGES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_an_attack_on_a_strangers_signature_is_told_by_its_name(attack: Attack, finding: Finding, form: Form) -> None:
    """In the canonical form as well, in which even the sound file isn't recognised; and by a stranger nobody trusts."""
    stranger, nobody = Stranger.with_key(KEYS["p256"]()), Stranger.with_key(KEYS["p256"]())
    attacked = attack(stranger.sign(contract_pdf(2)))
    for whom in (stranger, nobody):
        verdict = judged(attacked, whom, form=form)
        assert (verdict.outcome, verdict.finding) == ("altered", finding), verdict


@pytest.mark.parametrize("form", ["any", "canonical"])
@pytest.mark.parametrize("attack", SWITCHES, ids=lambda attack: attack.__name__)
def test_layers_switched_after_a_strangers_signature(attack: Attack, form: Form) -> None:
    stranger = Stranger.with_key(KEYS["p256"]())
    signed = stranger.sign(layered_pdf())
    assert judged(signed, stranger).outcome == "authentic"
    attacked = attack(signed)
    assert looks(attacked) != looks(signed)  # it isn't harmless
    verdict = judged(attacked, stranger, form=form)
    assert (verdict.outcome, verdict.finding) == ("altered", Finding.SHADOW_CONTENT), verdict


@pytest.mark.parametrize("by", ["crl", "ocsp"])
@pytest.mark.parametrize("place", ["signed_attribute", "unsigned_attribute", "signed_data"])
@pytest.mark.parametrize("is_pades", [True, False], ids=["pades", "adobe"])
def test_a_revocation_told_inside_the_signature(place: Place, by: str, is_pades: bool) -> None:
    """Wherever Adobe's software, RFC 5940 or anybody else puts it. Good news in the same place breaks nothing."""
    stranger = Stranger.with_key(KEYS["p256"]())
    told_at, revoked_at = STAMPED_AT - timedelta(hours=1), STAMPED_AT - timedelta(days=1)

    def signed(revoked_at: datetime | None) -> bytes:
        if by == "crl":
            told = Told(place, lists=(stranger.revocation_list(told_at, revoked_at),))
        else:
            told = Told(place, responses=(stranger.ocsp_response(told_at, revoked_at),))
        return stranger.sign(contract_pdf(1), is_pades=is_pades, told=told)

    good = judged(signed(None), stranger)
    assert good.outcome == "authentic", good
    assert is_no_form_of_ours(signed(None), stranger)
    for form in ("any", "canonical"):
        verdict = judged(signed(revoked_at), stranger, form=form)
        assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED), verdict
        assert verdict.signatures[0].revocation == "revoked"


def test_a_revocation_after_the_time_stamp_told_inside_the_signature() -> None:
    """It says nothing bad about a signature that is proven to be older; about one that isn't, it does."""
    stranger = Stranger.with_key(KEYS["p256"]())
    told = Told(
        "unsigned_attribute", (stranger.ocsp_response(STAMPED_AT + timedelta(days=3), STAMPED_AT + timedelta(days=2)),)
    )
    assert judged(stranger.sign(contract_pdf(1), told=told), stranger).outcome == "authentic"
    claimed = judged(stranger.sign(contract_pdf(1), told=told, stamped_at=None), stranger)
    assert (claimed.outcome, claimed.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED)
