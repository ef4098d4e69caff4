"""Pure decisions about bulk sends: the columns of a sheet, what is wrong with a row, and the states of both. No I/O.

    row     invalid
            valid → queued → sending → sent | failed        failed → queued (retry)
              └───────┴──────────────→ cancelled            sending → queued (nothing answered: later)

A bulk send has no state of its own: it follows from its rows, so that the two can't differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.policy import check_uscc
from accounts.service import check_phone
from core.errors import DingyueError, Language
from core.sheets.checking import FLAWS, Problem, misplaced
from core.sheets.errors import CellMissing
from core.sheets.sheet import SheetRow
from signing.bulk.errors import RowDuplicate, RowExternalIdRepeated
from signing.plan import check_email, check_text
from signing.templates.policy import (
    LONGEST_VALUE,
    OPTIONAL,
    Filling,
    Known,
    TemplatePlan,
    check_filled,
    fill,
)

MOST_ATTEMPTS = 6
EXTERNAL_ID = "external_id"
_CHINESE = {
    "name": "姓名",
    "phone": "手机号",
    "email": "邮箱",
    "organisation_name": "单位名称",
    "uscc": "统一社会信用代码",
    EXTERNAL_ID: "外部编号",
}
_LONGEST = {"name": 100, "organisation_name": 200, EXTERNAL_ID: 100}


class RowState(StrEnum):
    INVALID = "invalid"
    VALID = "valid"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BulkState(StrEnum):
    """`ready`: checked, nothing is sent before it is confirmed; `done`: nothing waits any more."""

    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the English head and the name of the column's cells; `zh` is the Chinese head.

    `role` is whose column it is, None for a value of the sender's own and for the external id.
    """

    key: str
    zh: str
    what: str
    role: str | None
    is_required: bool

    @property
    def heads(self) -> tuple[str, ...]:
        """All that may stand above it."""
        mixed = () if self.role is None else (f"{self.role}.{_CHINESE[self.what]}",)
        return (self.key, self.zh, *mixed)

    def head(self, language: Language) -> str:
        return self.zh if language == "zh" else self.key


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row with what is wrong with it; `cells` are its texts by column key."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def state(self) -> RowState:
        return RowState.VALID if all(problem.is_warning for problem in self.problems) else RowState.INVALID


def bulk_state(counts: Mapping[RowState, int], *, is_confirmed: bool, is_cancelled: bool) -> BulkState:
    """`counts` is how many rows are in each state."""
    if counts.get(RowState.QUEUED, 0) + counts.get(RowState.SENDING, 0):
        return BulkState.SENDING
    if is_cancelled:
        return BulkState.CANCELLED
    return BulkState.DONE if is_confirmed else BulkState.READY


def next_attempt(attempts: int, now: datetime) -> datetime:
    """When to try again what didn't answer for the `attempts`-th time: half a minute, then twice as long each time."""
    return now + timedelta(seconds=30 * 2 ** (attempts - 1))


def columns(plan: TemplatePlan) -> list[Column]:
    """What a sheet for this template has: the external id, what is open of each recipient, and the values."""
    found = [Column(EXTERNAL_ID, _CHINESE[EXTERNAL_ID], EXTERNAL_ID, None, is_required=False)]
    for role in plan.roles:
        found += [
            Column(
                f"{role.key}.{what}", f"{role.label or role.key}.{_CHINESE[what]}", what, role.key, what not in OPTIONAL
            )
            for what in role.open
        ]
    return [*found, *(Column(name, name, "value", None, is_required=True) for name in plan.value_names)]


def check_rows(
    plan: TemplatePlan, matched: Mapping[int, Column], rows: Sequence[SheetRow], now: datetime
) -> list[CheckedRow]:
    """Every row with all that is wrong with its cells, and what it shares with rows above it."""
    checked = []
    by_external_id: dict[str, int] = {}
    by_phones: dict[tuple[str, ...], int] = {}
    phones = [column.key for column in matched.values() if column.what == "phone"]
    for row in rows:
        cells = {column.key: row.cells[index] if index < len(row.cells) else "" for index, column in matched.items()}
        problems = [problem for problem in _cell_problems(matched, row, cells) if problem is not None]
        problems += misplaced(matched, row)
        if not problems:
            problems += _row_problems(plan, matched, cells, now)
        problems += _repeated(row.number, cells.get(EXTERNAL_ID, ""), by_external_id)
        problems += _duplicate(row.number, tuple(cells[key] for key in phones), by_phones)
        checked.append(CheckedRow(row.number, cells, tuple(problems)))
    return checked


def filling(columns: Sequence[Column], cells: Mapping[str, str], *, is_test: bool) -> Filling:
    """What a row fills into the template."""
    recipients: dict[str, dict[str, str]] = {}
    values: dict[str, str] = {}
    for column in columns:
        text = cells.get(column.key, "")
        if text and column.role is not None:
            recipients.setdefault(column.role, {})[column.what] = text
        elif text and column.what == "value":
            values[column.key] = text
    return Filling(
        recipients={key: Known(**known) for key, known in recipients.items()},
        values=values,
        external_id=cells.get(EXTERNAL_ID) or None,
        is_test=is_test,
    )


def _cell_problems(matched: Mapping[int, Column], row: SheetRow, cells: Mapping[str, str]) -> list[Problem | None]:
    flaws = dict(row.flaws)
    return [
        Problem(column.key, FLAWS[flaws[index]]) if index in flaws else _cell_problem(column, cells[column.key])
        for index, column in matched.items()
    ]


def _cell_problem(column: Column, text: str) -> Problem | None:
    if not text:
        return Problem(column.key, CellMissing()) if column.is_required else None
    try:
        if column.what == "phone":
            check_phone(text)
        elif column.what == "uscc":
            check_uscc(text)
        elif column.what == "email":
            check_email(text)
        else:
            check_text(column.key, text, _LONGEST.get(column.what, LONGEST_VALUE))
    except DingyueError as error:
        return Problem(column.key, error)
    return None


def _row_problems(
    plan: TemplatePlan, matched: Mapping[int, Column], cells: Mapping[str, str], now: datetime
) -> list[Problem]:
    """Of cells that are right each by itself: a title they make too long, for one."""
    try:
        check_filled(fill(plan, filling(list(matched.values()), cells, is_test=False), now))
    except DingyueError as error:
        return [Problem(None, error)]
    return []


def _repeated(number: int, external_id: str, seen: dict[str, int]) -> list[Problem]:
    other = seen.setdefault(external_id, number) if external_id else number
    return [] if other == number else [Problem(EXTERNAL_ID, RowExternalIdRepeated(other=other))]


def _duplicate(number: int, phones: tuple[str, ...], seen: dict[tuple[str, ...], int]) -> list[Problem]:
    other = seen.setdefault(phones, number) if any(phones) else number
    return [] if other == number else [Problem(None, RowDuplicate(other=other), is_warning=True)]
