"""Boxes land where people see them, whatever way a page is turned or cropped."""

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from signing.pdf.errors import FieldMisplaced
from signing.pdf.geometry import PageGeometry
from signing.pdf.prepare import SEAL_FIELD, PDFPreparer, signature_fields
from signing.plan import FieldKind
from tests.support.pdf import blank_pdf, changed, contract_pdf, placed

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CROP = (50, 100, 450, 700)


def bounds_of_ink(data: bytes, page: int = 0) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of everything drawn, in parts of the page as a viewer shows it."""
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        image = document[page].render(scale=2, may_draw_forms=True).to_pil().convert("L")
    left, top, right, bottom = image.point(lambda level: 255 if level < 250 else 0).getbbox()
    return left / image.width, top / image.height, right / image.width, bottom / image.height


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, CROP])
def test_a_box_is_drawn_where_it_was_placed(rotate: int, crop: tuple[int, int, int, int] | None) -> None:
    box = placed("agreed", kind=FieldKind.CHECKBOX, x=0.6, y=0.1, width=0.3, height=0.2)
    prepared = PDFPreparer().prepare(blank_pdf(rotate=rotate, crop=crop), [box], prepared_at=NOW)
    assert bounds_of_ink(prepared) == pytest.approx((0.6, 0.1, 0.9, 0.3), abs=0.01)


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


def test_the_order_of_fields_does_not_choose_the_signature() -> None:
    fields = [placed("second", "a", page=2), placed("first", "a", page=1)]
    assert signature_fields(fields) == signature_fields(fields[::-1]) == {"first"}


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
