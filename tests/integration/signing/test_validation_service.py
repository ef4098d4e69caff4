"""What this installation knows besides the file: whom its own authority has revoked."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades_findings import Finding
from signing.pdf.embed import Embedder
from signing.pdf.sign_file import FileOrder, Level, sign_file
from signing.pdf.validation_material import Material
from signing.pki.credentials import SigningCredential
from signing.pki.policy import RevocationReason
from signing.pki.tsa import BuiltInTSA
from signing.validation import ValidationService
from tests.support.clock import FixedClock
from tests.support.pdf import blank_pdf
from tests.support.pki import PKIDesk


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, secrets, clock)


def signed(desk: PKIDesk, credential: SigningCredential, folder: Path, level: Level) -> bytes:
    source = folder / "in.pdf"
    source.write_bytes(blank_pdf())
    target = BytesIO()
    order = FileOrder("合同专用章", "某公司", "同意 / agreed", desk.clock.now(), level)
    with source.open("rb") as reader:
        sign_file(
            reader,
            target,
            order,
            credential=credential,
            embedder=Embedder(desk.pki.timestamps),
            material=lambda _: Material(),
        )
    return target.getvalue()


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_a_stolen_key_leaves_the_revocation_out_of_the_file(desk: PKIDesk, tmp_path: Path, level: Level) -> None:
    service = ValidationService(desk.pki, clock=desk.clock)
    certificate_id = desk.seal_certificate()
    stolen = desk.pki.credential(certificate_id)
    before = signed(desk, stolen, tmp_path, level)
    assert service.validate(before).outcome == "authentic"
    desk.clock.advance(timedelta(hours=1))
    desk.pki.revoke(certificate_id, RevocationReason.KEY_COMPROMISE)
    desk.clock.advance(timedelta(hours=1))
    verdict = service.validate(signed(desk, stolen, tmp_path, level))
    assert (verdict.outcome, verdict.finding) == ("unrecognised", Finding.CERTIFICATE_REVOKED)
    assert verdict.signatures[0].is_intact
    # A time-stamp proves that it was signed before; without one it may as well be from yesterday.
    assert service.validate(before).outcome == ("authentic" if level == "B-T" else "unrecognised")


def test_what_the_file_lacks_is_not_counted_as_its_level(desk: PKIDesk, tmp_path: Path) -> None:
    verdict = ValidationService(desk.pki, clock=desk.clock).validate(
        signed(desk, desk.pki.credential(desk.seal_certificate()), tmp_path, "B-T")
    )
    assert (verdict.outcome, verdict.signatures[0].level) == ("authentic", "B-T")
    assert verdict.signatures[0].revocation == "unknown"


def test_stamps_of_a_revoked_authority_of_time(desk: PKIDesk, tmp_path: Path) -> None:
    stamping = desk.pki.timestamp_credential(desk.clock.now())
    credential = desk.pki.credential(desk.seal_certificate())
    (certificate,) = [each for each in desk.pki.certificates() if each.kind == "timestamp"]
    desk.pki.revoke(certificate.id, RevocationReason.KEY_COMPROMISE)
    desk.clock.advance(timedelta(hours=1))
    desk.pki.timestamps = BuiltInTSA(lambda _now: stamping, desk.clock)  # the key was stolen
    verdict = ValidationService(desk.pki, clock=desk.clock).validate(signed(desk, credential, tmp_path, "B-T"))
    assert verdict.finding is Finding.TIMESTAMP_INVALID
