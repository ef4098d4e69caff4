"""Reads the geometry of pages, with what they inherit from the page tree (ISO 32000-2 §7.7.3.4)."""

from typing import Any

import pikepdf

from signing.pdf.geometry import PageGeometry

_DEEPEST_TREE = 64


def geometry_of(page: pikepdf.Page) -> PageGeometry:
    """Raises `ValueError` for a page without a usable area."""
    media_box, crop_box = inherited(page.obj, "/MediaBox"), inherited(page.obj, "/CropBox")
    if media_box is None:
        raise ValueError("the page has no MediaBox")
    return PageGeometry.of(
        [float(number) for number in media_box],
        None if crop_box is None else [float(number) for number in crop_box],
        int(inherited(page.obj, "/Rotate") or 0),
        float(page.obj.get("/UserUnit", 1)),
    )


def inherited(node: Any, key: str) -> Any:
    """An inheritable attribute of a page, None if it has none. Raises `ValueError` for a tree that doesn't end."""
    for _ in range(_DEEPEST_TREE):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise ValueError("the page tree is too deep")
