"""What signing here and signing elsewhere have in common: what must hold before, and what is written after.

begin    in a transaction: session, turn, code, consent, values, the seal; one order for each document to sign
count    in a transaction: the new revisions, the evidence, the use of the seal, and whose turn is next
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from core import ids
from core.clock import local_date, rfc3339
from core.unit_of_work import UnitOfWork
from signing import policy, repository, work
from signing.consent import check_version
from signing.context import SigningContext
from signing.errors import CodeRequired, ConsentMissing, SealChoiceMissing
from signing.events import SealingRequested
from signing.evidence import Origin, certificate_facts, document_facts, recipient_facts, record_for_envelope
from signing.identity.errors import IdentityCheckRequired, IdentityMismatched, IdentityUnanswered
from signing.identity.facts import name_facts, outcome_of
from signing.identity.models import IdentityCheck
from signing.models import Field
from signing.pdf.pictures import check_picture, check_stroke
from signing.plan import CARRYING, Blank, FieldKind, check_values
from signing.policy import EnvelopeState, RecipientRole
from signing.ports import IdentityOutcome, SignerIdentity, SigningOrder
from signing.release_recipients import release_recipients
from signing.repository import EnvelopeFile
from signing.seals.use_seal import UsableSeal, note_use, seals_for, take_for_use
from signing.send_envelope import placed_fields
from signing.signing_session import Seat, code_reference, is_authenticated, is_identity_asked
from signing.work import NewRevision


@dataclass(frozen=True, slots=True)
class Action:
    """What a recipient sends in. `pictures` are PNGs of a signer's signature or initials; `seal_id` is the seal to use.

    Without a `seal_id`, the one seal the recipient may use is used.
    """

    has_consented: bool
    consent_version: str
    origin: Origin
    values: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[FieldKind, bytes] = field(default_factory=dict)
    seal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """All that is needed outside the transaction, and for counting the signature afterwards.

    `orders` are by the position of the document. `certificate_id` is None for a signature made elsewhere.
    """

    envelope_id: UUID
    documents: list[EnvelopeFile]
    orders: Mapping[int, SigningOrder]
    values: Mapping[str, str]
    signed_at: datetime
    certificate_id: UUID | None
    seal: UsableSeal | None
    origin: Origin


def require_ready(context: SigningContext, seat: Seat, action: Action, now: datetime) -> None:
    """Raises `ConsentMissing`, `ConsentVersionUnknown`, `CodeRequired`, `EnvelopeExpired`, as `_require_match` does, or
    why they can't act."""
    if not action.has_consented:
        raise ConsentMissing
    check_version(action.consent_version)
    policy.require_turn(seat.progress, seat.recipient.id)
    policy.require_live(expires_at=seat.envelope.expires_at, now=now)
    if not is_authenticated(seat, now):
        raise CodeRequired
    if context.is_identity_required and is_identity_asked(context, seat):
        _require_match(seat.identity)
    policy.act(seat.progress, seat.recipient.id)


def _require_match(check: IdentityCheck | None) -> None:
    """Raises `IdentityCheckRequired`, `IdentityUnanswered` or `IdentityMismatched`."""
    outcome = outcome_of(check)
    if check is None or outcome is None:
        raise IdentityCheckRequired
    if outcome is IdentityOutcome.UNKNOWN:
        raise IdentityUnanswered
    if outcome is IdentityOutcome.MISMATCHED:
        raise IdentityMismatched(
            with_number_zh="及身份证号码" if check.has_number else "",
            with_number_en=" and identity number" if check.has_number else "",
        )


def begin(
    uow: UnitOfWork, context: SigningContext, seat: Seat, action: Action, *, has_own_certificate: bool = False
) -> Attempt:
    """Raises as `require_ready` does, an `InvalidInput` about a field or picture, or why the seal can't be used."""
    require_ready(context, seat, action, uow.now)
    fields = own_fields(uow, seat)
    filled = check_values(action.values, [Blank(each.name, FieldKind(each.kind), each.is_required) for each in fields])
    values = {**filled, **_dates(fields, uow.now)}
    seal = _take_seal(uow, seat, action.seal_id) if seat.recipient.role == RecipientRole.SEAL else None
    identity = SignerIdentity(
        name=seal.name if seal else seat.recipient.name,
        organisation_name=seat.recipient.organisation_name,
        uscc=seat.recipient.uscc,
    )
    signed_documents = {each.document for each in fields if FieldKind(each.kind) in CARRYING}
    documents = [file for file in seat.documents if file.position in signed_documents]
    certificate_id = None if has_own_certificate else _certificate(uow, context, identity, seal)
    orders = {
        file.position: SigningOrder(
            fields=placed_fields(fields, file.position),
            identity=identity,
            certificate_id=certificate_id or seat.recipient.id,
            signed_at=uow.now,
            reason=_REASON[RecipientRole(seat.recipient.role)],
            values={each.name: values[each.name] for each in fields if each.name in values},
            pictures=dict(action.pictures),
        )
        for file in documents
    }
    return Attempt(seat.envelope.id, documents, orders, values, uow.now, certificate_id, seal, action.origin)


def with_seal_picture(context: SigningContext, attempt: Attempt) -> Attempt:
    """The attempt with the picture of the seal in use, read from the object store: outside any transaction."""
    if attempt.seal is None:
        return attempt
    pictures = {FieldKind.SEAL: context.objects.get(attempt.seal.picture_key)}
    orders = {position: replace(order, pictures=pictures) for position, order in attempt.orders.items()}
    return replace(attempt, orders=orders)


def count(
    uow: UnitOfWork,
    context: SigningContext,
    seat: Seat,
    attempt: Attempt,
    *,
    work_id: UUID,
    revisions: Sequence[NewRevision],
    certificate: Mapping[str, object],
) -> None:
    """The signature counts from here. The envelope may have been voided meanwhile: then `policy.act` refuses."""
    before = seat.progress
    after = policy.act(before, seat.recipient.id)
    # Read before anything is written: a query in between would send half of it to the database first.
    fields, documents, _ = own_fields(uow, seat), seat.documents, seat.identity
    if attempt.seal is not None:
        seat.recipient.seal_id = attempt.seal.seal_id
    work.finish(
        uow,
        seat.envelope,
        work_id,
        revisions,
        cause="signed",
        documents=documents,
        recipient_id=seat.recipient.id,
    )
    seat.recipient.signed_at = attempt.signed_at
    for own in fields:
        own.value = attempt.values.get(own.name)
    repository.store_progress(after, seat.envelope, seat.recipients)
    facts = {
        **action_facts(context, seat, attempt.origin),
        **_signature_facts(attempt, revisions),
        "certificate": certificate,
        "revision": seat.envelope.revision,
    }
    files = [new.stored for new in revisions]
    record_for_envelope(
        uow,
        seat.envelope,
        seat.recipients,
        step="recipient.signed",
        facts=facts,
        files=files,
        recipient=seat.recipient,
    )
    if attempt.seal is not None:
        note_use(
            uow,
            usable=attempt.seal,
            envelope_id=seat.envelope.id,
            recipient_id=seat.recipient.id,
            purpose=seat.envelope.title,
            files=files,
            origin=attempt.origin,
        )
    go_on(uow, context, seat, before, after)


def go_on(
    uow: UnitOfWork, context: SigningContext, seat: Seat, before: policy.Progress, after: policy.Progress
) -> None:
    """What follows when somebody has acted: the next group's links, or the platform's seal."""
    if after.state is EnvelopeState.SEALING:
        uow.emit(SealingRequested(envelope_id=seat.envelope.id))
    release_recipients(uow, context, seat.envelope, seat.recipients, policy.newly_released(before, after))


def action_facts(context: SigningContext, seat: Seat, origin: Origin) -> dict[str, object]:
    """Who acted, how they were identified, how they consented, from where, with which software."""
    return {
        "by": recipient_facts(seat.recipient),
        "identified": {
            "method": "one-time code to the recipient's phone",
            "code": code_reference(seat.session.code_id) if seat.session.code_id else None,
            **name_facts(seat.identity),
            "organisation": _ORGANISATION[seat.recipient.organisation_id is not None],
        },
        "consent": {"version": seat.consent.version, "sha256": seat.consent.sha256, "given": True},
        "session": ids.public("ses", seat.session.id),
        "software": context.software,
        "clock": context.clock_source,
        **origin.facts(),
    }


def _signature_facts(attempt: Attempt, revisions: Sequence[NewRevision]) -> dict[str, object]:
    """What was signed, when, with which values and seal; `sha256` is that of each document before."""
    return {
        "signed_at": rfc3339(attempt.signed_at),
        "signed_over": [{**document_facts(file), "sha256": file.current.sha256} for file in attempt.documents],
        "timestamped": all(new.is_timestamped for new in revisions),
        "values": dict(attempt.values),
        "seal": ids.public(ids.SEAL, attempt.seal.seal_id) if attempt.seal else None,
    }


def local_certificate_facts(uow: UnitOfWork, attempt: Attempt) -> dict[str, object]:
    return {} if attempt.certificate_id is None else certificate_facts(uow.session, attempt.certificate_id)


def own_fields(uow: UnitOfWork, seat: Seat) -> list[Field]:
    return [each for each in repository.fields(uow.session, seat.envelope.id) if each.recipient_id == seat.recipient.id]


_ORGANISATION = {
    True: "has an account of the platform; whether this person may sign for it is for its members' phones to tell",
    False: "as the sender wrote it; only the check digit of its code was checked",
}
"""What is known of the organisation somebody acts for: said, so that nobody takes more for checked than was."""

_REASON = {
    RecipientRole.SIGNER: "同意签署 / I agree to sign",
    RecipientRole.SEAL: "经授权用印 / Sealed with authority",
}


def _take_seal(uow: UnitOfWork, seat: Seat, seal_id: UUID | None) -> UsableSeal:
    """Raises `SealChoiceMissing` if it isn't clear which, or why the seal can't be used."""
    organisation_id, phone = seat.recipient.organisation_id, seat.recipient.phone
    contract_class = seat.envelope.contract_class
    if organisation_id is None:
        raise SealChoiceMissing(count=0)
    if seal_id is None:
        usable = seals_for(
            uow.session, organisation_id=organisation_id, phone=phone, contract_class=contract_class, now=uow.now
        )
        if len(usable) != 1:
            raise SealChoiceMissing(count=len(usable))
        seal_id = usable[0].seal_id
    return take_for_use(
        uow, seal_id=seal_id, organisation_id=organisation_id, phone=phone, contract_class=contract_class
    )


def _certificate(uow: UnitOfWork, context: SigningContext, identity: SignerIdentity, seal: UsableSeal | None) -> UUID:
    return seal.certificate_id if seal else context.issuer.issue_signer_certificate(uow, identity)


def with_checked_pictures(action: Action) -> Action:
    """Before anything is locked, for decoding a picture takes long. Raises what is wrong with one.

    Seals' pictures come from the seal, never from the request.
    """
    accepted = {kind: picture for kind, picture in action.pictures.items() if kind in _DRAWN}
    for picture in accepted.values():
        check_picture(picture)
        check_stroke(picture)
    return replace(action, pictures=accepted)


_DRAWN = frozenset({FieldKind.SIGNATURE, FieldKind.INITIALS})


def _dates(fields: Sequence[Field], now: datetime) -> dict[str, str]:
    """Date fields show the day of signing in China; nobody can type another."""
    return {each.name: local_date(now) for each in fields if each.kind == FieldKind.DATE}
