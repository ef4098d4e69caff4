"""Poppler, MuPDF, OpenSSL and pyHanko agree with us on every level, on small and long documents, one signer or many.

Two of them don't know document timestamps. poppler 22.12 prints “not yet verified” for one, MuPDF “not signed”: they
haven't judged it, and say nothing against it. OpenSSL and pyHanko do judge it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

import pikepdf
import pytest

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.pdf.embed import Embedder
from signing.pdf.prepare import SEAL_FIELD
from signing.pdf.sign_file import Box, FileOrder, Level, sign_file
from signing.pdf.validation_material import Material
from signing.pki.trial_folder import TrialFolder
from signing.plan import FieldKind
from signing.ports import SignerIdentity
from tests.support import validators
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf, placed
from tests.support.signatures import PURCHASER, SUPPLIER, Desk

LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT", "B-LTA")
VALID = "Signature is Valid."
TIMESTAMP = "Document timestamp 1"


@pytest.fixture
def clock() -> FixedClock:
    """In the past whatever the machine's clock says: pyHanko asks it for the proofs of existence it assumes."""
    return FixedClock(datetime(2024, 3, 1, 2, 0, tzinfo=UTC))


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


@pytest.fixture
def authority(clock: FixedClock, tmp_path: Path) -> TrialFolder:
    return TrialFolder(tmp_path / "keys", clock)


def signed(data: bytes, level: Level, authority: TrialFolder, at: datetime, name: str = "张三") -> bytes:
    with TemporaryFile() as source, TemporaryFile() as target:
        source.write(data)
        source.flush()
        sign_file(
            source,
            target,
            FileOrder(name, "某某公司", "同意签署", at, level, Box(1, 0.55, 0.85, 0.38, 0.1)),
            credential=authority.signer(name, "某某公司"),
            embedder=Embedder(authority.timestamps),
            material=lambda _carried: Material(authority.authorities(), authority.revocation_lists()),
        )
        target.seek(0)
        return target.read()


@pytest.mark.parametrize("pages", [5, 100])
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_valid_to_others(
    level: Level, pages: int, authority: TrialFolder, clock: FixedClock, tmp_path: Path
) -> None:
    data = signed(contract_pdf(pages), level, authority, clock.now())
    file = tmp_path / "signed.pdf"
    file.write_bytes(data)
    has_timestamp = level == "B-LTA"

    assert validators.poppler(file)["Signature 1"] == VALID
    assert validators.mupdf(file)[0] in {
        "The document is unchanged since signing.",
        "The signature is valid but there have been edits since signing.",
    }
    found = validators.parts(data)
    assert [part.is_timestamp for part in found] == [False, True][: 1 + has_timestamp]
    for part in found:
        said = validators.openssl(part, authority.roots(), clock.now(), tmp_path)
        assert ("Verification: OK" if part.is_timestamp else "CAdES Verification successful") in said, said
    (verdict,) = validators.pyhanko(data, level, authority.roots(), clock.now())
    assert verdict.is_passed
    assert not verdict.is_changed
    assert (verdict.evidence_at == clock.now()) == has_timestamp
    ours = verify_pdf(data, signing_roots=authority.roots(), timestamp_roots=authority.roots())
    assert (ours.outcome, ours.signatures[0].level) == ("authentic", level)


def test_files_with_cross_reference_streams(authority: TrialFolder, clock: FixedClock, tmp_path: Path) -> None:
    """Signed twice over: the second increment continues the first one's streams."""
    packed = BytesIO()
    with pikepdf.open(BytesIO(contract_pdf(5))) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    data = signed(packed.getvalue(), "B-LTA", authority, clock.now())
    clock.advance(timedelta(minutes=5))
    data = signed(data, "B-LTA", authority, clock.now(), name="李四")
    file = tmp_path / "signed.pdf"
    file.write_bytes(data)
    assert b"xref" not in data.replace(b"startxref", b"")
    said = validators.poppler(file)
    assert (said["Signature 1"], said["Signature 2"]) == (VALID, VALID)
    verdicts = validators.pyhanko(data, "B-LTA", authority.roots(), clock.now())
    assert [(verdict.is_passed, verdict.is_changed) for verdict in verdicts] == [(True, False)] * 2


@pytest.mark.parametrize("pages", [5, 100])
def test_two_parties_a_seal_and_the_platform(pages: int, desk: Desk, tmp_path: Path) -> None:
    data = _signed_by_all(desk, contract_pdf(pages))
    roots, now = desk.pki.roots(), desk.clock.now()
    file = tmp_path / "contract.pdf"
    file.write_bytes(data)

    names = ["sign_a", "sign_b", "seal_c", SEAL_FIELD]
    said = validators.poppler(file)
    assert [said[name] for name in names] == [VALID] * 4
    assert said[TIMESTAMP] == "Signature has not yet been verified."
    by_mupdf = validators.mupdf(file)
    assert by_mupdf.count("The signature is valid but there have been edits since signing.") == 4
    assert by_mupdf.count("Signature is not signed.") == 1
    for part in validators.parts(data):
        said_of_part = validators.openssl(part, roots, now, tmp_path)
        assert ("Verification: OK" if part.is_timestamp else "CAdES Verification successful") in said_of_part
    verdicts = validators.pyhanko(data, "B-LTA", roots, now)
    assert [verdict.field for verdict in verdicts] == names
    assert all(verdict.is_passed and not verdict.is_changed for verdict in verdicts), verdicts
    assert {verdict.evidence_at for verdict in verdicts} == {now}


def _signed_by_all(desk: Desk, document: bytes) -> bytes:
    """Purchaser, supplier, the supplier's seal, a minute apart; then the platform."""
    fields = [
        placed("sign_a", "a", x=0.08),
        placed("date_a", "a", FieldKind.DATE, page=2, y=0.2, height=0.03),
        placed("sign_b", "b", x=0.55),
        placed("address_b", "b", FieldKind.TEXT, page=2, y=0.3, height=0.03),
        placed("seal_c", "c", FieldKind.SEAL, page=2, y=0.5),
    ]
    data = desk.prepare(document, fields)
    with desk.unit_of_work() as uow:
        seal_id = desk.pki.issue_seal_certificate(uow, SignerIdentity("合同专用章", *_organisation(SUPPLIER)))
    for recipient, identity, values in (
        ("a", PURCHASER, {"date_a": "2024-03-01"}),
        ("b", SUPPLIER, {"address_b": "东莞市鸿福路 99 号"}),
        ("c", SUPPLIER, {}),
    ):
        order = desk.order(recipient, identity, values)
        order = replace(order, fields=[field for field in fields if field.recipient == recipient])
        data = desk.signer.sign(data, replace(order, certificate_id=seal_id) if recipient == "c" else order).data
        desk.clock.advance(timedelta(minutes=1))
    return desk.seal(data)


def _organisation(identity: SignerIdentity) -> tuple[str, str]:
    return identity.organisation_name, identity.uscc
