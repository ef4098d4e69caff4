"""Signing in, tokens and what they let in."""

from datetime import timedelta

import pytest

from accounts.errors import (
    AlreadyRegistered,
    InvalidUSCC,
    ScopeMissing,
    TokenInvalid,
    TokenNotFound,
    TooManySignIns,
    WrongCredentials,
)
from accounts.models import Organisation
from accounts.policy import OrganisationKind, Role, Scope
from accounts.service import SIGN_IN_ATTEMPTS, AccountService
from core.unit_of_work import UnitOfWorkFactory
from tests.support.clock import FixedClock

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(unit_of_work: UnitOfWorkFactory) -> AccountService:
    return AccountService(unit_of_work)


@pytest.fixture
def bureau(accounts: AccountService) -> Organisation:
    organisation = accounts.register_organisation(
        name="示例采购单位", uscc="91350100M000100Y43", kind=OrganisationKind.GOVERNMENT, region="yulin"
    )
    accounts.register_person(
        name="张三",
        email="Zhang@Example.test",
        phone="13800000001",
        password=PASSWORD,
        organisation_id=organisation.id,
        roles=[Role.ADMINISTRATOR, Role.CONTRACT_MANAGER],
    )
    return organisation


def test_a_session_speaks_for_the_persons_organisation(accounts: AccountService, bureau: Organisation) -> None:
    issued = accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="127.0.0.1")
    actor = accounts.authenticate(issued.secret)
    assert actor.organisation_id == bureau.id
    assert Scope.CONTRACTS_WRITE in actor.scopes
    assert Scope.SUPERVISION_WRITE not in actor.scopes


def test_a_session_ends(accounts: AccountService, bureau: Organisation, clock: FixedClock) -> None:
    signed_out = accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="").secret
    accounts.sign_out(signed_out)
    expired = accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="").secret
    clock.advance(timedelta(hours=12))
    for secret in (signed_out, expired, "no such token", ""):
        with pytest.raises(TokenInvalid):
            accounts.authenticate(secret)


def test_guessing_is_slowed_down(accounts: AccountService, bureau: Organisation, clock: FixedClock) -> None:
    for _ in range(SIGN_IN_ATTEMPTS):
        with pytest.raises(WrongCredentials):
            accounts.sign_in(email="zhang@example.test", password="guess", address="")
    with pytest.raises(TooManySignIns):
        accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="")
    clock.advance(timedelta(minutes=16))
    assert accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="").secret


def test_an_api_token_has_no_more_than_its_scopes(accounts: AccountService, bureau: Organisation) -> None:
    secret = accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="").secret
    person = accounts.authenticate(secret)
    issued = accounts.issue_api_token(person, name="ERP", scopes=[Scope.CONTRACTS_READ])
    program = accounts.authenticate(issued.secret)
    assert program.scopes == {Scope.CONTRACTS_READ}
    assert program.person_id is None
    with pytest.raises(ScopeMissing):
        accounts.issue_api_token(program, name="more", scopes=[Scope.CONTRACTS_READ])
    with pytest.raises(ScopeMissing):
        accounts.issue_api_token(person, name="too much", scopes=[Scope.SUPERVISION_WRITE])

    accounts.revoke_token(person, issued.token.id)
    with pytest.raises(TokenInvalid):
        accounts.authenticate(issued.secret)


def test_another_organisations_token_cannot_be_revoked(accounts: AccountService, bureau: Organisation) -> None:
    other = accounts.register_organisation(
        name="示例供应商", uscc="N2610800MA7000001A", kind=OrganisationKind.ENTERPRISE, region="yulin"
    )
    accounts.register_person(
        name="李四",
        email="li@example.test",
        phone="13800000002",
        password=PASSWORD,
        organisation_id=other.id,
        roles=[Role.ADMINISTRATOR],
    )
    ours = accounts.sign_in(email="zhang@example.test", password=PASSWORD, address="")
    theirs = accounts.authenticate(accounts.sign_in(email="li@example.test", password=PASSWORD, address="").secret)
    with pytest.raises(TokenNotFound):
        accounts.revoke_token(theirs, ours.token.id)


def test_codes_and_emails_are_registered_once(accounts: AccountService, bureau: Organisation) -> None:
    with pytest.raises(AlreadyRegistered):
        accounts.register_organisation(name="x", uscc=bureau.uscc, kind=OrganisationKind.ENTERPRISE, region="yulin")
    with pytest.raises(InvalidUSCC):
        accounts.register_organisation(
            name="x", uscc="91350100M000100Y44", kind=OrganisationKind.ENTERPRISE, region="yulin"
        )
    with pytest.raises(AlreadyRegistered):
        accounts.register_person(
            name="又一人",
            email="ZHANG@example.test",
            phone="13800000003",
            password=PASSWORD,
            organisation_id=bureau.id,
            roles=[Role.SIGNER],
        )
