"""What the ledger tells the packages above it, and itself."""

from typing import ClassVar

from core.events import Event


class CheckpointPublished(Event):
    """The log has grown to `size` entries and signed it."""

    type: ClassVar[str] = "checkpoint.published"

    size: int


class CheckpointCosigned(Event):
    """Further witnesses have cosigned the checkpoint of `size`."""

    type: ClassVar[str] = "checkpoint.cosigned"

    size: int
