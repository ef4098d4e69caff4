"""Pure decisions about uploads: what is wrong with a row, what contract it is, and the states of rows. No I/O.

row    bad
       ready ──▶ chosen ──▶ registered        (the choice is a person's, the rest is the system's)
       warned ─▶ chosen   once its warning is acknowledged
       chosen ─▶ bad | warned   if another entry took its number, or looks the same, in the meantime
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from accounts.policy import check_uscc
from accounts.service import check_phone
from core.errors import DingyueError
from core.money import Money
from core.sheets.checking import FLAWS, Problem, misplaced
from core.sheets.errors import CellMissing
from core.sheets.sheet import SheetRow
from performance import intake
from performance.errors import DueBeforeSigning, SignedInFuture
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.policy import ObligationKind, PartyRole
from performance.regions import RegionProfiles
from performance.register import cells as read
from performance.register.columns import KINDS, MILESTONE_PARTS, MOST_MILESTONES, SIDES, UploadColumn, milestone_key
from performance.register.duplicates import Likeness, likeness
from performance.register.errors import (
    CellTextTooLong,
    MilestoneIncomplete,
    RowLooksDuplicate,
    RowNumberRepeated,
)
from performance.register.filing import FilingVerdict, assess, check_reason, duties_of
from performance.register.owning import reporting_unit
from performance.register.repository import Unit

MOST_ROWS = 10_000


class RowState(StrEnum):
    BAD = "bad"
    WARNED = "warned"
    READY = "ready"
    CHOSEN = "chosen"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row with what is wrong with it; `cells` are its texts by column key. `elements` and `unit` are None of one that
    can't become a contract."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]
    elements: ContractElements | None = None
    unit: Unit | None = None

    @property
    def state(self) -> RowState:
        if not self.problems:
            return RowState.READY
        return RowState.WARNED if all(problem.is_warning for problem in self.problems) else RowState.BAD

    def with_problem(self, problem: Problem) -> "CheckedRow":
        return replace(self, problems=(*self.problems, problem))


@dataclass(slots=True)
class RowChecker:
    """Knows whose sheet it is: the profile's choices, the units the actor reports for (its own first), and today."""

    profiles: RegionProfiles
    region: str
    version: int
    units: Sequence[Unit]
    today: date
    _codes: dict[str, tuple[dict[str, str], str]] = field(init=False)
    _by_uscc: dict[str, Unit] = field(init=False)
    _verdicts: dict[tuple[str, date], FilingVerdict] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        profile = self.profiles.version(self.region, self.version)
        kinds = [(str(kind), *names) for kind, names in KINDS.items()]
        sides = [(str(side), *names) for side, names in SIDES.items()]
        self._codes = {
            "class_code": _choices([(each.code, each.zh, each.en) for each in profile.classes]),
            "form": _choices([(each.code, each.zh, each.en) for each in profile.forms]),
            "kind": _choices(kinds),
            "debtor": _choices(sides),
        }
        self._by_uscc = {unit.uscc: unit for unit in self.units}

    def check(self, columns: Sequence[UploadColumn], number: int, cells: Mapping[str, str]) -> CheckedRow:
        """Of a row whose cells have no flaw: every problem of its cells, or else those of the whole."""
        values, problems = self._values(columns, cells)
        elements = None if problems else self._elements(values, problems)
        if elements is None or problems:
            return CheckedRow(number, cells, tuple(problems))
        try:
            intake.check_elements(elements, self.today)
            unit = reporting_unit(
                self._by_uscc, self.units[0].uscc, [party.uscc for party in elements.parties], elements.unit_uscc
            )
        except DingyueError as error:
            return CheckedRow(number, cells, (Problem(_column_of(error, elements), error),))
        try:
            check_reason(self.filing(elements, unit), elements.late_reason)
        except DingyueError as error:
            return CheckedRow(number, cells, (Problem("late_reason", error),))
        return CheckedRow(number, cells, (), elements, unit)

    def filing(self, elements: ContractElements, unit: Unit) -> list[FilingVerdict]:
        """How registering it today stands to the unit's duties; rows of one day share the count."""
        if elements.signed_on is None:
            return []
        profile = self.profiles.version(self.region, self.version)
        kind = intake.kind_of_party(unit.uscc, unit.kind)
        found = []
        for duty in duties_of(profile, elements.class_code, elements.amount, kind):
            key = (duty.code, elements.signed_on)
            if key not in self._verdicts:
                self._verdicts[key] = assess(duty, elements.signed_on, self.today, self.profiles.calendar)
            found.append(self._verdicts[key])
        return found

    def _values(
        self, columns: Sequence[UploadColumn], cells: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for column in columns:
            text = cells.get(column.key, "")
            if not text:
                if column.is_required:
                    problems.append(Problem(column.key, CellMissing()))
                continue
            try:
                values[column.key] = self._value(column, text)
            except DingyueError as error:
                problems.append(Problem(column.key, error))
        return values, problems

    def _value(self, column: UploadColumn, text: str) -> Any:
        what = _what(column.key)
        if what in {"signed_on", "performance_due_on", "due_on"}:
            return read.day(text)
        if what == "amount":
            return read.amount(text)
        if what.endswith("uscc"):
            return check_uscc(read.code(text))
        if what.endswith("phone"):
            return check_phone(read.code(text))
        if what in self._codes:
            return read.choice(text, *self._codes[what])
        if len(text) > column.longest:
            raise CellTextTooLong(longest=column.longest)
        return text

    def _elements(self, values: Mapping[str, Any], problems: list[Problem]) -> ContractElements | None:
        obligations = []
        for position in range(1, MOST_MILESTONES + 1):
            given = {part: values.get(milestone_key(position, part)) for part in MILESTONE_PARTS}
            if all(value is None for value in given.values()):
                continue
            if any(given[part] is None for part in MILESTONE_PARTS if part != "amount"):
                problems.append(Problem(milestone_key(position, "title"), MilestoneIncomplete(position=position)))
                continue
            obligations.append(_obligation(given))
        if problems:
            return None
        return ContractElements(
            title=values["title"],
            class_code=values["class_code"],
            parties=(_party(values, PartyRole.PURCHASER), _party(values, PartyRole.SUPPLIER)),
            obligations=tuple(obligations),
            summary=values.get("summary", ""),
            amount=values.get("amount"),
            form=values.get("form", "contract"),
            number=values["number"],
            region=self.region,
            signed_on=values["signed_on"],
            performance_due_on=values.get("performance_due_on"),
            unit_uscc=values.get("unit_uscc"),
            late_reason=values.get("late_reason", ""),
        )


def check_rows(checker: RowChecker, matched: Mapping[int, UploadColumn], rows: Sequence[SheetRow]) -> list[CheckedRow]:
    """Every row with all that is wrong with its cells, and what it shares with rows above it."""
    columns = list(matched.values())
    numbers: dict[tuple[str, str], int] = {}
    seen: dict[Likeness, int] = {}
    checked = []
    for row in rows:
        last = len(row.cells)
        cells = {column.key: row.cells[at] for at, column in matched.items() if at < last and row.cells[at]}
        flawed = [Problem(matched[index].key, FLAWS[flaw]) for index, flaw in row.flaws if index in matched]
        flawed += misplaced(matched, row)
        found = checker.check(columns, row.number, cells)
        if flawed:
            told = {problem.column for problem in flawed}
            rest = tuple(problem for problem in found.problems if problem.column not in told)
            found = CheckedRow(row.number, cells, (*flawed, *rest))
        checked.append(_compared(found, numbers, seen))
    return checked


def _compared(row: CheckedRow, numbers: dict[tuple[str, str], int], seen: dict[Likeness, int]) -> CheckedRow:
    """With what it shares with a row above that can become a contract."""
    if row.elements is None or row.unit is None:
        return row
    other = numbers.setdefault((row.unit.uscc, row.elements.number or ""), row.number)
    if other != row.number:
        return row.with_problem(Problem("number", RowNumberRepeated(other=other)))
    same = likeness(row.elements)
    other = seen.setdefault(same, row.number) if same is not None else row.number
    return row if other == row.number else row.with_problem(Problem(None, RowLooksDuplicate(other=other), True))


def _what(key: str) -> str:
    """What a column holds: a milestone's part, or its key."""
    return key.split("_", 2)[2] if key.startswith("milestone_") else key


def _choices(options: Sequence[tuple[str, ...]]) -> tuple[dict[str, str], str]:
    """What may be written, in lower case, and how it is told."""
    known = {name.casefold(): names[0] for names in options for name in names}
    return known, "、".join(names[1] for names in options)


def _party(values: Mapping[str, Any], role: PartyRole) -> PartyElement:
    contact = ContactElement(values[f"{role}_contact"], values[f"{role}_phone"])
    return PartyElement(role, values[f"{role}_name"], values[f"{role}_uscc"], (contact,))


def _obligation(given: Mapping[str, Any]) -> ObligationElement:
    amount: Money | None = given["amount"]
    kind, debtor = ObligationKind(given["kind"]), PartyRole(given["debtor"])
    return ObligationElement(kind, given["title"], debtor, given["due_on"], amount)


def _column_of(error: DingyueError, elements: ContractElements) -> str | None:
    """Where a problem of the whole shows, if it has one place."""
    if isinstance(error, SignedInFuture):
        return "signed_on"
    if isinstance(error, DueBeforeSigning) and elements.signed_on is not None:
        for position, obligation in enumerate(elements.obligations, start=1):
            if obligation.named_day is not None and obligation.named_day < elements.signed_on:
                return milestone_key(position, "due_on")
        return "performance_due_on"
    return "unit_uscc" if error.code in {"unit_not_subordinate", "unit_ambiguous"} else None
