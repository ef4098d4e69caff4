"""Whatever is tried by whomever in whatever order, custody of a seal never breaks its promises."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts.policy import Role
from core.errors import Conflict, InvalidInput, NotAllowed
from signing.seals import policy
from signing.seals.policy import Grant, SealState, SealStep, Standing, Validity

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PEOPLE = [UUID(int=number) for number in range(4)]
ENDED = {SealState.REFUSED, SealState.WITHDRAWN, SealState.REVOKED}

people = st.sampled_from(PEOPLE)
roles = st.frozensets(
    st.sampled_from([Role.CONTRACT_MANAGER, Role.SEAL_ADMINISTRATOR, Role.SIGNER, Role.AUDITOR]), max_size=3
)


@dataclass
class Use:
    person: UUID
    roles: frozenset[Role]
    state: SealState
    at: datetime


class SealMachine(RuleBasedStateMachine):
    """One seal, four people whose roles change, and a clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.state = SealState.APPLIED
        self.history = [self.state]
        self.applicant = PEOPLE[0]
        self.approved_by: UUID | None = None
        self.certificate = Validity(START, START + timedelta(days=60), is_revoked=False)
        self.roles: dict[UUID, frozenset[Role]] = dict.fromkeys(PEOPLE, frozenset())
        self.grants: list[Grant] = []
        self.uses: list[tuple[int, Use]] = []

    @initialize(applicant=people, given=st.lists(roles, min_size=4, max_size=4))
    def apply(self, applicant: UUID, given: list[frozenset[Role]]) -> None:
        self.applicant = applicant
        self.roles = dict(zip(PEOPLE, given, strict=True))

    def attempt(self, check: Callable[[], object]) -> bool:
        try:
            check()
        except (Conflict, NotAllowed, InvalidInput):
            return False
        return True

    def move(self, step: SealStep) -> None:
        self.state = policy.move(self.state, step)
        self.history.append(self.state)

    def users(self) -> set[UUID]:
        return {grant.person_id for grant in self.grants if not grant.is_revoked and self.now < grant.valid_until}

    @rule(person=people, given=roles)
    def change_roles(self, person: UUID, given: frozenset[Role]) -> None:
        self.roles[person] = given

    @rule(days=st.integers(min_value=1, max_value=20))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(person=people, is_approval=st.booleans())
    def decide(self, person: UUID, is_approval: bool) -> None:
        def act() -> None:
            policy.require_decider(self.roles[person], person=person, applicant=self.applicant)
            self.move(SealStep.APPROVE if is_approval else SealStep.REFUSE)

        if self.attempt(act):
            assert person != self.applicant, "decided on their own application"
            assert Role.SEAL_ADMINISTRATOR in self.roles[person]
            assert Role.AUDITOR not in self.roles[person]
            self.approved_by = person

    @rule(person=people)
    def withdraw(self, person: UUID) -> None:
        def act() -> None:
            policy.require_own_application(applicant=self.applicant, person=person)
            self.move(SealStep.WITHDRAW)

        self.attempt(act)

    @rule(person=people, step=st.sampled_from([SealStep.SUSPEND, SealStep.RESUME, SealStep.REVOKE]))
    def administer(self, person: UUID, step: SealStep) -> None:
        def act() -> None:
            policy.require_administrator(self.roles[person], person=person, users=self.users())
            self.move(step)

        if self.attempt(act):
            assert person not in self.users(), "a user administered"
            if step is SealStep.REVOKE:
                self.certificate = replace(self.certificate, is_revoked=True)

    @rule(person=people, user=people, days=st.integers(min_value=0, max_value=40), uses=st.sampled_from([None, 1, 2]))
    def authorise(self, person: UUID, user: UUID, days: int, uses: int | None) -> None:
        def act() -> None:
            policy.require_administrator(self.roles[person], person=person, users=self.users())
            policy.require_active(self.state)
            policy.check_period(self.now, self.now + timedelta(days=days), self.now)
            policy.require_user(self.roles[user], person=user, administrators=(self.approved_by, person))

        if self.attempt(act):
            assert user not in {person, self.approved_by}, "an administrator was authorised"
            until = self.now + timedelta(days=days)
            self.grants.append(Grant(user, person, self.now, until, max_uses=uses))

    @rule(number=st.integers(min_value=0, max_value=9))
    def take_back(self, number: int) -> None:
        if self.grants:
            index = number % len(self.grants)
            self.grants[index] = replace(self.grants[index], is_revoked=True)

    @rule(number=st.integers(min_value=0, max_value=9))
    def use(self, number: int) -> None:
        if not self.grants:
            return
        index = number % len(self.grants)
        grant = self.grants[index]
        used = sum(1 for which, _ in self.uses if which == index)
        standing = Standing(self.state, self.certificate, self.approved_by, grant, self.roles[grant.person_id], used)
        if self.attempt(lambda: policy.require_usable(standing, contract_class=None, now=self.now)):
            assert not grant.is_revoked
            self.uses.append((index, Use(grant.person_id, self.roles[grant.person_id], self.state, self.now)))

    @rule()
    def run_through(self) -> None:
        """All that well-behaved people do, so that many runs get to a use."""
        administrator, user, _ = (each for each in PEOPLE if each != self.applicant)
        self.roles[administrator] = frozenset({Role.SEAL_ADMINISTRATOR})
        self.roles[user] = frozenset({Role.SIGNER})
        self.decide(administrator, True)
        self.administer(administrator, SealStep.RESUME)
        self.authorise(administrator, user, 10, None)
        self.use(len(self.grants) - 1 if self.grants else 0)

    @invariant()
    def what_has_ended_stays_so(self) -> None:
        for before, after in zip(self.history, self.history[1:], strict=False):
            assert before not in ENDED, f"{before} became {after}"

    @invariant()
    def only_an_approved_seal_was_ever_used(self) -> None:
        assert all(use.state is SealState.ACTIVE for _, use in self.uses)
        assert not self.uses or SealState.ACTIVE in self.history

    @invariant()
    def administrators_and_auditors_never_use(self) -> None:
        for index, use in self.uses:
            assert use.roles
            assert not use.roles & {Role.SEAL_ADMINISTRATOR, Role.AUDITOR}
            assert use.person not in {self.approved_by, self.grants[index].granted_by}

    @invariant()
    def every_use_was_in_its_time_and_number(self) -> None:
        for index, grant in enumerate(self.grants):
            mine = [use for which, use in self.uses if which == index]
            assert grant.max_uses is None or len(mine) <= grant.max_uses
            assert all(grant.valid_from <= use.at < grant.valid_until for use in mine)

    @invariant()
    def a_revoked_seal_is_never_usable_again(self) -> None:
        if self.state is not SealState.REVOKED:
            return
        for grant in self.grants:
            standing = Standing(self.state, None, self.approved_by, grant, frozenset({Role.SIGNER}), 0)
            assert not self.attempt(
                lambda each=standing: policy.require_usable(each, contract_class=None, now=self.now)
            )


TestSeal = SealMachine.TestCase
TestSeal.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
