"""Text breaks where Chinese and Latin break, and gets smaller only when more rows don't help."""

import pytest

from signing.pdf.fonts import noto_sans_sc
from signing.pdf.layout import LARGEST_SIZE, LINE_SPACING, Line, lay_out

FACE = noto_sans_sc()


def rows_of(text: str, width: float, height: float) -> list[str]:
    return [row.text for row in lay_out(FACE, [Line(text)], width, height)]


def test_short_text_is_one_row_of_the_largest_size() -> None:
    (row,) = lay_out(FACE, [Line("东莞市")], 200, 20)
    assert (row.text, row.size, row.width) == ("东莞市", LARGEST_SIZE, 3 * LARGEST_SIZE)


def test_long_text_wraps_before_it_shrinks() -> None:
    rows = lay_out(FACE, [Line("鸿福路九十九号行政办事中心")], 6 * LARGEST_SIZE, 3 * LARGEST_SIZE * LINE_SPACING)
    assert [row.text for row in rows] == ["鸿福路九十九", "号行政办事中", "心"]
    assert {row.size for row in rows} == {LARGEST_SIZE}


def test_no_row_starts_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    assert rows_of("甲方应付款，乙方（供应商）交货。", 6 * LARGEST_SIZE, 100)[0] == "甲方应付款，"
    assert rows_of("甲方应当付款，乙方交货", 6 * LARGEST_SIZE, 100)[0] == "甲方应当付"
    assert rows_of("甲乙丙丁戊（供应商）", 6 * LARGEST_SIZE, 100)[0] == "甲乙丙丁戊"


def test_words_stay_whole_while_they_fit() -> None:
    assert rows_of("signed by John Smith", 6 * LARGEST_SIZE, 100) == ["signed by", "John Smith"]
    assert "".join(rows_of("W" * 40, 5 * LARGEST_SIZE, 100)) == "W" * 40


@pytest.mark.parametrize(("width", "height"), [(200.0, 25.0), (60.0, 60.0), (30.0, 8.0), (12.0, 120.0)])
@pytest.mark.parametrize("text", ["长" * 200, "word " * 40, "https://dingyue.test/" + "a" * 179, "阿依古丽·买买提"])
def test_everything_fits_whatever_the_box(text: str, width: float, height: float) -> None:
    rows = lay_out(FACE, [Line(text)], width, height)
    assert sum(row.size for row in rows) * LINE_SPACING <= height + 1e-6
    assert all(row.width <= width + 1e-6 for row in rows)
    assert "".join(row.text for row in rows).replace(" ", "") == text.replace(" ", "")


def test_blank_text_has_no_rows() -> None:
    assert lay_out(FACE, [Line("")], 100, 20) == []
    assert rows_of("\u200b", 100, 20) == []
