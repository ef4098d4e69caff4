"""Every kind of field, really signed: pictures, a cross-page seal that carries a signature, pages turned every way."""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pdf.prepare import SEAL_FIELD, PDFPreparer
from signing.pdf.seal_picture import draw_seal_picture
from signing.plan import FieldKind
from signing.ports import PlacedField, SignerIdentity, SigningOrder
from tests.support.clock import FixedClock
from tests.support.fields import png_of, rendered, signature_png
from tests.support.pdf import changed, contract_pdf, placed
from tests.support.signatures import PURCHASER, SUPPLIER, Desk

PAGES = 12
SIGNER_FIELDS = [
    placed("sign", "signer", page=2, x=0.05, y=0.15, width=0.4, height=0.1),
    placed("initials", "signer", FieldKind.INITIALS, page=1, x=0.8, y=0.9, width=0.1, height=0.05),
    placed("date", "signer", FieldKind.DATE, page=2, x=0.5, y=0.15, width=0.2, height=0.03),
    placed("address", "signer", FieldKind.TEXT, page=3, x=0.5, y=0.2, width=0.4, height=0.08),
    placed("agreed", "signer", FieldKind.CHECKBOX, page=4, x=0.5, y=0.3, width=0.03, height=0.02),
    placed("again", "signer", page=4, x=0.05, y=0.15, width=0.4, height=0.1),
]
SEALER_FIELDS = [
    placed("edge", "sealer", FieldKind.CROSS_PAGE_SEAL, page=1, y=0.4, width=0.05, height=0.14),
    placed("stamp", "sealer", FieldKind.SEAL, page=3, x=0.1, y=0.6, width=0.25, height=0.2),
]
EDGE_FIELDS = [placed("only", "edge", FieldKind.CROSS_PAGE_SEAL, page=1, y=0.7, width=0.05, height=0.14)]
SLICES = ["edge", *(f"edge p{page}" for page in range(2, PAGES + 1))]


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


def turned(pdf: pikepdf.Pdf) -> None:
    for index, page in enumerate(pdf.pages):
        page.obj.Rotate = 90 * (index % 4)
        if index % 3 == 2:
            page.obj.CropBox = pikepdf.Array([30, 40, 570, 810])


def prepare(desk: Desk) -> bytes:
    return PDFPreparer().prepare(
        changed(turned, contract_pdf(PAGES)),
        [*SIGNER_FIELDS, *SEALER_FIELDS, *EDGE_FIELDS],
        prepared_at=desk.clock.now(),
        page_note="签署编号 env_test",
        watermark="测试文件 不具法律效力 TEST — NOT LEGALLY BINDING",
    )


def order(
    desk: Desk,
    fields: Sequence[PlacedField],
    identity: SignerIdentity,
    pictures: dict[FieldKind, bytes],
    values: dict[str, str] | None = None,
) -> SigningOrder:
    certificate = desk.certificate(identity)
    return SigningOrder(fields, identity, certificate, desk.clock.now(), "同意签署 / Agreed", values or {}, pictures)


def signed_by_all(desk: Desk) -> bytes:
    values = {"date": "2026-11-23", "address": "东莞市鸿福路 99 号，收件人阿依古丽·买买提", "agreed": "true"}
    drawn = {FieldKind.SIGNATURE: signature_png(), FieldKind.INITIALS: signature_png(size=(200, 160))}
    seal = {FieldKind.SEAL: draw_seal_picture(SUPPLIER.organisation_name)}
    data = desk.signer.sign(prepare(desk), order(desk, SIGNER_FIELDS, PURCHASER, drawn, values)).data
    desk.clock.advance(timedelta(minutes=1))
    data = desk.signer.sign(data, order(desk, SEALER_FIELDS, SUPPLIER, seal)).data
    desk.clock.advance(timedelta(minutes=1))
    data = desk.signer.sign(data, order(desk, EDGE_FIELDS, SUPPLIER, seal)).data
    desk.clock.advance(timedelta(minutes=1))
    return desk.seal(data)


def test_every_kind_signed_and_sealed_holds(desk: Desk, tmp_path: Path) -> None:
    """For our verifier and for poppler; each kind was filled in with what it should hold."""
    data = signed_by_all(desk)
    verdict = desk.verdict(data)
    assert verdict.outcome == "authentic", verdict
    assert [found.field for found in verdict.signatures[:4]] == ["sign", "stamp", "only", SEAL_FIELD]
    file = tmp_path / "contract.pdf"
    file.write_bytes(data)
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert told.count("Signature is Valid") >= 4
    with pikepdf.open(BytesIO(data)) as pdf:
        boxes = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert str(boxes["again"].V) == str(boxes["initials"].V) == PURCHASER.name
        assert str(boxes["agreed"].AS) == "/Yes"
        assert str(boxes["date"].V) == "2026-11-23"
        assert {name for name in boxes if name.startswith("edge")} == set(SLICES)
        assert {str(boxes[name].FT) for name in SLICES} == {"/Tx"}
        assert [boxes[name].P.objgen for name in SLICES] == [page.obj.objgen for page in pdf.pages]
        locked = boxes["stamp"].V.Reference[0].TransformParams.Fields
        assert sorted(str(name) for name in locked) == sorted(str(name) for name in boxes["stamp"].Lock.Fields)
        assert set(SLICES) == {str(name) for name in locked}
        pictures = [found for found in pdf.objects if isinstance(found, pikepdf.Stream) and "/SMask" in found]
    assert len(pictures) == 4  # signature, initials, and the seal once for each of the two who used it


def test_the_slices_of_a_signed_contract_make_its_seal(desk: Desk) -> None:
    """Cut from the right edges of twelve pages, turned and cropped, as a viewer shows them."""
    seal = draw_seal_picture(SUPPLIER.organisation_name)
    data = desk.signer.sign(prepare(desk), order(desk, SEALER_FIELDS, SUPPLIER, {FieldKind.SEAL: seal})).data
    height = 0.14 * 842
    share = height / PAGES
    ink = []
    for index in range(PAGES):
        page = rendered(data, index, scale=4)
        top = min(0.4, 1 - height * 4 / page.height) * page.height
        slice_ = page.crop((page.width - round(share * 4), round(top), page.width, round(top + height * 4)))
        ink.append(sum(red > 180 and green < 90 for red, green, _ in slice_.get_flattened_data()))
    expected = []
    picture = Image.open(BytesIO(seal)).resize((round(share * 4) * PAGES, round(height * 4)))
    for index in range(PAGES):
        part = picture.crop((index * picture.width // PAGES, 0, (index + 1) * picture.width // PAGES, picture.height))
        expected.append(sum(alpha > 128 for _, _, _, alpha in part.get_flattened_data()))
    assert min(ink) > 100
    assert ink == pytest.approx(expected, rel=0.25)


def test_an_opaque_seal_is_signed_too(desk: Desk) -> None:
    """A scan: red on white, without transparency."""
    scan = Image.new("RGB", (300, 300), (255, 255, 255))
    scan.paste((200, 0, 0), (50, 50, 250, 250))
    data = desk.signer.sign(prepare(desk), order(desk, SEALER_FIELDS, SUPPLIER, {FieldKind.SEAL: png_of(scan)})).data
    assert desk.verdict(data).outcome == "authentic"
