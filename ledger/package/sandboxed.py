"""The offline verifier on a server: packages and their PDFs are strangers' files, and are read in the sandbox.

A package that takes too long or too much memory has been judged by nobody: its verdict is *undecided*, and says so. One
that crashes a parser is unusable.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from core.sandbox import OutOfMemory, Sandbox, SandboxError, TimedOut
from ledger.verifier.pades import PDFVerdict, verify_pdf
from ledger.verifier.pades_findings import Finding
from ledger.verifier.pades_verdict import refused
from ledger.verifier.verdict import ExitCode, Statement, Verdict
from ledger.verifier.verify import verify_package

PACKAGE_SECONDS = 30.0
PDF_SECONDS = 9.0

_TOO_MUCH = Statement(
    "此证据包超出本页可用的时间或内存，未能核验完毕，不作结论。请在自己的电脑上用离线核验程序核验。",
    "This package needs more time or memory than this server gives one, so nothing was decided. "
    "Check it with the offline verifier on your own computer.",
)
_BROKEN = Statement(
    "读取此证据包的程序异常终止：文件无法使用。", "What reads packages broke down over this one: it can't be used."
)


class SandboxedPackageVerifier:
    """`ledger.verifier.verify.verify_package`, which never raises; neither does this, but for `SandboxBusy`."""

    def __init__(self, sandbox: Sandbox, *, seconds: float = PACKAGE_SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds

    def __call__(self, data: bytes, trust: object, *, block_hash: str | None = None) -> Verdict:
        try:
            verdict: Verdict = self._sandbox.run(
                verify_package, data, trust, timeout=self._seconds, block_hash=block_hash
            )
        except (TimedOut, OutOfMemory):
            return Verdict(ExitCode.UNDECIDED, _TOO_MUCH, hashlib.sha256(data).hexdigest())
        except SandboxError:
            return Verdict(ExitCode.UNUSABLE, _BROKEN, hashlib.sha256(data).hexdigest())
        return verdict


class SandboxedPDFVerifier:
    """`ledger.verifier.pades.verify_pdf`, which never raises; neither does this, but for `SandboxBusy`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(
        self, data: bytes, *, signing_roots: Sequence[bytes], timestamp_roots: Sequence[bytes], **options: Any
    ) -> PDFVerdict:
        roots: dict[str, Any] = {"signing_roots": tuple(signing_roots), "timestamp_roots": tuple(timestamp_roots)}
        try:
            verdict: PDFVerdict = self._sandbox.run(verify_pdf, data, timeout=PDF_SECONDS, **roots, **options)
        except TimedOut:
            return refused(Finding.TOO_COMPLEX, detail=f"not done within {PDF_SECONDS:.0f} seconds")
        except SandboxError as error:
            return refused(Finding.TOO_COMPLEX, detail=type(error).__name__)
        return verdict
