"""Pictures of signatures and seals: PNGs from strangers, checked before anything is stored, and made ready for a PDF.

Accepted are single 8-bit PNGs of at most 1 MB and 4 megapixels; transparency is kept. What goes into the PDF is made
from the decoded pixels, never from the file, so nothing hidden in it comes along.
"""

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image

from signing.pdf.errors import PictureBroken, PictureEmpty, PictureNotPNG, PictureTooLarge, SignatureTooSimple
from signing.pdf.strokes import is_simple

MOST_BYTES = 1024 * 1024
MOST_PIXELS = 4_000_000

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST_SIDE = 1000
"""In pixels, in the PDF: 600 dpi for a seal of 42 mm."""
_INK_LEVEL = 200
"""Darker than this on white paper, of 255, is ink."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows from the top, Flate-packed: RGB, and opacity (255 is opaque) unless all of it is opaque."""

    width: int
    height: int
    colours: bytes
    alpha: bytes | None


def check_picture(png: bytes) -> None:
    """Raises a `PictureRefused` that says what is wrong: not a PNG, too large, broken, animated, or blank."""
    if _ink(_decode(png)).getbbox() is None:
        raise PictureEmpty


def check_stroke(png: bytes) -> None:
    """Refuses a handwritten signature that could be anybody's. Raises `SignatureTooSimple`, or as `check_picture`."""
    if is_too_simple(png):
        raise SignatureTooSimple


def is_too_simple(png: bytes) -> bool:
    """Whether what is drawn is nothing, a dot, or one line. Raises a `PictureRefused` for what isn't a picture."""
    return is_simple(_ink(_decode(png)))


@lru_cache(maxsize=32)
def picture_of(png: bytes, *, trimmed: bool = False) -> Picture:
    """Ready for embedding; `trimmed` to what is drawn. Seals come again and again, so the last ones are kept."""
    image = _decode(png)
    bounds = _ink(image).getbbox() if trimmed else None
    if bounds is not None:
        image = image.crop(bounds)
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    alpha = image.getchannel("A")
    colours = image.convert("RGB")
    colours.paste((255, 255, 255), mask=alpha.point([255, *[0] * 255]))  # nothing hides where nothing is seen
    return Picture(
        image.width,
        image.height,
        zlib.compress(colours.tobytes()),
        None if alpha.getextrema() == (255, 255) else zlib.compress(alpha.tobytes()),
    )


def _decode(png: bytes) -> Image.Image:
    """As RGBA. The header is looked at before a decoder sees any of it."""
    if len(png) > MOST_BYTES:
        raise _too_large()
    if len(png) < 33 or not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR":
        raise PictureNotPNG
    width, height, depth = struct.unpack(">IIB", png[16:25])
    if width * height > MOST_PIXELS:
        raise _too_large()
    if depth != 8 and not (depth < 8 and png[25] in (0, 3)):  # fewer bits for grey and palettes unfold to eight
        raise PictureNotPNG
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            is_animated, decoded = getattr(image, "is_animated", False), image.convert("RGBA")
    except Exception as error:  # a hostile file can make the decoder raise anything
        raise PictureBroken(why=type(error).__name__) from error
    if is_animated:
        raise PictureBroken(why="animated")
    return decoded


def _too_large() -> PictureTooLarge:
    return PictureTooLarge(limit_kilobytes=MOST_BYTES // 1024, limit_megapixels=MOST_PIXELS // 1_000_000)


def _ink(image: Image.Image) -> Image.Image:
    """A mask of what one sees on white paper: 255 for ink."""
    paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
    paper.alpha_composite(image)
    return paper.convert("L").point([255 if level < _INK_LEVEL else 0 for level in range(256)])
