"""Makes forms and annotations plain content of their pages, so that nothing of them can change after signing.

What is seen is what they show without being touched, in print and on screen: their normal appearance. Fields whose
value was never drawn get an appearance first. What is hidden goes; of all annotations only links stay.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

# Flags of annotations (ISO 32000-2 table 167) and of text fields (tables 227 and 231).
INVISIBLE, HIDDEN, NO_VIEW, TOGGLE_NO_VIEW = 1, 2, 32, 256
_MULTILINE, _PASSWORD, _RICH_TEXT, _COMB = 1 << 12, 1 << 13, 1 << 25, 1 << 24

FLATTENED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "form_fields": (
            "表单域已转为页面内容，不可再填写。",
            "Its form fields become plain content and can't be filled in any more.",
        ),
        "signature_fields": (
            "文件中尚未使用的签名域已移除，签署位置以本平台设定为准。",
            "Its own empty signature fields are removed; where to sign is set here.",
        ),
        "annotations": (
            "批注、图章等已转为页面内容。",
            "Its annotations and stamps become plain content.",
        ),
        "comments": (
            "没有外观的注释（如便笺）已移除。",
            "Comments that show nothing on the page, such as notes, are removed.",
        ),
        "hidden_annotations": (
            "隐藏的表单域或批注已移除。",
            "Hidden form fields and annotations are removed.",
        ),
        "earlier_revisions": (
            "文件中保留的历史版本已移除，仅保留最新内容。",
            "Earlier versions kept inside the file are removed; the latest stays.",
        ),
    }
)
"""What flattening does, by code: Chinese, English."""


def flatten(document: Pdf) -> None:
    """Changes the document in place. It was screened (`screen_forms`)."""
    if "/AcroForm" in document.Root:
        _draw_missing(document)
        document.Root.AcroForm["/NeedAppearances"] = False  # else nothing of the form would be flattened
    document.flatten_annotations("all")
    for page in document.pages:
        if "/Annots" in page.obj:
            page.obj.Annots = Array([found for found in annotations(page) if found.get("/Subtype") == Name.Link])
        if "/Contents" not in page.obj:  # an empty page may have none, but notes and watermarks are added to it
            page.obj.Contents = document.make_stream(b"")
    if "/AcroForm" in document.Root:
        del document.Root.AcroForm


def needs_flattening(document: Pdf) -> bool:
    """Whether there is anything that isn't plain content, or a page without any."""
    return "/AcroForm" in document.Root or any(
        "/Contents" not in page.obj or any(found.get("/Subtype") != Name.Link for found in annotations(page))
        for page in document.pages
    )


def annotations(page: pikepdf.Page) -> Iterator[Any]:
    """Those that are dictionaries."""
    listed = page.obj.get("/Annots")
    if isinstance(listed, Array):
        yield from (found for found in listed if isinstance(found, Dictionary))


def has_look(annotation: Any) -> bool:
    """Whether it brings its normal appearance."""
    return "/N" in annotation.get("/AP", {})


def needs_look(form: Any, field: Any, widget: Any) -> bool:
    """Whether a text or choice has a value that a viewer would have to draw by itself."""
    if not (field.is_text or field.is_choice) or not field.value_as_string:
        return False
    return form.needs_appearances or not has_look(widget)


def can_be_drawn(field: Any) -> bool:
    """Whether drawing the value gives what every viewer would show: one line, in letters that any font has."""
    value = field.value_as_string
    is_plain = not int(field.flags) & (_MULTILINE | _PASSWORD | _RICH_TEXT | _COMB)
    return is_plain and all(" " <= character <= "~" for character in value)


def _draw_missing(document: Pdf) -> None:
    form = document.acroform
    for page in document.pages:
        for widget in form.get_widget_annotations_for_page(page):
            field = form.get_field_for_annotation(widget)
            if needs_look(form, field, widget.obj):
                field.generate_appearance(widget)
