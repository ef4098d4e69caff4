"""The reader of sheets, run in the sandbox: what takes too long or too much is refused."""

from core.sandbox import Sandbox, SandboxError
from signing.bulk.errors import BulkFileTooComplex
from signing.bulk.read_sheet import check_file, read_sheet
from signing.bulk.sheet import Sheet

_SECONDS = 20.0


class SandboxedSheetReader:
    """Implements `context.SheetReader` for uploads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, data: bytes) -> Sheet:
        """Raises what `read_sheet` does, or `SandboxBusy`."""
        check_file(data)
        try:
            sheet: Sheet = self._sandbox.run(read_sheet, data, timeout=_SECONDS)
        except SandboxError as error:
            raise BulkFileTooComplex from error
        return sheet
