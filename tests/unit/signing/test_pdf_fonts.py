"""The embedded subset is a real TrueType font with the outlines of the original."""

from io import BytesIO

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from signing.pdf.fonts import NOTO_SANS_SC, noto_sans_sc


def outline(font: TTFont, glyph: str) -> list[object]:
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[glyph].draw(pen)
    return pen.value


def test_subset_draws_the_same_outlines() -> None:
    text = "鼎约 张三 é 2026 ½①"
    subset = noto_sans_sc().subset(text)
    with TTFont(NOTO_SANS_SC) as original, TTFont(BytesIO(subset.file)) as small:
        names = original.getBestCmap()
        for character in set(text):
            number = subset.glyphs[character]
            assert outline(small, small.getGlyphName(number)) == outline(original, names[ord(character)])
            assert small["hmtx"][small.getGlyphName(number)][0] == subset.widths[number]
    assert len(subset.file) < 12_000


def test_unknown_characters_become_the_missing_glyph() -> None:
    subset = noto_sans_sc().subset("\U0010fffd")
    assert subset.glyphs == {"\U0010fffd": 0}
    assert subset.encode("\U0010fffd") == b"\0\0"


def test_width_is_in_thousandths() -> None:
    assert noto_sans_sc().width("鼎约") == 2000
