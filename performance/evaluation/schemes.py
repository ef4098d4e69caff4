"""Evaluation schemes: weights, bounds, comment period and rates of a region, as versioned data files.

A scheme is `schemes/<region>.v<version>.json`. An evaluation keeps the version it was opened under, so that an old
grade is explained by the rules of its day; a change is a new file, never an edit.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from performance.errors import RegionUnknown
from performance.evaluation.errors import KPIUnknown, SchemeInvalid
from performance.evaluation.policy import FULL_POINTS, Factor, Grade

SCHEMES = Path(__file__).parent / "schemes"
DEFAULT = "default"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Data):
    zh: str
    en: str


class CommentPeriod(_Data):
    """How long the evaluated party may comment, counted as 民法典 §200–204 counts, and where that stands."""

    days: int = Field(ge=1)
    unit: Literal["calendar_days", "working_days"]
    basis: str


class Rates(_Data):
    """The least part of the contracted volume that must be delivered, in whole per cent, and the source."""

    month: int = Field(ge=0, le=100)
    quarter: int = Field(ge=0, le=100)
    year: int = Field(ge=0, le=100)
    prompt_days: int = Field(ge=1, description="Calendar days a party has to report after it was prompted")
    source: str


class Scheme(_Data):
    """One region's way to evaluate in one version. `weights` has a `default` and what classes have of their own."""

    region: str
    version: int
    source: str
    clause: str
    effective_from: str
    factors: dict[Factor, Words]
    weights: dict[str, dict[Factor, int]]
    bounds: dict[Grade, int]
    comment: CommentPeriod
    rates: dict[str, Rates]

    @property
    def name(self) -> str:
        return f"{self.region}.v{self.version}"

    def weights_for(self, class_code: str | None) -> dict[Factor, int]:
        """The class's own weights, or the default ones."""
        return self.weights.get(class_code or DEFAULT, self.weights[DEFAULT])

    def rates_for(self, class_code: str | None) -> Rates:
        """Raises `KPIUnknown` for a class without rates."""
        found = self.rates.get(class_code or DEFAULT)
        if found is None:
            raise KPIUnknown(scheme=self.name, class_code=class_code or "-")
        return found


@dataclass(frozen=True)
class Schemes:
    """All schemes of a folder, read once and checked."""

    folder: Path = SCHEMES

    @cached_property
    def _schemes(self) -> dict[tuple[str, int], Scheme]:
        found = [_read(path) for path in sorted(self.folder.glob("*.v*.json"))]
        return {(scheme.region, scheme.version): scheme for scheme in found}

    def current(self, region: str) -> Scheme:
        """The newest version. Raises `RegionUnknown`."""
        versions = [version for name, version in self._schemes if name == region]
        return self.version(region, max(versions, default=0))

    def version(self, region: str, version: int) -> Scheme:
        """The version an evaluation was opened under. Raises `RegionUnknown`."""
        found = self._schemes.get((region, version))
        if found is None:
            known = ", ".join(sorted(scheme.name for scheme in self._schemes.values()))
            raise RegionUnknown(region=region, known=known)
        return found


def _read(path: Path) -> Scheme:
    """Raises `SchemeInvalid` for a file that doesn't fit, whose name doesn't say what it holds, or that can't grade."""
    try:
        scheme = Scheme.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise SchemeInvalid(file=path.name, reason=str(error.errors()[0]["msg"])) from error
    problem = _problem(scheme, path.name)
    if problem is not None:
        raise SchemeInvalid(file=path.name, reason=problem)
    return scheme


def _problem(scheme: Scheme, file_name: str) -> str | None:
    if file_name != f"{scheme.name}.json":
        return "its name is not <region>.v<version>.json"
    if set(scheme.factors) != set(Factor):
        return "a factor has no words"
    if DEFAULT not in scheme.weights:
        return "there are no default weights"
    for code, weights in scheme.weights.items():
        if sum(weights.values()) != FULL_POINTS or min(weights.values()) < 0:
            return f"the weights of {code} are not whole per cents that make 100"
    bounds = [scheme.bounds.get(grade, -1) for grade in (Grade.EXCELLENT, Grade.GOOD, Grade.FAIR)]
    if not FULL_POINTS >= bounds[0] > bounds[1] > bounds[2] > 0 or Grade.POOR in scheme.bounds:
        return "the bounds don't fall from excellent over good to fair"
    return None
