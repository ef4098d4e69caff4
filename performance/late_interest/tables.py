"""Tables of rates and the rules that choose one: versioned data with their sources. A change is a new file."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from performance.late_interest.errors import RateTableInvalid, RateUnknown

RATES = Path(__file__).parent / "rates"
LPR = "lpr_1y"
Data = TypeVar("Data", bound=BaseModel)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Data):
    """A yearly rate (0.03 is 3 %) from the day of its publication on."""

    first: date = Field(alias="from")
    rate: Decimal = Field(gt=0, lt=1)


class RateTable(_Data):
    """After `known_to` the last rate goes on, and whatever uses it is provisional."""

    code: str
    version: int
    zh: str
    en: str
    source: str
    verify: str
    known_to: date
    days_in_year: int = Field(ge=360, le=366)
    rates: tuple[Rate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        days = [rate.first for rate in self.rates]
        if days != sorted(set(days)):
            raise ValueError("the rates are in the order of their days")
        return self

    @property
    def name(self) -> str:
        return f"{self.code}.v{self.version}"

    def on(self, day: date) -> Decimal:
        """Raises `RateUnknown` for a day before the table."""
        place = bisect_right([rate.first for rate in self.rates], day)
        if place == 0:
            raise RateUnknown(table=self.name, day=day.isoformat(), first=self.rates[0].first.isoformat())
        return self.rates[place - 1].rate


class Rule(_Data):
    zh: str
    en: str
    clause: str


class DailyRule(Rule):
    daily: Decimal


class MultipleRule(Rule):
    multiple: Decimal


class Rules(_Data):
    """`default` is also what the pages show a contract that says nothing."""

    version: int
    verify: str
    agreed: Rule
    floor: Rule
    sme: DailyRule
    default: MultipleRule


@dataclass(frozen=True)
class RateTables:
    """The newest version of each file, read once."""

    folder: Path = RATES

    @cached_property
    def lpr(self) -> RateTable:
        """Raises `RateTableInvalid`."""
        tables = [_read(path, RateTable) for path in self.folder.glob(f"{LPR}.v*.json")]
        return max(tables, key=lambda table: table.version)

    @cached_property
    def rules(self) -> Rules:
        """Raises `RateTableInvalid`."""
        return max((_read(path, Rules) for path in self.folder.glob("rules.v*.json")), key=lambda each: each.version)


def _read(path: Path, kind: type[Data]) -> Data:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RateTableInvalid(file=path.name, reason=str(error.errors()[0]["msg"])) from error
