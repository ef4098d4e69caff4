"""The signing API over HTTP: what senders and recipients see, and what they are refused."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from accounts.models import Organisation
from accounts.policy import Scope
from accounts.service import AccountService
from api import problems
from api.routes import documents, envelopes, signing_sessions
from core import ids
from core.ids import new_id
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.consent import CURRENT_VERSION
from tests.support.clock import FixedClock
from tests.support.http import InProcessClient
from tests.support.signing import PDF, Table


@dataclass
class Edge:
    """An application with the signing routes, and the tokens of three organisations."""

    table: Table
    client: InProcessClient
    accounts: AccountService

    def token(self, organisation: Organisation, *scopes: Scope) -> str:
        actor = self.table.actor(organisation)
        return self.accounts.issue_api_token(actor, name="test", scopes=scopes or list(Scope)).secret

    def as_sender(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.call(self.token(self.table.purchaser), method, path, **options)

    def call(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, headers=headers, **options)

    def upload(self) -> str:
        answer = self.as_sender("POST", "/v1/documents", files={"file": ("采购 合同.pdf", PDF, "application/pdf")})
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["id"]
        return identifier

    def body(self, document_id: str, **changes: Any) -> dict[str, Any]:
        recipients = [
            {
                "key": key,
                "order": order,
                "name": f"签署人 {key}",
                "phone": f"1390000000{order}",
                "organisation_name": organisation.name,
                "uscc": organisation.uscc,
            }
            for key, order, organisation in (
                ("buyer", 1, self.table.purchaser),
                ("supplier", 2, self.table.supplier),
            )
        ]
        fields = [
            {"name": f"{key}_signature", "recipient": key, "kind": "signature", "page": 2, **box}
            for key, box in (
                ("buyer", {"x": 0.1, "y": 0.8, "width": 0.3, "height": 0.08}),
                ("supplier", {"x": 0.5, "y": 0.8, "width": 0.3, "height": 0.08}),
            )
        ]
        return {
            "document_ids": [document_id],
            "title": "采购合同",
            "recipients": recipients,
            "fields": fields,
            **changes,
        }

    def sent(self) -> str:
        created = self.as_sender("POST", "/v1/envelopes", json=self.body(self.upload()))
        assert created.status_code == 201, created.text
        identifier: str = created.json()["id"]
        sent = self.as_sender("POST", f"/v1/envelopes/{identifier}/send")
        assert sent.status_code == 200, sent.text
        return identifier

    def session(self, envelope_id: str, key: str) -> str:
        link = self.table.link(ids.parse("env", envelope_id), key)
        opened = self.client.post("/v1/signing-sessions", json={"token": link})
        assert opened.status_code == 201, opened.text
        token: str = opened.json()["session_token"]
        return token

    def sign(self, envelope_id: str, key: str) -> httpx.Response:
        session = self.session(envelope_id, key)
        assert self.call(session, "POST", "/v1/signing-sessions/current/code").status_code == 202
        code = {"code": self.table.latest_code()}
        verified = self.call(session, "POST", "/v1/signing-sessions/current/verify", json=code)
        assert verified.status_code == 200, verified.text
        version = self.call(session, "GET", "/v1/signing-sessions/current").json()["consent"]["version"]
        consent = {"consent": True, "consent_version": version}
        return self.call(session, "POST", "/v1/signing-sessions/current/sign", json=consent)


@pytest.fixture
def edge(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Edge:
    table = Table.lay(unit_of_work, objects, secrets)
    accounts = AccountService(unit_of_work)
    app = FastAPI()
    app.state.services = SimpleNamespace(accounts=accounts, signing=table.service)
    problems.install(app)
    for module in (documents, envelopes, signing_sessions):
        app.include_router(module.router, prefix="/v1")
    return Edge(table, InProcessClient(app), accounts)


def test_the_whole_way_over_http(edge: Edge) -> None:
    envelope_id = edge.sent()
    for key in ("buyer", "supplier"):
        signed = edge.sign(envelope_id, key)
        assert signed.status_code == 200, signed.text
        assert signed.json()["recipient_state"] == "completed"
    assert signed.json()["state"] == "sealing"
    edge.table.service.seal_envelope(ids.parse("env", envelope_id))

    envelope = edge.as_sender("GET", f"/v1/envelopes/{envelope_id}").json()
    assert (envelope["state"], envelope["revision"]) == ("completed", 4)
    assert envelope["completion_evidence_id"].startswith("evd_")
    pdf = edge.as_sender("GET", f"/v1/envelopes/{envelope_id}/document")
    assert pdf.content.rstrip().endswith(b"sealed")
    assert pdf.headers["etag"] == f'"{envelope["documents"][0]["sha256"]}"'
    assert "%E9%87%87%E8%B4%AD%20%E5%90%88%E5%90%8C.pdf" in pdf.headers["content-disposition"]

    first = edge.as_sender("GET", f"/v1/envelopes/{envelope_id}/events?limit=6").json()
    rest = edge.as_sender("GET", f"/v1/envelopes/{envelope_id}/events?limit=6&cursor={first['next_cursor']}").json()
    steps = [step["type"] for step in [*first["items"], *rest["items"]]]
    assert steps[0] == "envelope.sent"
    assert steps[-1] == "envelope.completed"
    assert (len(steps), rest["next_cursor"]) == (10, None)


def test_no_answer_to_a_sender_holds_a_token(edge: Edge) -> None:
    envelope_id = edge.sent()
    link = edge.table.link(ids.parse("env", envelope_id), "buyer")
    session = edge.session(envelope_id, "buyer")
    shown = "".join(
        edge.as_sender("GET", path).text
        for path in (
            "/v1/envelopes",
            f"/v1/envelopes/{envelope_id}",
            f"/v1/envelopes/{envelope_id}/events",
        )
    )
    assert "token" not in shown
    assert link not in shown
    assert session not in shown


def test_a_party_reads_with_masked_phones_and_a_stranger_not_at_all(edge: Edge) -> None:
    envelope_id = edge.sent()
    party = edge.call(edge.token(edge.table.supplier), "GET", f"/v1/envelopes/{envelope_id}")
    assert party.json()["recipients"][0]["phone"] == "139****0001"
    stranger = edge.token(edge.table.stranger)
    for path in ("", "/document", "/events"):
        answer = edge.call(stranger, "GET", f"/v1/envelopes/{envelope_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "envelope_not_found")
    for action, body in (("send", None), ("remind", None), ("void", {"reason": "x"})):
        answer = edge.call(stranger, "POST", f"/v1/envelopes/{envelope_id}/{action}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "envelope_not_found")


def test_lists_have_pages(edge: Edge, clock: FixedClock) -> None:
    document_id = edge.upload()
    for _ in range(3):
        clock.set(clock.now().replace(second=clock.now().second + 1))
        assert edge.as_sender("POST", "/v1/envelopes", json=edge.body(document_id)).status_code == 201
    first = edge.as_sender("GET", "/v1/envelopes?limit=2&state=draft").json()
    rest = edge.as_sender("GET", f"/v1/envelopes?limit=2&cursor={first['next_cursor']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    documents_page = edge.as_sender("GET", "/v1/documents").json()
    assert [item["id"] for item in documents_page["items"]] == [document_id]
    content = edge.as_sender("GET", f"/v1/documents/{document_id}/content")
    assert content.content == PDF


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.update(surprise=1), "request_invalid"),
        (lambda body: body.update(title=5), "request_invalid"),
        (lambda body: body.update(title="a\u0000b"), "text_invalid"),
        (lambda body: body.update(expires_at="2020-01-01T00:00:00Z"), "expiry_invalid"),
        (lambda body: body.update(expires_at="2027-01-01T00:00:00"), "request_invalid"),
        (lambda body: body.update(document_ids=["doc_x"]), "invalid_id"),
        (lambda body: body.update(document_ids=["env_" + "0" * 32]), "invalid_id"),
        (lambda body: body.update(document_ids=["doc_" + "0" * 32]), "document_not_found"),
        (lambda body: body["recipients"][0].update(uscc="1" * 18), "invalid_uscc"),
        (lambda body: body["recipients"][0].update(phone="110"), "invalid_phone"),
        (lambda body: body["recipients"][0].update(role="king"), "request_invalid"),
        (lambda body: body["recipients"][0].update(order=10**30), "request_invalid"),
        (lambda body: body["fields"][0].update(page=3), "field_outside_page"),
        (lambda body: body["fields"][0].update(page=10**30), "field_outside_page"),
        (lambda body: body["fields"][0].update(x=1.5), "request_invalid"),
        (lambda body: body["fields"][0].update(recipient="nobody"), "field_recipient_unknown"),
        (lambda body: body["fields"].pop(), "signature_field_missing"),
        (lambda body: body["recipients"].clear(), "request_invalid"),
    ],
)
def test_bad_envelopes_are_refused_and_change_nothing(edge: Edge, change: Change, code: str) -> None:
    body = edge.body(edge.upload())
    change(body)
    answer = edge.as_sender("POST", "/v1/envelopes", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code
    assert edge.as_sender("GET", "/v1/envelopes").json()["items"] == []


def test_bad_uploads_and_ids_are_refused(edge: Edge) -> None:
    for files, code in (
        ({"file": ("a.pdf", b"not a pdf", "application/pdf")}, "test_not_a_pdf"),
        ({"file": ("", PDF, "application/pdf")}, "request_invalid"),
        ({"other": ("a.pdf", PDF, "application/pdf")}, "request_invalid"),
        ({"file": ("a" * 300, PDF, "application/pdf")}, "text_invalid"),
    ):
        answer = edge.as_sender("POST", "/v1/documents", files=files)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    for path, code in (
        ("/v1/documents/doc_1", "invalid_id"),
        ("/v1/envelopes/env_%00", "invalid_id"),
        ("/v1/envelopes?cursor=xyz", "invalid_id"),
        ("/v1/envelopes?limit=0", "request_invalid"),
        ("/v1/envelopes?state=happy", "request_invalid"),
    ):
        answer = edge.as_sender("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_scopes_are_needed(edge: Edge, clock: FixedClock) -> None:
    nothing = edge.token(edge.table.purchaser, Scope.CREDIT_READ)
    envelope_id = edge.sent()
    for method, path, options in (
        ("GET", "/v1/documents", {}),
        ("POST", "/v1/documents", {"files": {"file": ("a.pdf", PDF, "application/pdf")}}),
        ("GET", "/v1/envelopes", {}),
        ("POST", "/v1/envelopes", {"json": edge.body(ids.public("doc", new_id(clock.now())))}),
        ("POST", f"/v1/envelopes/{envelope_id}/send", {}),
        ("POST", f"/v1/envelopes/{envelope_id}/remind", {}),
    ):
        answer = edge.call(nothing, method, path, **options)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert edge.client.get("/v1/envelopes").status_code == 401


def test_wrong_tokens_open_nothing(edge: Edge) -> None:
    envelope_id = edge.sent()
    link = edge.table.link(ids.parse("env", envelope_id), "buyer")
    answer = edge.client.post("/v1/signing-sessions", json={"token": link[:-1]})
    assert (answer.status_code, answer.json()["code"]) == (401, "link_invalid")
    sender = edge.token(edge.table.purchaser)
    for token in (link, sender, "nothing"):
        answer = edge.call(token, "GET", "/v1/signing-sessions/current")
        assert (answer.status_code, answer.json()["code"]) == (401, "signing_session_invalid")
    session = edge.session(envelope_id, "buyer")
    assert edge.call(session, "GET", f"/v1/envelopes/{envelope_id}").status_code == 401
    assert edge.client.get("/v1/signing-sessions/current").status_code == 401


def test_signing_is_refused_with_the_reason(edge: Edge) -> None:
    envelope_id = edge.sent()
    session = edge.session(envelope_id, "buyer")
    current = "/v1/signing-sessions/current"
    for path, body, status, code in (
        ("/sign", {"consent": True, "consent_version": CURRENT_VERSION}, 403, "signing_code_required"),
        ("/sign", {"consent": False, "consent_version": CURRENT_VERSION}, 422, "consent_missing"),
        ("/sign", {"consent": True, "consent_version": CURRENT_VERSION, "pdf": "x"}, 422, "request_invalid"),
        ("/verify", {"code": "12345"}, 422, "request_invalid"),
        ("/verify", {"code": "１２３４５６"}, 422, "request_invalid"),
        ("/verify", {"code": "123456"}, 409, "signing_code_not_usable"),
        ("/decline", {"reason": ""}, 422, "text_invalid"),
    ):
        answer = edge.call(session, "POST", current + path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    assert edge.call(session, "POST", current + "/code").status_code == 202
    too_soon = edge.call(session, "POST", current + "/code")
    assert (too_soon.status_code, too_soon.headers["retry-after"]) == (429, "60")
    declined = edge.call(session, "POST", current + "/decline", json={"reason": "条款不符"})
    assert declined.json()["state"] == "declined"


@pytest.mark.parametrize("body", ['{"token": "\\ud800"}', '{"token": "x", "\\ud800": 1}', '{"token": NaN}'])
def test_text_that_is_no_text_is_refused(edge: Edge, body: str) -> None:
    answer = edge.client.post("/v1/signing-sessions", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
