"""Time limits of the procedure and ways to contest, as versioned data of a region.

A determination keeps the version of its opening. `verify` says what of it is the platform's own assumption.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from performance.errors import RegionUnknown

LIMITS = Path(__file__).parent / "limit_tables"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Data):
    days: int
    unit: Literal["calendar_days", "working_days"]
    basis: str


class Remedy(_Data):
    """A way to contest a determination, as the document names it."""

    zh: str
    en: str
    basis: str


class Limits(_Data):
    """`defence` runs from the notice, `objection` from the service."""

    region: str
    version: int
    source: str
    verify: str
    defence: Limit
    objection: Limit
    remedies: tuple[Remedy, ...]


def current_limits(region: str, folder: Path = LIMITS) -> Limits:
    """The newest version. Raises `RegionUnknown`."""
    found = [Limits.model_validate_json(path.read_bytes()) for path in folder.glob("*.v*.json")]
    versions = {each.version: each for each in found if each.region == region}
    if not versions:
        raise RegionUnknown(region=region, known=", ".join(sorted({each.region for each in found})))
    return versions[max(versions)]


def limits_of(region: str, version: int, folder: Path = LIMITS) -> Limits:
    """Of the day a determination was opened. Raises `FileNotFoundError`: such a file is never taken away."""
    return Limits.model_validate_json((folder / f"{region}.v{version}.json").read_bytes())
