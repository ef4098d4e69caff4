"""Every upload gets a `ScreenedDocument` or one stable code."""

import random
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from signing.pdf.errors import DocumentRefused, FileTooLarge
from signing.pdf.flatten import FLATTENED
from signing.pdf.screen import PDFScreener
from signing.ports import ScreeningLimits
from tests.support import pdf as samples

MEGABYTE = 1024 * 1024


def code_of(data: bytes, limits: ScreeningLimits | None = None) -> str:
    with pytest.raises((DocumentRefused, FileTooLarge)) as refused:
        PDFScreener().screen(data, limits)
    assert refused.value.message("zh")
    return refused.value.code


Change = Callable[[Pdf], None]


def action(**entries: Any) -> Change:
    """On a link of the first page."""
    return lambda pdf: samples.add_annotation(pdf, "Link", is_drawn=False, A=Dictionary(**entries))


def at_opening(**entries: Any) -> Change:
    return in_catalog("OpenAction", Dictionary(**entries))


def in_catalog(key: str, value: Any) -> Change:
    return lambda pdf: pdf.Root.__setitem__(f"/{key}", value)


def on_page(key: str, value: Any) -> Change:
    return lambda pdf: pdf.pages[0].obj.__setitem__(f"/{key}", value)


def in_field(**entries: Any) -> Change:
    return lambda pdf: samples.add_field(pdf, "party", (72, 600, 272, 620), **entries) and None


def annotation(subtype: str, flags: int = 4, **entries: Any) -> Change:
    return lambda pdf: samples.add_annotation(pdf, subtype, flags, **entries)


def resource(**entries: Any) -> Change:
    """An XObject that the first page may paint."""

    def change(pdf: Pdf) -> None:
        entries.setdefault("Subtype", Name.Form)
        stream = pdf.make_stream(b"", Type=Name.XObject, **entries)
        pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=stream))

    return change


def nested_deeply(pdf: Pdf) -> None:
    inner = Array([])
    for _ in range(100):
        inner = Array([inner])
    pdf.Root.PieceInfo = inner


def no_page_contents(pdf: Pdf) -> None:
    pdf.pages[0].obj.Contents = Dictionary()


def test_accepts_a_contract() -> None:
    screened = PDFScreener().screen(samples.contract_pdf(3))
    assert screened.page_count == 3
    assert (round(screened.pages[0].width), round(screened.pages[0].height)) == (595, 842)
    assert not screened.has_form


def test_page_size_is_as_seen() -> None:
    page = PDFScreener().screen(samples.blank_pdf(rotate=90, crop=(100, 100, 300, 600))).pages[0]
    assert (page.width, page.height) == (500, 200)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_a_pdf"),
        (b"PK\x03\x04 a zip file", "not_a_pdf"),
        (b"%PDF-1.7\n%%EOF", "broken_pdf"),
        (b"%PDF-1.7\nnothing here", "broken_pdf"),
    ],
)
def test_refuses_what_is_no_sound_pdf(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_refuses_a_truncated_file() -> None:
    data = samples.contract_pdf()
    assert code_of(data[: len(data) // 2]) == "broken_pdf"
    assert code_of(data[: len(data) // 2] + b"\n%%EOF\n") == "broken_pdf"


def test_refuses_encryption() -> None:
    assert code_of(samples.encrypted_pdf()) == "encrypted_pdf"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (samples.add_javascript, "active_content"),
        (samples.add_launch_action, "active_content"),
        (samples.add_media, "active_content"),
        (action(S=Name.SubmitForm, F=String("https://example.org")), "active_content"),
        (action(S=Name.ImportData, F=String("data.fdf")), "active_content"),
        (action(S=Name.ResetForm), "active_content"),
        (action(S=Name.Hide, T=String("party")), "active_content"),
        (action(S=Name.GoToR, F=String("other.pdf"), D=Array([0, Name.Fit])), "active_content"),
        (action(S=Name.Named, N=Name.Print), "active_content"),
        (action(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Dictionary(S=Name.JavaScript)), "active_content"),
        (at_opening(S=Name.URI, URI=String("https://example.org")), "active_content"),
        (in_catalog("Names", Dictionary(JavaScript=Dictionary(Names=Array([])))), "active_content"),
        (on_page("AA", Dictionary(O=Dictionary(S=Name.GoTo))), "active_content"),
        (on_page("PresSteps", Dictionary()), "active_content"),
        (resource(Subtype=Name.PS), "active_content"),
        (in_field(AA=Dictionary(K=Dictionary(S=Name.GoTo))), "active_content"),
        (in_catalog("Collection", Dictionary()), "embedded_files"),
        (on_page("AF", Array([])), "embedded_files"),
        (annotation("FileAttachment"), "embedded_files"),
        (resource(OC=Dictionary(Type=Name.OCMD)), "hidden_layers"),
        (annotation("Stamp", OC=Dictionary()), "hidden_layers"),
        (resource(Subtype=Name.Image, Alternates=Array([])), "hidden_layers"),
        (in_catalog("Names", Dictionary(Templates=Dictionary(Type=Name.Template))), "hidden_content"),
        (annotation("Stamp", 4 | 32), "hidden_content"),
        (annotation("Stamp", 4 | 256), "hidden_content"),
        (resource(F=String("elsewhere.bin")), "external_content"),
        (resource(Subtype=Name.Form, Ref=Dictionary(F=String("other.pdf"), Page=0)), "external_content"),
        (resource(Subtype=Name.Image, OPI=Dictionary()), "external_content"),
        (annotation("FreeText", is_drawn=False), "appearance_missing"),
        (annotation("Highlight", is_drawn=False), "appearance_missing"),
        (in_field(V=String("张三"), AP=None), "appearance_missing"),
        (in_field(V=String("one\ntwo"), AP=None), "appearance_missing"),
        (in_field(FT=Name.Btn, V=Name.Yes, AS=Name.Yes, AP=None), "appearance_missing"),
        (in_catalog("NeedsRendering", True), "xfa_form"),
        (in_catalog("Perms", Dictionary()), "document_already_signed"),
        (in_catalog("DSS", Dictionary()), "document_already_signed"),
        (nested_deeply, "document_too_complex"),
        (no_page_contents, "broken_pdf"),
        (samples.add_embedded_file, "embedded_files"),
        (samples.add_layer, "hidden_layers"),
        (samples.add_xfa, "xfa_form"),
        (samples.add_signature, "document_already_signed"),
        (samples.add_double_packed_stream, "decompression_bomb"),
        (samples.remove_area, "broken_pdf"),
    ],
)
def test_refuses_what_could_show_something_else_later(change: Callable[[Pdf], None], code: str) -> None:
    assert code_of(samples.changed(change)) == code


@pytest.mark.parametrize(
    ("boxes", "is_refused"),
    [
        ([(72, 600, 272, 620), (72, 600, 272, 620)], True),  # the one over the other
        ([(72, 600, 272, 620), (100, 605, 120, 615)], True),  # the one inside the other
        ([(272, 620, 72, 600), (200, 600, 400, 620)], True),  # a corner given the other way round
        ([(0, 0, 595, 842)], True),  # as large as the page
        ([(72, 600, 272, 620), (72, 619, 272, 639), (271, 600, 400, 620)], False),  # touching
        ([(72, 600, 72, 600), (60, 590, 200, 650)], False),  # without an area
    ],
)
def test_fields_must_not_cover_each_other(boxes: list[tuple[int, int, int, int]], is_refused: bool) -> None:
    def change(pdf: Pdf) -> None:
        for number, box in enumerate(boxes):
            samples.add_field(pdf, f"field {number}", box, V=String("1"))

    data = samples.changed(change)
    if is_refused:
        assert code_of(data) == "overlapping_fields"
    else:
        assert PDFScreener().screen(data).flattened == ("form_fields",)


def test_fields_of_one_name_have_one_value() -> None:
    def change(pdf: Pdf, *values: str) -> None:
        for row, value in enumerate(values):
            samples.add_field(pdf, "amount", (72, 100 + 30 * row, 200, 120 + 30 * row), V=String(value))

    assert code_of(samples.changed(lambda pdf: change(pdf, "480000", "980000"))) == "conflicting_fields"
    assert PDFScreener().screen(samples.changed(lambda pdf: change(pdf, "480000", "480000"))).has_form


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (samples.form_pdf(), {"form_fields", "signature_fields"}),
        (samples.updated_pdf(), {"earlier_revisions"}),
        (samples.changed(lambda pdf: samples.add_annotation(pdf, "Stamp")), {"annotations"}),
        (samples.changed(lambda pdf: samples.add_annotation(pdf, "FreeText")), {"annotations"}),
        (samples.changed(lambda pdf: samples.add_annotation(pdf, "Text", is_drawn=False)), {"comments"}),
        (samples.changed(lambda pdf: samples.add_annotation(pdf, "Stamp", 2)), {"hidden_annotations"}),
        (samples.changed(lambda pdf: samples.add_annotation(pdf, "Link", is_drawn=False)), set()),
        (samples.packed_pdf(), set()),
    ],
)
def test_what_will_be_flattened_is_told(data: bytes, told: set[str]) -> None:
    screened = PDFScreener().screen(data)
    assert set(screened.flattened) == told
    assert told <= set(FLATTENED)


def test_a_linearised_file_has_no_earlier_revision() -> None:
    output = BytesIO()
    with Pdf.open(BytesIO(samples.contract_pdf(3))) as pdf:
        pdf.save(output, linearize=True)
    assert PDFScreener().screen(output.getvalue()).flattened == ()


@pytest.mark.parametrize("before", range(1, 10))
def test_an_earlier_revision_is_seen_wherever_the_pieces_meet_in_which_the_file_is_read(before: int) -> None:
    """Here `startxref` begins so many bytes before the end of the first piece, and ends in the second."""
    data = samples.updated_pdf()
    at = data.rindex(b"startxref")
    comment = b"%".ljust(MEGABYTE - before - at - 1, b"-") + b"\n"
    stretched = data[:at] + comment + data[at:]
    assert stretched.index(b"startxref", at) == MEGABYTE - before
    assert PDFScreener().screen(stretched).flattened == ("earlier_revisions",)


def test_an_open_file_is_screened_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(samples.form_pdf())
    with path.open("rb") as file:
        assert PDFScreener().screen(file) == PDFScreener().screen(path.read_bytes())


def test_a_loop_in_the_page_tree_is_broken() -> None:
    def change(pdf: Pdf) -> None:
        pdf.Root.Pages.Kids.append(pdf.Root.Pages)

    assert code_of(samples.changed(change)) == "broken_pdf"


def test_limits() -> None:
    data = samples.contract_pdf(3)
    assert code_of(data, ScreeningLimits(pages=2)) == "too_many_pages"
    assert code_of(data, ScreeningLimits(objects=5)) == "too_many_objects"
    assert code_of(data, ScreeningLimits(bytes=1000)) == "file_too_large"
    bomb = samples.changed(samples.add_many_zeros)
    assert len(bomb) < 20_000
    assert code_of(bomb, ScreeningLimits(decompressed_bytes=1024 * 1024)) == "decompression_bomb"


def test_mutated_files_never_crash_it() -> None:
    """A few hundred random changes: each is accepted or refused in order."""
    chance = random.Random(20261122)
    original = samples.changed(samples.add_layer, samples.contract_pdf(1))
    for _ in range(300):
        data = bytearray(original)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(DocumentRefused):
            PDFScreener().screen(bytes(data))
