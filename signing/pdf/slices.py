"""Cross-page seals (骑缝章): one planned field becomes a slice of the seal on the right edge of every page. Pure.

Laid side by side in the order of the pages, the slices make the whole seal, so that no page can be exchanged. A seal
covers at most 20 pages, or its slices would be too thin to see; longer documents get several, as equal as can be.
"""

from collections.abc import Sequence
from dataclasses import replace

from signing.pdf.errors import CrossPageSealImpossible
from signing.plan import FieldKind
from signing.ports import PlacedField

MOST_SLICES = 20


def expand_cross_page_seals(fields: Sequence[PlacedField], pages: int) -> list[PlacedField]:
    """The fields, with every cross-page seal replaced by its slices, from its own page on to the last one.

    The slice on the planned page keeps the field's name; those after it are called `name p2`, `name p3` …, by page.
    No planned field can have such a name: theirs have no spaces. Slices that were expanded before stay as they are,
    so preparing and signing may both call this. Raises `CrossPageSealImpossible` if there is only one page to seal.
    """
    expanded: list[PlacedField] = []
    for placed in fields:
        if placed.kind is FieldKind.CROSS_PAGE_SEAL and placed.slice is None:
            expanded += _slices(placed, pages)
        else:
            expanded.append(placed)
    return expanded


def alike(fields: Sequence[PlacedField], sizes: Sequence[tuple[float, float]]) -> list[PlacedField]:
    """Expanded fields, with every slice as large on paper as the one on the planned page, whatever the page's size.

    `sizes` are the pages as seen, in points. On a page that is too small for it, a slice is as large as it can be.
    """
    planned = {placed.name: placed for placed in fields if placed.slice is not None}
    return [
        placed if placed.slice is None else _as_large_as(planned.get(_planned_name(placed), placed), placed, sizes)
        for placed in fields
    ]


def _planned_name(placed: PlacedField) -> str:
    return placed.name.removesuffix(f" p{placed.page}")


def _as_large_as(planned: PlacedField, placed: PlacedField, sizes: Sequence[tuple[float, float]]) -> PlacedField:
    if not (1 <= planned.page <= len(sizes) and 1 <= placed.page <= len(sizes)):
        return placed  # it isn't on any page, which is found out where it is made
    (planned_width, planned_height), (width, height) = sizes[planned.page - 1], sizes[placed.page - 1]
    across = min(1.0, planned.width * planned_width / width)
    down = min(1.0, planned.height * planned_height / height)
    return replace(placed, x=1 - across, y=min(placed.y, 1 - down), width=across, height=down)


def _slices(placed: PlacedField, pages: int) -> list[PlacedField]:
    if not 1 <= placed.page < pages:
        raise CrossPageSealImpossible(field=placed.name, page=placed.page, pages=pages)
    positions = _positions(pages - placed.page + 1)
    return [
        replace(
            placed,
            name=placed.name if page == placed.page else f"{placed.name} p{page}",
            page=page,
            x=1 - placed.width,
            slice=position,
        )
        for page, position in enumerate(positions, start=placed.page)
    ]


def _positions(count: int) -> list[tuple[int, int]]:
    """For each page, which slice it gets and of how many. 21 pages are 11 and 10, never 20 and a whole seal."""
    seals = -(-count // MOST_SLICES)
    smaller, larger_ones = divmod(count, seals)
    sizes = [smaller + 1] * larger_ones + [smaller] * (seals - larger_ones)
    return [(index, size) for size in sizes for index in range(size)]
