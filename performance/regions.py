"""Region profiles: classes, thresholds, duties and rules of a region's policy, as versioned data files.

A profile is `profiles/<region>.v<version>.json`. A contract keeps the version it was entered under, so an old
decision can be explained by the rules of its day; a change of policy is a new file, never an edit.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from accounts.policy import OrganisationKind
from core.money import Money
from performance.due_dates.calendar import HolidayCalendar
from performance.errors import ClassUnknown, FormUnknown, ProfileInvalid, RegionUnknown

PROFILES = Path(__file__).parent / "profiles"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ContractClass(_Data):
    """A class of contracts. With a `threshold` (decimal CNY) the duty starts at that figure, itself included (以上)."""

    code: str
    zh: str
    en: str
    threshold: str | None
    clause: str


class Form(_Data):
    code: str
    zh: str
    en: str


class Duty(_Data):
    """Something to be done within `days` of signing.

    It binds `reporters` (kinds of organisation; `who_zh`, `who_en` in the policy's words) for `classes`; an empty list
    is all of them. `met_by` says what fulfils it. `verify` is what a lawyer still has to look at.
    """

    code: str
    zh: str
    en: str
    days: int
    unit: Literal["calendar_days", "working_days"]
    basis: str
    met_by: Literal["registration", "publication"]
    classes: tuple[str, ...]
    reporters: tuple[OrganisationKind, ...]
    who_zh: str
    who_en: str
    verify: str


class Rule(_Data):
    """Why the system decides as it does: the clause and its words."""

    zh: str
    en: str
    clause: str


class RegionProfile(_Data):
    """One region's policy in one version."""

    region: str
    version: int
    zh: str
    en: str
    source: str
    effective_from: str
    classes: tuple[ContractClass, ...]
    forms: tuple[Form, ...]
    duties: tuple[Duty, ...]
    rules: dict[str, Rule]

    def contract_class(self, code: str) -> ContractClass:
        """Raises `ClassUnknown`."""
        for found in self.classes:
            if found.code == code:
                return found
        known = ", ".join(found.code for found in self.classes)
        raise ClassUnknown(region=self.region, class_code=code, known=known)

    def check_form(self, code: str) -> None:
        """Raises `FormUnknown`."""
        if code not in {form.code for form in self.forms}:
            raise FormUnknown(form=code, known=", ".join(form.code for form in self.forms))


@dataclass(frozen=True, slots=True)
class ReportingDuty:
    """Whether a contract must be reported under its class, and the clause that says so."""

    is_required: bool
    threshold: Money | None
    clause: str
    source: str


def reporting_duty(profile: RegionProfile, class_code: str, amount: Money | None) -> ReportingDuty:
    """Applies the class's threshold. A contract without an amount is reported: it can't be shown to be below."""
    found = profile.contract_class(class_code)
    threshold = Money.parse(found.threshold) if found.threshold is not None else None
    is_below = threshold is not None and amount is not None and amount.minor < threshold.minor
    return ReportingDuty(not is_below, threshold, found.clause, profile.source)


class RegionProfiles:
    """All profiles of a folder, read once and checked, and the calendar their periods are counted by."""

    def __init__(
        self, folder: Path = PROFILES, default: str = "yulin", calendar: HolidayCalendar | None = None
    ) -> None:
        self._folder = folder
        self._default = default
        self.calendar = calendar or HolidayCalendar()

    @cached_property
    def _profiles(self) -> dict[tuple[str, int], RegionProfile]:
        profiles = [_read(path) for path in sorted(self._folder.glob("*.v*.json"))]
        return {(profile.region, profile.version): profile for profile in profiles}

    def current(self, region: str) -> RegionProfile:
        """The newest version. Raises `RegionUnknown`."""
        versions = [version for name, version in self._profiles if name == region]
        if not versions:
            known = ", ".join(sorted({name for name, _ in self._profiles}))
            raise RegionUnknown(region=region, known=known)
        return self._profiles[region, max(versions)]

    def all_current(self) -> list[RegionProfile]:
        """The newest version of every region."""
        return [self.current(region) for region in sorted({name for name, _ in self._profiles})]

    def for_organisation_in(self, region: str) -> RegionProfile:
        """The profile of the organisation's region, or of the default one: a signed contract must find a home."""
        is_known = any(name == region for name, _ in self._profiles)
        return self.current(region if is_known else self._default)

    def version(self, region: str, version: int) -> RegionProfile:
        """The version a contract was entered under. Raises `RegionUnknown`."""
        profile = self._profiles.get((region, version))
        if profile is None:
            known = ", ".join(f"{name} v{number}" for name, number in sorted(self._profiles))
            raise RegionUnknown(region=f"{region} v{version}", known=known)
        return profile


REQUIRED_RULES = frozenset(
    {"scheduled", "overdue", "supervision", "met_after_supervision", "termination", "breach", "exemption"}
)


def _read(path: Path) -> RegionProfile:
    """Raises `ProfileInvalid` for a file that doesn't fit, or whose name doesn't say what it holds."""
    try:
        profile = RegionProfile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ProfileInvalid(file=path.name, reason=str(error.errors()[0]["msg"])) from error
    if path.name != f"{profile.region}.v{profile.version}.json":
        raise ProfileInvalid(file=path.name, reason="its name is not <region>.v<version>.json")
    missing = REQUIRED_RULES - set(profile.rules)
    if missing:
        raise ProfileInvalid(file=path.name, reason=f"rules are missing: {', '.join(sorted(missing))}")
    unknown = {code for duty in profile.duties for code in duty.classes} - {found.code for found in profile.classes}
    if unknown:
        raise ProfileInvalid(file=path.name, reason=f"duties name unknown classes: {', '.join(sorted(unknown))}")
    for found in profile.classes:
        if found.threshold is not None:
            Money.parse(found.threshold)
    return profile
