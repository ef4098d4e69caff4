"""Pure decisions about an envelope: who may do what, in which state, and what follows. No I/O.

    envelope    draft → processing → in_progress → sealing → completed
                  ↑         ↓ failed   │  ↓ declined | voided | expired
                  └──── correct ───────┘  (before the first signature)

    recipient   awaiting → released → sent → viewed → authenticated → completed
                             └─ bounced ─┘     ↓ declined | replaced | expired

A `Progress` is all that decides: the state of the envelope and of each party. Every transition is a function from
one `Progress` to the next and raises a `Conflict` if it isn't allowed, so that whatever calls them in whatever
order can't sign twice, sign out of turn, reopen what has ended, or complete with a signature missing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.errors import DingyueError
from signing.errors import (
    AlreadySigned,
    AlreadySignedBySomebody,
    CodeLocked,
    EnvelopeExpired,
    EnvelopeStateConflict,
    NotASigner,
    NothingToRemind,
    NotYourTurn,
    TooManyCodes,
    TooManyReminders,
)

CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODE_PAUSE = timedelta(seconds=60)
CODE_WINDOW = timedelta(hours=1)
CODES_PER_WINDOW = 6
WRONG_CODES_PER_DAY = 15
LOCK_WINDOW = timedelta(days=1)
REMINDER_PAUSE = timedelta(seconds=60)


class EnvelopeState(StrEnum):
    DRAFT = "draft"
    PROCESSING = "processing"
    IN_PROGRESS = "in_progress"
    SEALING = "sealing"
    COMPLETED = "completed"
    DECLINED = "declined"
    VOIDED = "voided"
    EXPIRED = "expired"
    FAILED = "failed"


class RecipientState(StrEnum):
    """`released`: it is their turn; `sent`, `bounced`: what the provider said of the message with their link."""

    AWAITING = "awaiting"
    RELEASED = "released"
    SENT = "sent"
    BOUNCED = "bounced"
    VIEWED = "viewed"
    AUTHENTICATED = "authenticated"
    COMPLETED = "completed"
    DECLINED = "declined"
    REPLACED = "replaced"
    EXPIRED = "expired"


class RecipientRole(StrEnum):
    """What a recipient is asked to do.

    A signer signs; an approver agrees without signing; a seal applies their organisation's seal. These three act: the
    next group waits for them. A viewer may read once it is their group's turn; a cc may read once all is done.
    """

    SIGNER = "signer"
    APPROVER = "approver"
    SEAL = "seal"
    VIEWER = "viewer"
    CC = "cc"


ENDED = frozenset(
    {
        EnvelopeState.COMPLETED,
        EnvelopeState.DECLINED,
        EnvelopeState.VOIDED,
        EnvelopeState.EXPIRED,
        EnvelopeState.FAILED,
    }
)
READABLE = frozenset({EnvelopeState.IN_PROGRESS, EnvelopeState.SEALING, EnvelopeState.COMPLETED})
"""States in which a recipient who holds a link may read the document."""

UNOPENED = frozenset({RecipientState.RELEASED, RecipientState.SENT, RecipientState.BOUNCED})
"""States of a recipient who has a link and hasn't used it."""

ON_TURN = UNOPENED | {RecipientState.VIEWED, RecipientState.AUTHENTICATED}
"""States of a recipient whose turn it is."""

ACTING = frozenset({RecipientRole.SIGNER, RecipientRole.APPROVER, RecipientRole.SEAL})
"""Roles the envelope waits for."""

SIGNING = frozenset({RecipientRole.SIGNER, RecipientRole.SEAL})
"""Roles that leave a signature in the PDF."""


@dataclass(frozen=True, slots=True)
class Party:
    """A recipient, as far as decisions go. Parties of the same `order` act in parallel."""

    id: UUID
    role: RecipientRole
    order: int
    state: RecipientState


@dataclass(frozen=True, slots=True)
class Progress:
    state: EnvelopeState
    parties: tuple[Party, ...]

    def party(self, party_id: UUID) -> Party:
        return next(party for party in self.parties if party.id == party_id)

    @property
    def actors(self) -> tuple[Party, ...]:
        """Those the envelope waits for, or waited for; somebody who was replaced is not among them."""
        return tuple(
            party for party in self.parties if party.role in ACTING and party.state is not RecipientState.REPLACED
        )

    @property
    def has_signature(self) -> bool:
        return any(party.role in SIGNING and party.state is RecipientState.COMPLETED for party in self.parties)

    @property
    def is_done(self) -> bool:
        """Everybody has acted, and there is a signature among it."""
        return self.has_signature and all(party.state is RecipientState.COMPLETED for party in self.actors)


def start_processing(progress: Progress) -> Progress:
    """The sender sends the draft; its PDF is being prepared."""
    _require_state(progress, EnvelopeState.DRAFT)
    return replace(progress, state=EnvelopeState.PROCESSING)


def return_to_draft(progress: Progress) -> Progress:
    """Preparing didn't work this time, and may the next."""
    _require_state(progress, EnvelopeState.PROCESSING)
    return replace(progress, state=EnvelopeState.DRAFT)


def fail(progress: Progress) -> Progress:
    """The document can't be prepared, whenever it is tried."""
    _require_state(progress, EnvelopeState.PROCESSING)
    return _end(progress, EnvelopeState.FAILED)


def start_signing(progress: Progress) -> Progress:
    """The PDF is prepared: the first group is released."""
    _require_state(progress, EnvelopeState.PROCESSING)
    return _release(replace(progress, state=EnvelopeState.IN_PROGRESS))


def correct(progress: Progress) -> Progress:
    """The sender takes the envelope back to mend it: a draft again, whatever was opened or approved so far.

    Not once somebody has signed: then they would have signed something else.
    """
    _require_state(progress, EnvelopeState.IN_PROGRESS)
    if progress.has_signature:
        raise AlreadySignedBySomebody
    parties = tuple(
        party if party.state is RecipientState.REPLACED else replace(party, state=RecipientState.AWAITING)
        for party in progress.parties
    )
    return Progress(EnvelopeState.DRAFT, parties)


def note_delivery(progress: Progress, party_id: UUID, *, arrived: bool) -> Progress:
    """What became of the message with the link. Late or repeated reports about somebody further on change nothing."""
    if progress.state is not EnvelopeState.IN_PROGRESS or progress.party(party_id).state not in UNOPENED:
        return progress
    return _with_party(progress, party_id, RecipientState.SENT if arrived else RecipientState.BOUNCED)


def open_link(progress: Progress, party_id: UUID) -> Progress:
    """Somebody holding the recipient's link looks. Harmless to repeat, and at any time after the release."""
    if progress.party(party_id).state not in UNOPENED:
        return progress
    return _with_party(progress, party_id, RecipientState.VIEWED)


def authenticate(progress: Progress, party_id: UUID) -> Progress:
    """The recipient entered their one-time code."""
    require_turn(progress, party_id)
    return _with_party(progress, party_id, RecipientState.AUTHENTICATED)


def act(progress: Progress, party_id: UUID) -> Progress:
    """A signature, an organisation's seal, or an approval.

    Releases the next group, or moves on to sealing after the last one.
    """
    require_turn(progress, party_id)
    if progress.party(party_id).state is not RecipientState.AUTHENTICATED:
        raise NotYourTurn
    acted = _with_party(progress, party_id, RecipientState.COMPLETED)
    if acted.is_done:
        return replace(acted, state=EnvelopeState.SEALING)
    return _release(acted)


def replace_party(progress: Progress, party_id: UUID, successor_id: UUID) -> Progress:
    """Somebody else acts in this party's place, in the same role and turn. Not once they have acted."""
    _require_state(progress, EnvelopeState.IN_PROGRESS)
    party = progress.party(party_id)
    if party.role not in ACTING:
        raise NotASigner
    if party.state is RecipientState.COMPLETED:
        raise AlreadySigned
    if party.state is not RecipientState.AWAITING and party.state not in ON_TURN:
        raise EnvelopeStateConflict(state=str(party.state))
    state = RecipientState.AWAITING if party.state is RecipientState.AWAITING else RecipientState.RELEASED
    successor = Party(successor_id, party.role, party.order, state)
    replaced = _with_party(progress, party_id, RecipientState.REPLACED)
    return replace(replaced, parties=(*replaced.parties, successor))


def complete(progress: Progress) -> Progress:
    """The seal is on; copies go out."""
    _require_state(progress, EnvelopeState.SEALING)
    if not progress.is_done:
        raise EnvelopeStateConflict(state=str(progress.state))
    parties = tuple(
        replace(party, state=RecipientState.RELEASED)
        if party.role not in ACTING and party.state is RecipientState.AWAITING
        else party
        for party in progress.parties
    )
    return Progress(EnvelopeState.COMPLETED, parties)


def decline(progress: Progress, party_id: UUID) -> Progress:
    """Somebody who was to act, and whose turn it is, refuses; that ends the envelope for all."""
    require_turn(progress, party_id)
    return _end(_with_party(progress, party_id, RecipientState.DECLINED), EnvelopeState.DECLINED)


def void(progress: Progress) -> Progress:
    """The sender withdraws. Not any more once everybody has signed: the contract is made."""
    _require_state(progress, EnvelopeState.DRAFT, EnvelopeState.PROCESSING, EnvelopeState.IN_PROGRESS)
    return _end(progress, EnvelopeState.VOIDED)


def expire(progress: Progress, *, expires_at: datetime, now: datetime) -> Progress:
    """The time to sign is over. Not once everybody has signed."""
    _require_state(progress, EnvelopeState.IN_PROGRESS)
    if now < expires_at:
        raise EnvelopeStateConflict(state=str(progress.state))
    return _end(progress, EnvelopeState.EXPIRED)


def require_extendable(progress: Progress) -> None:
    """Raises unless more time would be of use to somebody."""
    _require_state(progress, EnvelopeState.IN_PROGRESS)


def require_turn(progress: Progress, party_id: UUID) -> None:
    """Raises unless this party may act or decline now: one who acts, released, in an envelope that is being signed."""
    party = progress.party(party_id)
    if party.role not in ACTING:
        raise NotASigner
    if party.state is RecipientState.COMPLETED:
        raise AlreadySigned
    _require_state(progress, EnvelopeState.IN_PROGRESS)
    if party.state not in ON_TURN:
        raise NotYourTurn


def is_on_turn(progress: Progress, party_id: UUID) -> bool:
    """Whether this party may sign or decline now."""
    try:
        require_turn(progress, party_id)
    except DingyueError:
        return False
    return True


def require_live(*, expires_at: datetime, now: datetime) -> None:
    """Raises `EnvelopeExpired` from the expiry on, even before the sweep has marked the envelope."""
    if now >= expires_at:
        raise EnvelopeExpired


def newly_released(before: Progress, after: Progress) -> tuple[UUID, ...]:
    """Whom a transition made it the turn of: they get a link."""
    was = {party.id: party.state for party in before.parties}
    return tuple(
        party.id
        for party in after.parties
        if party.state is RecipientState.RELEASED and was[party.id] is RecipientState.AWAITING
    )


def to_remind(progress: Progress) -> tuple[UUID, ...]:
    """Those everybody is waiting for. Raises `NothingToRemind`."""
    _require_state(progress, EnvelopeState.IN_PROGRESS)
    due = tuple(party.id for party in progress.actors if party.state in ON_TURN)
    if not due:
        raise NothingToRemind
    return due


def check_reminder_rate(released_at: Iterable[datetime | None], now: datetime) -> None:
    """At most one link a minute to anybody. Raises `TooManyReminders` with the seconds to wait."""
    last = max((at for at in released_at if at is not None), default=None)
    if last is not None and now < last + REMINDER_PAUSE:
        raise TooManyReminders(retry_after_seconds=_seconds_until(last + REMINDER_PAUSE, now))


def check_code_rate(requested_at: Iterable[datetime], now: datetime) -> None:
    """One code a minute, six an hour. Raises `TooManyCodes` with the seconds to wait."""
    recent = sorted(at for at in requested_at if at > now - CODE_WINDOW)
    if recent and now < recent[-1] + CODE_PAUSE:
        raise TooManyCodes(retry_after_seconds=_seconds_until(recent[-1] + CODE_PAUSE, now))
    if len(recent) >= CODES_PER_WINDOW:
        raise TooManyCodes(retry_after_seconds=_seconds_until(recent[-CODES_PER_WINDOW] + CODE_WINDOW, now))


def check_wrong_codes(wrong: Sequence[tuple[datetime, int]], now: datetime) -> None:
    """Fifteen wrong codes in a day: somebody is guessing.

    `wrong` has when each code was asked for, and how many wrong ones were entered for it. Raises `CodeLocked` with
    the seconds until so many of them no longer count that there are fewer than fifteen.
    """
    recent = sorted((at, tries) for at, tries in wrong if at > now - LOCK_WINDOW)
    counted = sum(tries for _, tries in recent)
    if counted < WRONG_CODES_PER_DAY:
        return
    for at, tries in recent:
        counted -= tries
        if counted < WRONG_CODES_PER_DAY:
            raise CodeLocked(retry_after_seconds=_seconds_until(at + LOCK_WINDOW, now))


def _seconds_until(instant: datetime, now: datetime) -> int:
    return max(1, math.ceil((instant - now).total_seconds()))


def _require_state(progress: Progress, *allowed: EnvelopeState) -> None:
    if progress.state not in allowed:
        raise EnvelopeStateConflict(state=str(progress.state))


def _with_party(progress: Progress, party_id: UUID, state: RecipientState) -> Progress:
    parties = tuple(replace(party, state=state) if party.id == party_id else party for party in progress.parties)
    return replace(progress, parties=parties)


def _release(progress: Progress) -> Progress:
    """Releases everybody (but cc) up to the lowest order at which somebody has still to act."""
    turn = min(party.order for party in progress.actors if party.state is not RecipientState.COMPLETED)
    parties = tuple(
        replace(party, state=RecipientState.RELEASED)
        if party.state is RecipientState.AWAITING and party.order <= turn and party.role is not RecipientRole.CC
        else party
        for party in progress.parties
    )
    return replace(progress, parties=parties)


def _end(progress: Progress, state: EnvelopeState) -> Progress:
    parties = tuple(
        party
        if party.state in {RecipientState.COMPLETED, RecipientState.DECLINED, RecipientState.REPLACED}
        else replace(party, state=RecipientState.EXPIRED)
        for party in progress.parties
    )
    return Progress(state, parties)
