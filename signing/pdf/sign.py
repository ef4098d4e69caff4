"""Signs and seals prepared PDFs: PAdES, one increment per signature (ETSI EN 319 142-1).

    sign   the signer's fields filled in, their picture drawn, the CRLs of the time, the signature: B-T, with
           long-term material. The first one certifies the document (DocMDP: filling in and signing only); each
           locks the fields its signer filled in (FieldMDP).
    seal   the platform's signature in the same way: B-LT; then, for B-LTA, a document timestamp over all of it.

Every result is validated, with all the signatures that were there before, and thrown away if one doesn't hold.
Nothing is fetched from anywhere but the time-stamp authority.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Literal

from asn1crypto import crl, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from core.clock import Clock
from ledger.ports import TimestampAuthority
from ledger.verifier.pades import verify_pdf
from signing.pdf.errors import SignatureBroken, SignatureFieldTaken
from signing.pdf.fill import fill_in
from signing.pdf.objects import Name, PDFObject, Writer, pdf
from signing.pdf.prepare import SEAL_FIELD, signature_fields
from signing.pki.cms import signed_data
from signing.pki.keys import Credential
from signing.pki.service import PKIService
from signing.ports import SigningOrder

_DocumentTimestamp: Any = DocumentTimestamp  # its constructor has no type hints
SealLevel = Literal["B-LT", "B-LTA"]

TIMESTAMP_FIELD = "Document timestamp"

_RESERVED_HEX_DIGITS = 2 * 10 * 1024
"""Room for a signature with certificates and an external authority's token; ours take about 4 KiB."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """What one increment is to do. `fill` draws and fills in fields, given the writer and the signature's field."""

    field: str
    credential: Credential
    signed_at: datetime
    name: str
    reason: str
    fill: Callable[[Writer, PDFObject], None]
    locked_fields: tuple[str, ...] = ()
    permission: MDPPerm = MDPPerm.FILL_FORMS
    may_create_field: bool = False


class PDFSigner:
    """Implements `signing.ports.DocumentSigner` and `ledger.ports.DocumentSealer`.

    `timestamp_roots` are DER roots of an external time-stamp authority; the built-in one's are known already.
    `level` of a sealed document: B-LT (everything to validate it inside) or B-LTA (a document timestamp over that).
    """

    def __init__(
        self,
        pki: PKIService,
        timestamps: TimestampAuthority,
        clock: Clock,
        *,
        timestamp_roots: Sequence[bytes] = (),
        level: SealLevel = "B-LTA",
    ) -> None:
        self._level = level
        self._pki = pki
        self._clock = clock
        self._timestamps = timestamps
        self._timestamp_roots = tuple(timestamp_roots)

    def sign(self, data: bytes, order: SigningOrder) -> bytes:
        carrier = next(placed.name for placed in order.fields if placed.name in signature_fields(order.fields))
        others = [placed.name for placed in order.fields if placed.name != carrier]

        def fill(writer: Writer, field: PDFObject) -> None:
            fields = {carrier: field, **{name: _field(writer, name) for name in others}}
            fill_in(writer, order, fields)
            for name in others:
                writer.update_container(fields[name])

        signature = _Signature(
            field=carrier,
            credential=self._pki.signer_credential(order.certificate_id),
            signed_at=order.signed_at,
            name=order.identity.name,
            reason=order.reason,
            fill=fill,
            locked_fields=tuple(others),
        )
        return self._checked(self._add_signature(data, signature))

    def seal(self, data: bytes, *, sealed_at: datetime, reason: str) -> bytes:
        return self._seal(data, sealed_at, reason, MDPPerm.FILL_FORMS, may_create_field=False)

    def seal_report(self, pdf: bytes, reason: str) -> bytes:
        """Seals a finished PDF of our own making, no change is allowed afterwards."""
        return self._seal(pdf, self._clock.now(), reason, MDPPerm.NO_CHANGES, may_create_field=True)

    def _seal(
        self, data: bytes, sealed_at: datetime, reason: str, permission: MDPPerm, *, may_create_field: bool
    ) -> bytes:
        signature = _Signature(
            field=SEAL_FIELD,
            credential=self._pki.seal_credential(sealed_at),
            signed_at=sealed_at,
            name="鼎约 Dingyue",
            reason=reason,
            fill=lambda _writer, _field: None,
            permission=permission,
            may_create_field=may_create_field,
        )
        sealed = self._add_signature(data, signature)
        return self._checked(self._add_document_timestamp(sealed) if self._level == "B-LTA" else sealed)

    def _add_signature(self, data: bytes, signature: _Signature) -> bytes:
        """Raises `SignatureFieldTaken`, `TimestampUnavailable`."""
        writer: Writer = IncrementalPdfFileWriter(BytesIO(data))
        is_first = not any(True for _ in enumerate_sig_fields(writer, filled_status=True))
        self._add_validation_material(writer)
        placeholder = SignatureObject(
            timestamp=signature.signed_at,
            name=signature.name,
            reason=signature.reason,
            bytes_reserved=_RESERVED_HEX_DIGITS,
        )
        placeholder["/SubFilter"] = pdf(Name("ETSI.CAdES.detached"))
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=list(signature.locked_fields))
        rules = SigMDPSetup(
            md_algorithm="sha256",
            certify=is_first,
            docmdp_perms=signature.permission if is_first else None,
            field_lock=lock if signature.locked_fields else None,
        )
        credential = signature.credential
        return _embed(
            writer,
            signature.field,
            placeholder,
            rules,
            lambda digest: signed_data(
                credential,
                digest,
                content_type="data",
                certificates=[credential.der, *credential.chain],
                timestamp=self._timestamps.timestamp,
            ),
            fill=signature.fill,
            may_create_field=signature.may_create_field,
        )

    def _add_document_timestamp(self, data: bytes) -> bytes:
        writer: Writer = IncrementalPdfFileWriter(BytesIO(data))
        self._add_validation_material(writer)
        names = [name for name, _, _ in enumerate_sig_fields(writer)]
        number = 1 + sum(name.startswith(TIMESTAMP_FIELD) for name in names)
        return _embed(
            writer,
            f"{TIMESTAMP_FIELD} {number}",
            _DocumentTimestamp(bytes_reserved=_RESERVED_HEX_DIGITS),
            None,
            self._timestamps.timestamp,
            may_create_field=True,
        )

    def _add_validation_material(self, writer: Writer) -> None:
        """The certificates and current CRLs of our authorities, into the document security store."""
        material = self._pki.validation_material()
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            None,
            certs=[x509.Certificate.load(certificate) for certificate in material.certificates],
            crls=[crl.CertificateList.load(revocations) for revocations in material.revocation_lists],
        )

    def _checked(self, data: bytes) -> bytes:
        """The data, if every signature in it holds. Raises `SignatureBroken`."""
        roots = self._pki.roots()
        verdict = verify_pdf(data, signing_roots=roots, timestamp_roots=[*roots, *self._timestamp_roots])
        if verdict.outcome != "authentic":
            problems = [f"{found.field}: {found.problem}" for found in verdict.signatures if found.problem]
            raise SignatureBroken(why="; ".join([verdict.reason, *problems]))
        return data


def _embed(
    writer: Writer,
    field: str,
    placeholder: PdfSignedData,
    rules: SigMDPSetup | None,
    make_cms: Callable[[bytes], bytes],
    *,
    fill: Callable[[Writer, PDFObject], None] | None = None,
    may_create_field: bool = False,
) -> bytes:
    """Writes the increment, with a signature over all of the file in `field`.

    The steps are those of pyHanko's embedder: field, signature dictionary, digest over the byte range, contents.
    """
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=not may_create_field)
    try:
        reference = next(steps)
    except (SigningError, PdfError) as error:
        raise SignatureFieldTaken(field=field) from error
    if fill is not None:
        fill(writer, reference.get_object())
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=rules))
    digest, output = steps.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    contents = make_cms(digest.document_digest)
    if 2 * len(contents) > _RESERVED_HEX_DIGITS:
        raise SignatureBroken(why="the time-stamp token is too large")
    steps.send(contents)
    return bytes(output.getvalue())


def _field(writer: Writer, name: str) -> PDFObject:
    """A prepared field by name. Raises `SignatureFieldTaken` if it isn't there."""
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field["/T"] == name:
            return field
    raise SignatureFieldTaken(field=name)
