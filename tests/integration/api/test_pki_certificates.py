"""Certificates through the API: only operators look them up and revoke them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from core import ids
from ledger.models import EvidenceRecord
from tests.support.app import Office


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    office = Office.open(tmp_path, engine)
    office.certify()
    return office


def test_an_operator_revokes_and_leaves_evidence(office: Office) -> None:
    path = f"/v1/certificates/{office.ids['certificate_id']}"
    held = office.done("operator", "GET", path)
    assert (held["kind"], held["state"], held["revoked_at"]) == ("signer", "valid", None)
    body = {"reason": "affiliation_changed"}
    revoked = office.done("operator", "POST", f"{path}/revoke", body)
    assert (revoked["state"], revoked["reason"]) == ("revoked", "affiliation_changed")
    assert office.done("operator", "POST", f"{path}/revoke", {"reason": "superseded"}) == revoked
    assert office.done("operator", "GET", path) == revoked
    with office.services.unit_of_work() as uow:
        query = select(EvidenceRecord).where(EvidenceRecord.subject_id == office.ids["certificate_id"])
        [record] = uow.session.scalars(query)
    operator = ids.public(ids.ORGANISATION, office.organisations["operator"].id)
    assert operator.encode() in record.record


@pytest.mark.parametrize("who", ["purchaser", "regulator", "stranger"])
def test_nobody_else_may(office: Office, who: str) -> None:
    path = f"/v1/certificates/{office.ids['certificate_id']}"
    for method, address, body in (("GET", path, None), ("POST", f"{path}/revoke", {"reason": "superseded"})):
        answer = office.call(who, method, address, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert office.done("operator", "GET", path)["state"] == "valid"


def test_a_reason_must_be_given_and_fit(office: Office) -> None:
    path = f"/v1/certificates/{office.ids['certificate_id']}/revoke"
    for body, code in (
        ({}, "request_invalid"),
        ({"reason": "certificate_hold"}, "request_invalid"),
        ({"reason": "superseded", "invalid_since": "2026-11-25T00:00:00"}, "request_invalid"),
        ({"reason": "authority_compromise"}, "revocation_reason_misfits"),
        ({"reason": "superseded", "invalid_since": "2026-11-25T00:00:00Z"}, "invalidity_date_misfits"),
    ):
        answer = office.call("operator", "POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
