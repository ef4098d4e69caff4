"""Real-name checks over HTTP: what a recipient's program sees and sends."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.app import create_app
from app.composition import Foundation, build_services
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.consent import CURRENT_VERSION
from tests.support import app as office
from tests.support.clock import FixedClock
from tests.support.http import InProcessClient
from tests.support.identity import Register
from tests.support.signing import Table

NUMBER = "11010519491231002X"
CURRENT = "/v1/signing-sessions/current"


@pytest.fixture
def register() -> Iterator[Register]:
    found = Register()
    yield found
    found.close()


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, register: Register) -> Table:
    laid = Table.lay(unit_of_work, objects, secrets)
    provider = register.provider(needs_id_number=True)
    laid.service = replace(laid.service, identity=provider, is_identity_required=True)
    return laid


@pytest.fixture
def client(table: Table, objects: Objects, clock: FixedClock, tmp_path: Path) -> InProcessClient:
    base = Foundation(unit_of_work=table.unit_of_work, clock=clock, objects=objects, secrets=table.secrets)
    services = build_services(office.settings(tmp_path), base)
    return InProcessClient(create_app(replace(services, signing=table.service)))


def test_a_mismatch_says_what_to_do_and_a_match_lets_sign(
    table: Table, client: InProcessClient, register: Register
) -> None:
    session = table.authenticated(table.sent(), "buyer")
    headers = {"Authorization": f"Bearer {session}"}
    signing = {"consent": True, "consent_version": CURRENT_VERSION}
    asks = client.get(CURRENT, headers=headers).json()["identity"]
    assert (asks["required"], asks["needs_id_number"], asks["outcome"]) == (True, True, None)
    refused = client.post(f"{CURRENT}/identify", headers=headers, json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "identity_number_required")
    answer = client.post(f"{CURRENT}/identify", headers=headers, json={"id_number": NUMBER})
    assert answer.json() == {"outcome": "mismatched"}
    refused = client.post(f"{CURRENT}/sign", headers=headers, json=signing)
    assert (refused.status_code, refused.json()["code"]) == (403, "identity_mismatched")
    assert NUMBER not in refused.text
    register.know("签署人 buyer", "13900000001", NUMBER)
    answer = client.post(f"{CURRENT}/identify", headers=headers, json={"id_number": NUMBER})
    assert answer.json() == {"outcome": "matched"}
    signed = client.post(f"{CURRENT}/sign", headers=headers, json=signing)
    assert (signed.status_code, signed.json()["identity"]["outcome"]) == (200, "matched")
