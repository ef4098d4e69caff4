"""Decisions about an envelope, without a database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from signing import policy
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
)
from signing.policy import EnvelopeState, Party, Progress, RecipientRole, RecipientState

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
A, B, C, D = (UUID(int=number) for number in range(4))


def draft(*parties: tuple[UUID, RecipientRole, int]) -> Progress:
    return Progress(
        EnvelopeState.DRAFT,
        tuple(Party(identifier, role, order, RecipientState.AWAITING) for identifier, role, order in parties),
    )


def sent(*parties: tuple[UUID, RecipientRole, int]) -> Progress:
    return policy.start_signing(policy.start_processing(draft(*parties)))


def signed(progress: Progress, *who: UUID) -> Progress:
    for party_id in who:
        progress = policy.act(policy.authenticate(progress, party_id), party_id)
    return progress


def two_in_order() -> Progress:
    return sent((A, RecipientRole.SIGNER, 1), (B, RecipientRole.SIGNER, 2))


def test_the_first_group_is_released_then_the_next() -> None:
    start = sent((A, RecipientRole.SIGNER, 1), (B, RecipientRole.SIGNER, 1), (C, RecipientRole.SIGNER, 2))
    assert [party.state for party in start.parties] == ["released", "released", "awaiting"]
    one = signed(start, B)
    assert policy.newly_released(start, one) == ()
    both = signed(one, A)
    assert policy.newly_released(one, both) == (C,)
    assert signed(both, C).state is EnvelopeState.SEALING


def test_orders_may_have_gaps_and_viewers_never_block() -> None:
    start = sent((A, RecipientRole.VIEWER, 1), (B, RecipientRole.SIGNER, 3), (C, RecipientRole.VIEWER, 9))
    assert [party.state for party in start.parties] == ["released", "released", "awaiting"]
    after = signed(start, B)
    assert after.state is EnvelopeState.SEALING
    assert policy.newly_released(after, policy.complete(after)) == (C,)


def test_copies_go_out_at_the_end() -> None:
    start = sent((A, RecipientRole.SIGNER, 1), (D, RecipientRole.CC, 1))
    assert start.party(D).state is RecipientState.AWAITING
    after = signed(start, A)
    assert policy.newly_released(after, policy.complete(after)) == (D,)


def test_signing_needs_the_code_the_turn_and_the_role() -> None:
    start = two_in_order()
    with pytest.raises(NotYourTurn):
        policy.act(policy.open_link(start, A), A)
    with pytest.raises(NotYourTurn):
        policy.authenticate(start, B)
    with pytest.raises(NotASigner):
        policy.authenticate(sent((A, RecipientRole.SIGNER, 1), (B, RecipientRole.VIEWER, 1)), B)
    with pytest.raises(AlreadySigned):
        policy.authenticate(signed(start, A), A)
    with pytest.raises(AlreadySigned):
        policy.decline(signed(start, A), A)


def test_opening_a_link_again_changes_nothing() -> None:
    viewed = policy.open_link(two_in_order(), A)
    assert viewed.party(A).state is RecipientState.VIEWED
    assert policy.open_link(viewed, A) == viewed
    authenticated = policy.authenticate(viewed, A)
    assert policy.open_link(authenticated, A) == authenticated


def test_declining_expires_the_others_but_keeps_signatures() -> None:
    declined = policy.decline(signed(two_in_order(), A), B)
    assert declined.state is EnvelopeState.DECLINED
    assert [party.state for party in declined.parties] == ["completed", "declined"]


def test_expiry_is_exact() -> None:
    start = two_in_order()
    with pytest.raises(EnvelopeStateConflict):
        policy.expire(start, expires_at=NOW, now=NOW - timedelta(microseconds=1))
    assert policy.expire(start, expires_at=NOW, now=NOW).state is EnvelopeState.EXPIRED
    policy.require_live(expires_at=NOW, now=NOW - timedelta(microseconds=1))
    with pytest.raises(EnvelopeExpired):
        policy.require_live(expires_at=NOW, now=NOW)


@pytest.mark.parametrize(
    "end",
    [
        policy.void,
        lambda progress: policy.expire(progress, expires_at=NOW, now=NOW),
        lambda progress: policy.decline(progress, A),
        lambda progress: policy.complete(signed(progress, A, B)),
    ],
)
def test_what_has_ended_stays_ended(end: Callable[[Progress], Progress]) -> None:
    ended = end(two_in_order())
    for transition in (policy.start_processing, policy.start_signing, policy.complete, policy.void, policy.fail):
        with pytest.raises(EnvelopeStateConflict):
            transition(ended)


def test_completing_checks_the_signatures_once_more() -> None:
    tampered = Progress(EnvelopeState.SEALING, two_in_order().parties)
    with pytest.raises(EnvelopeStateConflict):
        policy.complete(tampered)


def test_reminding_reaches_those_everybody_waits_for() -> None:
    start = sent((A, RecipientRole.SIGNER, 1), (B, RecipientRole.VIEWER, 1), (C, RecipientRole.SIGNER, 2))
    assert policy.to_remind(start) == (A,)
    assert policy.to_remind(signed(start, A)) == (C,)
    with pytest.raises(EnvelopeStateConflict):
        policy.to_remind(signed(start, A, C))
    with pytest.raises(NothingToRemind):
        policy.to_remind(Progress(EnvelopeState.IN_PROGRESS, signed(start, A, C).parties))


def test_codes_are_limited_by_the_minute_and_by_the_hour() -> None:
    policy.check_code_rate([], NOW)
    with pytest.raises(TooManyCodes) as too_soon:
        policy.check_code_rate([NOW - timedelta(seconds=20)], NOW)
    assert too_soon.value.facts["retry_after_seconds"] == 40
    six = [NOW - timedelta(minutes=minutes) for minutes in (50, 40, 30, 20, 10, 2)]
    with pytest.raises(TooManyCodes) as too_many:
        policy.check_code_rate(six, NOW)
    assert too_many.value.facts["retry_after_seconds"] == 600
    policy.check_code_rate(six, NOW + timedelta(minutes=10))


def wrong_codes(*hours_ago_and_tries: tuple[int, int]) -> list[tuple[datetime, int]]:
    return [(NOW - timedelta(hours=hours), tries) for hours, tries in hours_ago_and_tries]


def test_fourteen_wrong_codes_in_a_day_may_be_a_clumsy_hand() -> None:
    policy.check_wrong_codes([], NOW)
    policy.check_wrong_codes(wrong_codes((3, 5), (2, 5), (1, 4)), NOW)
    policy.check_wrong_codes(wrong_codes((24, 5), (3, 5), (2, 5), (1, 4)), NOW)  # the first is from a day ago


@pytest.mark.parametrize(
    ("wrong", "hours_to_wait"),
    [
        (wrong_codes((3, 5), (2, 5), (1, 5)), 21),
        (wrong_codes((1, 5), (2, 5), (3, 5)), 21),  # in whatever order they are told
        (wrong_codes((23, 0), (3, 5), (2, 5), (1, 5)), 21),  # a code that nobody got wrong holds up nobody
        (wrong_codes((23, 1), (3, 5), (2, 5), (1, 5)), 21),  # without the one there are still fifteen
        (wrong_codes((20, 5), (3, 5), (2, 5), (1, 5)), 21),  # as many again: it takes two to be forgotten
    ],
)
def test_the_fifteenth_wrong_code_locks_until_enough_are_a_day_old(
    wrong: list[tuple[datetime, int]], hours_to_wait: int
) -> None:
    with pytest.raises(CodeLocked) as locked:
        policy.check_wrong_codes(wrong, NOW)
    wait = timedelta(seconds=locked.value.facts["retry_after_seconds"])
    assert wait == timedelta(hours=hours_to_wait)
    policy.check_wrong_codes(wrong, NOW + wait)


def test_an_approval_lets_the_next_group_in_but_is_no_signature() -> None:
    start = sent((A, RecipientRole.APPROVER, 1), (B, RecipientRole.SIGNER, 2))
    approved = signed(start, A)
    assert policy.newly_released(start, approved) == (B,)
    assert not approved.has_signature
    assert signed(approved, B).state is EnvelopeState.SEALING


def test_a_seal_is_waited_for_like_a_signature() -> None:
    start = sent((A, RecipientRole.SIGNER, 1), (B, RecipientRole.SEAL, 2))
    one = signed(start, A)
    assert one.state is EnvelopeState.IN_PROGRESS
    assert signed(one, B).state is EnvelopeState.SEALING


def test_correcting_makes_a_draft_again_and_voids_approvals() -> None:
    start = signed(sent((A, RecipientRole.APPROVER, 1), (B, RecipientRole.SIGNER, 2)), A)
    corrected = policy.correct(start)
    assert corrected.state is EnvelopeState.DRAFT
    assert [party.state for party in corrected.parties] == ["awaiting", "awaiting"]
    with pytest.raises(AlreadySignedBySomebody):
        policy.correct(signed(two_in_order(), A))


def test_a_successor_takes_role_turn_and_nothing_else() -> None:
    start = two_in_order()
    replaced = policy.replace_party(policy.authenticate(start, A), A, C)
    assert replaced.party(A).state is RecipientState.REPLACED
    assert replaced.party(C) == Party(C, RecipientRole.SIGNER, 1, RecipientState.RELEASED)
    with pytest.raises(NotYourTurn):
        policy.authenticate(replaced, A)
    waiting = policy.replace_party(start, B, D)
    assert waiting.party(D).state is RecipientState.AWAITING
    with pytest.raises(AlreadySigned):
        policy.replace_party(signed(start, A), A, C)
    with pytest.raises(EnvelopeStateConflict):
        policy.replace_party(replaced, A, D)


def test_reports_on_a_link_move_only_those_who_have_not_opened_it() -> None:
    start = two_in_order()
    bounced = policy.note_delivery(start, A, arrived=False)
    assert bounced.party(A).state is RecipientState.BOUNCED
    assert policy.note_delivery(bounced, A, arrived=True).party(A).state is RecipientState.SENT
    viewed = policy.open_link(bounced, A)
    assert policy.note_delivery(viewed, A, arrived=False) == viewed
    assert policy.note_delivery(start, B, arrived=True) == start
