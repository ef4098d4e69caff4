"""Cross-page seals become slices that make the whole seal again, on every page, whatever the pages' sizes."""

from dataclasses import replace

import pytest

from signing.pdf.errors import CrossPageSealImpossible
from signing.pdf.slices import MOST_SLICES, alike, expand_cross_page_seals
from signing.plan import FieldKind
from signing.ports import PlacedField
from tests.support.pdf import placed

EDGE = placed("edge", kind=FieldKind.CROSS_PAGE_SEAL, x=0.3, y=0.4, width=0.05, height=0.14)


def test_one_slice_for_every_page_at_the_right_edge() -> None:
    slices = expand_cross_page_seals([EDGE], 3)
    assert [(each.name, each.page, each.slice) for each in slices] == [
        ("edge", 1, (0, 3)),
        ("edge p2", 2, (1, 3)),
        ("edge p3", 3, (2, 3)),
    ]
    assert all(each.x + each.width == 1 and each.y == EDGE.y for each in slices)


def test_it_starts_at_its_own_page() -> None:
    slices = expand_cross_page_seals([replace(EDGE, page=3)], 4)
    assert [(each.name, each.slice) for each in slices] == [("edge", (0, 2)), ("edge p4", (1, 2))]


@pytest.mark.parametrize(
    ("pages", "seals"), [(2, [2]), (20, [20]), (21, [11, 10]), (41, [14, 14, 13]), (500, [20] * 25)]
)
def test_long_documents_get_several_seals_of_nearly_equal_parts(pages: int, seals: list[int]) -> None:
    slices = [each.slice for each in expand_cross_page_seals([EDGE], pages)]
    assert slices == [(index, count) for count in seals for index in range(count)]
    assert max(seals) <= MOST_SLICES


def test_other_fields_and_slices_stay_as_they_are() -> None:
    fields = [placed("sign"), EDGE, placed("date", kind=FieldKind.DATE)]
    once = expand_cross_page_seals(fields, 2)
    assert [each.name for each in once] == ["sign", "edge", "edge p2", "date"]
    assert expand_cross_page_seals(once, 2) == once


@pytest.mark.parametrize(("page", "pages"), [(1, 1), (3, 3), (4, 3), (0, 3)])
def test_there_must_be_an_edge_between_pages(page: int, pages: int) -> None:
    with pytest.raises(CrossPageSealImpossible):
        expand_cross_page_seals([replace(EDGE, page=page)], pages)


def test_slices_are_alike_on_paper() -> None:
    """A4, A3 across, and a label that is too small for the slice."""
    sizes = [(595.0, 842.0), (1191.0, 842.0), (595.0, 100.0)]
    slices = alike(expand_cross_page_seals([EDGE], 3), sizes)

    def on_paper(each: PlacedField) -> tuple[float, float]:
        width, height = sizes[each.page - 1]
        return each.width * width, each.height * height

    assert on_paper(slices[0]) == pytest.approx((29.75, 117.88))
    assert on_paper(slices[1]) == pytest.approx((29.75, 117.88))
    assert (slices[2].y, slices[2].height) == (0, 1)
    assert all(each.x + each.width == pytest.approx(1) for each in slices)
