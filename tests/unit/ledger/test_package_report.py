"""The report: what it says, masked, in both languages, with its font embedded."""

import io
from dataclasses import replace
from datetime import timedelta
from functools import cache
from uuid import UUID

import pikepdf
import pypdfium2
import pytest
import segno

from app.embedded import REPOSITORY
from core.clock import rfc3339
from core.errors import Language
from ledger.package import wording
from ledger.package.drawing import ReportFonts
from ledger.package.facts import (
    ChainFacts,
    Event,
    FileRow,
    Honesty,
    LogFacts,
    Operator,
    Report,
    clocks,
    file_rows,
    masked_name,
    timeline,
    with_masked_phones,
)
from ledger.package.report import render_report, verification_address
from ledger.package.signers import Act, Found, SignerRow, first_revisions, plain_name, signer_rows
from ledger.record import EvidenceFile, Record, Subject, describe_file, record_bytes
from ledger.repository import LoggedRecord
from ledger.verifier.pades import SignatureVerdict
from tests.support.evidence import AT, plain_pdf

_FOLDER = REPOSITORY / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
FONTS = ReportFonts(
    _FOLDER / "400Regular" / "NotoSansSC_400Regular.ttf", _FOLDER / "700Bold" / "NotoSansSC_700Bold.ttf"
)
FILE = describe_file("采购合同.pdf", "application/pdf", plain_pdf())
CONSENTED = Act(
    at="2026-11-22T01:02:03.456Z",
    method="one-time code to the recipient's phone",
    caveats=("as the sender wrote it; not checked against an identity register",),
    consent_version="2026-11-25",
    consent_sha256="c0" * 32,
    address="203.0.113.7",
    evidence_id="evd_" + "3" * 32,
)
SIGNER = SignerRow(
    file_names=("采购合同.pdf",),
    name="张三",
    organisation="供应商",
    issuer="Trial issuing CA",
    serial_number="3f2a",
    valid_from=AT - timedelta(days=1),
    valid_until=AT + timedelta(days=365),
    revocation="good",
    signed_at=AT,
    time_source="signature_timestamp",
    authority="Built-in TSA",
    act=CONSENTED,
)
REPORT = Report(
    number="DY-20261122-0123456789AB",
    binding="b1" * 32,
    made_at=AT + timedelta(minutes=1),
    holder=masked_name("榆林市政府采购中心"),
    subjects=("ctr_" + "2" * 32,),
    files=(FileRow("采购合同.pdf", FILE, "recipient.signed", "2026-11-22T01:02:03.456Z"),),
    signers=(SIGNER, replace(SIGNER, name="平台", act=None, signed_at=None)),
    timeline=(
        Event("2026-11-22T01:02:03.456Z", "recipient.signed", "张三", (("phone", with_masked_phones("13812345678")),)),
    )
    * 60,
    log=LogFacts("dingyue.test/log", 42, "ab" * 32, (3, 4, 5, 9), ((AT, "Built-in TSA"),)),
    chain=ChainFacts(
        chain_id=31337,
        name="dev",
        is_development=True,
        is_sealed=False,
        contract="0x" + "5f" * 20,
        tx_hash="0x" + "aa" * 32,
        block_number=42,
        block_hash="0x" + "bb" * 32,
        time=1795309343,
        finality="finalized tag",
    ),
    operator=Operator("鼎约", "http://127.0.0.1:8000", "dingyue 0.1.0"),
    honesty=Honesty(is_development_chain=True, is_trial_authority=True, is_built_in_timestamp=True),
    clocks=("system clock (NTP)",),
    trust_sha256="70" * 32,
)


@cache
def rendered(language: Language, report: Report = REPORT) -> bytes:
    return render_report(report, language, FONTS)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_facts_are_all_there(language: Language) -> None:
    text = text_of(rendered(language))
    facts = [
        *(REPORT.number, FILE.sha256, FILE.sm3, str(FILE.size), REPORT.trust_sha256, "138****5678"),
        *("3f2a", "TrialissuingCA", "2026-11-21—2027-11-22", "2026-11-2209:02:03UTC+8", "203.0.113.7"),
        *(CONSENTED.consent_sha256, CONSENTED.consent_version, CONSENTED.evidence_id, "3–5,9", "dingyue.test/log"),
        *("31337", "0x" + "5f" * 20, "0x" + "aa" * 32, "0x" + "bb" * 32, "finalizedtag", "ab" * 32),
        verification_address(REPORT),
    ]
    assert [fact for fact in facts if fact not in text] == []
    assert "13812345678" not in text
    assert "榆林市政府" not in text


def test_each_language_says_it_in_its_own_words() -> None:
    chinese, english = text_of(rendered("zh")), text_of(rendered("en"))
    assert "发送至本人手机的一次性验证码；姓名由发起方填写，未与身份登记核对" in chinese
    assert "one-timecodesenttothesigner'sphone;nameasthesenderwroteit" in english
    assert "签名时间戳" in chinese
    assert "没有独立见证人副署" in chinese
    assert "noindependentwitness" in english


def test_witnesses_and_seals_are_told_where_there_are_some() -> None:
    log = replace(REPORT.log, witnesses=("notary.test", "court.test"), quorum=2, stamps=((AT, "A"), (AT, "B TSA")))
    chain = replace(REPORT.chain, is_development=False, is_sealed=True)
    text = text_of(rendered("en", replace(REPORT, log=log, chain=chain)))
    assert "notary.test,court.test(thetrustfileasksforatleast2)" in text
    assert "BTSA" in text
    assert "Standingcourt-grade" in text
    assert "证据等级暂定（只锚定在开发链上；未设独立见证人）" in text_of(rendered("zh"))
    late = replace(log, witnesses=("notary.test",))
    assert "provisional(1ofthe2witnesses" in text_of(rendered("en", replace(REPORT, log=late, chain=chain)))
    assert "QBFT" in text
    assert "QBFT" not in text_of(rendered("en"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_code_leads_to_the_public_page(language: Language) -> None:
    """The picture in the PDF, module for module."""
    with pikepdf.open(io.BytesIO(rendered(language))) as pdf:
        [picture] = pdf.pages[-1].get_images().values()
        shown = pikepdf.PdfImage(picture).as_pil_image().convert("L")
    expected = [list(line) for line in segno.make(verification_address(REPORT), error="m").matrix_iter(border=2)]
    size = shown.width // len(expected)
    middle = shown.resize((len(expected), len(expected)), box=(0, 0, size * len(expected), size * len(expected)))
    seen = [byte < 128 for byte in middle.tobytes()]
    assert seen == [bool(module) for line in expected for module in line]


@pytest.mark.parametrize(("language", "said"), [("zh", "开发链：不构成证据"), ("en", "developmentchain:notevidence")])
def test_what_is_not_real_is_labelled(language: Language, said: str) -> None:
    assert said in text_of(rendered(language))


def test_every_question_of_the_court_is_answered() -> None:
    text = text_of(rendered("zh"))
    assert all("".join(question.zh.split()) in text for question, _ in wording.COURT)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_fonts_are_embedded(language: Language) -> None:
    with pikepdf.open(io.BytesIO(rendered(language))) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values() if font.Subtype == "/TrueType"]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)
        assert len(pdf.pages) > 1


def test_names_and_phones_are_masked() -> None:
    assert masked_name("榆林市政府采购中心") == "榆林******心"
    assert masked_name("张三") == "张三"
    assert masked_name("榆林市教育局（示例）") == "榆林***局"
    assert with_masked_phones("电话 13812345678，+8613812345678") == "电话 138****5678，+86138****5678"
    assert with_masked_phones("amount 480000000000 sha " + "1" * 64) == "amount 480000000000 sha " + "1" * 64


@pytest.mark.parametrize("long", ["长" * 5000, "x" * 5000, "<b>&" * 900])
def test_whatever_somebody_is_called_fits_on_a_page(long: str) -> None:
    event = Event("2026-11-22T01:02:03.456Z", long, long, tuple(("title", long) for _ in range(14)))
    signer = replace(SIGNER, name=long, organisation=long, issuer=long, file_names=(long,) * 20)
    hostile = replace(
        REPORT, holder=long, timeline=(event,), signers=(signer,), files=(replace(REPORT.files[0], name=long),)
    )
    assert rendered("zh", hostile).startswith(b"%PDF")


# What records and signatures say


def logged(number: int, kind: str, facts: dict[str, object], files: tuple[EvidenceFile, ...] = ()) -> LoggedRecord:
    identifier, subject = f"{number:032x}", Subject("envelope", "env_" + "0" * 32)
    record = Record(kind, identifier, rfc3339(AT + timedelta(seconds=number)), subject, files, facts, None)
    return LoggedRecord(
        UUID(identifier), kind, AT, subject, record_bytes(record), b"", b"", (), leaf_index=number, position=number
    )


SIGNED = {
    "by": {"name": "张三", "phone": "138****5678"},
    "certificate": {"serial": "3f2a"},
    "identified": {"method": "one-time code to the recipient's phone", "name": "as told", "organisation": None},
    "consent": {"version": "2026-11-25", "sha256": "c0" * 32, "given": True},
    "address": "203.0.113.7",
    "signed_at": "2026-11-22T01:02:03.456Z",
    "clock": "system clock (NTP)",
    "user_agent": "Mozilla",
}


def signature(name: str, serial_number: str, *, is_stamp: bool = False) -> SignatureVerdict:
    return SignatureVerdict(name, is_document_timestamp=is_stamp, signer=name, serial_number=serial_number)


def test_a_signature_is_told_once_with_all_the_revisions_it_stands_in() -> None:
    files = {"a.pdf": b"base first", "a (2).pdf": b"base first second", "b.pdf": b"another", "a (0).pdf": b"base"}
    first = first_revisions(files)
    assert first == {"a (0).pdf": "a (0).pdf", "a.pdf": "a (0).pdf", "a (2).pdf": "a (0).pdf", "b.pdf": "b.pdf"}
    zhang, li, stamp = signature("Z", "3f2a"), signature("L", "99"), signature("T", "1", is_stamp=True)
    found = [("a.pdf", zhang), ("a (2).pdf", zhang), ("a (2).pdf", li), ("a (2).pdf", stamp), ("b.pdf", zhang)]
    rows = signer_rows(
        [Found(name, first[name], each) for name, each in found], [logged(1, "recipient.signed", SIGNED)]
    )
    assert [(row.name, row.file_names) for row in rows] == [
        ("Z", ("a.pdf", "a (2).pdf")),
        ("L", ("a (2).pdf",)),
        ("Z", ("b.pdf",)),
    ]
    act = rows[0].act
    assert act is not None
    assert (act.address, act.caveats, act.evidence_id) == ("203.0.113.7", ("as told",), f"evd_{1:032x}")
    assert rows[1].act is None, "no record names this certificate"


def test_the_timeline_tells_who_and_what_and_no_more_than_needed() -> None:
    events = timeline([logged(2, "envelope.completed", {"by": "platform"}), logged(1, "recipient.signed", SIGNED)])
    assert [(event.type, event.who) for event in events] == [
        ("recipient.signed", "张三"),
        ("envelope.completed", "platform"),
    ]
    assert ("address", "203.0.113.7") in events[0].details
    assert not any("Mozilla" in value for _, value in events[0].details)
    assert clocks([logged(1, "recipient.signed", SIGNED), logged(2, "x.y", {})]) == ("system clock (NTP)",)


def test_files_come_in_the_order_of_the_records_that_tell_of_them() -> None:
    later = describe_file("b.pdf", "application/pdf", b"b")
    records = [logged(2, "envelope.completed", {}, (later, FILE)), logged(1, "recipient.signed", {}, (FILE,))]
    rows = file_rows([("b.pdf", later), ("a.pdf", FILE)], records)
    assert [(row.name, row.event) for row in rows] == [("a.pdf", "recipient.signed"), ("b.pdf", "envelope.completed")]


def test_names_of_certificates_are_shortened() -> None:
    assert plain_name("Common Name: Trial CA, Organization: 鼎约 Dingyue, Country: CN") == "Trial CA, 鼎约 Dingyue, CN"
