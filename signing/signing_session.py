"""A recipient's way in: link → session → one-time code.

A link's token opens a session of two hours; signing needs, on top, a fresh one-time code sent to the recipient's own
phone. Tokens and codes are kept as hashes only.
"""

import secrets as randomness
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hmac import compare_digest
from uuid import UUID

from sqlalchemy.orm import Session

from core.secrets import hash_token, new_token
from core.unit_of_work import UnitOfWork
from signing import policy, repository
from signing.consent import Consent, consent_text
from signing.context import SigningContext
from signing.errors import CodeNotUsable, CodeWrong, LinkInvalid, SigningSessionInvalid
from signing.events import SigningCodeRequested
from signing.evidence import Origin, recipient_facts, record_for_envelope
from signing.identity import facts as identity_facts
from signing.identity import repository as identity_checks
from signing.identity.models import IdentityCheck
from signing.models import Envelope, Recipient, SigningCode, SigningSession
from signing.policy import CODE_ATTEMPTS, CODE_LIFETIME, LOCK_WINDOW, RecipientRole, RecipientState
from signing.repository import EnvelopeFile

CODE_PURPOSE = "signing-code"


@dataclass(frozen=True)
class Seat:
    """A recipient at the table, everything read under the envelope's lock."""

    database: Session
    session: SigningSession
    envelope: Envelope
    recipient: Recipient
    recipients: list[Recipient]

    @cached_property
    def documents(self) -> list[EnvelopeFile]:
        """Read when first asked for, which must be in the same unit of work and before anything is written: what is
        pending would be sent to the database in halves."""
        return repository.envelope_documents(self.database, self.envelope.id)

    @cached_property
    def identity(self) -> IdentityCheck | None:
        """The real-name check that stands for this recipient, in whichever of their sessions it was made: nobody sheds
        a mismatch by opening the link again. Read like `documents`."""
        return identity_facts.standing(identity_checks.checks_of(self.database, self.recipient.id))

    @property
    def progress(self) -> policy.Progress:
        return repository.progress(self.envelope, self.recipients)

    @property
    def consent(self) -> Consent:
        return consent_text(
            role=RecipientRole(self.recipient.role),
            contract_class=self.envelope.contract_class,
            name=self.recipient.name,
            organisation=self.recipient.organisation_name,
            uscc=self.recipient.uscc,
            title=self.envelope.title,
            documents=[(file.name, file.uploaded.sha256) for file in self.documents],
        )


@dataclass(frozen=True, slots=True)
class CodeSent:
    """What the recipient is told. `phone_hint` shows the last four digits."""

    phone_hint: str
    valid_minutes: int


def open_link(context: SigningContext, link_token: str, origin: Origin) -> str:
    """The token of a new session for whoever holds the link. Raises `LinkInvalid`."""
    token = new_token()
    with context.unit_of_work() as uow:
        recipient = repository.recipient_by_link(uow.session, hash_token(link_token))
        if recipient is None or recipient.link_expires_at is None or uow.now >= recipient.link_expires_at:
            raise LinkInvalid
        envelope = repository.envelope_for_update(uow.session, recipient.envelope_id)
        recipients = repository.recipients(uow.session, envelope.id)
        if recipient.token_hash != hash_token(link_token):
            raise LinkInvalid  # Replaced while we waited for the lock.
        before = repository.progress(envelope, recipients)
        after = policy.open_link(before, recipient.id)
        if after != before:
            repository.store_progress(after, envelope, recipients)
            facts = {"by": recipient_facts(recipient), **origin.facts()}
            record_for_envelope(uow, envelope, recipients, step="recipient.viewed", facts=facts, recipient=recipient)
        uow.session.add(
            SigningSession(
                id=uow.new_id(),
                recipient_id=recipient.id,
                token_hash=hash_token(token),
                created_at=uow.now,
                expires_at=uow.now + context.session_lifetime,
            )
        )
    return token


def take_seat(uow: UnitOfWork, session_token: str) -> Seat:
    """Whose session this is; locks the envelope. Raises `SigningSessionInvalid`."""
    token_hash = hash_token(session_token)
    envelope = repository.envelope_of_session(uow.session, token_hash, uow.now)
    if envelope is None:
        raise SigningSessionInvalid
    seated = repository.seated(uow.session, envelope.id, token_hash, uow.now)
    for recipient, session in seated:
        if session is not None:
            return Seat(uow.session, session, envelope, recipient, [each for each, _ in seated])
    raise SigningSessionInvalid  # A new link ended it while we waited for the lock.


def request_code(context: SigningContext, session_token: str, origin: Origin) -> CodeSent:
    """Sends a new code to the recipient's phone; older ones stop working.

    Raises `TooManyCodes`, `CodeLocked`, or why not now.
    """
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        policy.require_turn(seat.progress, seat.recipient.id)
        policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
        codes = _recent_codes(uow, seat)
        policy.check_code_rate([code.requested_at for code in codes], uow.now)
        policy.check_wrong_codes(_wrong_tries(codes), uow.now)
        code_id, code = uow.new_id(), f"{randomness.randbelow(1_000_000):06d}"
        uow.session.add(
            SigningCode(
                id=code_id,
                recipient_id=seat.recipient.id,
                code_hash=_code_hash(context, seat, code_id, code),
                requested_at=uow.now,
                expires_at=uow.now + CODE_LIFETIME,
                attempts=0,
            )
        )
        _record_code(uow, seat, code_id, "recipient.code_requested", origin)
        minutes = int(CODE_LIFETIME.total_seconds() // 60)
        uow.emit(
            SigningCodeRequested(
                envelope_id=seat.envelope.id,
                recipient_id=seat.recipient.id,
                code_id=code_id,
                phone=seat.recipient.phone,
                language=seat.recipient.language,
                sealed_code=context.secrets.seal(code.encode(), CODE_PURPOSE).hex(),
                valid_minutes=minutes,
            )
        )
    return CodeSent(phone_hint=seat.recipient.phone[-4:], valid_minutes=minutes)


def verify_code(context: SigningContext, session_token: str, code: str, origin: Origin) -> datetime:
    """Until when this session may sign.

    Raises `CodeWrong`, `CodeNotUsable` (expired, used, five wrong tries), or `CodeLocked` after many wrong ones.
    """
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
        authenticated = policy.authenticate(seat.progress, seat.recipient.id)
        codes = _recent_codes(uow, seat)
        policy.check_wrong_codes(_wrong_tries(codes), uow.now)
        stored = codes[0] if codes else None
        if stored is None or not _is_usable(stored, uow.now):
            raise CodeNotUsable
        stored.attempts += 1
        is_right = compare_digest(stored.code_hash, _code_hash(context, seat, stored.id, code))
        until = uow.now + context.authentication_lifetime
        if is_right:
            stored.used_at = uow.now
            seat.session.code_id = stored.id
            seat.session.authenticated_until = until
            repository.store_progress(authenticated, seat.envelope, seat.recipients)
            _record_authentication(uow, seat, stored, origin)
        else:
            _record_code(uow, seat, stored.id, "recipient.code_refused", origin)
    # Outside the block: a wrong try must be committed, or it wouldn't count.
    if not is_right:
        raise CodeWrong(attempts_left=CODE_ATTEMPTS - stored.attempts)
    return until


def is_authenticated(seat: Seat, now: datetime) -> bool:
    until = seat.session.authenticated_until
    return until is not None and now < until and seat.recipient.state == RecipientState.AUTHENTICATED


def is_identity_asked(context: SigningContext, seat: Seat) -> bool:
    """Whether recipients of this envelope are checked: nothing of a test binds anybody, so nobody is asked about it."""
    return context.identity is not None and not seat.envelope.is_test


def code_reference(code_id: UUID) -> str:
    """How evidence names a code that was used (never the code)."""
    return f"code_{code_id.hex}"


def _record_authentication(uow: UnitOfWork, seat: Seat, code: SigningCode, origin: Origin) -> None:
    facts = {
        "by": recipient_facts(seat.recipient),
        "method": "one-time code to the recipient's phone",
        "code": code_reference(code.id),
        "attempts": code.attempts,
        **origin.facts(),
    }
    record_for_envelope(
        uow, seat.envelope, seat.recipients, step="recipient.authenticated", facts=facts, recipient=seat.recipient
    )


def _record_code(uow: UnitOfWork, seat: Seat, code_id: UUID, step: str, origin: Origin) -> None:
    facts = {"by": recipient_facts(seat.recipient), "code": code_reference(code_id), **origin.facts()}
    record_for_envelope(uow, seat.envelope, seat.recipients, step=step, facts=facts, recipient=seat.recipient)


def _recent_codes(uow: UnitOfWork, seat: Seat) -> Sequence[SigningCode]:
    """All that any rule asks for: the longest of their windows."""
    return repository.codes_since(uow.session, seat.recipient.id, uow.now - LOCK_WINDOW)


def _wrong_tries(codes: Sequence[SigningCode]) -> list[tuple[datetime, int]]:
    """When each code was asked for, and how often something else was entered for it."""
    return [(code.requested_at, code.attempts - (code.used_at is not None)) for code in codes]


def _is_usable(code: SigningCode, now: datetime) -> bool:
    return code.used_at is None and now < code.expires_at and code.attempts < CODE_ATTEMPTS


def _code_hash(context: SigningContext, seat: Seat, code_id: UUID, code: str) -> bytes:
    """Bound to envelope, recipient and request: a code seen elsewhere is worth nothing here."""
    bound = seat.envelope.id.bytes + seat.recipient.id.bytes + code_id.bytes + code.encode()
    return context.secrets.keyed_hash(bound, CODE_PURPOSE)
