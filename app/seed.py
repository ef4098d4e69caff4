"""The demonstration's accounts and contracts, from `examples/*.json`.

Organisations and people are made through the same services as real ones; contracts through the public REST API. All
demonstration accounts of a data directory share one password, made at random at the first start and kept beside the
data, so that no password stands in the source.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts import repository
from accounts.policy import OrganisationKind, Role, uscc_check_character
from api.services import Services
from app.files import write_once

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
EXAMPLE_NAMES = ("procurement", "works", "coal")
REGION = "yulin"
PARTY_ROLES = (Role.ADMINISTRATOR, Role.REPORTING_OFFICER, Role.CONTRACT_MANAGER, Role.SIGNER)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in to a demonstration."""

    organisation: str
    uscc: str
    kind: OrganisationKind
    name: str
    email: str
    phone: str
    roles: tuple[Role, ...]


def _uscc(first_17: str) -> str:
    return first_17 + uscc_check_character(first_17)


AUTHORITIES = (
    Account(
        organisation="榆林市示例区行业监管局（示例）",
        uscc=_uscc("11610899MB0009001"),
        kind=OrganisationKind.REGULATOR,
        name="周督查",
        email="regulator@demo.example",
        phone="19900000901",
        roles=(Role.SUPERVISOR,),
    ),
    Account(
        organisation="榆林市示例区信用办（示例）",
        uscc=_uscc("11610899MB0009002"),
        kind=OrganisationKind.CREDIT_OFFICE,
        name="吴征信",
        email="credit@demo.example",
        phone="19900000902",
        roles=(Role.CREDIT_OFFICER,),
    ),
    Account(
        organisation="鼎约平台运营方（示例）",
        uscc=_uscc("91610899MA0009003"),
        kind=OrganisationKind.THIRD_PARTY,
        name="郑运维",
        email="operator@demo.example",
        phone="19900000903",
        roles=(Role.OPERATOR,),
    ),
)


def example(name: str) -> dict[str, Any]:
    """The facts of an example contract, as `examples/README.md` describes them."""
    facts: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return facts


def accounts() -> Iterator[Account]:
    """The signer, seal administrator and auditor of each party of the examples, then the authorities."""
    seen = set()
    for name in EXAMPLE_NAMES:
        for party in example(name)["parties"]:
            if party["uscc"] not in seen:
                seen.add(party["uscc"])
                yield from _staff(party, len(seen))
    yield from AUTHORITIES


def _staff(party: dict[str, Any], number: int) -> Iterator[Account]:
    """Different people, because a seal's administrator, user and auditor must be (`signing/seals/policy.py`)."""

    def account(name: str, email: str, phone: str, *roles: Role) -> Account:
        return Account(
            organisation=party["name"],
            uscc=party["uscc"],
            kind=OrganisationKind(party["kind"]),
            name=name,
            email=email,
            phone=phone,
            roles=roles,
        )

    signer = party["signer"]
    domain = signer["email"].partition("@")[2]
    yield account(signer["name"], signer["email"], signer["phone"], *PARTY_ROLES)
    yield account("印管理", f"seals@{domain}", f"1990000{number:02d}11", Role.SEAL_ADMINISTRATOR)
    yield account("审计员", f"auditor@{domain}", f"1990000{number:02d}21", Role.AUDITOR)


def demo_password(data_directory: Path) -> str:
    """The password all demonstration accounts of this data directory share."""
    file = data_directory / "demo-password"
    if not file.exists():
        write_once(file, secrets.token_urlsafe(9))
    return file.read_text()


def seed_accounts(services: Services, password: str) -> None:
    """Makes the accounts that are missing; a second start changes nothing."""
    for account in accounts():
        organisation_id = _organisation(services, account)
        if _is_known(services, account):
            continue
        services.accounts.register_person(
            name=account.name,
            email=account.email,
            phone=account.phone,
            password=password,
            organisation_id=organisation_id,
            roles=account.roles,
        )


def _organisation(services: Services, account: Account) -> UUID:
    with services.unit_of_work() as uow:
        found = repository.organisation_by_uscc(uow.session, account.uscc)
    if found is not None:
        return found.id
    made = services.accounts.register_organisation(
        name=account.organisation, uscc=account.uscc, kind=account.kind, region=REGION
    )
    return made.id


def _is_known(services: Services, account: Account) -> bool:
    """Asked first: hashing a password that isn't needed takes long."""
    with services.unit_of_work() as uow:
        return repository.person_by_email(uow.session, account.email) is not None


def describe_accounts(password: str) -> str:
    """Who can sign in, for the terminal."""
    lines = [f"  {account.email:<34} {account.name}  {account.organisation}" for account in accounts()]
    return "\n".join(["Demonstration accounts, all with the password " + password + ":", *lines])
