"""Draws a round company seal (圆形公章) for organisations that have uploaded none: marked as a trial, in the picture.

A ring, the organisation's name along the upper arc, a five-pointed star, the seal's purpose and the words 试用 TRIAL
below it. The same names give the same bytes.
"""

import math
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from signing.pdf.fonts import NOTO_SANS_SC_BOLD, visible

_SIZE = 480
"""Pixels: 42 mm, the size of such seals, at 290 dpi."""
_FINER = 2
"""Drawn at a multiple of the size and scaled down, which smooths edges."""
_RED = (205, 25, 30, 255)
_CLEAR = (205, 25, 30, 0)
_TRIAL = "试用 TRIAL"
_MOST_CHARACTERS = 60

_RING = 0.022
_ARC_RADIUS = 0.415
_ARC_SPAN = math.radians(250)
_STAR_RADIUS = 0.14


def draw_seal_picture(organisation_name: str, caption: str = "合同专用章") -> bytes:
    """A transparent PNG, 480 pixels square. Names of more than 60 characters are cut, and end in `…`."""
    side = _SIZE * _FINER
    seal = Image.new("RGBA", (side, side), _CLEAR)
    draw = ImageDraw.Draw(seal)
    ring = round(side * _RING)
    draw.ellipse((ring, ring, side - ring, side - ring), outline=_RED, width=ring)
    draw.polygon(_star(side / 2, side * 0.47, side * _STAR_RADIUS), fill=_RED)
    _write_along_arc(seal, _shortened(visible(organisation_name)))
    _write_centred(draw, _shortened(visible(caption)), side * 0.70, side * 0.085, side * 0.56)
    _write_centred(draw, _TRIAL, side * 0.81, side * 0.06, side * 0.36)
    output = BytesIO()
    seal.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS).save(output, "PNG")
    return output.getvalue()


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Ten corners, starting at the top; the inner ones lie where the lines between the outer ones cross."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    angles = [math.radians(36 * corner - 90) for corner in range(10)]
    return [
        (x + math.cos(angle) * length, y + math.sin(angle) * length)
        for angle, length in zip(angles, [radius, inner] * 5, strict=True)
    ]


def _write_along_arc(seal: Image.Image, text: str) -> None:
    """Each character upright to the centre, with spaces of their own widths, symmetric to the top."""
    side = seal.width
    radius, longest = side * _ARC_RADIUS, side * 0.11
    font = _font(round(longest))
    advances = [font.getlength(character) * 1.12 for character in text]
    room = _ARC_SPAN * (radius - longest / 2)
    if sum(advances) > room:
        font = _font(max(8, round(longest * room / sum(advances))))
        advances = [font.getlength(character) * 1.12 for character in text]
    angle = -sum(advances) / (radius - font.size / 2) / 2
    for character, advance in zip(text, advances, strict=True):
        step = advance / (radius - font.size / 2)
        _write_turned(seal, character, font, angle + step / 2, radius - font.size / 2)
        angle += step


def _write_turned(seal: Image.Image, character: str, font: ImageFont.FreeTypeFont, angle: float, radius: float) -> None:
    """`angle` is clockwise from the top, `radius` that of the character's middle."""
    tile_side = round(font.size * 2)
    tile = Image.new("RGBA", (tile_side, tile_side), _CLEAR)
    ImageDraw.Draw(tile).text((tile_side / 2, tile_side / 2), character, font=font, fill=_RED, anchor="mm")
    turned = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
    x = seal.width / 2 + math.sin(angle) * radius - tile_side / 2
    y = seal.height / 2 - math.cos(angle) * radius - tile_side / 2
    seal.alpha_composite(turned, (max(0, round(x)), max(0, round(y))))


def _write_centred(draw: ImageDraw.ImageDraw, text: str, y: float, size: float, room: float) -> None:
    """Around the height `y`, smaller if it is wider than `room`."""
    font = _font(round(size))
    width = font.getlength(text)
    if width > room:
        font = _font(max(8, round(size * room / width)))
    draw.text((draw.im.size[0] / 2, y), text, font=font, fill=_RED, anchor="mm")


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(NOTO_SANS_SC_BOLD), size)
