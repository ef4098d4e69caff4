"""Uploads whose objects lead nowhere, or play two parts at once: refused, or harmless once prepared.

`ledger.verifier.pades_additions` relies on it: of a document that we prepared, every field is an object of our making
that only the form and a page refer to, and no reference waits for an object that somebody adds after the signatures.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.pdf.errors import DocumentRefused
from signing.pdf.prepare import PDFPreparer
from signing.pdf.screen import PDFScreener
from tests.support import pdf as samples

_kinds: Any = generic
PREPARED_AT = datetime(2026, 11, 25, tzinfo=UTC)
BOX = (72, 600, 272, 620)
NOWHERE = Name("/Nowhere")
"""Stands for a reference to an object that the file doesn't have; see `dangling`."""

Change = Callable[[Pdf], None]


def dangling(change: Change) -> bytes:
    """The file, in which `NOWHERE` became such a reference. Nothing moves: both are as long."""
    return samples.changed(change).replace(b"/Nowhere", b"99 0 R  ")


def refused_or_prepared(data: bytes) -> str | None:
    """The code of the refusal; None if it is accepted, and then it is sound when prepared."""
    try:
        PDFScreener().screen(data)
    except DocumentRefused as error:
        return error.code
    prepared = PDFPreparer().prepare(
        data, [samples.placed("ours"), samples.placed("ours too", x=0.55)], prepared_at=PREPARED_AT, page_note="note"
    )
    assert_sound(prepared)
    return None


def assert_sound(prepared: bytes) -> None:
    reader: Any = PdfFileReader(BytesIO(prepared))
    objects = {
        ref.idnum: reader.get_object(ref)
        for revision in range(reader.xrefs.total_revisions)
        for ref in reader.xrefs.explicit_refs_in_revision(revision)
    }
    found = [held for value in objects.values() for held in references(value)]
    assert set(found) <= set(objects), "a reference leads nowhere"
    fields = [raw.idnum for raw in list.__iter__(reader.root["/AcroForm"]["/Fields"])]
    assert {objects[number]["/T"] for number in fields} == {"ours", "ours too", "Platform seal"}
    uses = Counter(found)
    for number in fields:
        field = objects[number]
        assert "/Kids" not in field
        assert (field["/Type"], field["/Subtype"]) == ("/Annot", "/Widget")
        assert uses[number] == 2, "the form refers to it, and its page"
        assert number in [raw.idnum for raw in list.__iter__(field["/P"]["/Annots"])]


def references(value: Any) -> Iterator[int]:
    """That stand in a value, of whatever depth."""
    if isinstance(value, _kinds.IndirectObject):
        yield value.idnum
    elif isinstance(value, _kinds.DictionaryObject):
        for member in dict.values(value):
            yield from references(member)
    elif isinstance(value, _kinds.ArrayObject):
        for member in list.__iter__(value):
            yield from references(member)


def on_page(key: str, value: Any) -> Change:
    return lambda pdf: pdf.pages[0].obj.__setitem__(f"/{key}", value)


def in_catalog(key: str, value: Any) -> Change:
    return lambda pdf: pdf.Root.__setitem__(f"/{key}", value)


def in_field(**entries: Any) -> Change:
    return lambda pdf: samples.add_field(pdf, "theirs", BOX, **entries) and None


def in_form(member: str) -> Change:
    def change(pdf: Pdf) -> None:
        samples.add_field(pdf, "theirs", BOX)
        pdf.Root.AcroForm[f"/{member}"] = Array([*pdf.Root.AcroForm.get(f"/{member}", Array([])), NOWHERE])

    return change


def among_pages(pdf: Pdf) -> None:
    pdf.Root.Pages.Kids.append(NOWHERE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (on_page("Contents", NOWHERE), None),
        (on_page("Contents", Array([NOWHERE])), "broken_pdf"),
        (on_page("Resources", NOWHERE), "broken_pdf"),
        (on_page("Resources", Dictionary(XObject=Dictionary(X=NOWHERE), Font=Dictionary(F=NOWHERE))), None),
        (on_page("Annots", NOWHERE), None),
        (on_page("Annots", Array([NOWHERE])), "broken_pdf"),
        (on_page("Metadata", NOWHERE), None),
        (in_catalog("AcroForm", NOWHERE), None),
        (in_catalog("OCProperties", NOWHERE), None),
        (in_catalog("Perms", NOWHERE), None),
        (in_catalog("DSS", NOWHERE), None),
        (in_catalog("OpenAction", NOWHERE), None),
        (in_catalog("Names", NOWHERE), None),
        (in_catalog("PieceInfo", NOWHERE), None),
        (in_form("Fields"), None),
        (in_form("CO"), None),
        (in_field(Kids=Array([NOWHERE])), "broken_pdf"),
        (in_field(Parent=NOWHERE), None),
        (in_field(V=NOWHERE), None),
        (in_field(AP=Dictionary(N=NOWHERE)), None),
        (in_field(P=NOWHERE), None),
        (among_pages, None),
    ],
)
def test_a_reference_that_leads_nowhere(change: Change, code: str | None) -> None:
    assert refused_or_prepared(dangling(change)) == code


def page_as_field(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    page.FT, page.T, page.V = Name.Tx, String("theirs"), String("480000")
    pdf.Root.AcroForm = Dictionary(Fields=Array([page]))


def page_as_signature_field(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    page.FT, page.T = Name.Sig, String("ours")
    pdf.Root.AcroForm = Dictionary(Fields=Array([page]))


def catalog_as_field(pdf: Pdf) -> None:
    pdf.Root.FT, pdf.Root.T = Name.Tx, String("theirs")
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.Root]))


def form_as_field(pdf: Pdf) -> None:
    form = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("theirs"), Fields=Array([])))
    form.Fields.append(form)
    pdf.Root.AcroForm = form


def picture_as_field(pdf: Pdf) -> None:
    """The XObject that the page paints is a field and its widget."""
    picture = pdf.make_stream(
        b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), FT=Name.Tx, T=String("theirs")
    )
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=picture))
    pdf.pages[0].obj.Annots = Array([picture])
    pdf.Root.AcroForm = Dictionary(Fields=Array([picture]))


def font_as_field(pdf: Pdf) -> None:
    field = samples.add_field(pdf, "theirs", BOX, BaseFont=Name.Helvetica)
    pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary(F1=field))


def link_as_field(pdf: Pdf) -> None:
    """Links stay when all else is made plain content."""
    samples.add_field(pdf, "ours", BOX, Subtype=Name.Link, FT=Name.Sig, AP=None)


def stamp_as_field(pdf: Pdf) -> None:
    samples.add_field(pdf, "theirs", BOX, Subtype=Name.Stamp, V=String("480000"))


def field_of_two_pages(pdf: Pdf) -> None:
    field = samples.add_field(pdf, "theirs", BOX, V=String("480000"))
    pdf.add_blank_page(page_size=(595, 842))
    pdf.pages[1].obj.Annots = Array([field])


def field_twice_on_a_page(pdf: Pdf) -> None:
    field = samples.add_field(pdf, "theirs", BOX, V=String("480000"))
    pdf.pages[0].obj.Annots.append(field)


def shared_widget(*values: str) -> Change:
    """One widget that is the only kid of as many fields as there are values, all with other names."""

    def change(pdf: Pdf) -> None:
        widget = samples.add_field(pdf, "widget", BOX, FT=None, AP=None, V=None)
        del widget["/T"]
        pdf.Root.AcroForm.Fields = Array([])
        for number, value in enumerate(values):
            field = Dictionary(FT=Name.Tx, T=String(f"theirs {number}"), V=String(value), Kids=Array([widget]))
            pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))
        widget.Parent = pdf.Root.AcroForm.Fields[0]

    return change


def kid_and_top(pdf: Pdf) -> None:
    """A field that is the kid of another and stands at the top of the form, too."""
    field = samples.add_field(pdf, "theirs", BOX, V=String("480000"))
    above = pdf.make_indirect(Dictionary(T=String("above"), Kids=Array([field])))
    field.Parent = above
    pdf.Root.AcroForm.Fields.append(above)


def own_kid(pdf: Pdf) -> None:
    field = samples.add_field(pdf, "theirs", BOX, V=String("480000"))
    field.Kids = Array([field])
    field.Parent = field


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (page_as_field, None),
        (page_as_signature_field, None),
        (catalog_as_field, None),
        (form_as_field, None),
        (picture_as_field, "broken_pdf"),
        (font_as_field, None),
        (link_as_field, None),
        (stamp_as_field, None),
        (field_of_two_pages, None),
        (field_twice_on_a_page, "overlapping_fields"),
        (shared_widget("480000", "480000"), "broken_pdf"),
        (shared_widget("480000", "980000"), "broken_pdf"),
        (shared_widget("480000"), None),
        (kid_and_top, "broken_pdf"),
        (own_kid, "broken_pdf"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_an_object_in_two_parts(change: Change, code: str | None) -> None:
    assert refused_or_prepared(samples.changed(change)) == code
