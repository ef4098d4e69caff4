"""The text of a signed contract, read in the sandbox: the PDF is a stranger's, even if we sealed it (ADR 0020).

What can't be read contradicts nothing: the answer is None, and rule X06 stays silent.
"""

from typing import Protocol

import pypdfium2

from core.sandbox import Sandbox, SandboxError
from signing.pdf.pdfium import PDFIUM

MOST_PAGES = 300
MOST_CHARACTERS = 500_000
_SECONDS = 20.0


class TextReader(Protocol):
    """Reads a PDF's text; None for what has none or can't be read. Changes nothing and may be asked again."""

    def __call__(self, data: bytes) -> str | None: ...


class SandboxedTextReader:
    """Implements `TextReader`. Raises `SandboxBusy` or `SandboxUnavailable`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, data: bytes) -> str | None:
        try:
            text: str = self._sandbox.run(text_of, data, timeout=_SECONDS)
        except SandboxError:
            return None
        return text if text.strip() else None


def text_of(data: bytes) -> str:
    """The text of the first 300 pages, page by page, at most half a million characters."""
    with PDFIUM:
        document = pypdfium2.PdfDocument(data)
        try:
            pages = [_page_text(document[number]) for number in range(min(len(document), MOST_PAGES))]
        finally:
            document.close()
    return "\n".join(pages)[:MOST_CHARACTERS]


def _page_text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_bounded())
    finally:
        text_page.close()
        page.close()
