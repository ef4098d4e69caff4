"""What the log tells of itself besides its tiles."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from ledger.rotate_key import LogKeyRotation


class KeyRotation(BaseModel):
    """`statement` is a C2SP signed note by both keys that says the same; check it rather than believe us.

    The successor signs every checkpoint of at least `first_size` entries; null while its announcement waits for the
    log. The predecessor signs beside it until `predecessor_signs_until`.
    """

    predecessor: Annotated[str, Field(description="C2SP vkey")]
    successor: Annotated[str, Field(description="C2SP vkey")]
    predecessor_signs_until: datetime
    first_size: int | None
    statement: str

    @classmethod
    def of(cls, rotation: LogKeyRotation) -> Self:
        return cls(
            predecessor=rotation.predecessor,
            successor=rotation.successor,
            predecessor_signs_until=rotation.predecessor_signs_until,
            first_size=rotation.first_size,
            statement=rotation.statement.decode(),
        )
