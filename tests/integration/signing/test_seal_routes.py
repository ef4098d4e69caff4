"""Seals over HTTP: the whole life of one, and what each duty gets to see."""

import base64
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from accounts.policy import Role
from core import ids
from signing.evidence import Origin
from signing.seals.use_seal import note_use, take_for_use
from tests.support.app import Office
from tests.support.seals import seal_png

ORIGIN = Origin(address="203.0.113.7", user_agent="=cmd")
APPLICATION: dict[str, Any] = {"name": "合同专用章", "kind": "contract", "reason": "签订采购合同"}


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    """With a person of the purchaser's for each duty."""
    office = Office.open(tmp_path, engine)
    office.sign_in("manager", Role.CONTRACT_MANAGER)
    office.sign_in("administrator", Role.SEAL_ADMINISTRATOR)
    office.sign_in("auditor", Role.AUDITOR)
    office.ids["person_id"] = ids.public(ids.PERSON, office.sign_in("user", Role.SIGNER).id)
    return office


def active_seal(office: Office, **changes: Any) -> str:
    seal = office.done("manager", "POST", "/v1/seals", {**APPLICATION, **changes})
    office.done("administrator", "POST", f"/v1/seals/{seal['id']}/approve")
    identifier: str = seal["id"]
    return identifier


def authorise(office: Office, seal_id: str, **changes: Any) -> dict[str, Any]:
    terms = {
        "person_id": office.ids["person_id"],
        "purpose": "签订采购合同",
        "valid_until": f"{office.day(30)}T00:00:00Z",
        **changes,
    }
    granted: dict[str, Any] = office.done("administrator", "POST", f"/v1/seals/{seal_id}/authorizations", terms)
    return granted


def use(office: Office, seal_id: str) -> str:
    """Notes a use by the user in a new envelope, as the finish of a signature does."""
    envelope = office.done("purchaser", "GET", f"/v1/envelopes/{office.send_envelope()}")
    organisation_id = office.organisations["purchaser"].id
    with office.services.unit_of_work() as uow:
        usable = take_for_use(
            uow,
            seal_id=ids.parse(ids.SEAL, seal_id),
            organisation_id=organisation_id,
            phone="13900000001",
            contract_class=None,
        )
        use_id = note_use(
            uow,
            usable=usable,
            envelope_id=ids.parse(ids.ENVELOPE, envelope["id"]),
            recipient_id=ids.parse(ids.RECIPIENT, envelope["recipients"][0]["id"]),
            purpose=envelope["title"],
            files=[],
            origin=ORIGIN,
        )
    return ids.public(ids.SEAL_USE, use_id)


def refused(office: Office, who: str, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = office.call(who, method, path, body)
    return answer.status_code, answer.json()["code"]


def test_a_seal_from_its_application_to_its_end(office: Office) -> None:
    picture = base64.b64encode(seal_png()).decode()
    seal = office.done("manager", "POST", "/v1/seals", {**APPLICATION, "picture": picture})
    assert (seal["state"], seal["picture_generated"], seal["certificate_id"]) == ("applied", False, None)
    at = f"/v1/seals/{seal['id']}"
    approved = office.done("administrator", "POST", f"{at}/approve")
    assert approved["state"] == "active"
    assert approved["certificate_id"].startswith("crt_")
    image = office.call("auditor", "GET", f"{at}/image")
    assert (image.headers["content-type"], image.content) == ("image/png", seal_png())
    granted = authorise(office, seal["id"], max_uses=2, contract_classes=["government_procurement"])
    assert (granted["state"], granted["uses"], granted["max_uses"]) == ("active", 0, 2)
    reason = {"reason": "盘点"}
    for step, state in (("suspend", "suspended"), ("resume", "active")):
        assert office.done("administrator", "POST", f"{at}/{step}", reason)["state"] == state
    taken = office.done("administrator", "POST", f"{at}/authorizations/{granted['id']}/revoke", reason)
    assert (taken["state"], taken["revocation_reason"]) == ("revoked", "盘点")
    ended = office.done("administrator", "POST", f"{at}/revoke", {**reason, "cause": "superseded"})
    assert (ended["state"], ended["change_reason"]) == ("revoked", "盘点")
    assert refused(office, "administrator", "POST", f"{at}/resume", reason) == (409, "seal_state_conflict")
    steps = office.done("auditor", "GET", f"/v1/evidence?subject={seal['id']}")["items"]
    assert len(steps) == 7


def test_each_duty_is_refused_what_is_anothers(office: Office) -> None:
    seal = office.done("manager", "POST", "/v1/seals", APPLICATION)
    at = f"/v1/seals/{seal['id']}"
    assert office.done("manager", "GET", at)["state"] == "applied"
    assert refused(office, "manager", "GET", "/v1/seals") == (403, "scope_missing")
    for who in ("manager", "auditor", "user"):
        assert refused(office, who, "POST", f"{at}/approve") == (403, "scope_missing")
    assert refused(office, "purchaser", "POST", f"{at}/approve") == (403, "seal_person_required")
    assert refused(office, "administrator", "POST", f"{at}/withdraw") == (403, "seal_not_applicant")
    office.done("administrator", "POST", f"{at}/approve")
    auditor = office.employ("second.auditor@purchaser.example", (Role.AUDITOR,))
    terms = {
        "person_id": ids.public(ids.PERSON, auditor.id),
        "purpose": "x",
        "valid_until": f"{office.day(9)}T00:00:00Z",
    }
    assert refused(office, "administrator", "POST", f"{at}/authorizations", terms) == (403, "seal_duties_conflict")
    assert refused(office, "stranger", "GET", at) == (404, "seal_not_found")


def test_bad_applications_and_terms_are_refused_with_their_reason(office: Office) -> None:
    terms = {"person_id": office.ids["person_id"], "purpose": "签合同", "valid_until": "2026-12-01T00:00:00Z"}
    authorisations = f"/v1/seals/{active_seal(office, name='公章')}/authorizations"
    applications: list[tuple[dict[str, Any], str]] = [
        ({"picture": "not base64!"}, "seal_picture_not_base64"),
        ({"picture": base64.b64encode(b"GIF89a").decode()}, "picture_not_png"),
        ({"name": " "}, "text_invalid"),
        ({"name": "公章"}, "seal_name_taken"),
        ({"document_ids": ["doc_1"]}, "invalid_id"),
        ({"document_ids": [f"doc_{'0' * 32}"]}, "seal_document_not_found"),
        ({"kind": "unknown"}, "request_invalid"),
    ]
    grants: list[tuple[dict[str, Any], str]] = [
        ({"valid_until": "2026-11-01T00:00:00Z"}, "seal_period_invalid"),
        ({"valid_until": "2099-01-01T00:00:00Z"}, "seal_period_invalid"),
        ({"valid_until": "2026-12-01T00:00:00"}, "request_invalid"),
        ({"max_uses": 0}, "request_invalid"),
        ({"contract_classes": ["a", "a"]}, "seal_contract_classes_invalid"),
        ({"person_id": f"per_{'0' * 32}"}, "seal_user_not_found"),
    ]
    before = office.contents()
    for changes, code in applications:
        assert refused(office, "manager", "POST", "/v1/seals", {**APPLICATION, **changes})[1] == code
    for changes, code in grants:
        assert refused(office, "administrator", "POST", authorisations, {**terms, **changes})[1] == code
    assert office.contents() == before


def test_the_auditor_reads_the_use_log_in_pages_and_as_a_table(office: Office) -> None:
    seal_id = active_seal(office)
    authorise(office, seal_id)
    used = [use(office, seal_id) for _ in range(3)]
    at, seen, cursor = f"/v1/seals/{seal_id}/uses", [], ""
    while True:
        page = office.done("auditor", "GET", f"{at}?limit=2{cursor}")
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(used)
    assert seen == sorted(seen, reverse=True)
    table = office.call("auditor", "GET", f"{at}?format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == f'attachment; filename="{seal_id}-uses.csv"'
    _, *rows = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert [row[0] for row in rows] == sorted(used)
    assert {row[12] for row in rows} == {"'=cmd"}
    assert refused(office, "user", "GET", f"{at}?format=csv") == (403, "scope_missing")
    assert refused(office, "stranger", "GET", f"{at}?format=csv") == (404, "seal_not_found")
    views = office.done("auditor", "GET", f"/v1/seals/{seal_id}/authorizations")["items"]
    assert [(view["uses"], view["state"]) for view in views] == [(3, "active")]


def test_seals_are_listed_by_state_and_in_pages(office: Office) -> None:
    made = [active_seal(office, name=f"合同专用章{number}") for number in range(3)]
    office.done("manager", "POST", "/v1/seals", APPLICATION)
    first = office.done("auditor", "GET", "/v1/seals?state=active&limit=2")
    second = office.done("auditor", "GET", f"/v1/seals?state=active&limit=2&cursor={first['next_cursor']}")
    listed = [seal["id"] for seal in first["items"] + second["items"]]
    assert listed == sorted(made, reverse=True)
    assert second["next_cursor"] is None
    assert [seal["state"] for seal in office.done("auditor", "GET", "/v1/seals?state=applied")["items"]] == ["applied"]


def test_a_repeated_application_with_one_key_is_one_application(office: Office) -> None:
    answers = [
        office.call("manager", "POST", "/v1/seals", APPLICATION, headers={"Idempotency-Key": "seal-1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert refused(office, "manager", "POST", "/v1/seals", APPLICATION) == (409, "seal_name_taken")
