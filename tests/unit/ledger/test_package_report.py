"""The report: what it says, masked, in both languages, with its font embedded."""

import io
from datetime import timedelta
from functools import cache

import pikepdf
import pypdfium2
import pytest

from app.embedded import REPOSITORY
from core.errors import Language
from ledger.package import wording
from ledger.package.drawing import ReportFonts
from ledger.package.facts import (
    ChainFacts,
    Event,
    Honesty,
    LogFacts,
    Operator,
    Report,
    SignerRow,
    masked_name,
    with_masked_phones,
)
from ledger.package.report import render_report
from ledger.record import describe_file
from tests.support.evidence import AT, plain_pdf

_FOLDER = REPOSITORY / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
FONTS = ReportFonts(
    _FOLDER / "400Regular" / "NotoSansSC_400Regular.ttf", _FOLDER / "700Bold" / "NotoSansSC_700Bold.ttf"
)
FILE = describe_file("采购合同.pdf", "application/pdf", plain_pdf())
REPORT = Report(
    number="DY-20261122-0123456789AB",
    made_at=AT + timedelta(minutes=1),
    holder=masked_name("榆林市政府采购中心"),
    subjects=("ctr_" + "2" * 32,),
    files=(("采购合同.pdf", FILE),),
    signers=(SignerRow("采购合同.pdf", "张三", "供应商", "Trial issuing CA", "3f2a", "good", AT),),
    timeline=(Event("2026-11-22T01:02:03.456Z", "envelope.signed", "张三", with_masked_phones("phone=13812345678")),)
    * 60,
    log=LogFacts("dingyue.test/log", 42, "ab" * 32, (3, 4), AT, "Built-in TSA"),
    chain=ChainFacts(
        31337, "dev", "0x" + "5f" * 20, "0x" + "aa" * 32, 42, "0x" + "bb" * 32, 1795309343, "finalized tag"
    ),
    operator=Operator("鼎约", "http://127.0.0.1:8000", "dingyue 0.1.0"),
    honesty=Honesty(is_development_chain=True, is_trial_authority=True, is_built_in_timestamp=True),
)


@cache
def rendered(language: Language) -> bytes:
    return render_report(REPORT, language, FONTS)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_facts_are_all_there(language: Language) -> None:
    text = text_of(rendered(language))
    for fact in (REPORT.number, FILE.sha256, FILE.sm3, "0x" + "bb" * 32, "3f2a", "2026-11-2209:02:03", "138****5678"):
        assert fact in text
    assert "13812345678" not in text
    assert "榆林市政府" not in text


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
    assert with_masked_phones("电话 13812345678，+8613812345678") == "电话 138****5678，+86138****5678"
    assert with_masked_phones("amount 480000000000 sha " + "1" * 64) == "amount 480000000000 sha " + "1" * 64
