"""Bad input, as one table: what is sent, and which status and code it gets. None of it changes anything."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI

from api import problems
from api.limits import MEGABYTE
from tests.support.app import PASSWORD, Office
from tests.support.http import InProcessClient
from tests.support.pdf import blank_pdf, encrypted_pdf

DOCUMENTS, ENVELOPES, CONTRACTS = "/v1/documents", "/v1/envelopes", "/v1/contracts"
SESSIONS, CLOCK, EVIDENCE, TOKENS = "/v1/sessions", "/v1/clock", "/v1/evidence", "/v1/tokens"
OBLIGATION = "/v1/obligations/{obligation_id}"
FOREVER, NEVER = "9999-12-31", "0001-01-01"
NOBODYS = "0" * 32


def pdf(data: bytes, name: str = "合同.pdf") -> dict[str, Any]:
    return {"files": {"file": (name, data, "application/pdf")}}


def raw(content: bytes | str, kind: str = "application/json") -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": kind}}


def part(name: bytes, data: bytes = b"%PDF-1.7") -> bytes:
    """One file as a form sends it, its name as it is; the boundary is `x`."""
    return b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n' + data + b"\r\n--x--"


def contract(change: Callable[[dict[str, Any]], object]) -> Callable[[Office], dict[str, Any]]:
    return lambda office: _changed(office.contract_body(), change)


def envelope(change: Callable[[dict[str, Any]], object]) -> Callable[[Office], dict[str, Any]]:
    return lambda office: _changed(office.envelope_body(office.ids["document_id"]), change)


def _changed(body: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(body))
    change(copy)
    return {"body": copy}


def body(**members: Any) -> dict[str, Any]:
    return {"body": members}


Sent = dict[str, Any] | Callable[[Office], dict[str, Any]]

TABLE: list[tuple[str, str, str, Sent, int, str]] = [
    # Files
    ("purchaser", "POST", DOCUMENTS, pdf(b"not a PDF"), 422, "not_a_pdf"),
    ("purchaser", "POST", DOCUMENTS, pdf(b""), 422, "empty_file"),
    ("purchaser", "POST", DOCUMENTS, pdf(encrypted_pdf()), 422, "encrypted_pdf"),
    ("purchaser", "POST", DOCUMENTS, pdf(b"%PDF-1.7\n" + b"\xff" * 999), 422, "broken_pdf"),
    ("purchaser", "POST", DOCUMENTS, raw(part(b"a\x01.pdf"), "multipart/form-data; boundary=x"), 422, "text_invalid"),
    ("purchaser", "POST", DOCUMENTS, raw(part(b""), "multipart/form-data; boundary=x"), 422, "text_invalid"),
    ("purchaser", "POST", DOCUMENTS, pdf(blank_pdf(), "a" * 201), 422, "text_invalid"),
    ("purchaser", "POST", DOCUMENTS, pdf(blank_pdf(), "../../"), 422, "text_invalid"),
    ("purchaser", "POST", DOCUMENTS, {"data": {"file": "text"}}, 422, "request_invalid"),
    ("purchaser", "POST", DOCUMENTS, raw(b"{}"), 422, "request_invalid"),
    ("purchaser", "POST", DOCUMENTS, raw(b"x", "multipart/form-data"), 400, "request_unreadable"),
    ("purchaser", "POST", DOCUMENTS, raw(b"--y\r\n\r\n", "multipart/form-data; boundary=x"), 400, "request_unreadable"),
    # JSON that could mean two things
    ("purchaser", "POST", EVIDENCE, raw("[" * 100_000), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"name": ' * 100_000), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw("[" * 900 + "]" * 900), 422, "request_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"name": "a", "name": "b"}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"size": NaN}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"size": 1e400}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"size": ' + "9" * 5000 + "}"), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw(b'{"name": "\xff"}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"name": "\\ud800"}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('{"\\udfff": 1}'), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw('["\\u0000"]', "application/x+json"), 422, "json_invalid"),
    ("purchaser", "POST", EVIDENCE, raw(" " * (4 * MEGABYTE + 1)), 413, "body_too_large"),
    ("purchaser", "POST", EVIDENCE, raw("{}", "text/plain"), 422, "request_invalid"),
    # Contracts
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["parties"][0].update(uscc="1" * 18)), 422, "invalid_uscc"),
    (
        "purchaser",
        "POST",
        CONTRACTS,
        contract(lambda c: c["obligations"][0].update(due_on="2026-11-01")),
        422,
        "due_before_signing",
    ),
    (
        "purchaser",
        "POST",
        CONTRACTS,
        contract(lambda c: c["obligations"][0].update(due_on=FOREVER)),
        422,
        "invalid_day",
    ),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(signed_on=NEVER)), 422, "invalid_day"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(signed_on=FOREVER)), 422, "invalid_day"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(signed_on="2026-02-30")), 422, "request_invalid"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(signed_on="+020000-01-01")), 422, "request_invalid"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(performance_due_on=FOREVER)), 422, "invalid_day"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount="-1")), 422, "amount_negative"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount="9" * 16)), 422, "invalid_amount"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount="NaN")), 422, "invalid_amount"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount="1e400")), 422, "invalid_amount"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount="１")), 422, "invalid_amount"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(amount=480000)), 422, "request_invalid"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c["amount"].update(currency="XBT")), 422, "invalid_amount"),
    ("purchaser", "POST", CONTRACTS, contract(lambda c: c.update(title="合\x00同")), 422, "json_invalid"),
    (
        "purchaser",
        "POST",
        CONTRACTS,
        contract(lambda c: c.update(envelope_id=f"env_{NOBODYS}")),
        422,
        "signed_on_with_envelope",
    ),
    ("stranger", "POST", CONTRACTS, contract(dict.copy), 403, "not_a_party"),
    ("purchaser", "POST", OBLIGATION + "/variations", body(due_on=FOREVER, reason="x"), 422, "invalid_day"),
    (
        "regulator",
        "POST",
        "/v1/supervision/{supervision_id}/steps",
        body(kind="demand", held_on=NEVER, minutes="x", outcome="x"),
        422,
        "invalid_day",
    ),
    ("purchaser", "GET", CONTRACTS + "?cursor=x", {}, 422, "list_cursor_invalid"),
    ("purchaser", "GET", CONTRACTS + "/{contract_id}/history?cursor=" + "9" * 30, {}, 422, "list_cursor_invalid"),
    ("purchaser", "GET", CONTRACTS + "?limit=0", {}, 422, "request_invalid"),
    ("purchaser", "GET", CONTRACTS + "?limit=201", {}, 422, "request_invalid"),
    ("purchaser", "GET", CONTRACTS + "/ctr_1", {}, 422, "invalid_id"),
    ("purchaser", "GET", CONTRACTS + f"/ctr_{NOBODYS}", {}, 404, "contract_not_found"),
    # Another organisation's things, named in a body or a query
    ("stranger", "GET", "/v1/reminders?contract_id={contract_id}", {}, 404, "reminders_not_found"),
    ("supplier", "GET", "/v1/evidence-packages/{contract_id}?also={document_id}", {}, 409, "evidence_not_anchored"),
    ("stranger", "GET", "/v1/evidence-packages/{envelope_id}?also={contract_id}", {}, 404, "evidence_not_found"),
    ("supplier", "POST", ENVELOPES, envelope(dict.copy), 404, "document_not_found"),
    (
        "purchaser",
        "POST",
        ENVELOPES,
        envelope(lambda e: e.update(expires_at="0001-01-01T00:00:00+14:00")),
        422,
        "expiry_invalid",
    ),
    (
        "purchaser",
        "POST",
        ENVELOPES,
        envelope(lambda e: e.update(expires_at="9999-12-31T23:59:59-14:00")),
        422,
        "expiry_invalid",
    ),
    # Who may
    (None, "POST", SESSIONS, body(email="nobody@example.cn", password="wrong"), 401, "wrong_credentials"),
    (None, "POST", SESSIONS, body(email="nobody@example.cn", password="x" * 201), 422, "request_invalid"),
    (None, "POST", "/v1/signing-sessions", body(token="x"), 401, "link_invalid"),
    ("nobody", "GET", "/v1/me", {}, 401, "token_invalid"),
    ("expired", "GET", "/v1/me", {}, 401, "token_invalid"),
    ("revoked", "GET", "/v1/me", {}, 401, "token_invalid"),
    (None, "GET", "/v1/me", {"headers": {"Authorization": "Basic eDp5"}}, 401, "token_invalid"),
    ("nobody", "DELETE", SESSIONS + "/current", {}, 401, "token_invalid"),
    ("recipient", "GET", ENVELOPES, {}, 401, "token_invalid"),
    ("recipient", "DELETE", SESSIONS + "/current", {}, 401, "token_invalid"),
    ("purchaser", "GET", "/v1/signing-sessions/current", {}, 401, "signing_session_invalid"),
    ("purchaser", "POST", TOKENS, body(name="more", scopes=["clock:write"]), 403, "scope_missing"),
    ("purchaser", "POST", TOKENS, body(name="more", scopes=["everything"]), 422, "request_invalid"),
    ("purchaser", "GET", "/v1/messages", {}, 403, "scope_missing"),
    # The clock
    (None, "PUT", CLOCK, body(to="2030-01-01T00:00:00Z"), 401, "token_invalid"),
    ("purchaser", "PUT", CLOCK, body(to="2030-01-01T00:00:00Z"), 403, "scope_missing"),
    ("regulator", "PUT", CLOCK, body(to="2030-01-01T00:00:00Z"), 403, "scope_missing"),
    ("operator", "PUT", CLOCK, body(to="2020-01-01T00:00:00Z"), 422, "clock_backwards"),
    ("operator", "PUT", CLOCK, body(to="9999-12-31T23:59:59-14:00"), 422, "clock_too_far"),
    ("operator", "PUT", CLOCK, body(to="2030-01-01T00:00:00"), 422, "request_invalid"),
    # Addresses
    ("purchaser", "GET", "/v1/nothing", {}, 404, "route_not_found"),
    ("purchaser", "DELETE", CONTRACTS, {}, 405, "method_not_allowed"),
    (None, "GET", "/log/tile/../../etc/passwd", {}, 404, "route_not_found"),
    (None, "GET", "/log/tile/%2e%2e/%2e%2e/etc/passwd", {}, 404, "tile_not_found"),
    (None, "GET", "/pki/..%2froots.cer", {}, 404, "route_not_found"),
    (None, "POST", f"/v1/twilio/status?message=msg_{NOBODYS}&attempt=1", {"data": {"a": "b"}}, 403, "callback_refused"),
]


@pytest.fixture(scope="module")
def tokens(office: Office) -> None:
    """Tokens that let nobody in."""
    office.tokens["nobody"] = "A" * 43
    for name in ("expired", "revoked"):
        issued = office.done("purchaser", "POST", TOKENS, {"name": name, "scopes": ["credit:read"]})
        office.tokens[name] = issued["token"]
    office.call("revoked", "DELETE", "/v1/sessions/current")
    office.expire_token("expired")


@pytest.mark.usefixtures("tokens")
def test_bad_input_gets_its_code_and_changes_nothing(office: Office) -> None:
    before = office.contents()
    wrong = []
    for who, method, path, sent, status, code in TABLE:
        options = sent(office) if callable(sent) else dict(sent)
        answer = office.call(who, method, path.format_map(office.ids), options.pop("body", None), **options)
        if (answer.status_code, answer.json().get("code")) != (status, code):
            wrong.append(f"{method} {path} {str(sent)[:60]}: {answer.status_code} {answer.text[:200]}")
        if answer.headers["content-type"] != "application/problem+json":
            wrong.append(f"{method} {path}: {answer.headers['content-type']}")
    assert not wrong, "\n".join(wrong)
    assert office.contents() == before


def test_refusals_speak_the_readers_language(office: Office) -> None:
    for path, options in ((CONTRACTS, {"method": "DELETE"}), ("/v1/nothing", {"method": "GET"})):
        chinese = office.call("purchaser", path=path, **options).json()
        english = office.call("purchaser", path=path, headers={"Accept-Language": "en"}, **options).json()
        assert chinese["code"] == english["code"]
        assert not chinese["detail"].isascii()
        assert english["detail"].isascii()


@pytest.mark.parametrize("is_length_told", [True, False])
def test_200_megabytes_are_refused_whether_their_length_is_told_or_not(office: Office, is_length_told: bool) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'

    async def upload() -> AsyncIterator[bytes]:
        yield head
        for _ in range(200):
            yield bytes(MEGABYTE)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    if is_length_told:
        headers["Content-Length"] = str(len(head) + 200 * MEGABYTE)
    before = office.contents()
    answer = office.call("purchaser", "POST", DOCUMENTS, headers=headers, content=upload())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert office.contents() == before


def test_a_million_mistakes_get_a_short_answer(office: Office) -> None:
    answer = office.call("purchaser", "POST", EVIDENCE, {f"{number:x<300}": 1 for number in range(5000)})
    assert answer.json()["code"] == "request_invalid"
    assert len(answer.content) < 10_000


def test_a_failure_leaves_no_token_of_its_address_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/sign/{token}")
    def fail(token: str) -> None:
        raise RuntimeError("something we didn't foresee")

    answer = InProcessClient(app).get("/sign/a-secret")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "/sign/{token}" in caplog.text
    assert "a-secret" not in caplog.text + answer.text


def test_guessing_a_password_is_slowed_down_and_tells_nothing(office: Office) -> None:
    office.employ("guessed@example.cn")
    for password in ["a wrong one"] * 10:
        answer = office.call(None, "POST", SESSIONS, {"email": "guessed@example.cn", "password": password})
        assert answer.json()["code"] == "wrong_credentials"
    right = office.call(None, "POST", SESSIONS, {"email": "guessed@example.cn", "password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (429, "too_many_sign_ins")
    assert int(right.headers["retry-after"]) > 0


def test_another_organisations_evidence_is_not_listed(office: Office) -> None:
    for subject in ("contract_id", "envelope_id", "document_id"):
        path = f"{EVIDENCE}?subject={office.ids[subject]}"
        assert office.done("purchaser", "GET", path)["items"]
        assert office.done("stranger", "GET", path)["items"] == []


def test_documents_of_others_are_no_evidence(office: Office) -> None:
    """A purchaser's document id in the supplier's claim, exemption and variation."""
    before = office.contents()
    documents = [office.ids["document_id"]]
    for path, given in (
        ("/fulfilments", {"fulfilled_on": office.day(), "statement": "x"}),
        ("/exemptions", {"ground": "accident", "occurred_on": office.day(-3), "reason": "x"}),
        ("/variations", {"due_on": office.day(9), "reason": "x"}),
    ):
        answer = office.call(
            "supplier",
            "POST",
            f"/v1/obligations/{office.ids['obligation_id']}{path}",
            {**given, "document_ids": documents},
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "evidence_document_not_found"), answer.text
    assert office.contents() == before
