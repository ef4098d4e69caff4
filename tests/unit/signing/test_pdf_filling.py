"""What signed boxes show: every kind, on pages turned and cropped every way, drawn by a viewer of its own."""

from dataclasses import replace
from io import BytesIO
from itertools import product

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from signing.pdf.appearance import initials_of
from signing.pdf.seal_picture import draw_seal_picture
from signing.plan import FieldKind
from signing.ports import PlacedField
from tests.support.fields import SIGNER, bounds_of_ink, filled, order_for, png_of, rendered, signature_png
from tests.support.pdf import blank_pdf, changed, contract_pdf, placed

CROP = (50, 100, 450, 700)
BOX = (0.55, 0.2, 0.4, 0.15)
SEAL = draw_seal_picture(SIGNER.organisation_name)
PICTURES = {
    FieldKind.SIGNATURE: signature_png(),
    FieldKind.INITIALS: signature_png(size=(120, 100)),
    FieldKind.SEAL: SEAL,
}
LONG = "广东省东莞市南城街道鸿福路 99 号行政办事中心主楼十五层，收件人：阿依古丽·买买提（电话 13800138000）。" * 3
DRAWN = [kind for kind in FieldKind if kind is not FieldKind.CROSS_PAGE_SEAL]


def one_box(kind: FieldKind) -> PlacedField:
    x, y, width, height = BOX
    return placed("box", kind=kind, x=x, y=y, width=width, height=height)


def value_for(kind: FieldKind) -> dict[str, str]:
    values = {FieldKind.DATE: "2026-11-23", FieldKind.TEXT: LONG, FieldKind.CHECKBOX: "true"}
    return {"box": values[kind]} if kind in values else {}


@pytest.mark.parametrize(("rotate", "crop"), list(product([0, 90, 180, 270], [None, CROP])))
@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("has_pictures", [True, False])
def test_every_kind_stays_in_its_box(
    kind: FieldKind, has_pictures: bool, rotate: int, crop: tuple[int, int, int, int] | None
) -> None:
    order = order_for([one_box(kind)], values=value_for(kind), pictures=PICTURES if has_pictures else {})
    left, top, right, bottom = bounds_of_ink(filled(blank_pdf(rotate=rotate, crop=crop), order))
    x, y, width, height = BOX
    edge = 0.005
    assert x - edge <= left < right <= x + width + edge
    assert y - edge <= top < bottom <= y + height + edge
    assert (right - left) * (bottom - top) > 0.02 * width * height


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_drawings_stand_upright_however_the_page_is_turned(rotate: int) -> None:
    """The seal as a viewer shows it is the seal as it was uploaded."""
    side = 300
    width, height = (842, 595) if rotate in (90, 270) else (595, 842)
    box = placed(
        "box", kind=FieldKind.INITIALS, x=100 / width, y=200 / height, width=side / width, height=side / height
    )
    picture = Image.open(BytesIO(SEAL))
    page = rendered(filled(blank_pdf(rotate=rotate), order_for([box], pictures={FieldKind.INITIALS: SEAL})), scale=1)
    bounds = ImageChops.invert(page.convert("L")).point([255 if level > 8 else 0 for level in range(256)]).getbbox()
    shown = page.crop(bounds).convert("L").resize((64, 64))
    paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    paper.alpha_composite(picture)
    expected = paper.crop(picture.getbbox()).convert("L").resize((64, 64))
    difference = ImageChops.difference(shown, expected).histogram()
    assert sum(level * count for level, count in enumerate(difference)) / 64**2 < 12


def test_a_signature_says_who_for_whom_when_and_why() -> None:
    for pictures in ({}, PICTURES):
        with pypdfium2.PdfDocument(
            filled(blank_pdf(), order_for([one_box(FieldKind.SIGNATURE)], pictures=pictures))
        ) as pdf:
            form = pdf[0]
            pypdfium2.raw.FPDFPage_Flatten(form, 0)
            text = pdf[0].get_textpage().get_text_range().replace("\r\n", " ")
        for part in ("张三", "东莞市示例采购中心", "2026-11-23 10:00:00 UTC+08:00", "同意签署 / I agree to sign"):
            assert part in text


def test_nothing_of_the_contract_is_covered() -> None:
    """Ink multiplies: a seal with a white ground over the text leaves the text as it is."""
    opaque = Image.new("RGB", (200, 200), (255, 255, 255))
    opaque.paste((200, 0, 0), (80, 150, 120, 190))
    box = placed("box", kind=FieldKind.SEAL, x=0.1, y=0.02, width=0.6, height=0.16)
    data = contract_pdf(1)
    before = rendered(data).convert("L")
    after = rendered(filled(data, order_for([box], pictures={FieldKind.SEAL: png_of(opaque)}))).convert("L")
    dark = [index for index, level in enumerate(before.tobytes()) if level < 60]
    assert dark
    assert all(level < 100 for level in map(after.tobytes().__getitem__, dark))


@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize(("rotate", "crop"), list(product([0, 90, 180, 270], [None, CROP])))
def test_slices_side_by_side_make_the_seal(count: int, rotate: int, crop: tuple[int, int, int, int] | None) -> None:
    def turn(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.Rotate = rotate
            page.obj.Contents = pdf.make_stream(b"")
            if crop is not None:
                page.obj.CropBox = pikepdf.Array(crop)

    edge = placed("edge", kind=FieldKind.CROSS_PAGE_SEAL, y=0.4, width=0.3, height=0.2)
    data = filled(changed(turn, contract_pdf(count)), order_for([edge], pictures=PICTURES))
    pages = [rendered(data, page, scale=3) for page in range(count)]
    height = round(0.2 * pages[0].height)
    top, share = round(0.4 * pages[0].height), round(height / count)
    whole = Image.new("RGB", (share * count, height), "white")
    for index, page in enumerate(pages):
        assert page.crop((0, 0, page.width - share - 3, page.height)).convert("L").getextrema() == (255, 255)
        whole.paste(page.crop((page.width - share, top, page.width, top + height)), (index * share, 0))
    seal = Image.open(BytesIO(SEAL))
    expected = Image.new("RGBA", seal.size, (255, 255, 255, 255))
    expected.alpha_composite(seal)
    small = (48, 48)
    difference = ImageChops.difference(
        whole.convert("L").resize(small), expected.convert("L").resize(small)
    ).histogram()
    assert sum(level * number for level, number in enumerate(difference)) / 48**2 < 14


def test_a_seal_without_a_picture_is_named_along_the_edge() -> None:
    edge = placed("edge", kind=FieldKind.CROSS_PAGE_SEAL, y=0.4, width=0.03, height=0.2)
    left, _, _, _ = bounds_of_ink(
        filled(changed(lambda pdf: pdf.add_blank_page(page_size=(595, 842))), order_for([edge]))
    )
    assert left > 0.96


def test_one_picture_and_one_font_for_all_boxes() -> None:
    fields = [replace(placed("edge", kind=FieldKind.CROSS_PAGE_SEAL, y=0.4, width=0.05), page=1)]
    fields += [placed(f"seal{page}", kind=FieldKind.SEAL, page=page) for page in range(1, 11)]
    data = filled(contract_pdf(10), order_for(fields, pictures=PICTURES))
    with pikepdf.open(BytesIO(data)) as pdf:
        images = [
            found for found in pdf.objects if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Image"
        ]
        fonts = [
            found
            for found in pdf.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/Subtype") == "/Type0"
        ]
    assert len(images) == 2  # the seal and its mask
    assert len(fonts) == 1


def test_values_are_kept_as_they_were_written() -> None:
    """What can't be drawn, or not as it is, is in `/V` all the same."""
    name = "𠮷野\u200b·é"
    data = filled(blank_pdf(), order_for([one_box(FieldKind.TEXT)], values={"box": name}))
    with pikepdf.open(BytesIO(data)) as pdf:
        box = pdf.Root.AcroForm.Fields[0]
        assert str(box.V) == name
        shown = box.AP.N.Resources.Font.F1.ToUnicode.read_bytes().decode()
    assert "<D842DFB7>" in shown
    assert "<200B>" not in shown


def test_boxes_left_blank_stay_without_a_value_and_a_drawing() -> None:
    with pikepdf.open(BytesIO(filled(blank_pdf(), order_for([one_box(FieldKind.TEXT)])))) as pdf:
        box = pdf.Root.AcroForm.Fields[0]
        assert "/V" not in box
        assert "/AP" not in box


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("张三", "张三"),
        ("欧阳娜娜", "欧阳娜娜"),
        ("阿依古丽·买买提", "阿依古丽"),
        ("John Smith", "JS"),
        ("Alexander", "A"),
        ("Ann", "Ann"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials
