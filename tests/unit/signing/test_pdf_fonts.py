"""The embedded subset is a real TrueType font with the outlines of the original."""

from io import BytesIO

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from signing.pdf.fonts import NOTO_SANS_SC, noto_sans_sc, to_unicode, visible


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


def test_unknown_characters_become_boxes_that_still_say_what_they_are() -> None:
    """Rare names, emoji: the font hasn't got them, so a box is seen; copied, it is the character that was written."""
    text = "𠮷\U0001f600"
    subset = noto_sans_sc().subset(text)
    assert subset.encode(text) in (b"\0\1\0\2", b"\0\2\0\1")
    cmap = to_unicode(subset.glyphs).decode()
    assert "<D842DFB7>" in cmap
    assert "<D83DDE00>" in cmap
    with TTFont(BytesIO(subset.file)) as small:
        boxes = [outline(small, small.getGlyphName(number)) for number in range(3)]
    assert boxes[0] == boxes[1] == boxes[2] != []


@pytest.mark.parametrize("character", "㐂〇·・，。：；（）《》“”、￥—…éü①㎡A9龘")
def test_characters_of_names_and_contracts_are_in_the_font(character: str) -> None:
    assert noto_sans_sc().has(character)


def test_characters_with_equal_outlines_stay_apart() -> None:
    """A Kangxi radical looks like the ideograph; what is copied must be what was written."""
    subset = noto_sans_sc().subset("方⽅")
    assert len(set(subset.glyphs.values())) == 2


def test_what_has_no_shape_is_not_drawn() -> None:
    assert visible("张\u200b三\ufe0f\u202e e\u0301") == "张三 é"
    assert visible("\ufa11\uf900") == "\ufa11\uf900"


def test_width_is_in_thousandths() -> None:
    assert noto_sans_sc().width("鼎约") == 2000
