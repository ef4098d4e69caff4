"""The reader of sheets, run in the sandbox: what takes too long or too much is refused."""

from typing import Protocol

from core.sandbox import Sandbox, SandboxError
from core.sheets.errors import SheetTooComplex
from core.sheets.read_sheet import MOST_ROWS, check_file, read_sheet
from core.sheets.sheet import Sheet

_SECONDS = 30.0


class SheetReader(Protocol):
    """Reads a stranger's file. It has no effects, so a call that was lost may simply be made again."""

    def __call__(self, data: bytes, most_rows: int = MOST_ROWS) -> Sheet: ...


class SandboxedSheetReader:
    """Implements `SheetReader` for uploads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, data: bytes, most_rows: int = MOST_ROWS) -> Sheet:
        """Raises what `read_sheet` does, or `SandboxBusy`."""
        check_file(data)
        try:
            sheet: Sheet = self._sandbox.run(read_sheet, data, most_rows, timeout=_SECONDS)
        except SandboxError as error:
            raise SheetTooComplex from error
        return sheet
