"""A sheet as it was read: nothing but texts, and what was odd about a cell."""

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """Why a cell's text can't be relied on."""

    FORMULA = "formula"
    MERGED = "merged"
    ERROR_VALUE = "error_value"
    ROUNDED = "rounded"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`number` counts from 1 as the spreadsheet does, the head and empty rows included. Texts are stripped.

    `flaws` are (column, counted from 0; what is wrong with its cell).
    """

    number: int
    cells: tuple[str, ...]
    flaws: tuple[tuple[int, Flaw], ...] = ()

    @property
    def is_blank(self) -> bool:
        return not any(self.cells) and not self.flaws


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first row that isn't empty is the head; empty rows below it are left out."""

    head: tuple[str, ...]
    rows: tuple[SheetRow, ...]
