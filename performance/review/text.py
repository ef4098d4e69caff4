"""A contract's text as rules read it, and where each piece of it stands. Pure.

The pages' texts are folded into one `body`: width and compatibility forms are the usual ones (NFKC, one character for
one), blanks that only pad are gone (甲 方 is 甲方, 2026 年 is 2026年), two or more become one, and lines that only
number a page are left out. Every character of the body knows its page and its place there, so that a rule's match is
told as page, characters and the words as they are written.

A row of a table is a line `| cell | cell |`: the reader of PDFs writes it so (`pdf_text`), plain texts may.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from performance.review.roles import SIGNATURE_LINE

_KEPT = set("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳²³…")
_PAGE_LINE = re.compile(
    r"[-—\s]*(?:第\s*([0-9]{1,4})\s*页\s*[,，/]?\s*(?:共\s*([0-9]{1,4})\s*页)?|([0-9]{1,4})\s*/\s*([0-9]{1,4})"
    r"|[-—]\s*([0-9]{1,4})\s*[-—])[-—\s]*"
)
_SENTENCE_END = re.compile(r"[。;!?\n]")
_MOST_QUOTED = 200
_HEAD = 0.4
"""Before this part of a text no signatures are looked for."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A page from 1. `is_readable` is false of a scan or of letters without meaning; `runs_on`: its last line goes on
    on the next page."""

    number: int
    text: str
    is_readable: bool = True
    runs_on: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a page's text as it was read, and the words there."""

    page: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the body (a sentence, a line, a cell of a table) from `start` on."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are written; the first usually names the columns."""

    rows: tuple[tuple[Passage, ...], ...]


@dataclass(frozen=True, slots=True)
class PageLabel:
    """What a page says of itself, 第 2 页 共 3 页, and where: `page` and `start` of its text."""

    number: int
    total: int | None
    page: int
    start: int
    text: str


class ContractText:
    """Pages, and the body folded out of them. Immutable once made."""

    def __init__(self, pages: Sequence[PageText]) -> None:
        self.pages = tuple(pages)
        self.labels: list[PageLabel] = []
        self._characters: list[str] = []
        self._origins = array("Q")
        self._starts: list[int] = []
        offset = 0
        for page in self.pages:
            self._starts.append(offset)
            for start, line in _lines(page.text):
                self._fold(page, start, line, offset)
            if page.runs_on and self._characters:
                self._characters.pop()
                self._origins.pop()
            offset += len(page.text) + 1
        self.body = "".join(self._characters)

    @classmethod
    def of(cls, text: str) -> "ContractText":
        """A plain text of one line a paragraph; a form feed begins a page."""
        return cls([PageText(number, page) for number, page in enumerate(text.split("\f"), start=1)])

    @property
    def unreadable_pages(self) -> tuple[int, ...]:
        return tuple(page.number for page in self.pages if not page.is_readable)

    @property
    def is_readable(self) -> bool:
        """Whether there is anything to review."""
        return bool(self.body.strip())

    @cached_property
    def sentences(self) -> tuple[Passage, ...]:
        """Up to 。；！？ or the end of a line, without it."""
        found, start = [], 0
        for end in (*(match.start() for match in _SENTENCE_END.finditer(self.body)), len(self.body)):
            if end > start:
                found.append(Passage(self.body[start:end], start))
            start = end + 1
        return tuple(found)

    @cached_property
    def lines(self) -> tuple[Passage, ...]:
        return tuple(Passage(line, start) for start, line in _lines(self.body) if line)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        tables: list[list[tuple[Passage, ...]]] = []
        is_open = False
        for line in self.lines:
            is_row = len(line.text) > 2 and line.text.startswith("|") and line.text.endswith("|")
            if is_row and not is_open:
                tables.append([])
            if is_row:
                tables[-1].append(_cells(line))
            is_open = is_row
        return tuple(Table(tuple(rows)) for rows in tables)

    @cached_property
    def signature_start(self) -> int:
        """Where the parties sign: the first line of 甲方（盖章）： and the like, or the end of the text."""
        for line in self.lines:
            if line.start > _HEAD * len(self.body) and SIGNATURE_LINE.match(line.text):
                return line.start
        return len(self.body)

    def span(self, start: int, end: int) -> Span:
        """Of a piece of the body. What runs over the end of a page is told up to there."""
        first, last = self._origins[start], self._origins[max(start, end - 1)]
        index = bisect_right(self._starts, first) - 1
        page, offset = self.pages[index], self._starts[index]
        begin, stop = first - offset, min(last - offset + 1, len(page.text))
        return Span(page.number, begin, stop, " ".join(page.text[begin:stop].split())[:_MOST_QUOTED])

    def _fold(self, page: PageText, start: int, line: str, offset: int) -> None:
        label = page_label(line)
        if label is not None:
            self.labels.append(PageLabel(*label, page.number, start, line))
            return
        for index, character in _folded(line):
            self._characters.append(character)
            self._origins.append(offset + start + index)
        self._characters.append("\n")
        self._origins.append(offset + start + len(line))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def page_label(line: str) -> tuple[int, int | None] | None:
    match = _PAGE_LINE.fullmatch(line)
    if match is None:
        return None
    total = match[2] or match[4]
    return int(match[1] or match[3] or match[5]), int(total) if total else None


def _folded(line: str) -> Iterator[tuple[int, str]]:
    """Each character that stays, and which of the line it is."""
    index, last = 0, ""
    stop = len(line.rstrip())
    while index < stop:
        if not line[index].isspace():
            last = _plain(line[index])
            yield index, last
            index += 1
            continue
        begin = index
        while line[index].isspace():
            index += 1
        is_wide = index - begin > 1 or line[begin] in "\t\u3000"
        if last and (is_wide or (_is_latin(last) and _is_latin(line[index]))):
            last = " "
            yield begin, last


def _plain(character: str) -> str:
    if character in _KEPT:
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _is_latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "|_")


def _cells(line: Passage) -> tuple[Passage, ...]:
    cells, start = [], line.start + 1
    for part in line.text[1:-1].split("|"):
        cells.append(Passage(part.strip(), start + len(part) - len(part.lstrip())))
        start += len(part) + 1
    return tuple(cells)
