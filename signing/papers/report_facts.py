"""What a completion report says, from the envelope's rows and its evidence; pure.

Who did what, when and how is told by the evidence records alone: they are in the log, and can't be mended afterwards.
Phones are masked here, so that no number in full ever reaches the paper (PIPL: no more than needed).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.policy import masked_phone
from core import ids
from core.clock import local_date
from ledger.package.facts import with_masked_phones
from ledger.record import EvidenceFile, Record, parse_record
from ledger.repository import LoggedRecord
from signing.models import Recipient
from signing.policy import RecipientRole, RecipientState

ACTED = frozenset({"recipient.signed", "recipient.approved"})
PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Imprint:
    """What of this installation must be said in reports.

    `timestamp_authority` is the name people know it by, which says so if it is the built-in one; `base_url` is where
    the public can verify.
    """

    base_url: str
    timestamp_authority: str
    is_trial_authority: bool
    is_built_in_timestamp: bool


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """One of the envelope's documents as uploaded and as completed."""

    name: str
    pages: int
    uploaded: EvidenceFile
    final: EvidenceFile


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """As the evidence of the signature names it; validity as RFC 3339. None of it for a certificate we don't hold."""

    serial: str | None
    subject: str | None
    issuer: str | None
    not_before: str | None
    not_after: str | None
    is_remote: bool


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """The real-name check as the evidence of the act names it. `name`: what it says of the name, in its words; the
    others are the provider's, None where nobody was asked or nothing answered."""

    name: str
    provider: str | None
    method: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient, and how they acted; what didn't happen is None.

    `acted_at` is the signature's own (claimed) time; `is_timestamped` is false if no time-stamp authority answered
    then. `reason` is why they declined, or why somebody else acts in their place; `successor` is who.
    """

    role: RecipientRole
    state: RecipientState
    name: str
    organisation_name: str
    uscc: str
    phone: str
    viewed_at: datetime | None
    authenticated_at: datetime | None
    acted_at: datetime | None
    method: str | None
    identity: IdentityFacts | None
    consent_version: str | None
    consent_sha256: str | None
    address: str | None
    certificate: CertificateFacts | None
    is_timestamped: bool
    seal: str | None
    reason: str | None
    successor: str | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline. `who` is a name, or `PLATFORM`; `evidence` is the record's public id."""

    at: datetime
    type: str
    who: str
    detail: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CompletionFacts:
    """Everything the report says. `watermark` is set for an envelope in test mode; `rescinds` names the envelope whose
    contract this one undoes; `software` and `clock` are what made and timed it."""

    number: str
    envelope: str
    title: str
    sender_name: str
    sender_uscc: str
    sent_at: datetime
    completed_at: datetime
    made_at: datetime
    evidence: str
    rescinds: str | None
    documents: Sequence[DocumentFacts]
    recipients: Sequence[RecipientRow]
    steps: Sequence[Step]
    imprint: Imprint
    software: str
    clock: str
    watermark: str | None = None


def report_number(completed_at: datetime, evidence: str) -> str:
    """Of one envelope always the same: the day it was completed in China, and the end of its evidence's id."""
    return f"DYC-{local_date(completed_at).replace('-', '')}-{evidence[-12:].upper()}"


def steps_of(records: Iterable[LoggedRecord], sender: str) -> list[Step]:
    """Oldest first, as they lie in the envelope's chain of evidence."""
    return [_step(logged, parse_record(logged.record), sender) for logged in records]


def recipient_rows(
    recipients: Sequence[Recipient], records: Sequence[LoggedRecord], seals: Mapping[str, str]
) -> list[RecipientRow]:
    """`recipients` in signing order; `seals` are the names of the seals used, by their public ids."""
    told = [(logged, parse_record(logged.record)) for logged in records]
    successors = {each.replaces_id: each for each in recipients if each.replaces_id is not None}
    return [_row(recipient, told, successors.get(recipient.id), seals) for recipient in recipients]


def _row(
    recipient: Recipient,
    told: Sequence[tuple[LoggedRecord, Record]],
    successor: Recipient | None,
    seals: Mapping[str, str],
) -> RecipientRow:
    public_id = ids.public(ids.RECIPIENT, recipient.id)
    own = [(logged, record) for logged, record in told if _member(record.facts, "by", "recipient") == public_id]
    # The last of each: a recipient may open their link, and prove who they are, more than once.
    last = {record.type: logged.at for logged, record in own}
    acted = next(((logged, record) for logged, record in reversed(own) if record.type in ACTED), None)
    facts: Mapping[str, Any] = acted[1].facts if acted else {}
    seal_id = facts.get("seal")
    return RecipientRow(
        role=RecipientRole(recipient.role),
        state=RecipientState(recipient.state),
        name=recipient.name,
        organisation_name=recipient.organisation_name,
        uscc=recipient.uscc,
        phone=masked_phone(recipient.phone),
        viewed_at=next((logged.at for logged, record in own if record.type == "recipient.viewed"), None),
        authenticated_at=last.get("recipient.authenticated"),
        acted_at=recipient.signed_at,
        method=_member(facts, "identified", "method"),
        identity=_identity(facts.get("identified")),
        consent_version=_member(facts, "consent", "version"),
        consent_sha256=_member(facts, "consent", "sha256"),
        address=facts.get("address"),
        certificate=_certificate(facts.get("certificate")),
        is_timestamped=bool(facts.get("timestamped")),
        seal=f"{seals.get(seal_id, '')} {seal_id}".strip() if seal_id else None,
        reason=_masked(recipient.decline_reason or (successor.replacement_reason if successor else None)),
        successor=successor.name if successor else None,
        evidence=ids.public(ids.EVIDENCE, acted[0].id) if acted else None,
    )


def _certificate(facts: Mapping[str, Any] | None) -> CertificateFacts | None:
    if not facts:
        return None
    return CertificateFacts(
        serial=facts.get("serial"),
        subject=facts.get("subject"),
        issuer=facts.get("issuer"),
        not_before=facts.get("not_before"),
        not_after=facts.get("not_after"),
        is_remote="key" in facts,
    )


def _identity(identified: Any) -> IdentityFacts | None:
    """None for an act whose evidence says nothing of the name."""
    name = identified.get("name") if isinstance(identified, Mapping) else None
    if not name:
        return None
    return IdentityFacts(
        name=name,
        provider=_member(identified, "register", "provider"),
        method=_member(identified, "register", "method"),
        reference=_member(identified, "register", "reference"),
    )


def _step(logged: LoggedRecord, record: Record, sender: str) -> Step:
    return Step(
        at=logged.at,
        type=record.type,
        who=_who(record.facts, sender),
        detail=with_masked_phones(_detail(record.facts)),
        evidence=ids.public(ids.EVIDENCE, logged.id),
    )


def _who(facts: Mapping[str, Any], sender: str) -> str:
    """A recipient by name, the sender's organisation, or the platform by itself."""
    by = facts.get("by")
    if not isinstance(by, Mapping):
        return PLATFORM
    return str(by["name"]) if "name" in by else sender


def _detail(facts: Mapping[str, Any]) -> str:
    """What a reader wants to know beyond who and when: from whom to whom, until when, why."""
    source, target = facts.get("from"), facts.get("to")
    if isinstance(source, Mapping) and isinstance(target, Mapping):
        source, target = source.get("name"), target.get("name")
    moved = f"{source} → {target}" if source and target else ""
    said = (facts.get(name) for name in ("reason", "problem", "rescission"))
    return " · ".join(part for part in (moved, *said) if part)


def _member(facts: Mapping[str, Any], name: str, member: str) -> str | None:
    """`facts[name][member]`, if both are there."""
    inner = facts.get(name)
    return inner.get(member) if isinstance(inner, Mapping) else None


def _masked(text: str | None) -> str | None:
    return None if text is None else with_masked_phones(text)
