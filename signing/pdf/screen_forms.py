"""The part of screening that looks at pages, form fields and annotations: could they show different things to people?

Preparing makes all of them plain content (`flatten`). Refused is what would lose its meaning on the way: fields that
cover each other, fields of one name with different values, values and marks that no appearance was drawn for, and
what only shows in print or at certain moments.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Name, Pdf, Stream

from signing.pdf import flatten
from signing.pdf.errors import (
    AppearanceMissing,
    BrokenPDF,
    ConflictingFields,
    DocumentTooComplex,
    HiddenContent,
    OverlappingFields,
)
from signing.pdf.geometry import PageGeometry, Rectangle
from signing.pdf.pages import geometry_of

_MOST_WIDGETS_PER_PAGE = 2000
_OVERLAP = 0.25
"""Fields side by side may touch; one that lies over a quarter of another hides it."""
_DRAWN_BY_VIEWERS = {
    "/FreeText",
    "/Line",
    "/Square",
    "/Circle",
    "/Polygon",
    "/PolyLine",
    "/Highlight",
    "/Underline",
    "/Squiggly",
    "/StrikeOut",
    "/Stamp",
    "/Ink",
    "/Redact",
    "/Watermark",
}
_FIELD = {"what": "form field", "what_zh": "表单域"}
_ANNOTATION = {"what": "annotation", "what_zh": "批注"}


def check_pages(pdf: Pdf) -> tuple[list[PageGeometry], set[str]]:
    """The geometry of every page, and the codes of what will be flattened. Raises a `DocumentRefused`."""
    form = pdf.acroform if "/AcroForm" in pdf.Root else None
    geometries: list[PageGeometry] = []
    codes: set[str] = set()
    for number, page in enumerate(pdf.pages, 1):
        geometry = geometry_of(page)
        _check_contents(page)
        geometries.append(geometry)
        widgets = []
        for annotation in flatten.annotations(page):
            codes |= _check_annotation(annotation, number)
            if annotation.get("/Subtype") == Name.Widget and not _is_hidden(annotation):
                widgets.append(_rectangle(annotation))
        _check_overlaps(widgets, geometry, number)
        if form is not None:
            codes |= _check_fields(form, page, number)
    if form is not None:
        _check_values(form)
    return geometries, codes


def _check_contents(page: pikepdf.Page) -> None:
    contents = page.obj.get("/Contents")
    parts = list(contents) if isinstance(contents, Array) else [contents]
    if contents is not None and not all(isinstance(part, Stream) for part in parts):
        raise BrokenPDF(why="page contents")


def _check_annotation(annotation: Any, page: int) -> set[str]:
    flags, subtype = int(annotation.get("/F", 0)), annotation.get("/Subtype")
    if _is_hidden(annotation):
        return {"hidden_annotations"}
    if flags & (flatten.NO_VIEW | flatten.TOGGLE_NO_VIEW):
        raise HiddenContent(what="annotation flags")
    if subtype == Name.Widget:
        return {"form_fields"}
    if flatten.has_look(annotation):
        _rectangle(annotation)
        return {"annotations"}
    if str(subtype) in _DRAWN_BY_VIEWERS:
        raise AppearanceMissing(page=page, **_ANNOTATION)
    return set() if subtype in (Name.Link, Name.Popup) else {"comments"}


def _check_fields(form: Any, page: pikepdf.Page, number: int) -> set[str]:
    codes = set()
    for widget in form.get_widget_annotations_for_page(page):
        field = form.get_field_for_annotation(widget)
        if str(field.field_type) == "/Sig":
            codes.add("signature_fields")
        elif not _is_hidden(widget.obj) and _has_undrawn_value(form, field, widget.obj):
            raise AppearanceMissing(page=number, **_FIELD)
    return codes


def _has_undrawn_value(form: Any, field: Any, widget: Any) -> bool:
    """Whether viewers would have to draw the value, and preparing can't do it for all of them."""
    if field.is_checkbox or field.is_radio_button:
        return bool(field.is_checked) and not flatten.has_look(widget)
    return flatten.needs_look(form, field, widget) and not flatten.can_be_drawn(field)


def _check_values(form: Any) -> None:
    """Fields of one name are one field (ISO 32000-2 §12.7.4.2): they can't have two values."""
    values: dict[str, set[str]] = defaultdict(set)
    for field in form.fields:
        value = field.value
        if value is None or field.is_null:
            continue
        name = field.fully_qualified_name
        values[name].add("\n".join(map(str, value)) if isinstance(value, Array) else str(value))
        if len(values[name]) > 1:
            raise ConflictingFields(field=name)


def _check_overlaps(widgets: Sequence[Rectangle], geometry: PageGeometry, page: int) -> None:
    """No field over another one, none as large as the page. Only neighbours are compared, from the bottom up."""
    if len(widgets) > _MOST_WIDGETS_PER_PAGE:
        raise DocumentTooComplex(what="form fields")
    left, bottom, right, top = geometry.crop
    if any(
        widget[2] - widget[0] > 0.95 * (right - left) and widget[3] - widget[1] > 0.95 * (top - bottom)
        for widget in widgets
    ):
        raise OverlappingFields(page=page)
    reaching: list[Rectangle] = []
    for widget in sorted((widget for widget in widgets if _area(widget) > 0), key=lambda widget: widget[1]):
        reaching = [other for other in reaching if other[3] > widget[1]]
        if any(_covers(widget, other) for other in reaching):
            raise OverlappingFields(page=page)
        reaching.append(widget)


def _covers(one: Rectangle, other: Rectangle) -> bool:
    shared = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return _area(shared) > _OVERLAP * min(_area(one), _area(other))


def _area(rectangle: Rectangle) -> float:
    return max(0.0, rectangle[2] - rectangle[0]) * max(0.0, rectangle[3] - rectangle[1])


def _rectangle(annotation: Any) -> Rectangle:
    """Raises `KeyError`, `TypeError` or `ValueError` if it has no rectangle."""
    one, two, three, four = (float(number) for number in annotation["/Rect"])
    return min(one, three), min(two, four), max(one, three), max(two, four)


def _is_hidden(annotation: Any) -> bool:
    return bool(int(annotation.get("/F", 0)) & (flatten.HIDDEN | flatten.INVISIBLE))
