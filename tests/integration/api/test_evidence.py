"""Evidence over HTTP: batches with what is wrong in them, files, look-ups by digest, receipts, legal holds."""

import json
from typing import Any

import httpx
import pytest

from accounts.policy import Role
from ledger.policy import MOST_ITEMS
from ledger.proof import decode_proof
from ledger.record import describe_file
from tests.support.app import Office

URL = "/v1/evidence"


def item(number: int = 0, **changes: Any) -> dict[str, Any]:
    file = describe_file(f"{number}.bin", "application/octet-stream", number.to_bytes(4))
    described = {"name": file.name, "media_type": file.media_type, "size": file.size}
    return {**described, "sha256": file.sha256, "sm3": file.sm3, **changes}


def post(office: Office, path: str, body: Any, **options: Any) -> httpx.Response:
    return office.call("purchaser", "POST", f"{URL}{path}", body, **options)


def test_a_batch_and_its_receipts(office: Office) -> None:
    made = post(office, "/batch", {"items": [item(number, facts={"number": number}) for number in range(300)]})
    ids = made.json()["ids"]
    waiting = post(office, "/receipts", {"ids": ids[:2]}).json()["items"]
    not_ready = office.call("purchaser", "GET", f"{URL}/{ids[0]}/receipt")
    office.services.ledger.sequence_pending()
    receipts = post(office, "/receipts", {"ids": ids[::-1]}).json()["items"]
    single = office.call("purchaser", "GET", f"{URL}/{ids[0]}/receipt")

    assert (made.status_code, len(set(ids))) == (201, 300)
    assert waiting == [{"id": identifier, "tlog_proof": None} for identifier in ids[:2]]
    assert (not_ready.status_code, not_ready.json()["code"]) == (409, "receipt_not_ready")
    assert not_ready.headers["retry-after"] == "5"
    assert [each["id"] for each in receipts] == ids[::-1]
    assert single.headers["content-type"] == "text/plain; charset=utf-8"
    assert single.text == receipts[-1]["tlog_proof"]
    assert decode_proof(single.content).checkpoint


def test_the_largest_batch_with_a_key(office: Office) -> None:
    """Ten thousand items are some three megabytes; their ids are kept and told again."""
    body = {"items": [item(number) for number in range(MOST_ITEMS)]}
    headers = {"Idempotency-Key": "large"}
    first = post(office, "/batch", body, headers=headers)
    before = office.contents()
    again = post(office, "/batch", body, headers=headers)

    assert first.status_code == 201
    assert len(first.json()["ids"]) == MOST_ITEMS
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json()
    assert office.contents() == before


@pytest.mark.parametrize(
    ("items", "code", "where"),
    [
        ([item(), item(1, sha256="x")], "request_invalid", "body.items.1.sha256"),
        ([item(), item(1, facts={"a": 1.5}), item(2, facts={"a": 10**20})], "evidence_batch_refused", None),
        ([], "request_invalid", "body.items"),
        ([item()] * (MOST_ITEMS + 1), "request_invalid", "body.items"),
    ],
)
def test_a_batch_with_something_wrong_is_refused_whole(
    office: Office, items: list[dict[str, Any]], code: str, where: str | None
) -> None:
    before = office.contents()
    answer = post(office, "/batch", {"items": items}).json()

    assert answer["code"] == code
    if where is None:
        assert [each["item"] for each in answer["facts"]["items"]] == [1, 2]
    else:
        assert [each["where"] for each in answer["errors"]] == [where]
    assert office.contents() == before


def test_only_the_batch_may_be_that_large(office: Office) -> None:
    large = [item(number, facts={"text": "x" * 5000}) for number in range(900)]
    assert post(office, "/batch", {"items": large}).status_code == 201
    refused = post(office, "", item(0, facts={"text": "x" * 5_000_000}))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    refused = post(office, "/batch", {"items": [item(0, facts={"text": "x" * 17_000_000})]})
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


def test_a_file_is_notarised(office: Office) -> None:
    data = b"\x00\xff" * 5000
    file = {"file": ("照片.jpg", data, "image/jpeg")}
    shown = office.done("purchaser", "POST", f"{URL}/files", files=file, data={"facts": '{"a":"1"}'})
    kept = office.done("purchaser", "POST", f"{URL}/files", files=file, data={"keep": "true"})

    described = describe_file("照片.jpg", "image/jpeg", data)
    assert shown["files"] == [item(0, **{name: getattr(described, name) for name in item()})]
    facts = [json.loads(each["record"])["facts"] for each in (shown, kept)]
    assert [(each["is_content_seen"], each["is_content_kept"]) for each in facts] == [(True, False), (True, True)]
    found = office.done("purchaser", "GET", f"{URL}?sha256={described.sha256}")["items"]
    assert {each["id"] for each in found} == {shown["id"], kept["id"]}


def test_a_file_larger_than_memory_is_lent_is_kept_whole(office: Office) -> None:
    data = bytes(range(256)) * 50_000  # 12.8 MB: it went through a file of the server's, and to the store in parts
    file = {"file": ("a.bin", data, "application/octet-stream")}
    headers = {"Idempotency-Key": "a large file"}
    kept = office.done("purchaser", "POST", f"{URL}/files", files=file, data={"keep": "true"}, headers=headers)

    described = describe_file("a.bin", "application/octet-stream", data)
    assert (kept["files"][0]["sha256"], kept["files"][0]["size"]) == (described.sha256, len(data))
    assert office.services.objects.get(f"sha256/{described.sha256[:2]}/{described.sha256}") == data


@pytest.mark.parametrize("facts", ["[]", "{", '{"a":1,"a":2}', '{"a":1e400}', '{"a":"\\ud800"}', '{"a":0.5}'])
def test_a_file_with_facts_of_two_meanings_is_refused(office: Office, facts: str) -> None:
    before = office.contents()
    file = {"file": ("a.bin", b"a", "application/octet-stream")}
    answer = office.call("purchaser", "POST", f"{URL}/files", files=file, data={"facts": facts})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"json_invalid", "stated_facts_invalid"}
    assert office.contents() == before


def test_look_ups_by_digest_are_paged_and_one_s_own(office: Office) -> None:
    digest = item(70_077)
    made = [post(office, "", item(70_077, facts={"number": number})).json()["id"] for number in range(3)]
    query = f"{URL}?sha256={digest['sha256']}&limit=2"
    first = office.done("purchaser", "GET", query)
    second = office.done("purchaser", "GET", f"{query}&cursor={first['next_cursor']}")

    assert sorted(each["id"] for each in first["items"] + second["items"]) == sorted(made)
    assert second["next_cursor"] is None
    assert len(office.done("purchaser", "GET", f"{URL}?sm3={digest['sm3']}")["items"]) == 3
    for stranger in ("supplier", "regulator"):
        assert office.done(stranger, "GET", query)["items"] == []


@pytest.mark.parametrize(
    "query", ["", "sha256=" + "0" * 63, "sha256=" + "A" * 64, f"subject=env_1&sm3={'0' * 64}", "sm3="]
)
def test_a_look_up_asks_for_one_thing(office: Office, query: str) -> None:
    answer = office.call("purchaser", "GET", f"{URL}?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] in {"invalid_evidence_query", "request_invalid"}


def test_receipts_of_others_are_not_there(office: Office) -> None:
    mine = post(office, "", item(5)).json()["id"]
    theirs = office.call("supplier", "POST", f"{URL}/receipts", {"ids": [mine]})
    assert (theirs.status_code, theirs.json()["code"]) == (404, "evidence_not_found")
    too_many = post(office, "/receipts", {"ids": [mine] * 1001})
    assert too_many.json()["code"] == "request_invalid"


def test_a_hold_is_placed_listed_and_released_by_another_person(office: Office) -> None:
    office.sign_in("administrator", Role.ADMINISTRATOR)
    office.sign_in("other_administrator", Role.ADMINISTRATOR)
    held = post(office, "", item(6)).json()["id"]
    order = {"case_number": "（2026）陕0802民初118号", "authority": "榆林市榆阳区人民法院"}
    placed = office.done("administrator", "POST", f"{URL}/{held}/holds", {**order, "is_for_subject": True})
    release = f"/v1/evidence-holds/{placed['id']}/release"
    body = {"reference": "（2026）陕0802民初118号之一"}

    refused = [office.call(who, "POST", release, body) for who in ("administrator", "purchaser", "supplier")]
    assert [each.json()["code"] for each in refused] == [
        "hold_needs_another_person",
        "hold_needs_person",
        "hold_not_found",
    ]
    released = office.done("other_administrator", "POST", release, body)
    [listed] = office.done("purchaser", "GET", f"{URL}/{held}/holds")["items"]
    assert listed == {**placed, "release": released}
    assert (placed["subject_id"], placed["evidence_id"]) == (held, None)
    again = office.call("other_administrator", "POST", release, body)
    assert (again.status_code, again.json()["code"]) == (409, "hold_already_released")
