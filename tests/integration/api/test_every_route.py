"""What every route of the API owes, read from its own OpenAPI document: a new route is held to it by being there.

Each test walks all routes, collects what is wrong, and looks at the end whether anything was changed.
"""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.app import OUTSIDERS, Office, random_values
from tests.support.openapi import Operation, operations, variants
from tests.support.seals import seal_png

PUBLIC = {
    "POST /v1/sessions",
    "POST /v1/log/receipt-check",
    "POST /v1/signing-sessions",
    "POST /v1/twilio/status",
    "POST /v1/verify",
    "POST /v1/verify/package",
    "GET /v1/clock",
    "GET /v1/credit-rules",
    "GET /v1/public/demands",
    "GET /v1/public/determinations",
    "GET /v1/public/determinations/{determination_id}",
    "GET /v1/trust",
}
"""Needs no token: a password, a link, a signature or nothing at all lets in."""

ROLE_OF_PATH = {
    "/seals": "seal_administrator",
    "/signing-sessions/current": "recipient",
    "/supervision": "regulator",
    "/rectification-items/{item_id}/report": "supplier",
    "/statements": "supplier",
    "/hearing-request": "supplier",
    "/determinations": "regulator",
    "/rectification-items": "regulator",
    "/termination": "regulator",
    "/approve": "regulator",
    "/exemptions/{exemption_id}/refuse": "regulator",
    "/credit-events": "credit_office",
    "/certificates": "operator",
    "/clock": "operator",
    "/messages": "operator",
    "/fulfilments": "supplier",
}
"""Who may call it at all, by a part of the path; everything else is the purchaser's."""

Finding = str


@pytest.fixture(scope="module")
def routes(office: Office) -> list[Operation]:
    """Everything below /v1."""
    values = {
        **office.ids,
        "document_ids": [office.ids["document_id"]],
        "date": office.day(),
        "date-time": f"{office.day(5)}T00:00:00Z",
        "phone": "13900000001",
        "email": "somebody@example.cn",
        "picture": base64.b64encode(seal_png()).decode(),
        "signature": base64.b64encode(seal_png()).decode(),
        "initials": base64.b64encode(seal_png()).decode(),
        "cms": base64.b64encode(b"no signature").decode(),
        "certificate": office.services.pki.roots_pem().decode(),
    }
    return [each for each in operations(office.app.openapi(), values) if each.path.startswith("/v1/")]


def role_for(route: Operation) -> str:
    return next((role for part, role in ROLE_OF_PATH.items() if part in route.path), "purchaser")


def problem_of(answer: httpx.Response) -> str | None:
    """What is wrong with a refusal's form; None if it is a proper problem document that nobody keeps."""
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if "no-store" not in answer.headers["cache-control"] or answer.headers["x-content-type-options"] != "nosniff":
        return f"headers {answer.headers}"
    if answer.headers["content-type"] != "application/problem+json":
        return f"content type {answer.headers['content-type']}"
    document = answer.json()
    if document["status"] != answer.status_code or not document["code"].replace("_", "").isalnum():
        return f"document {document}"
    if document["code"].startswith("http_") or not document["detail"]:
        return f"code {document['code']}"
    return None


def test_no_route_lets_in_without_a_good_token(office: Office, routes: list[Operation]) -> None:
    revoked = office.done("purchaser", "POST", "/v1/tokens", {"name": "old", "scopes": ["credit:read"]})
    office.tokens["revoked"] = revoked["token"]
    office.call("purchaser", "DELETE", f"/v1/tokens/{revoked['id']}")
    office.tokens["unknown"] = "A" * 43
    office.tokens["odd"] = "\x7f\xff"
    before = office.contents()
    findings = []
    for route in routes:
        if str(route) in PUBLIC:
            continue
        for who in (None, "unknown", "odd", "revoked"):
            answer = office.call(who, route.method, route.at(office.ids), route.body)
            expected = (
                "token_invalid" if who is None or "/current/" not in f"{route.path}/" else "signing_session_invalid"
            )
            if route.path == "/v1/sessions/current":
                expected = "token_invalid"
            if (answer.status_code, answer.json().get("code")) != (401, expected):
                findings.append(f"{route} as {who}: {answer.status_code} {answer.text[:100]}")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def test_the_public_list_names_routes_that_exist(routes: list[Operation]) -> None:
    assert {str(route) for route in routes} >= PUBLIC


def test_a_missing_scope_is_refused(office: Office, routes: list[Operation]) -> None:
    """An API token with no more than `accounts:read` may do nothing but say who it is."""
    issued = office.done("purchaser", "POST", "/v1/tokens", {"name": "weak", "scopes": ["accounts:read"]})
    office.tokens["weak"] = issued["token"]
    open_to_all = PUBLIC | {"GET /v1/me", "DELETE /v1/sessions/current"}
    findings = []
    for route in routes:
        if str(route) in open_to_all or "/signing-sessions/" in route.path:
            continue
        options = {"params": {"subject": "x", "contract_id": office.ids["contract_id"]}}
        if route.path == "/v1/documents":
            options["files"] = {"file": ("a.pdf", b"%PDF-", "application/pdf")}
        if route.path == "/v1/evidence/files":
            options["files"] = {"file": ("a.bin", b"a", "application/octet-stream")}
        if route.path == "/v1/contract-uploads":
            options["files"] = {"file": ("a.csv", b"a", "text/csv")}
        if route.path == "/v1/bulk_sends":
            options["files"] = {"file": ("a.csv", b"a", "text/csv")}
            options["data"] = {"template_id": office.ids["template_id"]}
        answer = office.call("weak", route.method, route.at(office.ids), route.body, **options)
        if (answer.status_code, answer.json().get("code")) != (403, "scope_missing"):
            findings.append(f"{route}: {answer.status_code} {answer.text[:100]}")
    assert not findings, "\n".join(findings)


def test_another_organisations_id_looks_like_one_that_is_not_there(office: Office, routes: list[Operation]) -> None:
    random, before = random_values(office), office.contents()
    findings = []
    for route in routes:
        if not route.path_parameters or "/signing-sessions/" in route.path:  # recipients act for themselves
            continue
        refusals = set()
        for who in OUTSIDERS:
            theirs, nobodys = (
                office.call(who, route.method, route.at(values), route.body) for values in (office.ids, random)
            )
            codes = [(each.status_code, each.json().get("code")) for each in (theirs, nobodys)]
            refusals.add(codes[0][0])
            if codes[0] != codes[1] or codes[0][0] not in {403, 404}:
                findings.append(f"{route} as {who}: {codes}")
        # Certificates are the platform's: no organisation has any, so there is nothing to look missing.
        if 404 not in refusals and role_for(route) != "operator":
            findings.append(f"{route}: {refusals}, never 404")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def test_malformed_ids_are_refused(office: Office, routes: list[Operation]) -> None:
    before = office.contents()
    findings = []
    for route in routes:
        for name in route.path_parameters:
            for bad in malformed(office.ids[name]):
                answer = office.call(role_for(route), route.method, route.at({**office.ids, name: bad}), route.body)
                if wrong := problem_of(answer):
                    findings.append(f"{route} with {bad[:40]}: {wrong}")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def malformed(good: str) -> Iterator[str]:
    prefix = good.split("_", 1)[0]
    yield from ("x", "%00", "%2e%2e", "%ff", "😀", "0", "-1", "null", "A" * 5000, f"{prefix}_", f"{prefix}_{'0' * 31}")
    yield from (
        f"{prefix}_{'0' * 33}",
        f"{prefix}_{'G' * 32}",
        good.upper() + "x",
        f"zzz_{'0' * 32}",
        f"{good}%20",
        f"{good}%00",
    )


def test_unknown_fields_are_refused_at_every_depth(office: Office, routes: list[Operation]) -> None:
    def with_surprise(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            yield {**node, "surprise": 1}

    before = office.contents()
    findings = []
    for route in routes:
        for where, body in variants(route.body, with_surprise):
            if where in {".metadata", ".values"} or where.endswith(".facts"):  # names of the sender's own choice
                continue
            answer = office.call(role_for(route), route.method, route.at(office.ids), body)
            if (answer.status_code, answer.json().get("code")) != (422, "request_invalid"):
                findings.append(f"{route} {where}: {answer.status_code} {answer.text[:200]}")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def test_impossible_values_in_any_field_are_refused(office: Office, routes: list[Operation]) -> None:
    def impossible(node: Any) -> Iterator[Any]:
        if isinstance(node, str):
            yield from ("a\x00b", "\ud800", "长" * 10_000, 5, [], float("nan"))
        elif isinstance(node, bool):
            yield from ("maybe", 7)
        elif isinstance(node, int | float):
            yield from (-1, 10**30, 1e300, "x", [], float("nan"))

    before = office.contents()
    findings = []
    for route in routes:
        for where, body in variants(route.body, impossible):
            if ".facts." in where:  # What is stated may be of any type.
                continue
            answer = office.call(role_for(route), route.method, route.at(office.ids), body)
            if wrong := problem_of(answer):
                findings.append(f"{route} {where}: {wrong}")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def test_bodies_of_another_kind_are_refused(office: Office, routes: list[Operation]) -> None:
    before = office.contents()
    findings = []
    for route in routes:
        if route.method not in {"POST", "PUT", "PATCH"} or route.body is None:
            continue
        for kind, content in (
            ("application/json", b"[" * 100_000),
            ("application/json", b'{"a":' * 100_000),
            ("application/json", b"{"),
            ("application/json", b'{"reason": "\xff"}'),
            ("application/json", b'{"size": ' + b"9" * 5000 + b"}"),
            ("application/json", b"[]"),
            ("application/json", b'"text"'),
            ("application/problem+json; charset=utf-16", b"\xff\xfe{}"),
            ("text/plain", b"{}"),
            ("application/xml", b"<a/>"),
            ("application/x-www-form-urlencoded", b"a=b"),
            ("multipart/form-data", b"--x"),
        ):
            headers = {"Content-Type": kind}
            answer = office.call(role_for(route), route.method, route.at(office.ids), headers=headers, content=content)
            if wrong := problem_of(answer):
                findings.append(f"{route} with {content[:30]!r}: {wrong}")
    assert not findings, "\n".join(findings)
    assert office.contents() == before


def test_methods_nobody_serves_are_refused(office: Office, routes: list[Operation]) -> None:
    served: dict[str, set[str]] = {}
    for route in routes:
        served.setdefault(route.at(office.ids), set()).add(route.method)
    findings = []
    for path, methods in served.items():
        for method in {"GET", "POST", "PUT", "DELETE"} - methods:
            answer = office.call("purchaser", method, path)
            if (answer.status_code, answer.json().get("code")) != (405, "method_not_allowed"):
                findings.append(f"{method} {path}: {answer.status_code} {answer.text[:100]}")
    assert not findings, "\n".join(findings)


FREE_TEXT = {"number", "party"}
"""Filters that may be any text: a contract's own number, a party's name."""


def test_bad_pages_and_filters_are_refused(office: Office) -> None:
    findings = []
    for path, described in office.app.openapi()["paths"].items():
        if not path.startswith("/v1/") or "get" not in described:
            continue
        given = {"subject": office.ids["contract_id"], "contract_id": office.ids["contract_id"]}
        for parameter in described["get"].get("parameters", []):
            name = parameter["name"]
            if parameter["in"] != "query" or name in {"also", "rules", *FREE_TEXT, *given}:
                continue
            for bad in ("\x00", "x", "-1", "9" * 190, "%FF", "😀", "１", "a" * 300, "9999-99-99", "\udcff"):
                url = path.format_map(office.ids)
                query = {
                    **given,
                    name: bad.encode("utf-8", "surrogateescape").decode("latin-1") if bad == "\udcff" else bad,
                }
                answer = office.call("operator" if "messages" in path else "purchaser", "GET", url, params=query)
                is_fine = name == "phone" and bad == "9" * 190
                if not is_fine and (wrong := problem_of(answer)):
                    findings.append(f"{path} {name}={bad[:20]!r}: {wrong}")
    assert not findings, "\n".join(findings)
