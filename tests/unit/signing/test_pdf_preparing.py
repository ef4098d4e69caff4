"""Boxes land where people see them, whatever way a page is turned or cropped."""

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from signing.pdf.errors import BrokenPDF, FieldMisplaced
from signing.pdf.geometry import PageGeometry
from signing.pdf.prepare import SEAL_FIELD, PDFPreparer, signature_fields
from signing.plan import FieldKind
from tests.support.fields import bounds_of_ink, rendered
from tests.support.pdf import blank_pdf, changed, contract_pdf, placed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CROP = (50, 100, 450, 700)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, CROP])
def test_a_box_is_drawn_where_it_was_placed(rotate: int, crop: tuple[int, int, int, int] | None) -> None:
    box = placed("agreed", kind=FieldKind.CHECKBOX, x=0.6, y=0.1, width=0.3, height=0.2)
    prepared = PDFPreparer().prepare(blank_pdf(rotate=rotate, crop=crop), [box], prepared_at=NOW)
    assert bounds_of_ink(prepared) == pytest.approx((0.6, 0.1, 0.9, 0.3), abs=0.01)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_origin_and_unit_of_a_page_change_nothing(rotate: int) -> None:
    """Its box starts below and left of zero, its unit is two points: boxes, note and watermark stay where they are."""

    def move(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0].obj
        page.MediaBox, page.CropBox = pikepdf.Array([-300, -200, 700, 900]), pikepdf.Array([-250, -100, 150, 500])
        page.UserUnit = 2

    box = placed("agreed", kind=FieldKind.CHECKBOX, x=0.6, y=0.1, width=0.3, height=0.2)
    data = changed(move, blank_pdf(rotate=rotate))
    assert bounds_of_ink(PDFPreparer().prepare(data, [box], prepared_at=NOW)) == pytest.approx(
        (0.6, 0.1, 0.9, 0.3), abs=0.01
    )
    left, top, right, bottom = bounds_of_ink(PDFPreparer().prepare(data, [], prepared_at=NOW, page_note="签署编号"))
    assert 0.96 < top < bottom < 1
    assert left + right == pytest.approx(1, abs=0.02)
    assert right - left == pytest.approx(4 * 6.5 / (2 * (600 if rotate in (90, 270) else 400)), abs=0.01)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_the_note_is_at_the_foot_and_upright(rotate: int) -> None:
    data = blank_pdf(rotate=rotate, crop=CROP)
    prepared = PDFPreparer().prepare(data, [], prepared_at=NOW, page_note="签署编号 env_0123456789abcdef")
    left, top, right, bottom = bounds_of_ink(prepared)
    assert top > 0.93
    assert bottom < 1
    assert left + right == pytest.approx(1, abs=0.03)
    with pypdfium2.PdfDocument(prepared) as document:
        assert "签署编号 env_0123456789abcdef" in document[0].get_textpage().get_text_range()


def test_fields_are_all_there_before_the_first_signature() -> None:
    fields = [
        placed("sign_a", "a"),
        placed("sign_a_again", "a", page=2),
        placed("sign_b", "b", x=0.5),
        placed("date_a", "a", FieldKind.DATE, page=3, y=0.2, height=0.03),
    ]
    prepared = PDFPreparer().prepare(contract_pdf(), fields, prepared_at=NOW)
    with pikepdf.open(BytesIO(prepared)) as pdf:
        kinds = {str(field.T): str(field.FT) for field in pdf.Root.AcroForm.Fields}
        assert int(pdf.Root.AcroForm.SigFlags) == 3
    assert kinds == {
        "sign_a": "/Sig",
        "sign_a_again": "/Tx",
        "sign_b": "/Sig",
        "date_a": "/Tx",
        SEAL_FIELD: "/Sig",
    }


@pytest.mark.parametrize(
    ("kinds", "carrier"),
    [
        ({"second": (FieldKind.SIGNATURE, 2), "first": (FieldKind.SIGNATURE, 1)}, "first"),
        ({"initials": (FieldKind.INITIALS, 1), "signature": (FieldKind.SIGNATURE, 3)}, "signature"),
        ({"edge": (FieldKind.CROSS_PAGE_SEAL, 1), "seal": (FieldKind.SEAL, 3)}, "seal"),
        ({"edge": (FieldKind.CROSS_PAGE_SEAL, 1), "date": (FieldKind.DATE, 1)}, "edge"),
    ],
)
def test_which_box_carries_the_signature(kinds: dict[str, tuple[FieldKind, int]], carrier: str) -> None:
    fields = [placed(name, "a", kind, page=page) for name, (kind, page) in kinds.items()]
    assert signature_fields(fields) == signature_fields(fields[::-1]) == {carrier}


def test_every_box_has_what_viewers_look_for() -> None:
    """Its turn, how text would be set, what a screen reader says, and what signing will lock."""
    fields = [
        placed("sign", x=0.1),
        placed("agreed", kind=FieldKind.CHECKBOX, x=0.5, width=0.05, height=0.05),
        placed("address", kind=FieldKind.TEXT, x=0.6),
    ]
    prepared = PDFPreparer().prepare(blank_pdf(rotate=90), fields, prepared_at=NOW)
    with pikepdf.open(BytesIO(prepared)) as pdf:
        form = pdf.Root.AcroForm
        boxes = {str(field.T): field for field in form.Fields}
        assert all(int(boxes[name].MK.R) == 90 for name in ("sign", "agreed", "address"))
        assert "/Helv" in form.DR.Font
        assert boxes["sign"].Lock.Action == pikepdf.Name.Include
        assert sorted(str(name) for name in boxes["sign"].Lock.Fields) == ["address", "agreed"]
        assert int(boxes["sign"].F) == 4 + 128
        assert int(boxes["address"].F) == 4
        assert int(boxes["address"].Ff) == 1 + 4096
        assert str(boxes["agreed"].TU) == "勾选 / Checkbox"
        assert [box.objgen for box in pdf.pages[0].Annots] == [field.objgen for field in form.Fields]


def test_a_box_is_drawn_when_it_is_filled_in_and_not_before() -> None:
    """A drawing in place of an earlier one is an undefined change to the EU DSS; one where none was is filling in."""
    fields = [placed(str(kind), kind=kind, y=0.1 * number, height=0.05) for number, kind in enumerate(FieldKind)]
    prepared = PDFPreparer().prepare(contract_pdf(2), fields, prepared_at=NOW)
    with pikepdf.open(BytesIO(prepared)) as pdf:
        drawn = {str(field.T) for field in pdf.Root.AcroForm.Fields if "/AP" in field}
    assert drawn == {"checkbox"}


def test_the_document_is_one_revision_with_a_plain_table() -> None:
    """Readers that can't follow packed objects see every increment; repeating gives the same bytes."""
    arguments = {"prepared_at": NOW, "page_note": "签署编号", "watermark": "测试文件"}
    once, again = (PDFPreparer().prepare(contract_pdf(), [placed("a")], **arguments) for _ in range(2))  # type: ignore[arg-type]
    assert once == again
    assert once.count(b"%%EOF") == once.count(b"\nxref\n") == 1
    assert b"/ObjStm" not in once


def test_pages_share_the_note() -> None:
    sizes = {
        pages: len(PDFPreparer().prepare(contract_pdf(pages), [], prepared_at=NOW, page_note="签署编号 env_0123456789"))
        - len(PDFPreparer().prepare(contract_pdf(pages), [], prepared_at=NOW))
        for pages in (1, 41)
    }
    assert sizes[41] - sizes[1] < 40 * 60


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, CROP])
def test_the_watermark_crosses_the_page_as_seen(rotate: int, crop: tuple[int, int, int, int] | None) -> None:
    data = blank_pdf(rotate=rotate, crop=crop)
    prepared = PDFPreparer().prepare(data, [], prepared_at=NOW, watermark="测试文件 TEST")
    left, top, right, bottom = bounds_of_ink(prepared)
    assert left < 0.2
    assert right > 0.8
    assert top < 0.1
    assert bottom > 0.9
    with pypdfium2.PdfDocument(prepared) as document:
        assert document[0].get_textpage().get_text_range().count("测试文件 TEST") == 3
        document.init_forms()
        darkest = document[0].render().to_pil().convert("L").getextrema()[0]
    assert darkest > 180  # the contract stays readable below it


@pytest.mark.parametrize(
    "trick",
    [b"q 0.1 0 0 0.1 0 0 cm q 0 0 1 1 re W n", b"Q Q 0.1 0 0 0.1 0 0 cm 0 0 1 1 re W n", b"q Q Q q 0 0 1 1 re W n"],
)
def test_a_page_can_neither_move_nor_clip_its_stamp(trick: bytes) -> None:
    def play(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents = pdf.make_stream(trick)

    arguments = {"prepared_at": NOW, "page_note": "签署编号", "watermark": "测试文件"}
    plain = PDFPreparer().prepare(blank_pdf(), [], **arguments)  # type: ignore[arg-type]
    tricked = PDFPreparer().prepare(changed(play), [], **arguments)  # type: ignore[arg-type]
    assert rendered(tricked).tobytes() == rendered(plain).tobytes()


@pytest.mark.parametrize("open_end", [b"q (abc", b"q << /A (abc", b"BI /W 1 /H 1 /BPC 8 /CS /G ID \0\1"])
def test_content_that_would_swallow_its_stamp_is_refused(open_end: bytes) -> None:
    def leave_open(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents = pdf.make_stream(open_end)

    with pytest.raises(BrokenPDF):
        PDFPreparer().prepare(changed(leave_open), [], prepared_at=NOW, watermark="测试文件")


def test_stamps_on_pages_that_share_their_resources() -> None:
    """Pages of two shapes with one resource dictionary, which has a stamp's name in use already."""

    def share(pdf: pikepdf.Pdf) -> None:
        taken = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])
        shared = pdf.make_indirect(pikepdf.Dictionary(XObject=pikepdf.Dictionary({"/DingyueStamp1": taken})))
        pdf.pages[1].Rotate = 90
        for page in pdf.pages:
            page.obj.Resources = shared

    def two_pages(pdf: pikepdf.Pdf) -> None:
        pdf.add_blank_page(page_size=(595, 842))
        share(pdf)

    prepared = PDFPreparer().prepare(changed(two_pages), [], prepared_at=NOW, page_note="签署编号")
    for page in range(2):
        left, top, right, _ = bounds_of_ink(prepared, page)
        assert top > 0.93
        assert left + right == pytest.approx(1, abs=0.03)


def test_an_old_form_becomes_plain_content() -> None:
    def add_form(pdf: pikepdf.Pdf) -> None:
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("price"),
            V=pikepdf.String("480000"),
            DA=pikepdf.String("/Helv 12 Tf 0 g"),
            Rect=pikepdf.Array([100, 700, 300, 730]),
        )
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(field)])
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=font))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.pages[0].Annots[0]]), DR=resources)

    prepared = PDFPreparer().prepare(changed(add_form), [], prepared_at=NOW)
    with pikepdf.open(BytesIO(prepared)) as pdf:
        assert [str(field.T) for field in pdf.Root.AcroForm.Fields] == [SEAL_FIELD]
    with pypdfium2.PdfDocument(prepared) as document:
        assert "480000" in document[0].get_textpage().get_text_range()


@pytest.mark.parametrize("box", [placed("x", page=2), placed("x", x=0.9), placed("x", width=0), placed("x", y=-0.1)])
def test_refuses_a_box_outside_its_page(box: object) -> None:
    with pytest.raises(FieldMisplaced):
        PDFPreparer().prepare(blank_pdf(), [box], prepared_at=NOW)  # type: ignore[list-item]


def test_geometry_of_a_quarter_turn() -> None:
    """Clockwise by 90: the visible top left corner is the bottom left one of user space."""
    geometry = PageGeometry.of([0, 0, 200, 100], None, 90)
    assert geometry.visible_size == (100, 200)
    assert geometry.rectangle(0, 0, 0.1, 0.1) == (0, 0, 20, 10)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_what_is_seen_is_the_inverse_of_where_it_is_put(rotate: int) -> None:
    geometry = PageGeometry.of([-100, -50, 500, 750], [-20, 30, 480, 700], rotate, 2)
    box = (0.1, 0.2, 0.3, 0.15)
    assert geometry.seen(geometry.rectangle(*box)) == pytest.approx(box)
    assert geometry.size_in_points == tuple(2 * side for side in geometry.visible_size)


def test_a_page_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unit"):
        PageGeometry.of([0, 0, 1, 1], None, 0, 0)
