"""Glyphs and ruling lines of a page → its text in reading order, paragraph by paragraph. Pure.

Rows are put together by height, not by the order in which a file draws them. What stands within a grid of lines is a
table and is written row by row, `| cell | cell |`, with a cell's rows joined. A row that fills its column and isn't
the end of a sentence or the start of a clause runs on in the next one: Chinese breaks words and numbers anywhere.

Coordinates are points with the y axis up, as people see the page.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from performance.review.roles import ROLE

_TOUCH = 3.0
"""Lines this near to each other touch; coordinates this near are one."""
_SHORTEST = 6.0
_SAME_ROW = 0.5
_GAP, _WIDE_GAP = 0.18, 0.75
"""In widths of a Chinese character: a blank between words, and a gap that somebody left."""
_CLOSED = "。;；!！?？"
_UNBROKEN = re.compile(r"[A-Za-z0-9.,%¥/_@-]*")
"""What isn't broken: a row ends early if such a piece didn't fit."""
_OPENS = re.compile(
    rf"\s*(?:第\s*[0-9〇零一二三四五六七八九十百]{{1,4}}\s*条|[一二三四五六七八九十]{{1,3}}、|[(（][一二三四五六七八九十0-9]{{1,3}}[)）]"
    rf"|[1-9][0-9]?(?:\.[0-9]{{1,2}})*(?:[.．、](?![0-9])| )|附件|{ROLE}\s*(?:[(（][^()（）]{{1,12}}[)）])?\s*[:：]"
    r"|(?:统一社会)?信用代码|签[订署]|地址|法定代表人|[0-9二][0-9〇零○]{3}\s*年[^,，。;；]{3,8}日\s*$)"
)


@dataclass(frozen=True, slots=True)
class Glyph:
    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> float:
        return (self.bottom + self.top) / 2

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line along an axis: `at` on the other axis, from `start` to `end`."""

    is_vertical: bool
    at: float
    start: float
    end: float

    def touches(self, other: "Rule") -> bool:
        if self.is_vertical == other.is_vertical:
            is_near = abs(self.at - other.at) <= _TOUCH
            return is_near and self.start - _TOUCH <= other.end and other.start - _TOUCH <= self.end
        crosses = self.start - _TOUCH <= other.at <= self.end + _TOUCH
        return crosses and other.start - _TOUCH <= self.at <= other.end + _TOUCH


@dataclass(slots=True)
class Row:
    """A line of text, or (with `is_table`) a row of a table."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    is_table: bool = False
    runs_on: bool = field(default=False)

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a table's columns and rows begin and end, ascending."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]

    def cell(self, glyph: Glyph) -> tuple[int, int] | None:
        """(row from the top, column), or None outside."""
        column, row = _slot(self.columns, glyph.centre), _slot(self.rows, glyph.middle)
        return None if column is None or row is None else (len(self.rows) - 2 - row, column)


def rows_of(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> list[Row]:
    """The page's rows from the top; each knows whether it runs on in the next one."""
    grids = grids_of(rules)
    inside: list[dict[tuple[int, int], list[Glyph]]] = [{} for _ in grids]
    outside = []
    for glyph in glyphs:
        place = next(((n, cell) for n, grid in enumerate(grids) if (cell := grid.cell(glyph))), None)
        if place is None:
            outside.append(glyph)
        else:
            inside[place[0]].setdefault(place[1], []).append(glyph)
    rows = list(_lines(outside))
    for grid, cells in zip(grids, inside, strict=True):
        rows += _table_rows(grid, cells)
    rows.sort(key=lambda row: -row.top)
    _mark_running(rows)
    return rows


def text_of(rows: Iterable[Row]) -> str:
    """Paragraphs, one a line."""
    parts: list[str] = []
    for row in rows:
        parts += [row.text, "" if row.runs_on else "\n"]
    return "".join(parts).rstrip("\n")


def opens(text: str) -> bool:
    """Whether a row begins something new: a clause, a label, an annex."""
    return bool(_OPENS.match(text))


def grids_of(rules: Sequence[Rule]) -> list[Grid]:
    """Groups of lines that touch each other and make at least two columns and two rows."""
    grids = []
    for group in _groups([rule for rule in rules if rule.end - rule.start >= _SHORTEST]):
        columns = _distinct(rule.at for rule in group if rule.is_vertical)
        rows = _distinct(rule.at for rule in group if not rule.is_vertical)
        if len(columns) >= 3 and len(rows) >= 3:
            grids.append(Grid(columns, rows))
    return grids


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    left, groups = list(rules), []
    while left:
        group, border = [], [left.pop()]
        while border:
            rule = border.pop()
            group.append(rule)
            near = [other for other in left if rule.touches(other)]
            left = [other for other in left if other not in near]
            border += near
        groups.append(group)
    return groups


def _distinct(values: Iterable[float]) -> tuple[float, ...]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _TOUCH:
            found.append(value)
    return tuple(found)


def _slot(bounds: Sequence[float], value: float) -> int | None:
    return next((n for n in range(len(bounds) - 1) if bounds[n] <= value < bounds[n + 1]), None)


def _table_rows(grid: Grid, cells: dict[tuple[int, int], list[Glyph]]) -> Iterator[Row]:
    for number in range(len(grid.rows) - 1):
        texts = [
            "".join(line.text.strip() for line in _lines(cells.get((number, column), [])))
            for column in range(len(grid.columns) - 1)
        ]
        if any(texts):
            top, bottom = grid.rows[-1 - number], grid.rows[-2 - number]
            joined = " | ".join(text.replace("|", "/") for text in texts)
            yield Row(f"| {joined} |", grid.columns[0], bottom, grid.columns[-1], top, is_table=True)


def _lines(glyphs: Sequence[Glyph]) -> Iterator[Row]:
    """Glyphs of about one height, from the left, with blanks where there are gaps."""
    row: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda each: (-each.middle, each.left)):
        tall = max((each.top - each.bottom for each in row), default=0.0)
        if row and median(each.middle for each in row[-5:]) - glyph.middle > _SAME_ROW * max(tall, 1.0):
            yield _row(row)
            row = []
        row.append(glyph)
    if row:
        yield _row(row)


def _row(glyphs: list[Glyph]) -> Row:
    glyphs.sort(key=lambda each: each.left)
    em = max(each.right - each.left for each in glyphs)
    parts = [glyphs[0].text]
    for before, after in pairwise(glyphs):
        gap = after.left - before.right
        parts += ["  " if gap > _WIDE_GAP * em else " " if gap > _GAP * em else "", after.text]
    return Row(
        "".join(parts),
        glyphs[0].left,
        min(each.bottom for each in glyphs),
        glyphs[-1].right,
        max(each.top for each in glyphs),
    )


def _mark_running(rows: Sequence[Row]) -> None:
    """A full row that isn't closed and isn't followed by something that opens runs on."""
    lines = [row for row in rows if not row.is_table]
    if not lines:
        return
    left, right = min(row.left for row in lines), max(row.right for row in lines)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        unbroken = len(_UNBROKEN.match(following.text)[0]) if following else 0  # type: ignore[index] # it matches ""
        room = (1.8 + 0.6 * unbroken) * row.height
        is_full = not row.is_table and row.right > right - room and row.text[-1] not in _CLOSED
        if following is None:
            row.runs_on = is_full
        elif is_full and not following.is_table:
            is_next = row.bottom - following.top < 1.6 * row.height
            is_indented = following.left > left + 1.2 * row.height and row.left < following.left - 1
            row.runs_on = is_next and not is_indented and not opens(following.text)
