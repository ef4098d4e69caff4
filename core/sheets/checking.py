"""What every sheet of rows has in common: which column is which, and what is wrong with a row. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

from core.errors import DingyueError, Language, all_error_classes
from core.sheets.errors import (
    CellErrorValue,
    CellFormula,
    CellMerged,
    CellRounded,
    CellTooLong,
    SheetHeadInvalid,
)
from core.sheets.sheet import Flaw, SheetRow
from core.sheets.workbook import LONGEST_CELL

FLAWS: Mapping[Flaw, DingyueError] = {
    Flaw.FORMULA: CellFormula(),
    Flaw.MERGED: CellMerged(),
    Flaw.ERROR_VALUE: CellErrorValue(),
    Flaw.ROUNDED: CellRounded(),
    Flaw.TOO_LONG: CellTooLong(longest=LONGEST_CELL),
}


class SheetColumn(Protocol):
    """A column that a sheet may have. `key` names its cells; `heads` is all that may stand above it."""

    @property
    def key(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def heads(self) -> tuple[str, ...]: ...
    def head(self, language: Language) -> str: ...


Column = TypeVar("Column", bound=SheetColumn)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: in which column (None: in all of it), and how. A warning leaves the row valid."""

    column: str | None
    error: DingyueError
    is_warning: bool = False

    def stored(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "code": self.error.code,
            "facts": self.error.facts,
            "is_warning": self.is_warning,
        }

    @classmethod
    def of_stored(cls, stored: Mapping[str, Any]) -> "Problem":
        return cls(stored["column"], error_of(stored), stored["is_warning"])


def error_of(stored: Mapping[str, Any]) -> DingyueError:
    """An error that was kept as its code and facts."""
    return _class_of(stored["code"])(**stored["facts"])


@cache
def _class_of(code: str) -> type[DingyueError]:
    return next((error for error in all_error_classes() if error.code == code), DingyueError)


def match_head(head: Sequence[str], expected: Sequence[Column]) -> dict[int, Column]:
    """Which column of the sheet is which; heads may be Chinese or English, and may end in `*`.

    Raises `SheetHeadInvalid` for heads that are missing, unknown, or there twice. What is optional may be missing.
    """
    by_head = {_plain(name): column for column in expected for name in column.heads}
    matched: dict[int, Column] = {}
    unknown, repeated = [], []
    for index, text in enumerate(head):
        column = by_head.get(_plain(text))
        if column is None:
            unknown += [text[:60]] if text else []
        elif column in matched.values():
            repeated.append(text[:60])
        else:
            matched[index] = column
    missing = [column.zh for column in expected if column.is_required and column not in matched.values()]
    if missing or unknown or repeated:
        raise SheetHeadInvalid(missing=_listed(missing), unknown=_listed(unknown), repeated=_listed(repeated))
    return matched


def misplaced(matched: Mapping[int, SheetColumn], row: SheetRow) -> list[Problem]:
    """Text in a column without a head would be lost: somebody meant something by it."""
    if any(text and index not in matched for index, text in enumerate(row.cells)):
        return [Problem(None, SheetHeadInvalid(missing="—", unknown="(空 empty)", repeated="—"))]
    return []


def _plain(head: str) -> str:
    """Full-width characters, spaces and the asterisk of a required column make no difference."""
    return unicodedata.normalize("NFKC", head).replace(" ", "").rstrip("*")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} …" if len(names) > 10 else shown or "—"
