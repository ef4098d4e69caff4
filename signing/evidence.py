"""The evidence a step of signing leaves: one chain of records per document and per envelope.

A record is written in the transaction of the step itself. Its facts answer what a court asks (在线诉讼规则 §16–19): who
acted, how they were identified, how they consented, from where, with which software.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy.orm import Session

from accounts.policy import Actor, masked_phone
from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile, Subject
from ledger.service import record_evidence
from signing.events import EnvelopeProgressed
from signing.models import Document, Envelope, Recipient
from signing.pki import repository as certificates
from signing.policy import ACTING, RecipientState
from signing.repository import EnvelopeFile


@dataclass(frozen=True, slots=True)
class Origin:
    """From where a request came: network address and user agent, as the server saw them."""

    address: str
    user_agent: str

    def facts(self) -> dict[str, Any]:
        return {"address": self.address[:100], "user_agent": self.user_agent[:300]}


def record_for_document(
    uow: UnitOfWork,
    document: Document,
    *,
    step: str,
    facts: dict[str, Any],
    files: Sequence[StoredFile],
) -> UUID:
    return record_evidence(
        uow,
        type=step,
        subject=Subject("document", ids.public(ids.DOCUMENT, document.id)),
        organisation_ids=[document.organisation_id],
        facts=facts,
        files=files,
    )


def record_for_envelope(
    uow: UnitOfWork,
    envelope: Envelope,
    recipients: Iterable[Recipient],
    *,
    step: str,
    facts: dict[str, Any],
    files: Sequence[StoredFile] = (),
    recipient: Recipient | None = None,
) -> UUID:
    """The evidence of a step, and the event that tells of it. `recipient` is whose step it was.

    Called once the new states are stored: the event tells them. Readable by the sender and, once the envelope was
    sent, by the organisations of those who act and of viewers and copies whose turn has come.
    """
    parties = _reading_organisations(recipients) if envelope.sent_at is not None else set()
    evidence_id = record_evidence(
        uow,
        type=step,
        subject=Subject("envelope", ids.public(ids.ENVELOPE, envelope.id)),
        organisation_ids=sorted(parties | {envelope.organisation_id}),
        facts={**facts, "test": True} if envelope.is_test else facts,
        files=files,
    )
    uow.emit(
        EnvelopeProgressed(
            event_id=evidence_id,
            envelope_id=envelope.id,
            organisation_id=envelope.organisation_id,
            party_organisation_ids=sorted(parties),
            step=step,
            envelope_state=envelope.state,
            recipient_id=recipient.id if recipient else None,
            recipient_key=recipient.key if recipient else None,
            recipient_state=recipient.state if recipient else None,
            title=envelope.title,
            external_id=envelope.external_id,
            is_test=envelope.is_test,
            at=uow.now,
        )
    )
    return evidence_id


def _reading_organisations(recipients: Iterable[Recipient]) -> set[UUID]:
    return {
        recipient.organisation_id
        for recipient in recipients
        if recipient.organisation_id is not None
        and (recipient.role in ACTING or recipient.state != RecipientState.AWAITING)
    }


def sender_facts(actor: Actor) -> dict[str, Any]:
    """Who acted for the sender; `person` is null for a program with an API token."""
    return {
        "organisation": ids.public(ids.ORGANISATION, actor.organisation_id),
        "person": ids.public(ids.PERSON, actor.person_id) if actor.person_id else None,
    }


def recipient_facts(recipient: Recipient) -> dict[str, Any]:
    return {
        "recipient": ids.public(ids.RECIPIENT, recipient.id),
        "name": recipient.name,
        # All parties read this: the whole number stays with the platform.
        "phone": masked_phone(recipient.phone),
        "organisation_name": recipient.organisation_name,
        "uscc": recipient.uscc,
    }


def document_facts(document: EnvelopeFile) -> dict[str, Any]:
    """Which document, by its position in the envelope, and its digest as it was uploaded."""
    return {"position": document.position, "name": document.name, "uploaded_sha256": document.uploaded.sha256}


def certificate_facts(session: Session, certificate_id: UUID) -> dict[str, Any]:
    """The signer's certificate as it was issued; `sha256` is its fingerprint.

    Of an external authority we may hold no more than our own id of it.
    """
    row = certificates.certificate(session, certificate_id)
    return {"id": certificate_id.hex, **({} if row is None else described_certificate(row.der))}


def described_certificate(der: bytes) -> dict[str, Any]:
    certificate = x509.load_der_x509_certificate(der)
    return {
        "serial": f"{certificate.serial_number:x}",
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "not_before": rfc3339(certificate.not_valid_before_utc),
        "not_after": rfc3339(certificate.not_valid_after_utc),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }
