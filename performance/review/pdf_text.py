"""The text of a PDF's pages, read in the sandbox: the file is a stranger's (ADR 0020).

Read is what people see: characters that are drawn invisibly (a scanner's own guess at the letters), that lie outside
the page or stand across it (watermarks) are not. A page that shows a picture and hardly any text is a scan,
and one whose letters have no meaning can't be read either; both are said to be unreadable, never guessed at.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from ctypes import c_float
from typing import Any, Protocol

import pypdfium2
from pypdfium2 import raw

from core.sandbox import Sandbox, SandboxError
from performance.review import layout
from performance.review.errors import ReviewTextNotRead
from performance.review.layout import Glyph, Row, Rule
from performance.review.text import ContractText, PageText, page_label
from signing.pdf.pdfium import PDFIUM

MOST_PAGES = 300
MOST_CHARACTERS = 500_000
"""What comes after them counts as unreadable."""
_SECONDS = 20.0
_FEW_CHARACTERS, _MANY_PATHS = 60, 60
_MOST_MEANINGLESS = 0.2
_MOST_COVERED = 0.5
_STRAIGHT = 1.5
_INVISIBLE = {raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP}

Page = tuple[str, bool, bool]
"""Text, whether it can be read, whether it runs on: plain values, which is all the sandbox lets out."""


class ContractReader(Protocol):
    """Reads a PDF's text. Changes nothing and may be asked again."""

    def __call__(self, data: bytes) -> ContractText: ...


class SandboxedContractReader:
    """Implements `ContractReader`. Raises `ReviewTextNotRead`, `SandboxBusy` or `SandboxUnavailable`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, data: bytes) -> ContractText:
        try:
            pages: list[Page] = self._sandbox.run(pages_of, data, timeout=_SECONDS)
        except SandboxError as error:
            raise ReviewTextNotRead(what=type(error).__name__) from error
        return contract_text(pages)


def read_contract(data: bytes) -> ContractText:
    """The same in this process: for files of our own."""
    return contract_text(pages_of(data))


def contract_text(pages: Sequence[Page]) -> ContractText:
    return ContractText([PageText(number, *page) for number, page in enumerate(pages, start=1)])


def pages_of(data: bytes) -> list[Page]:
    """Every page's text; pages beyond the limits are unreadable."""
    read: list[list[Row] | None] = []
    left = MOST_CHARACTERS
    with PDFIUM:
        document = pypdfium2.PdfDocument(data)
        try:
            for number in range(len(document)):
                rows = _read(document[number]) if number < MOST_PAGES and left > 0 else None
                left -= sum(len(row.text) for row in rows or ())
                read.append(rows)
        finally:
            document.close()
    _drop_running_heads(read)
    return [_page(rows, read[number + 1 :]) for number, rows in enumerate(read)]


def _page(rows: list[Row] | None, following: Sequence[list[Row] | None]) -> Page:
    """It runs on if its last row that is no page number does, and the next page's first one opens nothing."""
    if rows is None:
        return "", False, False
    last = next((row for row in reversed(rows) if not _is_page_number(row)), None)
    next_rows = following[0] if following else None
    first = next((row for row in next_rows or () if not _is_page_number(row)), None)
    runs_on = last is not None and first is not None and last.runs_on and not layout.opens(first.text)
    if last is not None:
        last.runs_on = False
    return layout.text_of(rows), True, runs_on and not (first is not None and first.is_table)


def _is_page_number(row: Row) -> bool:
    return page_label(row.text) is not None


def _drop_running_heads(pages: Sequence[list[Row] | None]) -> None:
    """A first row that every page repeats stays on the first one alone."""
    heads = [rows[0].text for rows in pages if rows]
    repeated = {text for text, count in Counter(heads).items() if count > 1 and count >= len(heads) - 1}
    seen: set[str] = set()
    for rows in pages:
        if rows and rows[0].text in repeated and page_label(rows[0].text) is None:
            if rows[0].text in seen:
                del rows[0]
            else:
                seen.add(rows[0].text)


def _read(page: pypdfium2.PdfPage) -> list[Row] | None:
    """The page's rows, or None if it can't be read."""
    text_page = page.get_textpage()
    try:
        turn, glyphs, meaningless = _glyphs(page, text_page)
        rules, paths, covered = _drawn(page, turn)
    finally:
        text_page.close()
        page.close()
    if meaningless > _MOST_MEANINGLESS * (len(glyphs) + meaningless):
        return None
    if len(glyphs) < _FEW_CHARACTERS and (covered > _MOST_COVERED or (not glyphs and paths > _MANY_PATHS)):
        return None
    return layout.rows_of(glyphs, rules)


def _glyphs(page: pypdfium2.PdfPage, text_page: Any) -> tuple[int, list[Glyph], int]:
    """The quarter turn that most characters have, those characters turned upright, and how many mean nothing."""
    left, bottom, right, top = page.get_cropbox()
    found: list[tuple[int, str, tuple[float, float, float, float]]] = []
    meaningless = 0
    for index in range(min(text_page.count_chars(), MOST_CHARACTERS)):
        if raw.FPDFText_IsGenerated(text_page, index) == 1:
            continue
        character = _character(raw.FPDFText_GetUnicode(text_page, index))
        if character is None or not _is_seen(text_page, index):
            meaningless += character is None
            continue
        turn, box = _turn(raw.FPDFText_GetCharAngle(text_page, index)), _box(text_page, index)
        is_inside = left <= (box[0] + box[2]) / 2 <= right and bottom <= (box[1] + box[3]) / 2 <= top
        if turn is not None and is_inside and not character.isspace():
            found.append((turn, character, box))
    turns = Counter(turn for turn, _, _ in found)
    usual = turns.most_common(1)[0][0] if turns else 0
    return usual, [Glyph(text, *_turned(box, usual)) for turn, text, box in found if turn == usual], meaningless


def _character(code: int) -> str | None:
    """None for what means nothing: private use, replacement and control characters."""
    if code in {0x0, 0xFFFD, 0xFFFE, 0xFFFF} or 0xE000 <= code <= 0xF8FF or code >= 0xF0000:
        return None
    if 0xD800 <= code <= 0xDFFF or (code < 0x20 and code not in {0x9, 0xA, 0xD}):
        return None
    return chr(code)


def _is_seen(text_page: Any, index: int) -> bool:
    if raw.FPDFText_GetFontSize(text_page, index) == 0:
        return False
    drawn = raw.FPDFText_GetTextObject(text_page, index)
    return not drawn or raw.FPDFTextObj_GetTextRenderMode(drawn) not in _INVISIBLE


def _turn(angle: float) -> int | None:
    """Quarter turns (0–3); None across."""
    quarters = angle / (math.pi / 2)
    return round(quarters) % 4 if abs(quarters - round(quarters)) < 0.05 else None


def _box(text_page: Any, index: int) -> tuple[float, float, float, float]:
    """The character's place with the height of its font, so that a row's characters are of one height."""
    box: tuple[float, float, float, float] = text_page.get_charbox(index, loose=True)
    return box


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Turned back by `turn` quarters."""
    left, bottom, right, top = box
    return {
        0: (left, bottom, right, top),
        1: (bottom, -right, top, -left),
        2: (-right, -top, -left, -bottom),
        3: (-top, left, -bottom, right),
    }[turn]


def _drawn(page: pypdfium2.PdfPage, turn: int) -> tuple[list[Rule], int, float]:
    """The straight lines, how many paths there are, and how much of the page pictures cover."""
    rules: list[Rule] = []
    paths, covered = 0, 0.0
    width, height = page.get_size()
    for drawn in page.get_objects(max_depth=1):
        if drawn.type == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
            rules += _rules(drawn, turn)
        elif drawn.type in {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM}:
            left, bottom, right, top = drawn.get_bounds()
            is_picture = drawn.type == raw.FPDF_PAGEOBJ_IMAGE or _has_picture(drawn)
            covered += is_picture * (right - left) * (top - bottom) / (width * height)
    return rules, paths, covered


def _has_picture(form: Any) -> bool:
    count = raw.FPDFFormObj_CountObjects(form)
    return any(
        raw.FPDFPageObj_GetType(raw.FPDFFormObj_GetObject(form, n)) == raw.FPDF_PAGEOBJ_IMAGE for n in range(count)
    )


def _rules(path: Any, turn: int) -> Iterator[Rule]:
    matrix = path.get_matrix()
    points: list[tuple[float, float]] = []
    x, y = c_float(), c_float()
    for number in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            points = [point]
        else:
            points.append(point)
            yield from _rule(points[-2], point, turn) if kind == raw.FPDF_SEGMENT_LINETO else ()
        if raw.FPDFPathSegment_GetClose(segment):
            yield from _rule(point, points[0], turn)


def _rule(first: tuple[float, float], last: tuple[float, float], turn: int) -> Iterator[Rule]:
    left, bottom, right, top = _turned(
        (min(first[0], last[0]), min(first[1], last[1]), max(first[0], last[0]), max(first[1], last[1])), turn
    )
    if right - left <= _STRAIGHT < top - bottom:
        yield Rule(True, left, bottom, top)
    elif top - bottom <= _STRAIGHT < right - left:
        yield Rule(False, bottom, left, right)
