"""Pages of a PDF as pictures, for the browser: the server alone reads and writes the PDF."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import pypdfium2 as pdfium

from signing.pdf.pdfium import PDFIUM
from web.errors import PageNotFound

WIDTH_PIXELS = 1200


def page_image(pdf: bytes, number: int, width: int = WIDTH_PIXELS) -> bytes:
    """Page `number` (from 1) as PNG, `width` pixels wide. Raises `PageNotFound`."""
    with PDFIUM:
        document = pdfium.PdfDocument(pdf)
        try:
            if not 1 <= number <= len(document):
                raise PageNotFound
            # Before any page is loaded, or PDFium leaves out what has been signed and stamped.
            document.init_forms()
            page = document[number - 1]
            bitmap = page.render(scale=width / page.get_width(), may_draw_forms=True)
            picture = bitmap.to_pil()
        finally:
            document.close()
    buffer = io.BytesIO()
    picture.convert("RGB").quantize(64).save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class PDFSource:
    """A PDF by its digest (lower-case hex), and how to get its bytes if they are needed."""

    sha256: str
    load: Callable[[], bytes] = field(compare=False)


@lru_cache(maxsize=512)
def shapes_of(source: PDFSource) -> list[float]:
    """As `page_shapes`, kept by digest: a page with a refused form is shown again without reading its PDFs."""
    return page_shapes(source.load())


def page_shapes(pdf: bytes) -> list[float]:
    """Height over width of every page as seen, so that a page keeps its place while its picture loads."""
    with PDFIUM:
        document = pdfium.PdfDocument(pdf)
        try:
            return [page.get_height() / page.get_width() for page in document]
        finally:
            document.close()
