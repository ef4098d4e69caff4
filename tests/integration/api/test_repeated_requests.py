"""`Idempotency-Key`: repeated, reused, in progress, and what is not kept."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.models import IdempotentAnswer
from tests.support.app import Office
from tests.support.pdf import blank_pdf

EVIDENCE = "/v1/evidence"


def file(name: str = "a.pdf", size: int = 1) -> dict[str, Any]:
    return {"name": name, "media_type": "application/pdf", "size": size, "sha256": "0" * 64, "sm3": "0" * 64}


def keyed(
    office: Office, key: str, body: Any, who: str = "purchaser", path: str = EVIDENCE, **options: Any
) -> httpx.Response:
    return office.call(who, "POST", path, body, headers={"Idempotency-Key": key}, **options)


def test_a_repeated_request_gets_the_same_answer_and_runs_once(office: Office) -> None:
    first = keyed(office, "once", file())
    before = office.contents()
    again = keyed(office, "once", file())
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replay"] == "true"
    assert office.contents() == before


def test_a_refusal_is_repeated_too(office: Office) -> None:
    refused = [keyed(office, "refused", file(size=-1)) for _ in range(2)]
    assert [each.json()["code"] for each in refused] == ["request_invalid"] * 2
    assert refused[1].headers["content-type"] == "application/problem+json"


def test_a_key_serves_one_request_of_one_organisation_at_one_address(office: Office) -> None:
    first = keyed(office, "mine", file())
    other = keyed(office, "mine", file("b.pdf"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    supplier = keyed(office, "mine", file(), who="supplier")
    assert supplier.status_code == 201
    assert supplier.json()["id"] != first.json()["id"]
    elsewhere = keyed(office, "mine", {"name": "x", "scopes": ["credit:read"]}, path="/v1/tokens")
    assert elsewhere.status_code == 201


def test_the_same_upload_with_a_new_boundary_is_the_same_request(office: Office) -> None:
    data = blank_pdf()
    answers = []
    for boundary in ("one", "another-one", "one"):
        content = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
            + data
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"Idempotency-Key": "upload", "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answers.append(office.call("purchaser", "POST", "/v1/documents", headers=headers, content=content))
    assert [each.status_code for each in answers] == [201] * 3
    assert len({each.json()["id"] for each in answers}) == 1


def test_while_the_first_runs_the_second_is_told_to_wait(office: Office) -> None:
    keyed(office, "running", file())
    with office.services.unit_of_work() as uow:  # As it is before the first one ends.
        uow.session.execute(update(IdempotentAnswer).values(status=None, answer=None))
    second = keyed(office, "running", file())
    assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
    assert second.headers["retry-after"] == "2"


def test_an_answer_that_asks_to_try_again_is_not_kept(office: Office) -> None:
    """A code was asked for a moment ago: the same key must not hear `too soon` for ever."""
    code = "/v1/signing-sessions/current/code"
    assert office.call("recipient", "POST", code).status_code == 202
    too_soon = keyed(office, "code", None, who="recipient", path=code)
    assert (too_soon.status_code, too_soon.json()["code"]) == (429, "too_many_signing_codes")
    office.clock.advance(timedelta(minutes=2))
    assert keyed(office, "code", None, who="recipient", path=code).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_keys_have_a_length(office: Office, key: str) -> None:
    before = office.contents()
    answer = keyed(office, key, file())
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")
    assert office.contents() == before


def test_a_revoked_token_gets_no_answer_again(office: Office) -> None:
    """Not even the one it got: whoever took the token out of use meant all of it."""
    issued = office.done("purchaser", "POST", "/v1/tokens", {"name": "ERP", "scopes": ["evidence:write"]})
    office.tokens["program"] = issued["token"]
    first = keyed(office, "of a program", file(), who="program")
    assert first.status_code == 201
    assert keyed(office, "of a program", file(), who="program").headers["idempotent-replay"] == "true"

    assert office.call("purchaser", "DELETE", f"/v1/tokens/{issued['id']}").is_success
    before = office.contents()
    again = keyed(office, "of a program", file(), who="program")
    assert (again.status_code, again.json()["code"]) == (401, "token_invalid")
    assert "idempotent-replay" not in again.headers
    assert first.json()["id"] not in again.text
    assert office.contents() == before


def test_an_expired_token_gets_no_answer_again(office: Office) -> None:
    issued = office.done("purchaser", "POST", "/v1/tokens", {"name": "ERP", "scopes": ["evidence:write"]})
    office.tokens["old program"] = issued["token"]
    keyed(office, "of an old program", file(), who="old program")
    office.expire_token("old program")
    again = keyed(office, "of an old program", file(), who="old program")
    assert (again.status_code, again.json()["code"]) == (401, "token_invalid")


def test_a_recipient_whose_session_signing_ended_still_hears_that_it_is_signed(office: Office) -> None:
    """The answer got lost on the way, and the session with it: the same request must not say that nothing happened."""
    office.send_envelope()
    office.open_session("forgetful")
    declined = {"reason": "金额有误"}
    path = "/v1/signing-sessions/current/decline"
    first = keyed(office, "declined", declined, who="forgetful", path=path)
    assert first.is_success, first.text
    again = keyed(office, "declined", declined, who="forgetful", path=path)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replay"] == "true"


def test_a_key_of_nobody_is_ignored(office: Office) -> None:
    """Without a name one stranger's key would be another's: each such request runs, and none hears another's answer."""
    path = "/v1/signing-sessions"
    office.send_envelope()
    link = {"token": office.links()[-1]}
    before = kept_answers(office)
    opened = [keyed(office, "nobody", link, who=None, path=path) for _ in range(2)]
    assert [each.status_code for each in opened] == [201, 201]
    assert opened[0].json()["session_token"] != opened[1].json()["session_token"]
    other = keyed(office, "nobody", {"token": "another"}, who=None, path=path)
    assert other.status_code == 401
    assert not any("idempotent-replay" in each.headers for each in (*opened, other))
    too_long = keyed(office, "x" * 201, link, who=None, path=path)
    assert too_long.status_code == 201
    assert kept_answers(office) == before


def kept_answers(office: Office) -> int:
    with office.services.unit_of_work() as uow:
        return len(uow.session.scalars(select(IdempotentAnswer.key_hash)).all())


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_of_a_token_may_be_written_in_any_case(office: Office, scheme: str) -> None:
    """RFC 9110 §11.1: the request is the same one, and runs once."""
    headers = {"Authorization": f"{scheme} {office.tokens['purchaser']}", "Idempotency-Key": f"in {scheme}"}
    first = office.call(None, "POST", EVIDENCE, file(), headers=headers)
    before = office.contents()
    written_otherwise = {**headers, "Authorization": f"Bearer {office.tokens['purchaser']}"}
    again = office.call(None, "POST", EVIDENCE, file(), headers=written_otherwise)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replay"] == "true"
    assert office.contents() == before
