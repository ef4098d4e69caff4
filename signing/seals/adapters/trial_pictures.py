"""Implements `ports.SealPictures`: others' pictures are checked by signing's own rules, trial ones drawn here."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from signing.pdf.fonts import NOTO_SANS_SC_BOLD
from signing.pdf.pictures import check_picture

_SIDE = 600
_RED = (200, 16, 16, 255)
_TRIAL = "试用 TRIAL"


class TrialPictures:
    """What it draws says that it is for trial: nobody should take it for the print of a real seal."""

    def check(self, data: bytes) -> None:
        check_picture(data)

    def draw(self, organisation_name: str, caption: str) -> bytes:
        image = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
        pen = ImageDraw.Draw(image)
        pen.ellipse((8, 8, _SIDE - 8, _SIDE - 8), outline=_RED, width=18)
        _arc(image, organisation_name)
        pen.regular_polygon((_SIDE / 2, _SIDE / 2, 40), 4, rotation=45, fill=_RED)
        _line(pen, caption, _SIDE * 0.66, 52)
        _line(pen, _TRIAL, _SIDE * 0.78, 38)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()


def _arc(image: Image.Image, text: str) -> None:
    """The name along the upper edge, from about eight to four o'clock, as large as it fits."""
    radius = _SIDE / 2 - 75
    step = min(math.radians(22), math.radians(230) / max(1, len(text)))
    font = ImageFont.truetype(str(NOTO_SANS_SC_BOLD), max(8, min(66, int(step * radius * 0.95))))
    for number, character in enumerate(text):
        angle = (number - (len(text) - 1) / 2) * step
        glyph = Image.new("RGBA", (90, 90), (0, 0, 0, 0))
        ImageDraw.Draw(glyph).text((45, 45), character, font=font, fill=_RED, anchor="mm")
        turned = glyph.rotate(-math.degrees(angle), resample=Image.Resampling.BICUBIC)
        x, y = _SIDE / 2 + radius * math.sin(angle), _SIDE / 2 - radius * math.cos(angle)
        image.alpha_composite(turned, (round(x) - 45, round(y) - 45))


def _line(pen: ImageDraw.ImageDraw, text: str, y: float, size: int) -> None:
    """One line in the middle, made smaller until it fits into the ring."""
    font = ImageFont.truetype(str(NOTO_SANS_SC_BOLD), size)
    while font.getlength(text) > _SIDE * 0.62 and size > 12:
        size -= 2
        font = ImageFont.truetype(str(NOTO_SANS_SC_BOLD), size)
    pen.text((_SIDE / 2, y), text, font=font, fill=_RED, anchor="mm")
