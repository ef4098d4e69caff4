"""A signature whose key is elsewhere: an HSM of the signer's own, a remote signing service (deferred signing).

    prepare   checks all that signing checks, makes the increment, answers with the digest of each document to sign
    complete  embeds the CMS made over them: once, in time, and only if nobody else signed in between

Between the two nothing is locked: others may sign meanwhile, and then this preparation is void (`RemoteOutdated`).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.x509.oid import NameOID

from core.unit_of_work import UnitOfWork
from signing import policy, repository, signature_attempt, work
from signing.context import SigningContext
from signing.errors import (
    CertificateOfSomebodyElse,
    NotASigner,
    RemoteIncomplete,
    RemoteNotFound,
    RemoteOutdated,
    RemoteOver,
)
from signing.evidence import Origin, described_certificate, record_for_envelope
from signing.models import Recipient, RemoteSignature
from signing.policy import RecipientRole, RecipientState
from signing.ports import RemotePreparation, SignedPDF
from signing.repository import EnvelopeFile
from signing.signature_attempt import Action, Attempt
from signing.signing_session import Seat, take_seat
from signing.work import NewRevision


@dataclass(frozen=True, slots=True)
class Prepared:
    """`digests` by the document's position: SHA-256, to be the message digest of a CAdES signature each."""

    remote_id: UUID
    digests: Mapping[int, bytes]
    expires_at: datetime


def prepare_remote_signature(
    context: SigningContext, session_token: str, action: Action, certificate: bytes
) -> Prepared:
    """`certificate` is the signer's, DER. Raises as `sign_envelope` does, `CertificateOfSomebodyElse`, or
    `CertificateUnsuitable`."""
    action = signature_attempt.with_checked_pictures(action)
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if seat.recipient.role != RecipientRole.SIGNER:
            raise NotASigner
        require_certificate_of(seat.recipient, certificate)
        attempt = signature_attempt.begin(uow, context, seat, action, has_own_certificate=True)
        base_revision = seat.envelope.revision
    prepared = {document.position: _prepare(context, attempt, document, certificate) for document in attempt.documents}
    stored = {position: context.objects.put(each.data) for position, each in prepared.items()}
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        signature_attempt.require_ready(context, seat, action, uow.now)
        remote = RemoteSignature(
            id=uow.new_id(),
            recipient_id=seat.recipient.id,
            base_revision=base_revision,
            certificate=certificate,
            plan=_plan(attempt, stored, seat),
            prepared_at=attempt.signed_at,
            expires_at=uow.now + context.remote_lifetime,
        )
        uow.session.add(remote)
        _record_preparation(uow, context, seat, action, certificate)
    return Prepared(remote.id, {position: each.digest for position, each in prepared.items()}, remote.expires_at)


def complete_remote_signature(
    context: SigningContext, session_token: str, remote_id: UUID, signatures: Mapping[int, bytes]
) -> None:
    """`signatures` are DER CMS by the document's position. Repeating it after success changes nothing.

    Raises `RemoteNotFound`, `RemoteOver` (late, or used), `RemoteOutdated`, `RemoteIncomplete`,
    `RemoteSignatureInvalid`, or why the recipient may not sign now.
    """
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if seat.recipient.state == RecipientState.COMPLETED:
            return
        policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
        remote = _open(uow, seat, remote_id)
        attempt = _attempt(seat, remote)
        if set(signatures) != {document.position for document in attempt.documents}:
            raise RemoteIncomplete(expected=len(attempt.documents))
        work_id = work.claim(uow, context, seat.envelope)
    try:
        revisions = [_complete(context, remote, document, signatures) for document in attempt.documents]
        with context.unit_of_work() as uow:
            seat = take_seat(uow, session_token)
            if seat.recipient.state != RecipientState.COMPLETED:
                _finish(uow, context, seat, remote_id=remote_id, attempt=attempt, work_id=work_id, revisions=revisions)
    except Exception as error:
        work.give_up(context, attempt.envelope_id, work_id, error)
        raise


def require_certificate_of(recipient: Recipient, der: bytes) -> None:
    """Raises `CertificateOfSomebodyElse` unless the certificate names the recipient, and no other organisation.

    Authorities write a person's name into the common name, alone or beside a number (`张三@0123`).
    """
    subject = x509.load_der_x509_certificate(der).subject
    codes = _texts(subject, NameOID.ORGANIZATION_IDENTIFIER)
    organisations = _texts(subject, NameOID.ORGANIZATION_NAME)
    is_theirs = (
        all(recipient.uscc in code for code in codes)
        if codes
        else not organisations or _folded(recipient.organisation_name) in organisations
    )
    names = [_without_number(text) for text in _texts(subject, NameOID.COMMON_NAME)]
    if _folded(recipient.name) not in names or not is_theirs:
        raise CertificateOfSomebodyElse(name=recipient.name)


def _texts(subject: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    return [_folded(str(attribute.value)) for attribute in subject.get_attributes_for_oid(kind)]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _without_number(name: str) -> str:
    return _NUMBER_BESIDE.sub("", name)


_NUMBER_BESIDE = re.compile(r"^[0-9]+[\s@_/|:,;()-]+|[\s@_/|:,;()-]+[0-9]+\)?$")


def _prepare(
    context: SigningContext, attempt: Attempt, document: EnvelopeFile, certificate: bytes
) -> RemotePreparation:
    data = context.objects.get(document.current.object_key)
    return context.signer.prepare_remote(data, attempt.orders[document.position], certificate)


def _complete(
    context: SigningContext, remote: RemoteSignature, document: EnvelopeFile, signatures: Mapping[int, bytes]
) -> NewRevision:
    prepared = context.objects.get(remote.plan["prepared"][str(document.position)])
    signed: SignedPDF = context.signer.complete_remote(prepared, signatures[document.position])
    return work.store_revision(context, document, signed)


def _open(uow: UnitOfWork, seat: Seat, remote_id: UUID) -> RemoteSignature:
    remote = repository.remote_signature(uow.session, seat.recipient.id, remote_id)
    # The session that showed the code completes it, and no other: the link alone would let somebody else finish.
    if remote is None or remote.plan["session"] != seat.session.id.hex:
        raise RemoteNotFound
    if remote.completed_at is not None or uow.now >= remote.expires_at:
        raise RemoteOver
    if remote.base_revision != seat.envelope.revision:
        raise RemoteOutdated
    return remote


def _finish(
    uow: UnitOfWork,
    context: SigningContext,
    seat: Seat,
    *,
    remote_id: UUID,
    attempt: Attempt,
    work_id: UUID,
    revisions: list[NewRevision],
) -> None:
    policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
    remote = _open(uow, seat, remote_id)
    remote.completed_at = uow.now
    signature_attempt.count(
        uow,
        context,
        seat,
        attempt,
        work_id=work_id,
        revisions=revisions,
        certificate=_certificate_facts(remote.certificate),
    )


def _plan(attempt: Attempt, stored: Mapping[int, str], seat: Seat) -> dict[str, Any]:
    """What completing needs: no personal data beyond what the envelope itself keeps."""
    return {
        "session": seat.session.id.hex,
        "prepared": {str(position): key for position, key in stored.items()},
        "values": dict(attempt.values),
        "address": attempt.origin.address,
        "user_agent": attempt.origin.user_agent,
    }


def _attempt(seat: Seat, remote: RemoteSignature) -> Attempt:
    positions = {int(position) for position in remote.plan["prepared"]}
    documents = [document for document in seat.documents if document.position in positions]
    return Attempt(
        envelope_id=seat.envelope.id,
        documents=documents,
        orders={},  # carried out already: they are in the prepared files
        values=remote.plan["values"],
        signed_at=remote.prepared_at,
        certificate_id=None,
        seal=None,
        origin=Origin(remote.plan["address"], remote.plan["user_agent"]),
    )


def _record_preparation(
    uow: UnitOfWork, context: SigningContext, seat: Seat, action: Action, certificate: bytes
) -> None:
    facts = {
        **signature_attempt.action_facts(context, seat, action.origin),
        "certificate": _certificate_facts(certificate),
    }
    record_for_envelope(
        uow, seat.envelope, seat.recipients, step="recipient.remote_prepared", facts=facts, recipient=seat.recipient
    )


def _certificate_facts(der: bytes) -> dict[str, object]:
    """The signer's own certificate: issued by others, its key never here."""
    return {"key": "held by the signer (remote signature)", **described_certificate(der)}
