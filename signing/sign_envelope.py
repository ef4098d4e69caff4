"""One recipient signs.

    claim    transaction: session, code, consent, turn; lease on the envelope; the signer's certificate
    sign     no transaction: the PDF increment, the time-stamp, the object store
    finish   transaction: if the lease still stands, revision, evidence, and whose turn is next

Repeating it (a double click, a retry after a crash) never signs twice: a recipient who has signed gets the same
answer again, and of two attempts only the one that holds the lease stores its result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import ids
from core.clock import local_date, rfc3339
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile, describe_file
from signing import policy, repository, work
from signing.consent import check_version
from signing.context import SigningContext
from signing.errors import CodeRequired, ConsentMissing
from signing.events import SealingRequested
from signing.evidence import Origin, certificate_facts, recipient_facts, record_for_envelope
from signing.models import Field
from signing.plan import Blank, FieldKind, check_values
from signing.policy import EnvelopeState, RecipientState
from signing.ports import SignerIdentity, SigningOrder
from signing.release_recipients import release_recipients
from signing.send_envelope import placed_fields
from signing.signing_session import Seat, code_reference, is_authenticated, take_seat
from signing.upload_document import PDF


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What `claim` found, all that is needed outside the transaction."""

    work_id: UUID
    envelope_id: UUID
    object_key: str
    sha256: str
    file_name: str
    order: SigningOrder
    origin: Origin


def sign_envelope(
    context: SigningContext,
    session_token: str,
    *,
    has_consented: bool,
    consent_version: str,
    values: Mapping[str, str],
    origin: Origin,
) -> None:
    """Raises `CodeRequired`, `ConsentMissing`, `NotYourTurn`, `EnvelopeBusy` … or an `InvalidInput` about a field."""
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if seat.recipient.state == RecipientState.COMPLETED:
            return
        _check_consent(has_consented, consent_version)
        attempt = _claim(uow, context, seat, values, origin)
    try:
        signed = context.signer.sign(context.objects.get(attempt.object_key), attempt.order)
        object_key = context.objects.put(signed)
    except Exception as error:
        work.give_up(context, attempt.envelope_id, attempt.work_id, error)
        raise
    file = StoredFile(describe_file(attempt.file_name, PDF, signed), object_key)
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if seat.recipient.state != RecipientState.COMPLETED:
            _finish(uow, context, seat, attempt, file)


def _check_consent(has_consented: bool, version: str) -> None:
    if not has_consented:
        raise ConsentMissing
    check_version(version)


def _claim(uow: UnitOfWork, context: SigningContext, seat: Seat, values: Mapping[str, str], origin: Origin) -> _Attempt:
    policy.require_turn(seat.progress, seat.recipient.id)
    policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
    if not is_authenticated(seat, uow.now):
        raise CodeRequired
    policy.sign(seat.progress, seat.recipient.id)
    fields = _own_fields(uow, seat)
    filled = check_values(values, [Blank(field.name, FieldKind(field.kind), field.is_required) for field in fields])
    identity = SignerIdentity(
        name=seat.recipient.name, organisation_name=seat.recipient.organisation_name, uscc=seat.recipient.uscc
    )
    return _Attempt(
        work_id=work.claim(uow, context, seat.envelope),
        envelope_id=seat.envelope.id,
        object_key=seat.envelope.object_key,
        sha256=seat.envelope.sha256,
        origin=origin,
        file_name=seat.document.name,
        order=SigningOrder(
            fields=placed_fields(fields),
            identity=identity,
            certificate_id=context.issuer.issue_signer_certificate(uow, identity),
            signed_at=uow.now,
            reason="同意签署 / I agree to sign",
            values={**filled, **_dates(fields, uow.now)},
        ),
    )


def _finish(uow: UnitOfWork, context: SigningContext, seat: Seat, attempt: _Attempt, signed: StoredFile) -> None:
    """The signature counts from here. The envelope may have been voided meanwhile: then `policy.sign` refuses."""
    before = seat.progress
    after = policy.sign(before, seat.recipient.id)
    work.finish(
        uow,
        seat.envelope,
        attempt.work_id,
        object_key=signed.object_key,
        sha256=signed.file.sha256,
        cause="signed",
        recipient_id=seat.recipient.id,
    )
    seat.recipient.signed_at = attempt.order.signed_at
    for field in _own_fields(uow, seat):
        field.value = attempt.order.values.get(field.name)
    repository.store_progress(after, seat.envelope, seat.recipients)
    _record_signature(uow, context, seat, attempt, signed)
    if after.state is EnvelopeState.SEALING:
        uow.emit(SealingRequested(envelope_id=seat.envelope.id))
    release_recipients(uow, context, seat.envelope, seat.recipients, policy.newly_released(before, after))


def _record_signature(
    uow: UnitOfWork, context: SigningContext, seat: Seat, attempt: _Attempt, signed: StoredFile
) -> None:
    facts = {
        "by": recipient_facts(seat.recipient),
        "identified": {
            "method": "one-time code to the recipient's phone",
            "code": code_reference(seat.session.code_id) if seat.session.code_id else None,
        },
        "consent": {"version": seat.consent.version, "sha256": seat.consent.sha256, "given": True},
        "certificate": certificate_facts(uow.session, attempt.order.certificate_id),
        "signed_at": rfc3339(attempt.order.signed_at),
        "signed_over_sha256": attempt.sha256,
        "revision": seat.envelope.revision,
        "values": dict(attempt.order.values),
        "session": ids.public("ses", seat.session.id),
        "software": context.software,
        "clock": context.clock_source,
        **attempt.origin.facts(),
    }
    record_for_envelope(uow, seat.envelope, seat.recipients, step="recipient.signed", facts=facts, files=[signed])


def _own_fields(uow: UnitOfWork, seat: Seat) -> list[Field]:
    return [
        field for field in repository.fields(uow.session, seat.envelope.id) if field.recipient_id == seat.recipient.id
    ]


def _dates(fields: list[Field], now: datetime) -> dict[str, str]:
    """Date fields show the day of signing in China; nobody can type another."""
    return {field.name: local_date(now) for field in fields if field.kind == FieldKind.DATE}
