"""The parts that read uploaded PDFs, each run in the sandbox; what its failures mean for the file is decided here.

A file that takes too long or too much memory, or crashes the parser, isn't the server's fault: the upload is refused
with the reason. Verifying in the sandbox is `ledger.package.sandboxed`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from core.sandbox import Sandbox, SandboxError, TimedOut
from signing.pdf.errors import DocumentTooComplex, ScreeningTimedOut
from signing.pdf.locate import PDFTextLocator
from signing.pdf.prepare import prepare_file
from signing.pdf.screen import PDFScreener, check_ends
from signing.ports import PlacedField, ScreenedDocument, ScreeningLimits, TextBox

_PREPARE_SECONDS = 20.0
_LOCATE_SECONDS = 20.0


class SandboxedScreener:
    """Implements `signing.ports.DocumentScreener` for uploads."""

    def __init__(self, sandbox: Sandbox, limits: ScreeningLimits | None = None) -> None:
        self._sandbox = sandbox
        self._limits = limits or ScreeningLimits()

    def screen(self, data: bytes, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        """Raises a `DocumentRefused`, `FileTooLarge`, or `SandboxBusy`."""
        limits = limits or self._limits
        check_ends(BytesIO(data), limits)  # costs nothing, and spares a worker what is no PDF at all
        screened: ScreenedDocument = _run(
            self._sandbox, _screen, data, limits, timeout=limits.time_seconds, as_file=True
        )
        return screened


class SandboxedPreparer:
    """Implements `signing.ports.DocumentPreparer`: what screening let through is still a stranger's file."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def prepare(
        self, data: bytes, fields: Sequence[PlacedField], *, prepared_at: datetime, **additions: str | None
    ) -> bytes:
        """Raises what `PDFPreparer` does, a `DocumentRefused`, or `SandboxBusy`."""
        prepared: bytes = _run(
            self._sandbox, _prepare, data, tuple(fields), prepared_at, additions, timeout=_PREPARE_SECONDS, as_file=True
        )
        return prepared


class SandboxedLocator:
    """Implements `signing.ports.TextLocator`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def locate(self, data: bytes, texts: Sequence[str]) -> Mapping[str, Sequence[TextBox]]:
        """Raises a `DocumentRefused`, or `SandboxBusy`."""
        found: Mapping[str, Sequence[TextBox]] = _run(
            self._sandbox, _locate, data, tuple(texts), timeout=_LOCATE_SECONDS
        )
        return found


def _screen(file: BinaryIO, limits: ScreeningLimits) -> ScreenedDocument:
    return PDFScreener().screen(file, limits)


def _prepare(
    file: BinaryIO, fields: Sequence[PlacedField], prepared_at: datetime, additions: dict[str, str | None]
) -> bytes:
    output = BytesIO()
    prepare_file(file, output, fields, prepared_at=prepared_at, **additions)
    return output.getvalue()


def _locate(data: bytes, texts: Sequence[str]) -> Mapping[str, Sequence[TextBox]]:
    return PDFTextLocator().locate(data, texts)


def _run(sandbox: Sandbox, function: Any, data: bytes, *arguments: Any, timeout: float, as_file: bool = False) -> Any:
    try:
        return sandbox.run(function, data, *arguments, timeout=timeout, as_file=as_file)
    except TimedOut as error:
        raise ScreeningTimedOut(seconds=round(timeout)) from error
    except SandboxError as error:
        raise DocumentTooComplex(what=type(error).__name__) from error
