"""Whatever is tried in whatever order, an envelope never breaks its promises."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import Conflict, NotAllowed
from signing import policy
from signing.policy import (
    ACTING,
    ENDED,
    ON_TURN,
    SIGNING,
    UNOPENED,
    EnvelopeState,
    Party,
    Progress,
    RecipientRole,
    RecipientState,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

numbers = st.integers(min_value=0, max_value=8)
parties = st.lists(
    st.tuples(st.sampled_from(list(RecipientRole)), st.integers(min_value=1, max_value=3)),
    min_size=0,
    max_size=5,
).map(lambda others: [(RecipientRole.SIGNER, 2), *others])


class EnvelopeMachine(RuleBasedStateMachine):
    """Tries every transition on every party, allowed or not, and remembers what happened.

    `acted` are those whose signature, seal or approval counts now; `signed` those who ever left a signature.
    """

    def __init__(self) -> None:
        super().__init__()
        self.progress = Progress(EnvelopeState.DRAFT, ())
        self.acted: list[UUID] = []
        self.signed: list[UUID] = []
        self.ended: EnvelopeState | None = None

    @initialize(drawn=parties, is_sent=st.booleans())
    def draft(self, drawn: list[tuple[RecipientRole, int]], is_sent: bool) -> None:
        self.progress = Progress(
            EnvelopeState.DRAFT,
            tuple(
                Party(UUID(int=number), role, order, RecipientState.AWAITING)
                for number, (role, order) in enumerate(drawn)
            ),
        )
        if is_sent:
            self.progress = policy.start_signing(policy.start_processing(self.progress))

    def attempt(self, transition: Callable[[], Progress]) -> bool:
        """True if the policy allowed it."""
        try:
            self.progress = transition()
        except (Conflict, NotAllowed):
            return False
        return True

    def party_at(self, number: int) -> Party:
        return self.progress.parties[number % len(self.progress.parties)]

    @rule(
        step=st.sampled_from([policy.start_processing, policy.return_to_draft, policy.start_signing, policy.complete])
    )
    def move(self, step: Callable[[Progress], Progress]) -> None:
        self.attempt(lambda: step(self.progress))

    @rule(is_failure=st.booleans())
    def withdraw(self, is_failure: bool) -> None:
        self.attempt(lambda: (policy.fail if is_failure else policy.void)(self.progress))

    @rule(hours=st.integers(min_value=-1, max_value=1))
    def expire(self, hours: int) -> None:
        self.attempt(lambda: policy.expire(self.progress, expires_at=NOW, now=NOW + timedelta(hours=hours)))

    @rule()
    def correct(self) -> None:
        if self.attempt(lambda: policy.correct(self.progress)):
            assert not self.signed, "mended under a signature"
            self.acted.clear()

    @rule(number=numbers, arrived=st.booleans())
    def hear_of_delivery(self, number: int, arrived: bool) -> None:
        before = self.progress
        self.progress = policy.note_delivery(before, self.party_at(number).id, arrived=arrived)
        assert self.progress.actors == before.actors or self.party_at(number).state in UNOPENED

    @rule(number=numbers)
    def open_link(self, number: int) -> None:
        self.attempt(lambda: policy.open_link(self.progress, self.party_at(number).id))

    @rule(number=numbers)
    def authenticate(self, number: int) -> None:
        self.attempt(lambda: policy.authenticate(self.progress, self.party_at(number).id))

    @rule(number=numbers)
    def act(self, number: int) -> None:
        party = self.party_at(number)
        before = self.progress
        if self.attempt(lambda: policy.act(before, party.id)):
            assert party.id not in self.acted, "acted twice"
            assert before.state is EnvelopeState.IN_PROGRESS
            assert party.state is RecipientState.AUTHENTICATED, "acted without a code"
            earlier = [other for other in before.actors if other.order < party.order]
            assert all(other.id in self.acted for other in earlier), "acted out of order"
            self.acted.append(party.id)
            if party.role in SIGNING:
                self.signed.append(party.id)

    @rule(number=numbers)
    def take_part(self, number: int) -> None:
        """All a well-behaved recipient does, so that many runs get to the end."""
        self.open_link(number)
        self.authenticate(number)
        self.act(number)

    @rule(number=numbers)
    def decline(self, number: int) -> None:
        party = self.party_at(number)
        if self.attempt(lambda: policy.decline(self.progress, party.id)):
            assert party.id not in self.acted, "declined after acting"

    @rule(number=numbers)
    def replace(self, number: int) -> None:
        party, before = self.party_at(number), self.progress
        if len(before.parties) >= 9:
            return
        successor_id = UUID(int=100 + len(before.parties))
        if self.attempt(lambda: policy.replace_party(before, party.id, successor_id)):
            assert party.id not in self.acted, "replaced after acting"
            successor = self.progress.party(successor_id)
            assert (successor.role, successor.order) == (party.role, party.order)
            assert (successor.state in ON_TURN) == (party.state in ON_TURN)

    @invariant()
    def stays_ended(self) -> None:
        if self.ended is not None:
            assert self.progress.state is self.ended, "reopened"
        elif self.progress.state in ENDED:
            self.ended = self.progress.state

    @invariant()
    def is_complete_only_when_everybody_acted(self) -> None:
        if self.progress.state in {EnvelopeState.SEALING, EnvelopeState.COMPLETED}:
            assert {party.id for party in self.progress.actors} == set(self.acted)
            assert self.signed, "complete without a signature"

    @invariant()
    def what_was_done_stays(self) -> None:
        for party in self.progress.parties:
            assert (party.state is RecipientState.COMPLETED) == (party.id in self.acted)
        assert set(self.signed) <= set(self.acted)

    @invariant()
    def somebody_is_always_due(self) -> None:
        if self.progress.state is EnvelopeState.IN_PROGRESS:
            assert any(party.state in ON_TURN for party in self.progress.actors), "stuck"

    @invariant()
    def nobody_is_released_before_it_is_sent(self) -> None:
        if self.progress.state in {EnvelopeState.DRAFT, EnvelopeState.PROCESSING}:
            waiting = {RecipientState.AWAITING, RecipientState.REPLACED}
            assert all(party.state in waiting for party in self.progress.parties)


TestEnvelope = EnvelopeMachine.TestCase
TestEnvelope.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(drawn=parties, data=st.data())
def test_honest_recipients_always_get_to_the_end(drawn: list[tuple[RecipientRole, int]], data: st.DataObject) -> None:
    """Whoever is due acts, in any order: the envelope completes, group after group."""
    machine = EnvelopeMachine()
    machine.draft(drawn, is_sent=True)
    while machine.progress.state is EnvelopeState.IN_PROGRESS:
        due = [number for number, party in enumerate(machine.progress.parties) if party.state in ON_TURN]
        actors = [number for number in due if machine.progress.parties[number].role in ACTING]
        machine.take_part(data.draw(st.sampled_from(actors)))
    machine.move(policy.complete)
    assert machine.progress.state is EnvelopeState.COMPLETED
    orders = [machine.progress.party(party_id).order for party_id in machine.acted]
    assert orders == sorted(orders)
    assert all(party.state is not RecipientState.AWAITING for party in machine.progress.parties)
