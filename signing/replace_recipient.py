"""Somebody else acts in a recipient's place: replaced by the sender, or named by the recipient where that is allowed.

The successor acts for the same organisation, in the same role and turn, in the same boxes. They get a link of their
own; the old one and its sessions die.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from accounts.service import check_phone
from core.unit_of_work import UnitOfWork
from signing import policy, repository, work
from signing.context import SigningContext
from signing.errors import (
    CodeRequired,
    DelegationNotAllowed,
    EnvelopeNotFound,
    RecipientNotFound,
    ReplacementSamePerson,
    RescissionFixed,
    TooManyReplacements,
)
from signing.evidence import Origin, recipient_facts, record_for_envelope, sender_facts
from signing.models import Envelope, Recipient
from signing.plan import check_email, check_phones, check_text
from signing.policy import ACTING, RecipientState
from signing.release_recipients import release_recipients
from signing.signing_session import is_authenticated, take_seat

LONGEST_REASON = 500
MOST_REPLACEMENTS = 5


@dataclass(frozen=True, slots=True)
class Replacement:
    """Who acts instead, and why."""

    name: str
    phone: str
    reason: str
    email: str | None = None
    language: str = "zh"


def replace_recipient(
    context: SigningContext, actor: Actor, envelope_id: UUID, recipient_id: UUID, new: Replacement
) -> UUID:
    """The id of the successor. Raises `EnvelopeNotFound`, `RecipientNotFound`, `AlreadySigned`, `RescissionFixed`,
    `TooManyReplacements`, or what is wrong with the replacement."""
    actor.require(Scope.ENVELOPES_WRITE)
    _check(new)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        recipients = repository.recipients(uow.session, envelope.id)
        recipient = next((each for each in recipients if each.id == recipient_id), None)
        if recipient is None:
            raise RecipientNotFound
        if envelope.rescinds_id is not None and recipient.organisation_id != actor.organisation_id:
            raise RescissionFixed  # or one party could undo the contract alone
        return _replace(uow, context, envelope, recipients, old=recipient, new=new, facts={"by": sender_facts(actor)})


def delegate(context: SigningContext, session_token: str, new: Replacement, origin: Origin) -> UUID:
    """A recipient names who acts in their place. It takes their own code, as signing would.

    Raises `DelegationNotAllowed`, `CodeRequired`, `NotYourTurn`, or what is wrong with the replacement.
    """
    _check(new)
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if not seat.envelope.may_delegate:
            raise DelegationNotAllowed
        policy.require_turn(seat.progress, seat.recipient.id)
        if not is_authenticated(seat, uow.now):
            raise CodeRequired
        facts = {"by": recipient_facts(seat.recipient), **origin.facts()}
        return _replace(uow, context, seat.envelope, seat.recipients, old=seat.recipient, new=new, facts=facts)


def _check(new: Replacement) -> None:
    check_text("name", new.name, 100)
    check_text("reason", new.reason, LONGEST_REASON)
    check_phone(new.phone)
    check_email(new.email)


def _replace(
    uow: UnitOfWork,
    context: SigningContext,
    envelope: Envelope,
    recipients: list[Recipient],
    *,
    old: Recipient,
    new: Replacement,
    facts: Mapping[str, Any],
) -> UUID:
    """Raises `EnvelopeBusy` while a step is being made: it may be this recipient's signature."""
    policy.require_live(expires_at=envelope.expires_at, now=uow.now)
    work.require_free(envelope, uow.now)
    if new.phone == old.phone:
        raise ReplacementSamePerson
    others = [each for each in recipients if each.id != old.id and each.state != RecipientState.REPLACED]
    check_phones([(new.phone, old.uscc), *((each.phone, each.uscc) for each in others if each.role in ACTING)])
    if _replaced_before(old, recipients) >= MOST_REPLACEMENTS:
        raise TooManyReplacements(most=MOST_REPLACEMENTS)
    successor = _successor(uow, old, new)
    before = repository.progress(envelope, recipients)
    after = policy.replace_party(before, old.id, successor.id)
    # The successor takes over the sender's name for this recipient, so that it goes on meaning whoever acts.
    old.key = _free_key(old.key, {each.key for each in recipients})
    old.token_hash = None
    repository.end_sessions(uow.session, old.id, uow.now)
    uow.session.flush()
    uow.session.add(successor)
    uow.session.flush()
    repository.hand_over_fields(uow.session, old.id, successor.id)
    everybody = [*recipients, successor]
    repository.store_progress(after, envelope, everybody)
    told = {**facts, "from": recipient_facts(old), "to": recipient_facts(successor), "reason": new.reason}
    record_for_envelope(uow, envelope, everybody, step="recipient.replaced", facts=told, recipient=successor)
    if successor.state == RecipientState.RELEASED:
        release_recipients(uow, context, envelope, everybody, [successor.id])
    return successor.id


def _replaced_before(recipient: Recipient, recipients: list[Recipient]) -> int:
    """How often the recipient in this place was replaced so far."""
    by_id = {each.id: each for each in recipients}
    count = 0
    while recipient.replaces_id is not None:
        recipient, count = by_id[recipient.replaces_id], count + 1
    return count


def _successor(uow: UnitOfWork, old: Recipient, new: Replacement) -> Recipient:
    return Recipient(
        id=uow.new_id(),
        envelope_id=old.envelope_id,
        key=old.key,
        role=old.role,
        order=old.order,
        state=str(RecipientState.AWAITING),
        name=new.name,
        phone=new.phone,
        email=new.email,
        organisation_name=old.organisation_name,
        uscc=old.uscc,
        organisation_id=old.organisation_id,
        language=new.language,
        replaces_id=old.id,
        replacement_reason=new.reason,
    )


def _free_key(key: str, taken: set[str]) -> str:
    number = 1
    while f"{key}~{number}" in taken:
        number += 1
    return f"{key}~{number}"
