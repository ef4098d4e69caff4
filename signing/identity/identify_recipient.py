"""Asks the provider about a recipient's real name, once their one-time code was right and before they act.

    ask      transaction: session, turn, code, how often already; the check's row and its evidence
    call     no transaction: the provider, with a key that is the same for the same claim of the same check
    answer   transaction: the outcome on the row, with evidence `recipient.identified`, `…_refused` or `…_unanswered`

A crash, or a time-out, leaves a check without an answer. The same function goes on with it under the same id, so that
the provider, which is idempotent by key, answers what it answered and bills once. Nothing is locked during the call:
if two ask at a time, the first answer that settles it stands.

A match is the recipient's: a later session of theirs, with a code of its own, goes by it and nobody is asked again.
What was typed as identity number lives as long as the call and is written nowhere. The key has a keyed digest of the
claim in it, so that another number typed after a time-out isn't answered with the answer to the first; we don't keep
the key.
"""

from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from signing import policy
from signing.context import SigningContext
from signing.errors import CodeRequired
from signing.evidence import Origin, recipient_facts, record_for_envelope
from signing.identity import repository
from signing.identity.errors import IdentityNotChecked, IdentityNumberRequired
from signing.identity.facts import check_facts, outcome_of
from signing.identity.models import IdentityCheck
from signing.identity.policy import SETTLED, Tried, check_identity_number, check_rate
from signing.ports import IdentityCheck as Answer
from signing.ports import IdentityClaim, IdentityOutcome, IdentityProvider
from signing.signing_session import Seat, is_authenticated, is_identity_asked, take_seat

KEY_PURPOSE = "identity-check"

STEPS = {
    IdentityOutcome.MATCHED: "recipient.identified",
    IdentityOutcome.MISMATCHED: "recipient.identity_refused",
    IdentityOutcome.UNKNOWN: "recipient.identity_unanswered",
}


def identify_recipient(
    context: SigningContext, session_token: str, id_number: str | None, origin: Origin
) -> IdentityOutcome:
    """What came of it; whether that will do is for `signature_attempt.require_ready`.

    Raises `IdentityNotChecked` (no provider, or a test), `CodeRequired`, `IdentityNumberRequired`,
    `IdentityNumberInvalid`, `TooManyIdentityChecks`, or why it isn't their turn.
    """
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        provider = _provider(context, seat, uow)
        if outcome_of(seat.identity) is IdentityOutcome.MATCHED:
            return IdentityOutcome.MATCHED
        number = _number(provider, id_number, uow)
        check = _ask(uow, provider, seat, origin, has_number=number is not None)
        claim = IdentityClaim(seat.recipient.name, seat.recipient.phone, number)
    answer = provider.check(claim, _key(context, check, claim))
    with context.unit_of_work() as uow:
        return _record(uow, take_seat(uow, session_token), check, answer, origin)


def identify_if_due(
    context: SigningContext, session_token: str, id_number: str | None, origin: Origin
) -> IdentityOutcome | None:
    """What follows a right code: `identify_recipient`, where there is something to ask and to ask it with.

    None if nobody is asked here, or the identity number it takes wasn't typed. A mismatch is asked about again only
    where a match is required, or with a number. Raises as `identify_recipient` does.
    """
    provider = context.identity
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        is_asked, known = is_identity_asked(context, seat), outcome_of(seat.identity)
    has_number = bool(id_number and id_number.strip())
    is_settled = known is IdentityOutcome.MATCHED or (
        known is IdentityOutcome.MISMATCHED and not has_number and not context.is_identity_required
    )
    if provider is None or not is_asked or is_settled or (provider.needs_id_number and not has_number):
        return known
    return identify_recipient(context, session_token, id_number, origin)


def _provider(context: SigningContext, seat: Seat, uow: UnitOfWork) -> IdentityProvider:
    """Whom to ask. Raises why nobody is to be asked now."""
    policy.require_turn(seat.progress, seat.recipient.id)
    policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
    if context.identity is None or not is_identity_asked(context, seat):
        raise IdentityNotChecked
    if not is_authenticated(seat, uow.now):
        raise CodeRequired
    return context.identity


def _number(provider: IdentityProvider, typed: str | None, uow: UnitOfWork) -> str | None:
    """What is to be sent: nothing that the provider doesn't ask for."""
    if not provider.needs_id_number:
        return None
    if not typed or not typed.strip():
        raise IdentityNumberRequired
    return check_identity_number(typed, china_day(uow.now))


def _ask(uow: UnitOfWork, provider: IdentityProvider, seat: Seat, origin: Origin, *, has_number: bool) -> IdentityCheck:
    """The check to ask about: the newest, if it has no answer that stands, or a new one."""
    checks = repository.checks_of(seat.database, seat.recipient.id)
    check_rate([_tried(check) for check in checks], uow.now)
    newest = checks[0] if checks else None
    if newest is not None and newest.outcome not in SETTLED and newest.provider == provider.name:
        check = newest
        check.asked_at, check.attempts, check.has_number = uow.now, check.attempts + 1, has_number
    else:
        check = IdentityCheck(
            id=uow.new_id(),
            recipient_id=seat.recipient.id,
            provider=provider.name,
            has_number=has_number,
            asked_at=uow.now,
            attempts=1,
        )
        uow.session.add(check)
    _evidence(uow, seat, check, "recipient.identity_requested", origin)
    return check


def _record(uow: UnitOfWork, seat: Seat, asked: IdentityCheck, answer: Answer, origin: Origin) -> IdentityOutcome:
    check = repository.check(uow.session, asked.id)
    if check.outcome in SETTLED:
        return IdentityOutcome(check.outcome)
    check.outcome, check.answered_at = str(answer.outcome), uow.now
    check.method, check.reference, check.checked_at = answer.method, answer.reference, answer.checked_at
    _evidence(uow, seat, check, STEPS[answer.outcome], origin)
    return answer.outcome


def _evidence(uow: UnitOfWork, seat: Seat, check: IdentityCheck, step: str, origin: Origin) -> None:
    facts = {"by": recipient_facts(seat.recipient), "register": check_facts(check), **origin.facts()}
    record_for_envelope(uow, seat.envelope, seat.recipients, step=step, facts=facts, recipient=seat.recipient)


def _tried(check: IdentityCheck) -> Tried:
    return Tried(check.asked_at, check.attempts, IdentityOutcome(check.outcome) if check.outcome else None)


def _key(context: SigningContext, check: IdentityCheck, claim: IdentityClaim) -> str:
    told = "\n".join((check.id.hex, claim.name, claim.phone, claim.id_number or ""))
    digest = context.secrets.keyed_hash(told.encode(), KEY_PURPOSE)
    return f"{ids.public(ids.IDENTITY_CHECK, check.id)}-{digest[:16].hex()}"
