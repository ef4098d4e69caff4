"""Signatures by other people: their own authority, any key, and software that isn't ours (pyHanko as it comes)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Literal

from asn1crypto import cms, keys, ocsp
from asn1crypto import crl as asn1_crl
from asn1crypto import pdf as asn1_pdf
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp as x509_ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.attributes import AdobeRevinfoProvider
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.pki.credentials import PrivateKey
from tests.support.certificates import VALID_UNTIL, certify
from tests.support.evidence import pki, stamper_at

STAMPED_AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
_DER = serialization.Encoding.DER
_ROOM = 32 * 1024

Place = Literal["signed_attribute", "unsigned_attribute", "signed_data"]
"""Where inside a CMS structure revocation information stands: Adobe's archive among the attributes (ISO 32000-2
§12.8.3.3.2), or beside the certificates (RFC 5940)."""


@dataclass(frozen=True)
class Told:
    """Revocation information that a signature carries inside itself."""

    place: Place
    responses: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()

    def archive(self) -> AdobeRevinfoProvider:
        held = SimpleSigner.format_revinfo(
            [ocsp.OCSPResponse.load(each) for each in self.responses],
            [asn1_crl.CertificateList.load(each) for each in self.lists],
        )
        assert isinstance(held, asn1_pdf.RevocationInfoArchival)
        return AdobeRevinfoProvider(held)

    def choices(self) -> cms.RevocationInfoChoices:
        lists = [cms.RevocationInfoChoice("crl", asn1_crl.CertificateList.load(each)) for each in self.lists]
        responses = [
            cms.RevocationInfoChoice(
                "other",
                cms.OtherRevocationInfoFormat(
                    {"other_rev_info_format": "ocsp_response", "other_rev_info": ocsp.OCSPResponse.load(each)}
                ),
            )
            for each in self.responses
        ]
        return cms.RevocationInfoChoices([*lists, *responses])


class _TellingSigner(SimpleSigner):
    """pyHanko's signer, with revocation information in the place it is told."""

    def __init__(self, *arguments: Any, told: Told | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._told = told

    def _signed_attr_providers(self, *arguments: Any, **options: Any) -> Any:
        yield from super()._signed_attr_providers(*arguments, **options)
        if self._told is not None and self._told.place == "signed_attribute":
            yield self._told.archive()

    def _unsigned_attr_providers(self, *arguments: Any, **options: Any) -> Any:
        yield from super()._unsigned_attr_providers(*arguments, **options)
        if self._told is not None and self._told.place == "unsigned_attribute":
            yield self._told.archive()

    async def async_sign_prescribed_attributes(self, *arguments: Any, **options: Any) -> cms.ContentInfo:
        signed = await super().async_sign_prescribed_attributes(*arguments, **options)
        if self._told is not None and self._told.place == "signed_data":
            signed["content"]["crls"] = self._told.choices()
        return signed


@dataclass(frozen=True)
class Stranger:
    """Somebody with a certificate from an authority of their own."""

    root: x509.Certificate
    issuing: x509.Certificate
    issuing_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def with_key(cls, key: PrivateKey, *, not_after: datetime = VALID_UNTIL) -> "Stranger":
        root_key, issuing_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = certify("Root of strangers", root_key.public_key(), None, root_key, is_authority=True)
        issuing = certify("Issuing of strangers", issuing_key.public_key(), root, root_key, is_authority=True)
        certificate = certify("李四 Li Si", key.public_key(), issuing, issuing_key, not_after=not_after)
        return cls(root, issuing, issuing_key, certificate, key)

    @property
    def roots(self) -> list[bytes]:
        return [self.root.public_bytes(_DER)]

    def pkcs12(self, password: bytes) -> bytes:
        protection = serialization.BestAvailableEncryption(password)
        return pkcs12.serialize_key_and_certificates(b"theirs", self.key, self.certificate, [self.issuing], protection)

    def sign(
        self,
        pdf: bytes,
        *,
        field: str = "Theirs",
        digest: str = "sha256",
        is_pades: bool = True,
        uses_pss: bool = False,
        stamped_at: datetime | None = STAMPED_AT,
        told: Told | None = None,
    ) -> bytes:
        """By pyHanko as it comes, with a time-stamp of yet another authority unless `stamped_at` is None."""
        kind = SigSeedSubFilter.PADES if is_pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED
        output = sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            PdfSignatureMetadata(field_name=field, subfilter=kind, md_algorithm=digest),
            signer=self._signer(uses_pss=uses_pss, told=told),
            timestamper=None if stamped_at is None else stamper_at(stamped_at),
            bytes_reserved=None if told is None else _ROOM,
        )
        return bytes(output.getvalue())

    def revocation_list(self, at: datetime, revoked_at: datetime | None = None) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuing.subject)
            .last_update(at)
            .next_update(at + timedelta(days=7))
        )
        if revoked_at is not None:
            entry = x509.RevokedCertificateBuilder().serial_number(self.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(revoked_at).build())
        return builder.sign(self.issuing_key, hashes.SHA256()).public_bytes(_DER)

    def ocsp_response(self, at: datetime, revoked_at: datetime | None = None) -> bytes:
        """From the issuing authority itself (RFC 6960 §4.2.2.2)."""
        is_revoked = revoked_at is not None
        builder = (
            x509_ocsp.OCSPResponseBuilder()
            .add_response(
                cert=self.certificate,
                issuer=self.issuing,
                algorithm=hashes.SHA1(),  # noqa: S303 - names the certificate, proves nothing; what responders send
                cert_status=x509_ocsp.OCSPCertStatus.REVOKED if is_revoked else x509_ocsp.OCSPCertStatus.GOOD,
                this_update=at,
                next_update=at + timedelta(days=7),
                revocation_time=revoked_at,
                revocation_reason=x509.ReasonFlags.key_compromise if is_revoked else None,
            )
            .responder_id(x509_ocsp.OCSPResponderEncoding.HASH, self.issuing)
        )
        return builder.sign(self.issuing_key, hashes.SHA256()).public_bytes(_DER)

    def _signer(self, *, uses_pss: bool, told: Told | None) -> SimpleSigner:
        certificates = SimpleCertificateStore()
        certificates.register(asn1_x509.Certificate.load(self.issuing.public_bytes(_DER)))
        encoded = self.key.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return _TellingSigner(
            told=told,
            signing_cert=asn1_x509.Certificate.load(self.certificate.public_bytes(_DER)),
            signing_key=keys.PrivateKeyInfo.load(encoded),
            cert_registry=certificates,
            prefer_pss=uses_pss,
        )


def add_validation_data(data: bytes, *, crls: tuple[bytes, ...] = (), responses: tuple[bytes, ...] = ()) -> bytes:
    """A document security store in an increment of its own, as other software adds it."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(data))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        crls=[asn1_crl.CertificateList.load(found) for found in crls],
        ocsps=[ocsp.OCSPResponse.load(found) for found in responses],
    )
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def timestamp_roots() -> list[bytes]:
    return [pki().timestamp_root.der]
