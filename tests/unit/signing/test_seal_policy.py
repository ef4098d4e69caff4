"""What may happen to a seal, and who may do it: every transition and every guard by its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.policy import Role
from core.errors import DingyueError
from signing.seals import policy
from signing.seals.errors import (
    SealAdministratorRole,
    SealApplicantRole,
    SealAuthorisationExhausted,
    SealAuthorisationExpired,
    SealAuthorisationMissing,
    SealAuthorisationNotYetValid,
    SealAuthorisationRevoked,
    SealCertificateUnusable,
    SealContractClassesInvalid,
    SealContractClassNotAuthorised,
    SealDutiesConflict,
    SealNotApplicant,
    SealNotUsable,
    SealPeriodInvalid,
    SealSelfApproval,
    SealStateConflict,
    SealSuspended,
    SealUsesInvalid,
)
from signing.seals.policy import AuthorisationState, Grant, SealState, SealStep, Standing, Validity

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
APPLICANT, ADMINISTRATOR, USER = (UUID(int=number) for number in (1, 2, 3))

GRANT = Grant(USER, ADMINISTRATOR, valid_from=NOW - DAY, valid_until=NOW + DAY)
STANDING = Standing(
    state=SealState.ACTIVE,
    certificate=Validity(NOW - DAY, NOW + DAY, is_revoked=False),
    approved_by=ADMINISTRATOR,
    grant=GRANT,
    roles=frozenset({Role.SIGNER}),
    used=0,
)

ALLOWED = {
    (SealState.APPLIED, SealStep.APPROVE): SealState.ACTIVE,
    (SealState.APPLIED, SealStep.REFUSE): SealState.REFUSED,
    (SealState.APPLIED, SealStep.WITHDRAW): SealState.WITHDRAWN,
    (SealState.ACTIVE, SealStep.SUSPEND): SealState.SUSPENDED,
    (SealState.SUSPENDED, SealStep.RESUME): SealState.ACTIVE,
    (SealState.ACTIVE, SealStep.REVOKE): SealState.REVOKED,
    (SealState.SUSPENDED, SealStep.REVOKE): SealState.REVOKED,
}


@pytest.mark.parametrize("state", SealState)
@pytest.mark.parametrize("step", SealStep)
def test_a_step_is_possible_in_its_states_only(state: SealState, step: SealStep) -> None:
    if (state, step) in ALLOWED:
        assert policy.move(state, step) is ALLOWED[state, step]
    else:
        with pytest.raises(SealStateConflict) as refused:
            policy.move(state, step)
        assert refused.value.facts == {"state": str(state)}


@pytest.mark.parametrize("state", [SealState.REFUSED, SealState.WITHDRAWN, SealState.REVOKED])
def test_what_has_ended_never_moves_again(state: SealState) -> None:
    assert not [step for step in SealStep if (state, step) in ALLOWED]


@pytest.mark.parametrize("state", sorted(set(SealState) - {SealState.ACTIVE}))
def test_only_an_active_seal_gets_new_users(state: SealState) -> None:
    policy.require_active(SealState.ACTIVE)
    with pytest.raises(SealStateConflict):
        policy.require_active(state)


@pytest.mark.parametrize("role", [Role.CONTRACT_MANAGER, Role.SEAL_ADMINISTRATOR])
def test_contract_managers_and_seal_administrators_apply(role: Role) -> None:
    policy.require_applicant({role})


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CONTRACT_MANAGER, Role.SEAL_ADMINISTRATOR}))
def test_nobody_else_applies(role: Role) -> None:
    with pytest.raises(SealApplicantRole):
        policy.require_applicant({role})


def test_an_auditor_does_not_apply_whatever_else_they_are() -> None:
    with pytest.raises(SealDutiesConflict):
        policy.require_applicant({Role.CONTRACT_MANAGER, Role.AUDITOR})


def test_only_the_applicant_withdraws() -> None:
    policy.require_own_application(applicant=APPLICANT, person=APPLICANT)
    with pytest.raises(SealNotApplicant):
        policy.require_own_application(applicant=APPLICANT, person=ADMINISTRATOR)


def test_nobody_decides_on_their_own_application() -> None:
    policy.require_decider({Role.SEAL_ADMINISTRATOR}, person=ADMINISTRATOR, applicant=APPLICANT)
    with pytest.raises(SealSelfApproval):
        policy.require_decider({Role.SEAL_ADMINISTRATOR}, person=APPLICANT, applicant=APPLICANT)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SEAL_ADMINISTRATOR}))
def test_only_a_seal_administrator_administers(role: Role) -> None:
    with pytest.raises(SealAdministratorRole):
        policy.require_administrator({role}, person=ADMINISTRATOR, users=())


def test_an_auditor_does_not_administer() -> None:
    with pytest.raises(SealDutiesConflict) as refused:
        policy.require_administrator({Role.SEAL_ADMINISTRATOR, Role.AUDITOR}, person=ADMINISTRATOR, users=())
    assert refused.value.facts == {"other": "auditor", "duty": "administrator"}


def test_a_user_of_the_seal_does_not_administer_it() -> None:
    policy.require_administrator({Role.SEAL_ADMINISTRATOR}, person=ADMINISTRATOR, users={USER})
    with pytest.raises(SealDutiesConflict) as refused:
        policy.require_administrator({Role.SEAL_ADMINISTRATOR}, person=USER, users={USER})
    assert refused.value.facts == {"other": "user", "duty": "administrator"}


@pytest.mark.parametrize("role", [Role.SEAL_ADMINISTRATOR, Role.AUDITOR])
def test_an_administrator_or_auditor_does_not_use(role: Role) -> None:
    with pytest.raises(SealDutiesConflict):
        policy.require_user({Role.SIGNER, role}, person=USER, administrators=())


def test_who_approved_or_granted_does_not_use_even_without_the_role() -> None:
    with pytest.raises(SealDutiesConflict):
        policy.require_user({Role.SIGNER}, person=ADMINISTRATOR, administrators=(None, ADMINISTRATOR))


def test_who_left_the_organisation_does_not_use() -> None:
    with pytest.raises(SealAuthorisationMissing):
        policy.require_user(frozenset(), person=USER, administrators=())


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (replace(STANDING, state=SealState.SUSPENDED), SealSuspended),
        *(
            (replace(STANDING, state=state), SealNotUsable)
            for state in SealState
            if state not in {"active", "suspended"}
        ),
        (replace(STANDING, certificate=Validity(NOW - DAY, NOW, is_revoked=False)), SealCertificateUnusable),
        (replace(STANDING, certificate=Validity(NOW + DAY, NOW + 2 * DAY, is_revoked=False)), SealCertificateUnusable),
        (replace(STANDING, certificate=Validity(NOW - DAY, NOW + DAY, is_revoked=True)), SealCertificateUnusable),
        (replace(STANDING, grant=replace(GRANT, is_revoked=True)), SealAuthorisationRevoked),
        (replace(STANDING, grant=replace(GRANT, valid_until=NOW)), SealAuthorisationExpired),
        (replace(STANDING, grant=replace(GRANT, valid_from=NOW + DAY / 2)), SealAuthorisationNotYetValid),
        (replace(STANDING, grant=replace(GRANT, contract_classes=frozenset({"b"}))), SealContractClassNotAuthorised),
        (replace(STANDING, grant=replace(GRANT, max_uses=2), used=2), SealAuthorisationExhausted),
        (replace(STANDING, roles=frozenset()), SealAuthorisationMissing),
        (replace(STANDING, roles=frozenset({Role.SEAL_ADMINISTRATOR})), SealDutiesConflict),
        (replace(STANDING, roles=frozenset({Role.SIGNER, Role.AUDITOR})), SealDutiesConflict),
        (replace(STANDING, approved_by=USER), SealDutiesConflict),
        (replace(STANDING, grant=replace(GRANT, granted_by=USER)), SealDutiesConflict),
    ],
)
def test_one_thing_amiss_is_enough_to_refuse_a_use(standing: Standing, expected: type[DingyueError]) -> None:
    policy.require_usable(STANDING, contract_class="a", now=NOW)
    with pytest.raises(expected):
        policy.require_usable(standing, contract_class="a", now=NOW)


def test_a_use_is_allowed_to_the_last_moment_and_the_last_time() -> None:
    last = replace(GRANT, valid_from=NOW, valid_until=NOW + timedelta(microseconds=1), max_uses=3)
    policy.require_usable(replace(STANDING, grant=last, used=2), contract_class=None, now=NOW)


def test_a_contract_without_a_class_needs_an_authorisation_for_all() -> None:
    policy.require_usable(STANDING, contract_class=None, now=NOW)
    some = replace(STANDING, grant=replace(GRANT, contract_classes=frozenset({"a"})))
    policy.require_usable(some, contract_class="a", now=NOW)
    with pytest.raises(SealContractClassNotAuthorised):
        policy.require_usable(some, contract_class=None, now=NOW)


def test_a_certificate_of_an_authority_elsewhere_is_that_ones_business() -> None:
    policy.require_usable(replace(STANDING, certificate=None), contract_class=None, now=NOW)


def test_the_state_of_an_authorisation_follows_from_the_clock() -> None:
    def state(*, is_revoked: bool, now: datetime) -> AuthorisationState:
        return policy.authorisation_state(is_revoked=is_revoked, valid_until=NOW, now=now)

    assert state(is_revoked=False, now=NOW - DAY) is AuthorisationState.ACTIVE
    assert state(is_revoked=False, now=NOW) is AuthorisationState.EXPIRED
    assert state(is_revoked=True, now=NOW - DAY) is AuthorisationState.REVOKED
    assert state(is_revoked=True, now=NOW) is AuthorisationState.REVOKED


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(NOW, NOW), (NOW + DAY, NOW), (NOW - 2 * DAY, NOW), (NOW, NOW + policy.LONGEST_AUTHORISATION + DAY)],
)
def test_an_impossible_period_is_refused(begins: datetime, ends: datetime) -> None:
    with pytest.raises(SealPeriodInvalid):
        policy.check_period(begins, ends, NOW)


def test_a_period_may_begin_later_or_have_begun() -> None:
    policy.check_period(NOW + DAY, NOW + 2 * DAY, NOW)
    policy.check_period(NOW - DAY, NOW + DAY, NOW)
    policy.check_period(NOW, NOW + policy.LONGEST_AUTHORISATION, NOW)


@pytest.mark.parametrize("uses", [0, -1, policy.MOST_USES + 1])
def test_an_impossible_number_of_uses_is_refused(uses: int) -> None:
    with pytest.raises(SealUsesInvalid):
        policy.check_uses(uses)


@pytest.mark.parametrize("uses", [None, 1, policy.MOST_USES])
def test_a_possible_number_of_uses_is_taken(uses: int | None) -> None:
    policy.check_uses(uses)


def test_contract_classes_are_few_and_different() -> None:
    policy.check_classes([])
    policy.check_classes(["a", "b"])
    for wrong in (["a", "a"], [str(number) for number in range(policy.MOST_CLASSES + 1)]):
        with pytest.raises(SealContractClassesInvalid):
            policy.check_classes(wrong)
