"""Anchor text is found as people read it, and where they see it."""

from io import BytesIO

import pikepdf
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from signing.errors import TooManyAnchors
from signing.pdf.fonts import NOTO_SANS_SC
from signing.pdf.locate import MOST_OCCURRENCES, PDFTextLocator
from signing.ports import TextBox
from tests.support.pdf import blank_pdf, changed, contract_pdf

WIDTH, HEIGHT = 600.0, 800.0
_FONT = "NotoSansSC"


def page_with(*texts: tuple[float, float, str], pages: int = 1) -> bytes:
    """Texts of 10 points, placed by the bottom left corner of their baseline."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(NOTO_SANS_SC)))
    output = BytesIO()
    canvas = Canvas(output, pagesize=(WIDTH, HEIGHT), invariant=True)
    for _ in range(pages):
        canvas.setFont(_FONT, 10)
        for x, y, text in texts:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def found(data: bytes, text: str) -> list[TextBox]:
    return list(PDFTextLocator().locate(data, [text])[text])


def test_where_it_is_and_how_large() -> None:
    (box,) = found(page_with((60, 700, "甲方：乙方")), "乙方")
    assert (box.page, box.x, box.width) == (1, pytest.approx(90 / WIDTH, abs=1e-3), pytest.approx(20 / WIDTH, abs=1e-3))
    assert box.y == pytest.approx((HEIGHT - 700 - 8.8) / HEIGHT, abs=2e-3)
    assert box.height == pytest.approx(10 / HEIGHT, abs=4e-3)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (30, 50, 580, 780)])
def test_boxes_are_as_seen_on_turned_and_cropped_pages(
    rotate: int, crop: tuple[float, float, float, float] | None
) -> None:
    """The text stands upright in user space, so a turn of the page turns it."""

    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Rotate = rotate
        if crop is not None:
            pdf.pages[0].CropBox = pikepdf.Array(crop)

    left, bottom, right, top = crop or (0, 0, WIDTH, HEIGHT)
    (box,) = found(changed(turn, page_with((60, 700, "签章处"))), "签章处")
    across, up = (60 - left) / (right - left), (700 - 1.2 - bottom) / (top - bottom)
    expected_left, expected_top = {
        0: (across, 1 - up - 10 / (top - bottom)),
        90: (up, across),
        180: (1 - across - 30 / (right - left), up),
        270: (1 - up - 10 / (top - bottom), 1 - across - 30 / (right - left)),
    }[rotate]
    assert box.x == pytest.approx(expected_left, abs=6e-3)
    assert box.y == pytest.approx(expected_top, abs=6e-3)
    assert (box.width > box.height) == (rotate in (0, 180))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("甲 方（盖 章）：", "甲方（盖章）："),
        ("甲方（盖章）：", "甲方(盖章):"),
        ("甲方(盖章):", "甲方（盖章）："),
        ("Signature of Party A", "SignatureofParty A"),
        ("ＡＢＣ 公司", "ABC公司"),
        ("⽅案", "方案"),
    ],
)
def test_found_as_it_is_read(written: str, asked: str) -> None:
    assert len(found(page_with((60, 700, written)), asked)) == 1


def test_a_gap_within_the_line_is_part_of_the_box() -> None:
    (box,) = found(page_with((60, 700, "甲"), (120, 700, "方")), "甲方")
    assert box.width == pytest.approx(70 / WIDTH, abs=2e-3)


def test_text_that_runs_on_is_where_it_starts() -> None:
    (box,) = found(page_with((500, 700, "乙方签"), (60, 680, "字处")), "乙方签字处")
    assert box.x == pytest.approx(500 / WIDTH, abs=1e-3)
    assert box.width == pytest.approx(30 / WIDTH, abs=2e-3)


def test_all_of_them_in_the_order_of_reading() -> None:
    """Not in the order in which they were written; a little lower is still the same row."""
    data = page_with((300, 398, "签名"), (60, 100, "签名"), (60, 400, "签名"), (60, 700, "签名"), pages=2)
    boxes = found(data, "签名")
    assert [box.page for box in boxes] == [1] * 4 + [2] * 4
    assert [round(box.x * WIDTH) for box in boxes[:4]] == [60, 60, 300, 60]
    assert [box.y for box in boxes[:2]] == sorted(box.y for box in boxes[:2])


def test_what_is_not_there_is_nowhere() -> None:
    assert PDFTextLocator().locate(contract_pdf(1), ["丙方", "甲方"])["丙方"] == []
    assert found(blank_pdf(), "甲方") == []
    assert found(contract_pdf(1), " \u200b") == []
    assert PDFTextLocator().locate(blank_pdf(), []) == {}


def test_work_is_bounded() -> None:
    with pytest.raises(TooManyAnchors):
        PDFTextLocator().locate(blank_pdf(), [str(number) for number in range(201)])
    many = page_with(*((10, 780 - row * 12, "啊" * 50) for row in range(30)))
    assert len(found(many, "啊")) == MOST_OCCURRENCES
