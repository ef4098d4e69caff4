"""Forms and annotations become what they look like, and nothing of them stays that could change."""

from io import BytesIO

import pypdfium2
from pikepdf import Dictionary, Name, Pdf, String

from signing.pdf.flatten import flatten, needs_flattening
from tests.support import pdf as samples


def darkness(data: bytes, box: tuple[int, int, int, int]) -> int:
    """How many pixels of a box, given in points from the bottom left, aren't white."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        height = page.get_height()
        picture = page.render(may_draw_forms=False, draw_annots=False).to_pil().convert("L")
    part = picture.crop((box[0], round(height) - box[3], box[2], round(height) - box[1]))
    return sum(part.histogram()[:250])


def opened(data: bytes) -> Pdf:
    return Pdf.open(BytesIO(data))


def flattened(data: bytes) -> bytes:
    output = BytesIO()
    with opened(data) as pdf:
        assert needs_flattening(pdf)
        flatten(pdf)
        pdf.save(output)
    return output.getvalue()


def test_a_plain_file_needs_none() -> None:
    with opened(samples.contract_pdf(2)) as pdf:
        assert not needs_flattening(pdf)


def test_fields_become_content() -> None:
    before = samples.form_pdf(party="Acme")
    assert darkness(before, (72, 700, 300, 720)) == 0
    after = flattened(before)
    assert darkness(after, (72, 700, 300, 720)) > 0
    with opened(after) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert list(pdf.pages[0].obj.get("/Annots", [])) == []


def test_a_drawn_value_is_kept_as_drawn_although_another_field_has_no_look() -> None:
    """A look that is made anew knows no Chinese letters: 张三 would become question marks."""

    def change(pdf: Pdf) -> None:
        samples.add_field(pdf, "party", (72, 600, 272, 620), V=String("张三"))
        samples.add_field(pdf, "count", (72, 500, 272, 520), V=String("12"), AP=None, DA=String("/Helv 10 Tf 0 g"))
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        pdf.Root.AcroForm.DR = Dictionary(Font=Dictionary(Helv=font))

    after = flattened(samples.changed(change))
    assert darkness(after, (72, 600, 272, 620)) > 0
    assert darkness(after, (72, 500, 272, 520)) > 0
    with opened(after) as pdf:
        looks = [look.read_bytes() for look in pdf.pages[0].Resources.XObject.as_dict().values()]
    assert b"0.9 g 0 0 20 20 re f" in looks
    assert not any(b"?" in look for look in looks)


def test_annotations_become_content_without_a_form_too() -> None:
    after = flattened(samples.changed(lambda pdf: samples.add_annotation(pdf, "Stamp")))
    assert darkness(after, (100, 300, 200, 400)) > 0
    with opened(after) as pdf:
        assert list(pdf.pages[0].obj.get("/Annots", [])) == []


def test_hidden_ones_are_gone_and_links_stay() -> None:
    def change(pdf: Pdf) -> None:
        samples.add_annotation(pdf, "Stamp", 2)
        action = Dictionary(S=Name.URI, URI=String("https://example.org"))
        samples.add_annotation(pdf, "Link", is_drawn=False, A=action)

    after = flattened(samples.changed(change))
    assert darkness(after, (100, 300, 200, 400)) == 0
    with opened(after) as pdf:
        assert [str(found.Subtype) for found in pdf.pages[0].Annots] == ["/Link"]


def test_a_page_without_content_can_be_written_on() -> None:
    def change(pdf: Pdf) -> None:
        del pdf.pages[0].obj.Contents

    with opened(flattened(samples.changed(change))) as pdf:
        assert "/Contents" in pdf.pages[0].obj
