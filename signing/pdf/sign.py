"""Signs and seals prepared PDFs: PAdES, one increment per signature (ETSI EN 319 142-1).

    sign           the signer's boxes filled in, their picture drawn, current validation material, the signature with a
                   time-stamp (B-T). The first signature certifies the document (DocMDP: filling in and signing only);
                   each locks the boxes its signer filled in (FieldMDP).
    seal           the platform's signature in the same way, material for every signature in the file (B-LT); then,
                   for B-LTA, a document timestamp over all of it.
    add_timestamp  material as it is now, and one more document timestamp: upgrades and renews.
    …_remote       see `signing.pdf.remote`.

Every result is validated before it is returned, and thrown away if a signature in it doesn't hold. Nothing is fetched
from anywhere but the time-stamp authority, and where `others` asks.

Revocation of certificates that aren't ours is asked before a remote signature is prepared and before it counts: a
revoked one is refused, and an authority that doesn't answer holds nobody up. It is asked again at every seal and every
document timestamp, where no answer is refused: it goes into the file, and what was signed and time-stamped before the
revocation stays good (EN 319 102-1 §5.2.6). Only what was signed after it is thrown away.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Literal

from asn1crypto import crl, x509

from core.clock import Clock, rfc3339
from core.errors import DingyueError
from ledger.errors import TimestampUnavailable
from ledger.ports import TimestampAuthority
from ledger.verifier.pades import Finding, verify_increment, verify_pdf
from signing.pdf import cms_parts, remote
from signing.pdf.embed import FORM_FILLING, NO_CHANGES, Embedder, Signature, begin_signature
from signing.pdf.errors import RevocationUnknown, SealingNotReady, SignatureBroken, SignerRevoked
from signing.pdf.fill import fill_in
from signing.pdf.form import Form
from signing.pdf.growing import GrowingPDF
from signing.pdf.prepare import SEAL_FIELD, signature_fields
from signing.pdf.slices import expand_cross_page_seals
from signing.pdf.validation_material import Material, MaterialSource, SecurityStore, require_good, subject_of
from signing.pki.material import ValidationMaterial
from signing.pki.service import PKIService
from signing.ports import RemotePreparation, SignedPDF, SigningOrder

SealLevel = Literal["B-LT", "B-LTA"]

PLATFORM = "鼎约 Dingyue"
READY_FOR = timedelta(minutes=1)
"""How long the time-stamp authority is taken to be there after it answered."""

_log = logging.getLogger(__name__)


class PDFSigner:
    """Implements `signing.ports.DocumentSigner` and `ledger.ports.DocumentSealer`.

    `signing_roots` are DER roots of other certification authorities whose signers are accepted (remote signatures),
    `timestamp_roots` those of an external time-stamp authority; the built-in ones are known already. `others` says
    what validators need of certificates that aren't ours, an external time-stamp authority's first of all.
    `level` of a sealed document: B-LT (everything to validate it inside) or B-LTA (a document timestamp over that).
    """

    def __init__(
        self,
        pki: PKIService,
        timestamps: TimestampAuthority,
        clock: Clock,
        *,
        signing_roots: Sequence[bytes] = (),
        timestamp_roots: Sequence[bytes] = (),
        others: MaterialSource | None = None,
        level: SealLevel = "B-LTA",
    ) -> None:
        self._level = level
        self._pki = pki
        self._clock = clock
        self._timestamps = timestamps
        self._embedder = Embedder(timestamps)
        self._was_ready_at: datetime | None = None
        self._signing_roots = tuple(signing_roots)
        self._timestamp_roots = tuple(timestamp_roots)
        self._others = others

    def sign(self, data: bytes, order: SigningOrder) -> SignedPDF:
        credential, material = self._pki.ready_to_sign(order.certificate_id)
        with GrowingPDF(BytesIO(data)) as growing:
            form = Form(growing)
            SecurityStore(growing).add(material)
            signature = _ordered(growing, form, order)
            is_timestamped = self._embedder.sign(growing, form, signature, credential, stamp=True)
            return SignedPDF(self._finished(data, growing, material.roots), is_timestamped)

    def require_ready(self) -> None:
        now = self._clock.now()
        if self._was_ready_at is not None and abs(now - self._was_ready_at) < READY_FOR:
            return
        try:
            self._pki.seal_credential(now)
            self._timestamps.timestamp(hashlib.sha256(b"ready?").digest())
        except DingyueError as error:
            raise SealingNotReady(why_zh=error.message("zh"), why_en=error.message("en")) from error
        self._was_ready_at = now

    def seal(self, data: bytes, *, sealed_at: datetime, reason: str) -> SignedPDF:
        return self._seal(data, sealed_at, reason, FORM_FILLING)

    def seal_report(self, pdf: bytes, reason: str) -> bytes:
        """Seals a finished PDF of our own making; no change is allowed afterwards."""
        return self._seal(pdf, self._clock.now(), reason, NO_CHANGES).data

    def add_timestamp(self, data: bytes) -> SignedPDF:
        material = self._pki.validation_material()
        with GrowingPDF(BytesIO(data)) as growing:
            form = Form(growing)
            is_revoked = self._add_material(growing, form, material)
            renew_before = self._embedder.add_document_timestamp(growing, form)
            after = self._finished(data, growing, material.roots, is_revoked=is_revoked)
            return SignedPDF(after, renew_before=renew_before)

    def prepare_remote(self, data: bytes, order: SigningOrder, certificate: bytes) -> RemotePreparation:
        remote.require_suitable(certificate, order.signed_at)
        self._require_not_revoked([certificate])
        with GrowingPDF(BytesIO(data)) as growing:
            form = Form(growing)
            pointer = begin_signature(growing, form, _ordered(growing, form, order), remote.ROOM)
            draft = growing.draft(pointer)
            return RemotePreparation(data + draft.fill(certificate), draft.digest)

    def complete_remote(self, prepared: bytes, cms: bytes) -> SignedPDF:
        hole = remote.find_hole(prepared)
        remote.check(cms, hole.digest(prepared), hole.certificate(prepared))
        stamped = self._embedder.stamped(cms)
        signed = hole.filled(prepared, stamped or cms)
        try:
            self._validate(prepared[: hole.revision_start], signed, self._pki.roots())
        except SignatureBroken as broken:
            raise remote.invalid(str(broken.facts["why"])) from broken
        # Only now is its chain known to lead to somebody we trust, and worth asking about.
        self._require_not_revoked(list(dict.fromkeys([hole.certificate(prepared), *cms_parts.certificates(cms)])))
        return SignedPDF(signed, is_timestamped=stamped is not None)

    def _seal(self, data: bytes, sealed_at: datetime, reason: str, permission: int) -> SignedPDF:
        credential = self._pki.seal_credential(sealed_at)
        material = self._pki.validation_material()
        signature = Signature(SEAL_FIELD, sealed_at, PLATFORM, reason, permission=permission)
        renew_before = None
        with GrowingPDF(BytesIO(data)) as growing:
            form = Form(growing)
            if SEAL_FIELD not in form:
                form.add_signature_field(SEAL_FIELD)
            if not self._embedder.sign(growing, form, signature, credential, stamp=True):
                raise TimestampUnavailable
            is_revoked = self._add_material(growing, form, material)
            if self._level == "B-LTA":
                renew_before = self._embedder.add_document_timestamp(growing, form)
            growing.append()
            after = self._finished(data, growing, material.roots, is_revoked=is_revoked)
            return SignedPDF(after, renew_before=renew_before)

    def _add_material(self, growing: GrowingPDF, form: Form, material: ValidationMaterial) -> bool:
        """Ours, and what `others` knows of certificates in the file that aren't ours; whether one of these is revoked.

        Nothing that an authority says or keeps to itself may hold up a seal: validation tells what it means.
        """
        store = SecurityStore(growing)
        store.add(material, form.contents)
        if self._others is None:
            return False
        # Whose lists we have, we speak for. An external seal's authority is in our material, and has none there.
        ours = {_issuer(crl.CertificateList.load(der)) for der in material.revocation_lists}
        foreign = [der for der in form.certificates() if _issuer(x509.Certificate.load(der)) not in ours]
        try:
            found = self._ask(foreign)
        except SignerRevoked as revoked:
            _log.warning("said to be revoked, without proof: %s", revoked.facts.get("subject"))
            return False
        store.add(found)
        return bool(found.revoked)

    def _require_not_revoked(self, certificates: Sequence[bytes]) -> None:
        """Raises `SignerRevoked`. Where nobody knows, it is asked again when the document is sealed."""
        require_good(self._ask(certificates), certificates)

    def _ask(self, certificates: Sequence[bytes]) -> Material:
        """What `others` knows. Of whom nothing is known, signatures stay at B-T, and validation says so; all others
        reach the full level. Raises `SignerRevoked` if the source does."""
        if self._others is None or not certificates:
            return Material()
        try:
            found = self._others(certificates)
        except RevocationUnknown:
            found = Material(unknown=tuple(certificates))
        for der in found.unknown:
            _log.warning("no revocation information for %s", subject_of(der))
        return found

    def _finished(
        self, before: bytes, growing: GrowingPDF, roots: Sequence[bytes], *, is_revoked: bool = False
    ) -> bytes:
        """The new data, validated; with a revocation in it, what was validated before is judged again by that.

        Raises `SignatureBroken`.
        """
        after = b"".join([before, *growing.increments])
        self._validate(before, after, roots, growing.original_hash)
        if is_revoked:
            self._require_signed_before(after, roots)
        return after

    def _require_signed_before(self, data: bytes, roots: Sequence[bytes]) -> None:
        """Raises `SignatureBroken` if somebody signed with a certificate that had been revoked by then."""
        signing, stamping = [*roots, *self._signing_roots], [*roots, *self._timestamp_roots]
        for found in verify_pdf(data, signing_roots=signing, timestamp_roots=stamping).signatures:
            if found.finding is Finding.CERTIFICATE_REVOKED:
                proven = rfc3339(found.proven_at) if found.proven_at else "an unknown time"
                why = f"{found.field}: the certificate of {found.signer} was revoked before it signed, at {proven}"
                raise SignatureBroken(why=why)

    def _validate(self, before: bytes, after: bytes, roots: Sequence[bytes], hash_before: Any = None) -> None:
        """What was there before was validated when it was made; what is new must hold, and must not have broken it.

        Raises `SignatureBroken`.
        """
        verdict = verify_increment(
            before,
            after,
            signing_roots=[*roots, *self._signing_roots],
            timestamp_roots=[*roots, *self._timestamp_roots],
            hash_before=hash_before,
        )
        if verdict.outcome != "authentic":
            problems = [f"{found.field}: {found.problem}" for found in verdict.signatures if found.problem]
            raise SignatureBroken(why="; ".join([verdict.reason, *problems]))


def _issuer(issued: x509.Certificate | crl.CertificateList) -> tuple[bytes, bytes | None]:
    """Its name and its key: the built-in authority of another house has the name of ours."""
    return issued.issuer.dump(), issued.authority_key_identifier


def _ordered(growing: GrowingPDF, form: Form, order: SigningOrder) -> Signature:
    """Fills in the signer's boxes, and says what their signature is to be. Raises `SignatureFieldTaken`."""
    order = replace(order, fields=expand_cross_page_seals(order.fields, len(growing.file.pages)))
    (carrier,) = signature_fields(order.fields)
    form.unsigned(carrier)
    fields = {placed.name: form.field(placed.name) for placed in order.fields}
    fill_in(growing, order, fields)
    for field in fields.values():
        growing.update_container(field)
    return Signature(
        field=carrier,
        signed_at=order.signed_at,
        name=order.identity.name,
        reason=order.reason,
        locked_fields=tuple(name for name in fields if name != carrier),
    )
