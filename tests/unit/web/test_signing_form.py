"""The form of the signing page becomes an action, or says what is wrong; what is worth keeping comes back."""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from starlette.datastructures import FormData, Headers, UploadFile

from signing.evidence import Origin
from signing.pdf.errors import PictureBroken, PictureTooLarge
from signing.pdf.pictures import MOST_BYTES
from signing.plan import FieldKind
from web.errors import SignatureMissing
from web.signing_form import PNG_URL, SigningForm, Way

ORIGIN = Origin(address="203.0.113.7", user_agent="test")


def png() -> bytes:
    output = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 255)).save(output, "PNG")
    return output.getvalue()


def filled(**fields: Any) -> SigningForm:
    return SigningForm(FormData(list(fields.items())))


def uploaded(data: bytes) -> UploadFile:
    return UploadFile(io.BytesIO(data), filename="a.png", headers=Headers({"content-type": "image/png"}))


def test_a_typed_signature_has_no_picture() -> None:
    form = filled(signature_way="typed", signature_picture=PNG_URL + base64.b64encode(png()).decode())
    assert form.pictures() == {}
    assert filled(signature_way="nothing known").way(FieldKind.SIGNATURE) is Way.TYPED


def test_a_drawn_picture_is_read_and_kept() -> None:
    url = PNG_URL + base64.b64encode(png()).decode()
    form = filled(initials_way="drawn", initials_picture=url)
    assert form.pictures() == {FieldKind.INITIALS: png()}
    assert form.picture_url(FieldKind.INITIALS) == url


def test_an_uploaded_file_goes_before_the_one_kept_and_is_read_twice() -> None:
    form = filled(signature_way="uploaded", signature_file=uploaded(png()), signature_picture=PNG_URL + "AAAA")
    assert form.pictures() == {FieldKind.SIGNATURE: png()}
    assert form.picture_url(FieldKind.SIGNATURE) == PNG_URL + base64.b64encode(png()).decode()


def test_a_picture_that_was_chosen_must_be_there() -> None:
    for way in ("drawn", "uploaded"):
        with pytest.raises(SignatureMissing):
            filled(signature_way=way).pictures()


@pytest.mark.parametrize("url", ["https://evil.example/a.png", "data:image/jpeg;base64,AAAA", PNG_URL + "%%"])
def test_only_a_png_as_a_data_url_is_read_and_nothing_else_comes_back(url: str) -> None:
    form = filled(signature_way="drawn", signature_picture=url)
    with pytest.raises(PictureBroken):
        form.pictures()
    assert form.picture_url(FieldKind.SIGNATURE) == ""


def test_a_picture_is_bounded_before_it_is_decoded() -> None:
    form = filled(signature_way="drawn", signature_picture=PNG_URL + "A" * (2 * MOST_BYTES))
    with pytest.raises(PictureTooLarge):
        form.pictures()
    large = filled(signature_way="uploaded", signature_file=uploaded(b"x" * (3 * MOST_BYTES)))
    assert len(large.pictures()[FieldKind.SIGNATURE]) == MOST_BYTES + 1, "refused later, and never read whole"
    assert large.picture_url(FieldKind.SIGNATURE) == ""


def test_consent_needs_both_boxes_and_values_their_own_names() -> None:
    action = filled(consent="yes", field_title=" 经理 ", other="x").action(ORIGIN)
    assert not action.has_consented
    assert action.values == {"title": "经理"}
    assert filled(consent="yes", has_read="yes", consent_version="1").action(ORIGIN).has_consented
