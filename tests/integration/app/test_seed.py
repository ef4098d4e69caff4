"""The demonstration's accounts: made once, and no one person with two duties over a seal."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from accounts.models import Membership, Organisation, Person
from accounts.policy import Role
from accounts.service import AccountService
from app.seed import PARTY_ROLES, accounts, seed_accounts
from tests.support.app import PASSWORD, Office


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    return Office.open(tmp_path, engine)


def test_a_second_start_or_one_after_a_crash_makes_what_is_missing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = AccountService.register_person

    def register(self: AccountService, *, email: str, **given: object) -> Person:
        made.append(email)
        if len(made) == 2:
            raise KeyboardInterrupt
        return real(self, email=email, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(AccountService, "register_person", register)
    with pytest.raises(KeyboardInterrupt):
        seed_accounts(office.services, PASSWORD)
    for _ in range(2):
        seed_accounts(office.services, PASSWORD)
    assert made == [made[0], made[1], *(account.email for account in list(accounts())[1:])]


def test_every_party_has_different_people_for_the_duties_of_a_seal(office: Office) -> None:
    seed_accounts(office.services, PASSWORD)
    parties = {account.uscc for account in accounts() if account.roles == PARTY_ROLES}
    with office.services.unit_of_work() as uow:
        for uscc in parties:
            roles = [
                set(found)
                for found in uow.session.scalars(
                    select(Membership.roles)
                    .join(Organisation, Organisation.id == Membership.organisation_id)
                    .where(Organisation.uscc == uscc)
                )
            ]
            assert sorted(map(len, roles)) == [1, 1, len(PARTY_ROLES)]
            assert {Role.SEAL_ADMINISTRATOR} in roles
            assert {Role.AUDITOR} in roles
