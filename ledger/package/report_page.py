"""How the report is set: one language, headings, tables of facts, paragraphs, a footer. What it says is `report`'s."""

from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from core.errors import Language
from ledger.package import wording
from ledger.package.drawing import REGULAR, has_chinese, paragraph_style
from ledger.package.vocabulary import in_words
from ledger.verifier.verdict import Statement

MARGIN = 18 * mm
WIDTH = 174 * mm
LABEL_WIDTH = 44 * mm

_LONGEST_CELL = 900
_MOST_PER_MILLIMETRE = 8
"""Characters of a cell, and for each millimetre of its width: a row must fit on a page, whatever somebody is called.
The record itself is in the package in full."""
_LEAST_BELOW_HEADING = 60 * mm
_LINE = HexColor("#c9ced6")
_SHADE = HexColor("#f3f5f8")
_WARNING = HexColor("#fdf1dc")
_PADDING = [("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]

Row = Sequence[object]


class Page:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def say(self, statement: Statement, **facts: object) -> str:
        text = statement.zh if self.language == "zh" else statement.en
        return text.format_map(facts) if facts else text

    def word(self, text: str) -> str:
        """What a value of a record is called."""
        return in_words(text, self.language)

    def label(self, label: str) -> str:
        return self.say(wording.LABELS[label])

    def title(self) -> Flowable:
        return Paragraph(self.say(wording.TITLE), paragraph_style(18, bold=True))

    def heading(self, section: str) -> list[Flowable]:
        """Never the last thing on a page; yet a long table behind it may begin below it and go on over the page."""
        text = Paragraph(self.say(wording.SECTIONS[section]), paragraph_style(11.5, bold=True))
        return [Spacer(1, 4 * mm), CondPageBreak(_LEAST_BELOW_HEADING), text, Spacer(1, 1.5 * mm)]

    def text(self, text: str) -> Flowable:
        return paragraph(text, 9)

    def facts(self, *rows: tuple[str, object]) -> Flowable:
        """Two columns: label and value."""
        return table([[self.label(label), str(value)] for label, value in rows], [LABEL_WIDTH, WIDTH - LABEL_WIDTH])

    def table(self, labels: Sequence[str], rows: Iterable[Row], widths: Sequence[float]) -> Flowable:
        """`widths` in millimetres; 174 in all."""
        head = [self.label(label) for label in labels]
        return table([head, *([str(cell) for cell in row] for row in rows)], [width * mm for width in widths], head=1)

    def warning(self, lines: Sequence[str]) -> Flowable:
        """What must not be overlooked, in a box of its own."""
        box = Table([[[paragraph(line, 9) for line in lines]]], colWidths=[WIDTH])
        box.setStyle([("BACKGROUND", (0, 0), (-1, -1), _WARNING), ("LINEBEFORE", (0, 0), (0, -1), 3, colors.orange)])
        return box


def table(rows: Sequence[Sequence[str]], widths: Sequence[float], head: int = 0) -> Flowable:
    """The first row of a table with a head, or else the first column, holds the labels."""
    cells = [
        [
            paragraph(text[: _room(widths[column])], 8, bold=number < head or (not head and column == 0))
            for column, text in enumerate(row)
        ]
        for number, row in enumerate(rows)
    ]
    labels = ((0, 0), (-1, 0)) if head else ((0, 0), (0, -1))
    style = [
        ("GRID", (0, 0), (-1, -1), 0.4, _LINE),
        ("BACKGROUND", *labels, _SHADE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *_PADDING,
    ]
    return Table(cells, colWidths=widths, repeatRows=head, style=style)


def _room(width: float) -> int:
    return min(_LONGEST_CELL, int(width / mm * _MOST_PER_MILLIMETRE))


def paragraph(text: str, size: float, *, bold: bool = False) -> Flowable:
    return Paragraph(escape(text), paragraph_style(size, bold=bold, breaks_anywhere=has_chinese(text)))


def footer(number: str) -> Callable[[Canvas, SimpleDocTemplate], None]:
    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(MARGIN, 10 * mm, number)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(document.page))

    return draw
