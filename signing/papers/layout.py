"""How our papers look: A4, Chinese first and English below it, running head, page numbers.

The same input gives the same bytes. Sizes are points. Texts are plain: what looks like markup in somebody's name is
printed as it is.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

from core.clock import CHINA
from ledger.package.drawing import BOLD, REGULAR, ReportFonts, has_chinese, paragraph_style, register_fonts
from ledger.verifier.verdict import Statement
from signing.pdf.fonts import NOTO_SANS_SC, NOTO_SANS_SC_BOLD

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 20 * mm
WIDTH = PAGE_WIDTH - 2 * MARGIN
"""Of the text."""

INK, MUTED, RULE, SHADE = HexColor(0x1A1F2B), HexColor(0x5B6472), HexColor(0xC4CAD4), HexColor(0xF3F5F8)
ACCENT = HexColor(0x9B1C1C)
LONGEST_CELL = 900
"""Characters: a cell must fit on a page. The evidence has every text in full."""

_ONE_LINE = 34
"""Chinese characters that stand beside a label, Latin ones counted half."""

_TOP, _BOTTOM = 26 * mm, 22 * mm
# The preparer's note stands at 12 points from the edge; our page number keeps clear of it.
_HEAD_LINE, _FOOT_LINE = PAGE_HEIGHT - 17 * mm, 12 * mm
_PADDING = [("LEFTPADDING", (0, 0), (-1, -1), 5), ("RIGHTPADDING", (0, 0), (-1, -1), 5)]
_FONTS = ReportFonts(NOTO_SANS_SC, NOTO_SANS_SC_BOLD)


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page: the paper's title and number, and across it the watermark, if there is one.

    `made_at` is the date in the file's properties.
    """

    title: Statement
    number: str
    made_at: datetime
    watermark: str | None = None


def draw(story: Sequence[Flowable], furniture: Furniture) -> bytes:
    """The finished PDF, unsigned. A story can be drawn once."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN - 6,  # The frame adds six points of its own.
        rightMargin=MARGIN - 6,
        topMargin=_TOP,
        bottomMargin=_BOTTOM,
        title=f"{furniture.title.zh} {furniture.title.en} {furniture.number}",
        author="鼎约 Dingyue",
        subject=furniture.title.en,
        creator="鼎约 Dingyue",
        lang="zh-CN",
        invariant=1,
    )
    document.build(list(story), canvasmaker=_canvas_with(furniture))
    return buffer.getvalue()


def title(text: Statement) -> list[Flowable]:
    return [
        Paragraph(escape(text.zh), _style(20, bold=True, color=INK, alignment=1)),
        Paragraph(escape(text.en), _style(11, breaks_anywhere=False, color=MUTED, alignment=1)),
        Spacer(1, 3 * mm),
        HRFlowable(width="100%", thickness=0.8, color=INK),
        Spacer(1, 2 * mm),
    ]


def heading(text: Statement, room: float = 30 * mm) -> list[Flowable]:
    """A heading never stands alone at the end of a page: below it there is `room` for what follows to begin."""
    zh, en = escape(text.zh), escape(text.en)
    markup = f'{zh}<font name="{REGULAR}" size="9" color="#5b6472">&nbsp;&nbsp;{en}</font>'
    # A table kept with its heading would as a whole move to the next page.
    style = ParagraphStyle("heading", parent=_style(12, bold=True, space_before=11, color=INK), keepWithNext=0)
    return [CondPageBreak(room), Paragraph(markup, style)]


def clause(text: Statement) -> list[Flowable]:
    """A paragraph of a contract, or a sentence of a report: Chinese, and below it English."""
    return [_text(text.zh, 10, leading=1.6), _text(text.en, 8.5, color=MUTED, leading=1.45), Spacer(1, 4)]


def note(text: Statement, *, is_warning: bool = False) -> list[Flowable]:
    color = ACCENT if is_warning else MUTED
    return [_text(text.zh, 8.5, color=color), _text(text.en, 7.5, color=color), Spacer(1, 3)]


def plain(text: str, size: float = 8.5, *, bold: bool = False, is_muted: bool = False) -> Flowable:
    return _text(text[:LONGEST_CELL], size, bold=bold, color=MUTED if is_muted else INK)


def quoted(text: str) -> Flowable:
    """Somebody's own words, set off by a bar at the left."""
    return Table(
        [[[_text(text, 10, leading=1.6)]]],
        colWidths=[WIDTH],
        style=[("LINEBEFORE", (0, 0), (0, -1), 2, RULE), ("BACKGROUND", (0, 0), (-1, -1), SHADE), *_PADDING],
    )


def bilingual(text: Statement, size: float = 8.5, *, bold: bool = False) -> list[Flowable]:
    """A label or a value in both languages, one below the other."""
    return [_text(text.zh, size, bold=bold), _text(text.en, size - 1.5, color=MUTED)]


def fact_table(rows: Sequence[tuple[Statement, Statement | str]], label_width: float = 46 * mm) -> Flowable:
    """Two columns: what it is, and what it says. A row that is longer than the page goes on on the next."""
    cells = [[_label(label), _fact(value)] for label, value in rows]
    return Table(
        cells,
        colWidths=[label_width, WIDTH - label_width],
        splitInRow=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("LINEABOVE", (0, 0), (-1, 0), 0.4, RULE),
            ("BACKGROUND", (0, 0), (0, -1), SHADE),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            *_PADDING,
        ],
    )


def grid(head: Sequence[Statement], rows: Sequence[Sequence[Statement | str]], widths: Sequence[float]) -> Flowable:
    """A table whose head comes again on every page; `widths` are parts of the text's width."""
    cells = [[bilingual(label, 8, bold=True) for label in head]]
    cells += [[_value(cell, 7.5) for cell in row] for row in rows]
    return Table(
        cells,
        colWidths=[WIDTH * part for part in widths],
        repeatRows=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 0), (-1, 0), 0.6, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            *_PADDING,
        ],
    )


def _label(text: Statement, *, bold: bool = True) -> Flowable:
    """Both languages in one line, where there is room."""
    markup = f'{escape(text.zh)}  <font name="{REGULAR}" size="7" color="#5b6472">{escape(text.en)}</font>'
    return Paragraph(markup, _style(8, bold=bold, color=INK))


def _fact(value: Statement | str) -> list[Flowable]:
    if isinstance(value, Statement) and len(value.zh) + len(value.en) / 2 < _ONE_LINE:
        return [_label(value, bold=False)]
    return _value(value, 8)


def _value(value: Statement | str, size: float) -> list[Flowable]:
    if isinstance(value, Statement):
        return bilingual(value, size)
    return [plain(line, size) for line in value[:LONGEST_CELL].split("\n")]


def _text(text: str, size: float, *, bold: bool = False, color: Any = INK, leading: float = 1.4) -> Flowable:
    style = _style(size, bold=bold, color=color, leading=leading, breaks_anywhere=has_chinese(text))
    return Paragraph(escape(text), style)


def _style(size: float, **looks: Any) -> ParagraphStyle:
    """A paragraph looks its font up when it is made, so the font must be known by then."""
    register_fonts(_FONTS)
    return paragraph_style(size, **looks)


def _canvas_with(furniture: Furniture) -> Callable[..., Canvas]:
    """Page numbers tell how many pages there are, which is known at the end: pages are kept until then."""

    class NumberedCanvas(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.setDateFormatter(lambda *_: _pdf_date(furniture.made_at))
            self._drawn: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the name reportlab calls
            self._drawn.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._drawn:
                self.__dict__.update(page)
                _draw_furniture(self, furniture, len(self._drawn))
                super().showPage()
            super().save()

    return NumberedCanvas


def _draw_furniture(canvas: Canvas, furniture: Furniture, pages: int) -> None:
    canvas.saveState()
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(MARGIN, _HEAD_LINE, f"鼎约 Dingyue · {furniture.title.zh} {furniture.title.en}")
    canvas.drawRightString(PAGE_WIDTH - MARGIN, _HEAD_LINE, furniture.number)
    page = canvas.getPageNumber()
    canvas.drawCentredString(PAGE_WIDTH / 2, _FOOT_LINE, f"第 {page} 页，共 {pages} 页   Page {page} of {pages}")
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, _HEAD_LINE - 5, PAGE_WIDTH - MARGIN, _HEAD_LINE - 5)
    if furniture.watermark is not None:
        _draw_watermark(canvas, furniture.watermark)
    canvas.restoreState()


def _draw_watermark(canvas: Canvas, text: str) -> None:
    """Over the page's content, so that shaded cells don't hide it, and so pale that everything can be read."""
    size = min(40.0, 0.9 * PAGE_HEIGHT / max(1.0, canvas.stringWidth(text, BOLD, 1)))
    canvas.setFillColor(ACCENT, alpha=0.12)
    canvas.setFont(BOLD, size)
    canvas.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2)
    canvas.rotate(52)
    canvas.drawCentredString(0, -size / 3, text)


def _pdf_date(instant: datetime) -> str:
    """ISO 32000-2 §7.9.4."""
    return instant.astimezone(CHINA).strftime("D:%Y%m%d%H%M%S+08'00'")
