"""Remote signers whose certificate is revoked: before signing they are refused, afterwards nobody is held up.

The authority, its lists and its answers are real, over HTTP; what the sealed file proves is for the verifier to say.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from cryptography.x509 import ocsp

from core.errors import DingyueError
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pdf.adapters.http_revocation import RevocationSource
from signing.pdf.errors import RevocationUnknown, SignatureBroken, SignerRevoked
from signing.pdf.sign import PDFSigner
from signing.pdf.validation_material import Material, MaterialSource
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.cms import signed_data
from signing.pki.service import ExternalSeal
from signing.ports import RemotePreparation
from tests.support.clock import FixedClock
from tests.support.pki import PKIDesk
from tests.support.publishing_authority import DER, LIST, RESPONDER, PublishingAuthority
from tests.support.signatures import PURCHASER, Desk

REVOKED = ocsp.OCSPCertStatus.REVOKED
A_DAY = timedelta(days=1)


class RemoteDesk:
    """A signer of an authority that publishes, and a platform that knows its root and asks it."""

    def __init__(self, desk: Desk, authority: PublishingAuthority) -> None:
        self.desk = desk
        self.authority = authority
        self.roots = [authority.root.public_bytes(DER)]
        self.source = RevocationSource(clock=desk.clock, roots=self.roots)
        self.signer = self.signer_asking(self.source.material)

    def signer_asking(self, others: MaterialSource) -> PDFSigner:
        pki = self.desk.pki
        return PDFSigner(pki, pki.timestamps, self.desk.clock, signing_roots=self.roots, others=others)

    def prepare(self) -> RemotePreparation:
        order = self.desk.order("a", PURCHASER, {"date_a": "2026-11-23"})
        return self.signer.prepare_remote(self.desk.prepare(), order, self.authority.credential.der)

    def complete(self, prepared: RemotePreparation, signer: PDFSigner | None = None) -> bytes:
        credential = self.authority.credential
        cms = signed_data(credential, prepared.digest, content_type="data", certificates=[credential.der])
        return (signer or self.signer).complete_remote(prepared.data, cms).data

    def publish(self, path: str = LIST, *, revoked_at: datetime | None = None) -> None:
        if path == LIST:
            self.authority.published[LIST] = self.authority.list(revoked_at=revoked_at)
        else:
            self.authority.published[path] = self.authority.answer(REVOKED, revoked_at=revoked_at)

    def verdict(self, data: bytes) -> PDFVerdict:
        roots = self.desk.pki.roots()
        return verify_pdf(data, signing_roots=[*roots, *self.roots], timestamp_roots=roots)


def stored(data: bytes) -> list[bytes]:
    """The revocation lists and OCSP responses in a file's security store."""
    with pikepdf.open(BytesIO(data)) as pdf:
        store = pdf.Root.DSS
        return [stream.read_bytes() for key in ("/CRLs", "/OCSPs") for stream in store.get(key, [])]


@pytest.fixture
def remote(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Iterator[RemoteDesk]:
    authority = PublishingAuthority(clock)
    yield RemoteDesk(Desk.set_up(unit_of_work, secrets, clock), authority)
    authority.stop()


def test_a_revoked_certificate_prepares_nothing(remote: RemoteDesk) -> None:
    remote.publish(revoked_at=remote.desk.clock.now())
    with pytest.raises(SignerRevoked, match="NTRCN"):
        remote.prepare()


def test_a_certificate_revoked_while_it_signs_completes_nothing(remote: RemoteDesk) -> None:
    remote.publish()
    prepared = remote.prepare()
    remote.publish(RESPONDER, revoked_at=remote.desk.clock.advance(timedelta(minutes=5)))
    with pytest.raises(SignerRevoked):
        remote.complete(prepared)


def test_an_authority_that_doesnt_answer_holds_nobody_up(remote: RemoteDesk, caplog: pytest.LogCaptureFixture) -> None:
    signed = remote.complete(remote.prepare())
    assert "no revocation information" in caplog.text
    remote.publish()
    sealed = remote.desk.clock.now()
    verdict = remote.verdict(remote.signer.seal(signed, sealed_at=sealed, reason="全部签署方已签署").data)
    assert verdict.outcome == "authentic", verdict
    assert verdict.signatures[0].revocation == "good"  # it answers by now
    assert verdict.signatures[0].level == "B-LTA"


@pytest.mark.parametrize("path", [LIST, RESPONDER])
def test_revoked_after_a_time_stamped_signature_it_is_sealed_and_renewed(remote: RemoteDesk, path: str) -> None:
    signed = remote.complete(remote.prepare())
    remote.desk.clock.advance(A_DAY)
    remote.publish(path, revoked_at=remote.desk.clock.now() - timedelta(hours=1))
    sealed = remote.signer.seal(signed, sealed_at=remote.desk.clock.now(), reason="全部签署方已签署").data
    assert remote.authority.published[path] in stored(sealed)  # the proof that it was good when it signed
    remote.desk.clock.advance(A_DAY)
    renewed = remote.signer.add_timestamp(sealed).data
    for data in (sealed, renewed):
        verdict = remote.verdict(data)
        assert verdict.outcome == "authentic", verdict
        assert verdict.signatures[0].time_source == "signature_timestamp"


def test_revoked_between_signing_and_upgrading_it_is_upgraded(remote: RemoteDesk) -> None:
    """An envelope that is still being signed gets its document timestamp, too."""
    signed = remote.complete(remote.prepare())
    remote.desk.clock.advance(A_DAY)
    remote.publish(revoked_at=remote.desk.clock.now())
    assert remote.verdict(remote.signer.add_timestamp(signed).data).outcome == "authentic"


def test_revoked_before_it_signed_nothing_is_sealed_and_the_signer_is_named(remote: RemoteDesk) -> None:
    """The authority learnt of it late, and dates the revocation back."""
    signing = remote.desk.clock.now()
    signed = remote.complete(remote.prepare())
    remote.desk.clock.advance(A_DAY)
    remote.publish(revoked_at=signing - timedelta(minutes=5))
    with pytest.raises(SignatureBroken, match="张三 was revoked before it signed"):
        remote.signer.seal(signed, sealed_at=remote.desk.clock.now(), reason="全部签署方已签署")
    with pytest.raises(SignatureBroken, match="张三 was revoked before it signed"):
        remote.signer.add_timestamp(signed)


def test_revoked_before_anybody_vouched_for_its_time_it_is_refused(remote: RemoteDesk) -> None:
    """A time that is only claimed may be from after the revocation."""
    desk = remote.desk
    nowhere = HTTPTimestampAuthority("http://127.0.0.1:9/tsa", timeout_seconds=1)
    untimed = PDFSigner(desk.pki, nowhere, desk.clock, signing_roots=remote.roots)
    signed = remote.complete(remote.prepare(), untimed)
    desk.clock.advance(A_DAY)
    remote.publish(revoked_at=desk.clock.now() - timedelta(hours=1))
    with pytest.raises(SignatureBroken, match="张三 was revoked before it signed"):
        remote.signer.add_timestamp(signed)


@pytest.mark.parametrize("refusal", [SignerRevoked(subject="CN=张三"), RevocationUnknown(subject="CN=张三")])
def test_a_source_that_refuses_holds_up_no_seal_and_no_renewal(remote: RemoteDesk, refusal: DingyueError) -> None:
    signed = remote.complete(remote.prepare())

    def refusing(certificates: Sequence[bytes]) -> Material:
        assert certificates == [remote.authority.credential.der]
        raise refusal

    signer = remote.signer_asking(refusing)
    sealed = signer.seal(signed, sealed_at=remote.desk.clock.now(), reason="全部签署方已签署").data
    assert remote.verdict(signer.add_timestamp(sealed).data).outcome == "authentic"


def test_an_external_seals_own_authority_is_asked(
    remote: RemoteDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    """And a seal that is revoked seals nothing."""
    seal = ExternalSeal(remote.authority.credential, tuple(remote.roots))
    pki = PKIDesk.set_up(unit_of_work, secrets, clock, external_seal=seal).pki
    signer = PDFSigner(pki, pki.timestamps, clock, others=remote.source.material)
    data = remote.desk.sign_first(remote.desk.prepare())
    remote.publish()
    verdict = remote.verdict(signer.seal(data, sealed_at=clock.now(), reason="全部签署方已签署").data)
    assert [found.level for found in verdict.signatures[:2]] == ["B-LTA", "B-LTA"]
    assert verdict.signatures[1].organisation == PURCHASER.organisation_name
    clock.advance(A_DAY)
    remote.publish(revoked_at=clock.now() - timedelta(hours=1))
    with pytest.raises(SignatureBroken, match="revoked"):
        signer.seal(data, sealed_at=clock.now(), reason="全部签署方已签署")
