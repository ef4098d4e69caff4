"""Pictures of signatures and seals: what is accepted, what is kept of it, and which strokes are too simple."""

import math
import zlib
from collections.abc import Sequence
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from signing.pdf.errors import PictureBroken, PictureEmpty, PictureNotPNG, PictureTooLarge, SignatureTooSimple
from signing.pdf.pictures import MOST_BYTES, check_picture, check_stroke, is_too_simple, picture_of
from signing.pdf.seal_picture import draw_seal_picture
from tests.support.fields import Point, png_of, signature_png, stroke_png


def plain(mode: str = "RGB", size: tuple[int, int] = (40, 30), colour: object = 0) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def animated() -> bytes:
    first, second = plain(), plain(colour=(255, 0, 0))
    return png_of(first, save_all=True, append_images=[second])


def of_another_format() -> bytes:
    output = BytesIO()
    plain().save(output, "JPEG")
    return output.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def header(width: int, height: int, depth: int = 8, colour: int = 6) -> bytes:
    body = width.to_bytes(4) + height.to_bytes(4) + bytes([depth, colour, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", body) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "LA", "L", "P", "1"])
def test_eight_bit_pictures_are_accepted(mode: str) -> None:
    image = Image.open(BytesIO(draw_seal_picture("示例"))).convert(mode)
    check_picture(png_of(image))


@pytest.mark.parametrize(
    ("png", "error"),
    [
        (b"", PictureNotPNG),
        (b"\x89PNG\r\n\x1a\n", PictureNotPNG),
        (of_another_format(), PictureNotPNG),
        (png_of(Image.new("I;16", (40, 30), 0)), PictureNotPNG),
        (header(2001, 2000), PictureTooLarge),
        (header(2**31 - 1, 2**31 - 1), PictureTooLarge),
        (png_of(plain()) + bytes(MOST_BYTES), PictureTooLarge),
        (header(40, 30), PictureBroken),
        (header(0, 0), PictureBroken),
        (png_of(plain())[:60], PictureBroken),
        (animated(), PictureBroken),
        (png_of(plain(colour=(255, 255, 255))), PictureEmpty),
        (png_of(plain("RGBA", colour=(0, 0, 0, 0))), PictureEmpty),
    ],
)
def test_refused_with_the_reason(png: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_picture(png)


def test_transparency_is_kept_and_nothing_hides_below_it() -> None:
    image = plain("RGBA", (4, 2), (200, 0, 0, 255))
    image.putpixel((3, 1), (1, 2, 3, 0))
    picture = picture_of(png_of(image))
    assert picture.alpha is not None
    assert zlib.decompress(picture.alpha) == bytes([255] * 7 + [0])
    assert zlib.decompress(picture.colours) == bytes([200, 0, 0] * 7 + [255, 255, 255])


def test_opaque_pictures_need_no_mask() -> None:
    assert picture_of(png_of(plain(colour=(9, 9, 9)))).alpha is None


def test_trimmed_to_the_ink_and_reduced() -> None:
    image = plain("RGBA", (1800, 1200), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((100, 100, 1499, 799), fill=(0, 0, 0, 255))
    trimmed = picture_of(png_of(image), trimmed=True)
    assert (trimmed.width, trimmed.height) == (1000, 500)
    assert picture_of(png_of(image)).width == 1000


def bow(height: float) -> list[Point]:
    return [(0.1 + 0.08 * part, 0.5 + height * math.sin(part / 10 * math.pi)) for part in range(11)]


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [[(0.5, 0.5)]],
        [[(0.1, 0.5), (0.9, 0.5)]],
        [[(0.1, 0.2), (0.9, 0.8)]],
        [[(0.5, 0.1), (0.5, 0.9)]],
        [bow(0.1)],
        [[(0.48, 0.5), (0.52, 0.5)]],
        [[(0.1, 0.5), (0.9, 0.5)], [(0.1, 0.5), (0.9, 0.53)]],
    ],
    ids=["nothing", "dot", "level", "slanted", "upright", "bow", "tiny", "twice"],
)
@pytest.mark.parametrize(("size", "width"), [((400, 160), 5), ((1600, 640), 6), ((300, 300), 12)])
def test_too_simple(strokes: Sequence[Sequence[Point]], size: tuple[int, int], width: int) -> None:
    png = stroke_png(*strokes, size=size, width=width)
    assert is_too_simple(png)
    with pytest.raises(SignatureTooSimple) as raised:
        check_stroke(png)
    assert raised.value.code == "signature_too_simple"


@pytest.mark.parametrize(
    "strokes",
    [
        [[(0.2, 0.2), (0.8, 0.2)], [(0.5, 0.2), (0.5, 0.85), (0.4, 0.75)], [(0.1, 0.95), (0.9, 0.95)]],
        [[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]],
        [[(0.1 + part * 0.08, 0.62 if part % 2 else 0.38) for part in range(11)]],
        [[(0.3, 0.1), (0.3, 0.9), (0.7, 0.9)]],
    ],
    ids=["丁一", "cross", "zigzag", "L"],
)
def test_short_names_are_not_too_simple(strokes: Sequence[Sequence[Point]]) -> None:
    assert not is_too_simple(stroke_png(*strokes))


@pytest.mark.parametrize(("size", "width"), [((400, 160), 5), ((1600, 640), 6), ((200, 80), 2)])
def test_handwriting_is_accepted(size: tuple[int, int], width: int) -> None:
    check_stroke(signature_png(size=size, width=width))
    opaque = Image.new("RGBA", size, (255, 255, 255, 255))
    opaque.alpha_composite(Image.open(BytesIO(signature_png(size=size, width=width))))
    check_stroke(png_of(opaque.convert("RGB")))


def test_the_trial_seal_is_red_round_and_always_the_same() -> None:
    png = draw_seal_picture("东莞市示例采购中心")
    assert png == draw_seal_picture("东莞市示例采购中心")
    assert png != draw_seal_picture("东莞市示例采购中心", "财务专用章")
    check_picture(png)
    image = Image.open(BytesIO(png))
    assert image.size == (480, 480)
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert image.getpixel((240, 215)) == (205, 25, 30, 255)  # the star
    left, top, right, bottom = image.getchannel("A").getbbox()
    assert (left, top) == pytest.approx((480 - right, 480 - bottom), abs=2)


@pytest.mark.parametrize("name", ["甲", "长" * 200, "Sample Trading (Dongguan) Co., Ltd.", "𠮷\u200b"])
def test_a_trial_seal_for_any_name(name: str) -> None:
    check_picture(draw_seal_picture(name))
