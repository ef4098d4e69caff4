"""What the use cases of the register work with; put together once, by `app`."""

from dataclasses import dataclass, field

from core.objects import Objects
from core.sheets.sandboxed import SheetReader
from core.unit_of_work import UnitOfWorkFactory
from performance.regions import RegionProfiles
from performance.register.add_signed_file import Validate


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContext:
    """`read` reads a stranger's sheet and `validate` judges a PDF; both have no effects and run in the sandbox.

    `chunk` is how many rows of an upload one transaction registers.
    """

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    read: SheetReader
    validate: Validate
    profiles: RegionProfiles = field(default_factory=RegionProfiles)
    chunk: int = 500
