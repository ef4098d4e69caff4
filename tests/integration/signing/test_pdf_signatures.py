"""Signatures on a real contract: what they say, that later ones never break earlier ones, and what attacks meet."""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from sqlalchemy import Engine

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pdf.errors import AlreadySigned, SignatureBroken, SignatureFieldTaken
from signing.pdf.prepare import SEAL_FIELD
from signing.pdf.screen import PDFScreener
from signing.pdf.sign import PDFSigner
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.policy import RevocationReason
from signing.ports import SignerIdentity
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf
from tests.support.signatures import PURCHASER, SUPPLIER, Desk


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


@dataclass(frozen=True)
class SealedContract:
    """A contract that was signed and sealed once for all tests here, and what its reader trusts."""

    data: bytes
    roots: tuple[bytes, ...]
    sealed_at: datetime

    def verdict(self, data: bytes | None = None) -> PDFVerdict:
        return verify_pdf(self.data if data is None else data, signing_roots=self.roots, timestamp_roots=self.roots)


@pytest.fixture
def sealed(engine: Engine, secrets: SecretBox, made: list[SealedContract] = []) -> SealedContract:  # noqa: B006
    """Made by the first test that asks: the bytes outlive the database they were made with."""
    if not made:
        # In the past whatever the machine's clock says: pyHanko asks it for the proofs of existence it assumes.
        clock = FixedClock(datetime(2024, 3, 1, 2, 0, tzinfo=UTC))
        desk = Desk.set_up(lambda: UnitOfWork(engine, clock), secrets, clock)
        made.append(SealedContract(desk.contract(), tuple(desk.pki.roots()), clock.now()))
    return made[0]


@pytest.fixture
def contract(sealed: SealedContract) -> bytes:
    return sealed.data


def test_every_signature_holds_to_the_end(sealed: SealedContract, contract: bytes) -> None:
    verdict = sealed.verdict(contract)
    assert verdict.outcome == "authentic", verdict
    first, second, seal, timestamp = verdict.signatures
    assert [found.field for found in verdict.signatures] == ["sign_a", "sign_b", SEAL_FIELD, "Document timestamp 1"]
    assert {found.level for found in (first, second, seal)} == {"B-LTA"}
    assert {found.revocation for found in (first, second, seal)} == {"good"}
    assert (first.signer, first.organisation) == (PURCHASER.name, PURCHASER.organisation_name)
    assert (second.signer, second.organisation_identifier) == (SUPPLIER.name, f"NTRCN-{SUPPLIER.uscc}")
    assert first.proven_at == sealed.sealed_at - timedelta(days=1, minutes=1)
    assert second.proven_at == sealed.sealed_at - timedelta(minutes=1)
    assert [first.modifications, second.modifications, seal.modifications, timestamp.modifications] == [
        "form_filling",
        "form_filling",
        "validation_data",
        "none",
    ]
    assert timestamp.coverage == "entire_file"


def test_each_step_only_adds_to_the_file(desk: Desk) -> None:
    prepared = desk.prepare()
    first = desk.sign_first(prepared)
    second = desk.sign_second(first)
    sealed = desk.seal(second)
    assert first.startswith(prepared)
    assert second.startswith(first)
    assert sealed.startswith(second)


def test_the_first_signature_certifies_and_each_locks_its_fields(contract: bytes) -> None:
    with pikepdf.open(BytesIO(contract)) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert pdf.Root.Perms.DocMDP.objgen == fields["sign_a"].V.objgen
        assert int(fields["sign_a"].V.Reference[0].TransformParams.P) == 2
        locked = fields["sign_b"].V.Reference[0].TransformParams
        assert sorted(str(name) for name in locked.Fields) == ["address_b", "agreed_b", "sign_b_again"]
        assert str(fields["sign_a"].V.SubFilter) == "/ETSI.CAdES.detached"


def test_appearance_shows_who_for_whom_when_and_why(contract: bytes) -> None:
    with pikepdf.open(BytesIO(contract)) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert str(fields["date_a"].V) == "2026-11-23"
        assert str(fields["address_b"].V) == "东莞市鸿福路 99 号"
        assert fields["agreed_b"].V == fields["agreed_b"].AS == pikepdf.Name.Yes
        for name, text in (("sign_a", "张三"), ("sign_b_again", "广东某某设备有限公司"), ("address_b", "鸿福路")):
            font = fields[name].AP.N.Resources.Font.F1
            shown = font.ToUnicode.read_bytes().decode()
            assert all(f"<{ord(character):04X}>" in shown for character in text)
            assert font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()[:4] == b"\0\1\0\0"


def test_long_term_validation_by_etsi_rules(sealed: SealedContract) -> None:
    """ETSI EN 319 102-1 §5.6.3 as pyHanko has it: offline, revocation information required, an hour later."""
    roots = [x509.Certificate.load(root) for root in sealed.roots]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots), revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
    )
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(policy, revinfo_gathering_policy=offline))
    now = sealed.sealed_at + timedelta(hours=1)
    timing = ValidationTimingInfo(now, best_signature_time=now, point_in_time_validation=False)
    for found in PdfFileReader(BytesIO(sealed.data)).embedded_regular_signatures:
        result = asyncio.run(ades_lta_validation(found, spec, timing_info=timing))
        assert result.ades_subindic == AdESPassed.OK, (found.field_name, result)
        assert result.oldest_evidence_record_timestamp == sealed.sealed_at


def test_a_field_is_signed_once(desk: Desk) -> None:
    signed = desk.sign_first(desk.prepare())
    with pytest.raises(SignatureFieldTaken):
        desk.sign_first(signed)


def test_a_signed_document_is_not_taken_in_again(contract: bytes) -> None:
    with pytest.raises(AlreadySigned):
        PDFScreener().screen(contract)


def test_without_a_time_stamp_the_signature_says_so_and_is_upgraded_later(desk: Desk) -> None:
    """Never a time of our own in its place: the time is claimed until a document timestamp covers it."""
    nowhere = PDFSigner(desk.pki, HTTPTimestampAuthority("http://127.0.0.1:9/tsa", timeout_seconds=1), desk.clock)
    signed = nowhere.sign(desk.prepare(), desk.order("a", PURCHASER, {}))
    assert not signed.is_timestamped
    pending = desk.verdict(signed.data).signatures[0]
    assert (pending.level, pending.time_source) == ("B-B", "claimed")
    with pytest.raises(TimestampUnavailable):
        nowhere.seal(signed.data, sealed_at=desk.clock.now(), reason="全部签署方已签署")
    with pytest.raises(TimestampUnavailable):
        nowhere.add_timestamp(signed.data)
    desk.clock.advance(timedelta(hours=3))
    upgraded = desk.signer.add_timestamp(signed.data)
    assert upgraded.is_timestamped
    assert upgraded.data.startswith(signed.data)
    dated = desk.verdict(upgraded.data).signatures[0]
    assert dated.time_source == "document_timestamp"
    assert dated.proven_at == desk.clock.now()


def test_the_last_timestamp_is_renewed_before_its_certificate_ends(desk: Desk) -> None:
    """A new timestamp over everything, the material for the one before it included."""
    signed = desk.sign_second(desk.sign_first(desk.prepare()))
    sealed = desk.signer.seal(signed, sealed_at=desk.clock.now(), reason="全部签署方已签署")
    assert sealed.renew_before is not None
    desk.clock.advance(timedelta(days=365 * 8 + 30))
    desk.pki.ensure_authority()
    renewed = desk.signer.add_timestamp(sealed.data)
    assert renewed.renew_before is not None
    assert renewed.renew_before > sealed.renew_before
    verdict = desk.verdict(renewed.data)
    assert verdict.outcome == "authentic"
    assert [found.field for found in verdict.signatures[-2:]] == ["Document timestamp 1", "Document timestamp 2"]
    assert {found.level for found in verdict.signatures[:3]} == {"B-LTA"}


def test_a_seal_without_document_timestamp_still_brings_everything_to_validate_it(desk: Desk) -> None:
    signer = PDFSigner(desk.pki, desk.pki.timestamps, desk.clock, level="B-LT")
    signed = desk.sign_second(desk.sign_first(desk.prepare()))
    sealed = signer.seal(signed, sealed_at=desk.clock.now(), reason="全部签署方已签署")
    assert sealed.renew_before is None
    verdict = desk.verdict(sealed.data)
    assert verdict.outcome == "authentic"
    assert [found.level for found in verdict.signatures] == ["B-LT"] * 3


def test_an_organisations_seal_signs_in_the_same_way(desk: Desk) -> None:
    with desk.unit_of_work() as uow:
        seal_id = desk.pki.issue_seal_certificate(uow, SignerIdentity("合同专用章", "某某公司", PURCHASER.uscc))
    order = replace(desk.order("a", PURCHASER, {}), certificate_id=seal_id)
    verdict = desk.verdict(desk.signer.sign(desk.prepare(), order).data)
    assert verdict.outcome == "authentic"
    assert verdict.signatures[0].signer == "合同专用章"


def test_a_report_is_sealed_against_any_change(desk: Desk) -> None:
    sealed = desk.signer.seal_report(contract_pdf(1), "签署报告 / Completion report")
    verdict = desk.verdict(sealed)
    assert verdict.outcome == "authentic"
    assert [found.is_document_timestamp for found in verdict.signatures] == [False, True]
    with pikepdf.open(BytesIO(sealed)) as pdf:
        assert int(pdf.Root.Perms.DocMDP.Reference[0].TransformParams.P) == 1


# --- Attacks: none may come out as authentic, and the sound part must still be told apart from the changed one.


NOT_AUTHENTIC = {"altered", "malformed", "unrecognised"}


def test_one_flipped_byte_anywhere(sealed: SealedContract, contract: bytes) -> None:
    """Sampled over the whole file, and every byte around and inside the last contents' start."""
    last = contract.rindex(b"/Contents <") + len(b"/Contents ")
    positions = [*range(0, len(contract), len(contract) // 20), *range(last - 1, last + 3), len(contract) - 3]
    for position in positions:
        changed = bytearray(contract)
        changed[position] ^= 0x01
        assert sealed.verdict(bytes(changed)).outcome in NOT_AUTHENTIC, position


def test_padding_of_the_contents_is_not_a_hiding_place(sealed: SealedContract, contract: bytes) -> None:
    end = contract.rindex(b"0>", 0, contract.rindex(b"startxref"))
    changed = contract[: end - 10] + b"AB" + contract[end - 8 :]
    assert sealed.verdict(changed).outcome == "altered"
    lower = contract[: end - 10] + b"ab" + contract[end - 8 :]
    assert sealed.verdict(lower).outcome == "altered"


def test_content_changed_by_an_increment(sealed: SealedContract, contract: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(contract))
    stream = generic.StreamObject(stream_data=b"BT /F1 20 Tf 100 500 Td (9) Tj ET")  # type: ignore[no-untyped-call]
    writer.add_stream_to_page(0, writer.add_object(stream))  # type: ignore[no-untyped-call]
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    verdict = sealed.verdict(output.getvalue())
    assert verdict.outcome == "altered"
    assert verdict.signatures[0].modifications == "other"


def test_a_field_filled_in_after_the_last_signature(desk: Desk) -> None:
    signed = desk.sign_first(desk.prepare())
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field["/T"] == "address_b":
            field["/V"] = generic.pdf_string("somewhere else")
            writer.update_container(field)  # type: ignore[no-untyped-call]
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    assert desk.verdict(output.getvalue()).outcome == "altered"


def test_a_locked_field_changed_before_the_next_signature(desk: Desk) -> None:
    signed = desk.sign_first(desk.prepare())
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field["/T"] == "date_a":
            field["/V"] = generic.pdf_string("2020-01-01")
            writer.update_container(field)  # type: ignore[no-untyped-call]
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    # Whoever signs next hides nothing: the earlier signature is broken, and stays so.
    verdict = desk.verdict(desk.sign_second(output.getvalue()))
    assert verdict.outcome == "altered"
    assert not verdict.signatures[0].is_modification_allowed


@pytest.mark.parametrize("tail", [b"\n", b"% a comment\n", b"\0" * 100])
def test_bytes_added_at_the_end(sealed: SealedContract, contract: bytes, tail: bytes) -> None:
    assert sealed.verdict(contract + tail).outcome in {"altered", "malformed"}


def test_the_last_revisions_cut_off(sealed: SealedContract) -> None:
    """What is left is a smaller, sound document, and the verdict shows only the signatures it has."""
    found = [len(sealed.verdict(sealed.data[: end.end()]).signatures) for end in re.finditer(rb"%%EOF\n?", sealed.data)]
    assert found == [0, 1, 2, 3, 4]


def test_byte_range_pointing_elsewhere(sealed: SealedContract, contract: bytes) -> None:
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", contract)
    assert found is not None
    zero, before, after, length = (int(number) for number in found.groups())
    for forged in ((zero, before - 10, after, length), (zero, before, after + 10, length - 10), (1, before, after, 0)):
        text = b"/ByteRange [%d %d %d %d]" % forged
        changed = contract.replace(found.group(0), text.ljust(len(found.group(0))), 1)
        assert sealed.verdict(changed).outcome in {"altered", "malformed"}


@pytest.mark.parametrize(
    ("sound", "forged"),
    [(b"/ByteRange", b"/ByteRangX"), (b"/Contents", b"/ContentX"), (b"/SubFilter", b"/SubFilteX")],
)
def test_a_signature_without_what_makes_it_one(
    sealed: SealedContract, contract: bytes, sound: bytes, forged: bytes
) -> None:
    """Universal signature forgery: readers that skip what they can't find must not be imitated."""
    assert sealed.verdict(sealed.data.replace(sound, forged)).outcome in {"altered", "malformed", "unsigned"}


def test_unknown_roots_are_unrecognised(sealed: SealedContract) -> None:
    verdict = verify_pdf(sealed.data, signing_roots=[], timestamp_roots=[])
    assert verdict.outcome == "unrecognised"
    assert all(found.is_intact and not found.is_trusted for found in verdict.signatures)
    only_signers = verify_pdf(sealed.data, signing_roots=sealed.roots, timestamp_roots=[])
    assert only_signers.outcome == "unrecognised"


def test_a_signer_revoked_before_signing(desk: Desk) -> None:
    """The key was stolen and used through a loaded credential; the CRL of the day tells."""
    order = desk.order("a", PURCHASER, {})
    stolen = desk.pki.credential(order.certificate_id)
    desk.pki.revoke(order.certificate_id, RevocationReason.KEY_COMPROMISE)
    desk.clock.advance(timedelta(minutes=5))
    desk.pki.ready_to_sign = lambda each: (stolen, desk.pki.validation_material([each]))  # type: ignore[method-assign]
    with pytest.raises(SignatureBroken, match="revoked"):
        desk.signer.sign(desk.prepare(), order)


def test_a_signer_revoked_after_signing_stays_good(desk: Desk) -> None:
    order = desk.order("a", PURCHASER, {})
    signed = desk.signer.sign(desk.prepare(), order).data
    desk.clock.advance(timedelta(hours=2))
    desk.pki.revoke(order.certificate_id, RevocationReason.AFFILIATION_CHANGED)
    sealed = desk.seal(desk.sign_second(signed))
    assert desk.verdict(sealed).outcome == "authentic"


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\0" * 1000, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF"]
)
def test_rubbish_is_malformed(data: bytes) -> None:
    assert verify_pdf(data, signing_roots=[], timestamp_roots=[]).outcome == "malformed"


def test_a_plain_document_is_unsigned() -> None:
    assert verify_pdf(contract_pdf(1), signing_roots=[], timestamp_roots=[]).outcome == "unsigned"


def test_what_was_signed_can_be_shown(contract: bytes) -> None:
    """The revision a signer saw is a document of its own."""
    first: EmbeddedPdfSignature = PdfFileReader(BytesIO(contract)).embedded_signatures[0]
    revision = contract[: int(first.byte_range[2]) + int(first.byte_range[3])]
    with pypdfium2.PdfDocument(revision) as pdf:
        assert len(pdf) == 3
