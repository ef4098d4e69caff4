"""What the use cases of bulk sends work with."""

from dataclasses import dataclass
from datetime import timedelta

from core.sheets.sandboxed import SheetReader
from signing.context import SigningContext


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkContext:
    """Put together once, by `app`.

    `row_lifetime` is how long a worker may own a row before another may take over; longer than the lease on the
    envelope itself, so that who takes over a row finds its envelope free. `batch` is how many rows one call sends.
    """

    signing: SigningContext
    read: SheetReader
    row_lifetime: timedelta = timedelta(minutes=2)
    batch: int = 50
