"""The first sheet of an XLSX, cell by cell (ECMA-376 part 1, §18). Pure.

The parts that matter are read by expat itself, which is five times as fast as reading the whole model, and nothing but
values is taken from them: no macro, no link, no formula is ever followed. A document type is refused, and with it
every entity a file could define. What a spreadsheet computes, merges or rounds isn't guessed at: the cell is marked.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from core.sheets.errors import SheetTooComplex, SheetUnreadable
from core.sheets.sheet import Flaw

MEGABYTE = 1024 * 1024
LARGEST_UNPACKED = 64 * MEGABYTE
MOST_PARTS = 1000
MOST_MERGES = 2000
LONGEST_CELL = 1000
MOST_DIGITS = 15
"""Spreadsheets keep numbers as IEEE 754 doubles and show 15 digits."""

_EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})
"""Number formats of Chinese spreadsheets that are dates and that no part describes (§18.8.30)."""
_COLUMN = re.compile(r"[A-Z]{1,3}")

Cell = tuple[str, Flaw | None]
Box = tuple[int, int, int, int]
"""Leftmost column, top row, rightmost column, bottom row; all count from 1."""


def of_text(text: str) -> Cell:
    stripped = text.strip()
    return (stripped, None) if len(stripped) <= LONGEST_CELL else (stripped[:LONGEST_CELL], Flaw.TOO_LONG)


def workbook_lines(data: bytes, most_columns: int) -> Iterator[tuple[int, list[Cell]]]:
    """(Number from 1, cells) of each row that the first sheet writes down, cells beyond `most_columns` + 1 left out.

    Raises `SheetUnreadable` or `SheetTooComplex`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive)
            yield from _lines(archive, most_columns)
    except (SheetTooComplex, MemoryError):
        raise
    except Exception as error:  # whatever a broken workbook makes zipfile, expat or a conversion raise
        raise SheetUnreadable from error


def _check_archive(archive: zipfile.ZipFile) -> None:
    """`zipfile` never gives out more of a member than its directory declares, which is what is added up."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise SheetTooComplex


def _lines(archive: zipfile.ZipFile, most_columns: int) -> Iterator[tuple[int, list[Cell]]]:
    _parse(archive.read("[Content_Types].xml"), lambda _name, _attributes: None)
    book, is_1904 = _first_sheet(archive)
    shared = _shared_strings(archive.read(book.strings)) if book.strings in archive.namelist() else []
    dates = _date_styles(archive.read(book.styles)) if book.styles in archive.namelist() else frozenset()
    reading = _SheetReading(shared, dates, is_1904=is_1904, most_columns=most_columns)
    rows = reading.rows(archive.read(book.sheet))
    for number, cells in rows:
        swallowed = _swallowed(number, reading.merges)
        wide = max((*cells, *swallowed), default=0)
        line = [cells.get(column, ("", None)) for column in range(1, min(wide, most_columns + 1) + 1)]
        for column in swallowed:
            if column <= len(line):
                line[column - 1] = ("", Flaw.MERGED)
        yield number, line


@dataclass(frozen=True, slots=True)
class _Book:
    """Where the parts lie."""

    sheet: str
    strings: str
    styles: str


def _first_sheet(archive: zipfile.ZipFile) -> tuple[_Book, bool]:
    """The parts, and whether days are counted from 1904."""
    start = next(target for kind, target in _relations(archive, "").values() if kind == "officeDocument")
    sheets: list[str] = []
    epochs: list[bool] = []

    def see(name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            sheets.append(next(value for key, value in attributes.items() if key.rsplit(" ", 1)[-1] == "id"))
        elif name == "workbookPr":
            epochs.append(attributes.get("date1904") in {"1", "true", "on"})

    _parse(archive.read(start), see)
    related = _relations(archive, start)
    by_kind = dict(related.values())
    book = _Book(related[sheets[0]][1], by_kind.get("sharedStrings", ""), by_kind.get("styles", ""))
    return book, any(epochs)


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """What a part refers to inside the file, by id: the kind's last word, and the part's name."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def see(element: str, attributes: Mapping[str, str]) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
            found[attributes["Id"]] = attributes["Type"].rsplit("/", 1)[-1], target

    _parse(archive.read(posixpath.join(folder, "_rels", f"{name}.rels")), see)
    return found


def _shared_strings(part: bytes) -> list[str]:
    """Rich text is joined; the reading aids of phonetic runs aren't part of a text."""
    strings: list[str] = []
    pieces: list[str] = []
    depth = {"rPh": 0, "t": 0}

    def start(name: str, _attributes: Mapping[str, str]) -> None:
        if name == "si":
            pieces.clear()
        elif name in depth:
            depth[name] += 1

    def end(name: str) -> None:
        if name == "si":
            strings.append("".join(pieces))
        elif name in depth:
            depth[name] -= 1

    def text(data: str) -> None:
        if depth["t"] and not depth["rPh"]:
            pieces.append(data)

    _parse(part, start, end, text)
    return strings


def _date_styles(part: bytes) -> frozenset[str]:
    """The cell styles (by their number, as cells name them) that show a number as a date."""
    formats: dict[int, str] = {}
    styles: list[int] = []
    inside: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            formats[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "xf" and inside and inside[-1] == "cellXfs":
            styles.append(int(attributes.get("numFmtId", "0")))
        if name in {"cellXfs", "cellStyleXfs"}:
            inside.append(name)

    def end(name: str) -> None:
        if name in {"cellXfs", "cellStyleXfs"}:
            inside.pop()

    _parse(part, start, end)
    return frozenset(str(number) for number, style in enumerate(styles) if _is_date(style, formats))


def _is_date(style: int, formats: Mapping[int, str]) -> bool:
    code = formats.get(style, BUILTIN_FORMATS.get(style, ""))
    return bool(is_date_format(code)) if code else style in _EAST_ASIAN_DATES


class _SheetReading:
    """One pass over a sheet. Merged ranges are written below the rows, so they are known once all is read."""

    def __init__(self, shared: Sequence[str], dates: frozenset[str], *, is_1904: bool, most_columns: int) -> None:
        self.merges: list[Box] = []
        self._shared, self._dates, self._is_1904, self._most_columns = shared, dates, is_1904, most_columns
        self._columns: dict[str, int] = {}
        self._rows: list[tuple[int, dict[int, Cell]]] = []
        self._cells: dict[int, Cell] = {}
        self._value: list[str] = []
        self._formula: list[str] = []
        self._sink: list[str] | None = None
        self._cell_attributes: Mapping[str, str] = {}
        self._number = self._column = self._phonetic = 0
        self._has_formula = False

    def rows(self, part: bytes) -> list[tuple[int, dict[int, Cell]]]:
        starts: dict[str, Callable[[Mapping[str, str]], None]] = {
            "row": self._start_row,
            "c": self._start_cell,
            "v": self._start_value,
            "t": self._start_value,
            "f": self._start_formula,
            "rPh": lambda _: self._count_phonetic(1),
            "mergeCell": self._merge,
        }
        ends: dict[str, Callable[[], None]] = {
            "row": lambda: self._rows.append((self._number, self._cells)),
            "c": self._end_cell,
            "v": self._end_text,
            "t": self._end_text,
            "f": self._end_text,
            "rPh": lambda: self._count_phonetic(-1),
        }

        def start(name: str, attributes: Mapping[str, str]) -> None:
            if name in starts:
                starts[name](attributes)

        def end(name: str) -> None:
            if name in ends:
                ends[name]()

        _parse(part, start, end, self._text)
        return self._rows

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        self._number, self._column, self._cells = int(attributes.get("r", self._number + 1)), 0, {}

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        self._cell_attributes, self._has_formula, self._value = attributes, False, []
        letters = attributes.get("r", "").rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _column(letters)
        self._column = column or self._column + 1

    def _start_value(self, _: Mapping[str, str]) -> None:
        self._sink = None if self._phonetic else self._value

    def _start_formula(self, _: Mapping[str, str]) -> None:
        self._has_formula, self._formula = True, []
        self._sink = self._formula

    def _count_phonetic(self, step: int) -> None:
        self._phonetic += step

    def _end_text(self) -> None:
        self._sink = None

    def _text(self, data: str) -> None:
        if self._sink is not None:
            self._sink.append(data)

    def _end_cell(self) -> None:
        if self._column <= self._most_columns + 1:
            formula = "".join(self._formula) if self._has_formula else None
            self._cells[self._column] = self._cell(self._cell_attributes, "".join(self._value), formula)

    def _merge(self, attributes: Mapping[str, str]) -> None:
        if len(self.merges) == MOST_MERGES:
            raise SheetTooComplex
        left, top, right, bottom = range_boundaries(attributes["ref"])
        self.merges.append((left or 1, top or 1, right or 1, bottom or 1))

    def _cell(self, attributes: Mapping[str, str], text: str, formula: str | None) -> Cell:
        kind = attributes.get("t", "n")
        if formula is not None:
            return f"={formula}"[:LONGEST_CELL], Flaw.FORMULA
        if not text:
            return "", None
        if kind == "s":
            return of_text(self._shared[int(text)])
        if kind == "n":
            return self._numeric(text, attributes.get("s", ""))
        if kind == "e":
            return text[:LONGEST_CELL], Flaw.ERROR_VALUE
        return of_text(str(text in {"1", "true"}) if kind == "b" else text)

    def _numeric(self, text: str, style: str) -> Cell:
        value = int(text) if text.lstrip("-").isdigit() else float(text)
        if style in self._dates:
            return of_text(_moment(value, is_1904=self._is_1904))
        return of_number(value)


def of_number(value: float) -> Cell:
    text = str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
    digits = sum(character.isdigit() for character in text)
    return text[:LONGEST_CELL], Flaw.ROUNDED if digits > MOST_DIGITS else None


def _moment(value: float, *, is_1904: bool) -> str:
    """A day, a time or both, in ISO 8601; sheets know no zones."""
    found: Any = from_excel(value, MAC_EPOCH if is_1904 else WINDOWS_EPOCH)
    if isinstance(found, datetime) and found.time() == time():
        found = found.date()
    return str(found.isoformat()) if isinstance(found, date | time) else str(found)


def _column(letters: str) -> int:
    """A → 1, AA → 27; 0 for what is no column, whose cell then is the one after the last."""
    if not _COLUMN.fullmatch(letters):
        return 0
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _swallowed(number: int, merges: Sequence[Box]) -> list[int]:
    """The columns of a row that belong to a merged cell which begins elsewhere."""
    here = [box for box in merges if box[1] <= number <= box[3]]
    return [
        column for left, top, right, _ in here for column in range(left, right + 1) if (column, number) != (left, top)
    ]


def _parse(
    part: bytes,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Names reach the handlers without their namespace. Raises `SheetUnreadable` for a document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    local: dict[str, str] = {}

    def name_of(name: str) -> str:
        return local.get(name) or local.setdefault(name, name.rsplit(" ", 1)[-1])

    def refuse(*_: object) -> None:
        raise SheetUnreadable

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(name_of(name), attributes)
    if end is not None:
        finish = end
        parser.EndElementHandler = lambda name: finish(name_of(name))
    if text is not None:
        parser.CharacterDataHandler = text
    parser.Parse(part, True)
