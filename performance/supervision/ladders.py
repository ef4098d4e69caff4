"""The escalation ladder and its tolerances, as versioned data of a region.

A ladder is `ladders/<region>.v<version>.json`. A case keeps the version it was opened under, so that a step is
explained by the rules of its day; a change is a new file, never an edit. What the region's policy doesn't say is the
platform's own assumption: `verify` says so, wherever the ladder is shown.
"""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.money import Money
from performance.errors import ProfileInvalid, RegionUnknown
from performance.policy import StepKind

LADDERS = Path(__file__).parent / "ladders"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Worded(_Data):
    zh: str
    en: str
    clause: str


class Repeated(_Worded):
    """一再爽约: `failures` of the same party within `within_days` before, or `failed_rectifications` in this case."""

    failures: int
    within_days: int
    failed_rectifications: int


class Tolerance(_Worded):
    """容错: where it applies, only the steps in `allows` may be taken. It never applies to repeated failure.

    `is_first_only`: for a party without another failure. `days_at_most`: days late. `amount_below`: decimal CNY; an
    obligation whose amount isn't known is not small.
    """

    code: str
    is_first_only: bool
    days_at_most: int | None
    amount_below: str | None
    allows: tuple[StepKind, ...]


class Rung(_Worded):
    """A step of the ladder: open `after_days` of delay and `wait_days` after the first of any step it `requires`.

    `is_straight_when_repeated`: repeated failure needs neither.
    """

    step: StepKind
    after_days: int
    requires: tuple[StepKind, ...]
    wait_days: int
    is_straight_when_repeated: bool


class Ladder(_Data):
    region: str
    version: int
    source: str
    verify: str
    publication_days: int
    repeated: Repeated
    tolerances: tuple[Tolerance, ...]
    rungs: tuple[Rung, ...]

    def rung(self, step: StepKind) -> Rung:
        return next(rung for rung in self.rungs if rung.step is step)


def current_ladder(region: str, folder: Path = LADDERS) -> Ladder:
    """The newest version. Raises `RegionUnknown` or `ProfileInvalid`."""
    found = _all(folder)
    versions = [version for name, version in found if name == region]
    if not versions:
        raise RegionUnknown(region=region, known=", ".join(sorted({name for name, _ in found})))
    return found[region, max(versions)]


def ladder_of(region: str, version: int, folder: Path = LADDERS) -> Ladder:
    """Of the day a case was opened. Raises `RegionUnknown`: such a file is never taken away."""
    found = _all(folder).get((region, version))
    if found is None:
        raise RegionUnknown(region=f"{region} v{version}", known=", ".join(f"{name} v{n}" for name, n in _all(folder)))
    return found


@cache
def _all(folder: Path) -> dict[tuple[str, int], Ladder]:
    ladders = [_read(path) for path in sorted(folder.glob("*.v*.json"))]
    return {(ladder.region, ladder.version): ladder for ladder in ladders}


def _read(path: Path) -> Ladder:
    """Raises `ProfileInvalid`: every step has its rung, and the register relies on the first being a reminder."""
    try:
        ladder = Ladder.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ProfileInvalid(file=path.name, reason=str(error.errors()[0]["msg"])) from error
    if path.name != f"{ladder.region}.v{ladder.version}.json":
        raise ProfileInvalid(file=path.name, reason="its name is not <region>.v<version>.json")
    steps = [rung.step for rung in ladder.rungs]
    if sorted(steps) != sorted(StepKind) or steps[0] is not StepKind.REMINDER or ladder.rungs[0].requires:
        raise ProfileInvalid(file=path.name, reason="every step has one rung, and the first is a reminder")
    for tolerance in ladder.tolerances:
        if tolerance.amount_below is not None:
            Money.parse(tolerance.amount_below)
    return ladder
