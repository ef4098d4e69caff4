"""What every paper we write is drawn with: the font, paragraphs that break Chinese and Latin text, the QR code."""

import io
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import segno
from reportlab.lib.colors import Color, black
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image

from core.clock import CHINA

REGULAR, BOLD = "DingyueReport", "DingyueReportBold"


@dataclass(frozen=True, slots=True)
class ReportFonts:
    """TrueType files of one family that has Chinese and Latin; only the glyphs used are embedded."""

    regular: Path
    bold: Path


@cache
def register_fonts(fonts: ReportFonts) -> None:
    """Reading ten megabytes of font takes a while; once is enough."""
    pdfmetrics.registerFont(TTFont(REGULAR, str(fonts.regular)))
    pdfmetrics.registerFont(TTFont(BOLD, str(fonts.bold)))


@cache
def paragraph_style(
    size: float,
    *,
    bold: bool = False,
    space_before: float = 0,
    breaks_anywhere: bool = True,
    leading: float = 1.4,
    color: Color = black,
    alignment: int = 0,
) -> ParagraphStyle:
    """Latin text breaks between words, and inside only those longer than a line, such as hashes.

    What has space before it is a heading: it stays with what follows. `leading` is in parts of the size.
    """
    return ParagraphStyle(
        f"{size}-{bold}-{breaks_anywhere}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * leading,
        textColor=color,
        alignment=alignment,
        wordWrap="CJK" if breaks_anywhere else None,
        spaceBefore=space_before,
        spaceAfter=space_before / 3,
        keepWithNext=space_before > 0,
    )


def has_chinese(text: str) -> bool:
    return any(character > "\u2e7f" for character in text)


def qr_image(address: str, width: float) -> Image:
    """A QR code of `address`, `width` points wide, at the left."""
    code = io.BytesIO()
    segno.make(address, error="m").save(code, kind="png", scale=6, border=2)
    code.seek(0)
    return Image(code, width, width, hAlign="LEFT")


def local_time(instant: datetime) -> str:
    """`2026-11-22 09:02:03 UTC+8`."""
    return instant.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S UTC+8")
