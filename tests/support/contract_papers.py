"""The contract texts of `tests/data/contracts`, and drawing them as PDFs that break lines wherever a line is full."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from signing.pdf.fonts import NOTO_SANS_SC

FOLDER = Path(__file__).resolve().parents[1] / "data" / "contracts"
SETS = ("dev", "heldout")
_FONT = "NotoSansSC-contracts"


@dataclass(frozen=True, slots=True)
class Sample:
    """A contract's text and what a review should find: `findings` by case, `facts` by field."""

    name: str
    text: str
    kind: str
    findings: frozenset[str]
    facts: dict[str, Any]


def samples(which: str) -> Iterator[Sample]:
    """`dev`: the rules were tuned on them. `heldout`: written before the rules. What two of these (h04, h11) expect as
    payments was corrected in the commit that brought the rules; what they expect as findings never was."""
    for path in sorted((FOLDER / which).glob("*.txt")):
        expected = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
        yield Sample(
            path.stem,
            path.read_text(encoding="utf-8"),
            expected["kind"],
            frozenset(expected["findings"]),
            expected["facts"],
        )


def sample(name: str) -> Sample:
    return next(each for which in SETS for each in samples(which) if each.name == name)


def drawn(text: str, *, size: float = 12, numbered: bool = False, margin: float = 28 * mm, times: int = 1) -> bytes:
    """The text as a PDF: its first line centred, lines indented and broken anywhere, tables ruled, with page numbers
    if asked. `times` repeats the body, for long contracts."""
    body = ParagraphStyle("body", fontName=_registered(), fontSize=size, leading=1.6 * size, wordWrap="CJK")
    lines = [line for line in text.splitlines() if line.strip()]
    title = ParagraphStyle("title", parent=body, fontSize=1.5 * size, leading=2.4 * size, alignment=TA_CENTER)
    story: list[Flowable] = [Paragraph(lines[0], title)]
    for _ in range(times):
        story += _flowables(lines[1:], body, width=A4[0] - 2 * margin)
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=margin, rightMargin=margin, topMargin=24 * mm, bottomMargin=24 * mm, invariant=1
    )
    document.build(story, onFirstPage=_number if numbered else _nothing, onLaterPages=_number if numbered else _nothing)
    return buffer.getvalue()


def scanned(pages: int = 1, *, words: str = "") -> bytes:
    """Pages that are pictures, as a scanner makes them; `words` stand on each as text, as a stamp may."""
    noise = Image.effect_noise((60, 85), 40).convert("RGB")
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    for _ in range(pages):
        canvas.drawImage(ImageReader(noise), 0, 0, *A4)
        canvas.setFont(_registered(), 9)
        canvas.drawString(20 * mm, 10 * mm, words)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _registered() -> str:
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(NOTO_SANS_SC)))
    return _FONT


def _flowables(lines: list[str], style: ParagraphStyle, *, width: float) -> Iterator[Flowable]:
    rows: list[list[Paragraph]] = []
    indented = ParagraphStyle("indented", parent=style, firstLineIndent=2 * style.fontSize)
    for line in [*lines, ""]:
        if line.startswith("|"):
            rows.append([Paragraph(cell.strip() or "&nbsp;", style) for cell in line.strip("|").split("|")])
            continue
        if rows:
            yield Table(
                rows, [width / len(rows[0])] * len(rows[0]), style=[("GRID", (0, 0), (-1, -1), 0.6, colors.black)]
            )
            rows = []
        if line:
            yield Paragraph(
                line.replace("　", "&nbsp;" * 2).replace("  ", "&nbsp;" * 2),
                indented if line[0] in "第（甲乙一" else style,
            )


def _number(canvas: Canvas, _: Any) -> None:
    canvas.setFont(_FONT, 9)
    canvas.drawCentredString(A4[0] / 2, 12 * mm, f"第 {canvas.getPageNumber()} 页")


def _nothing(canvas: Canvas, _: Any) -> None:
    canvas.setTitle("contract")
