"""A person's way through the pages, over HTTP, with every service real: sign a contract, follow it, check it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from api.app import create_app
from app.composition import Foundation, build_services, subscribers
from app.embedded import CHAIN_ID, EmbeddedChain, free_port
from app.seed import seed_accounts
from app.settings import Settings
from core.dispatch import Dispatcher
from core.objects import Objects
from core.outbox import claim
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from tests.support.clock import FixedClock
from web.app import mount

PASSWORD = "a password for everybody here"
EXAMPLES = Path(__file__).parents[2] / "examples"
Stores = tuple[Objects, SecretBox]
FACTS: dict[str, Any] = json.loads((EXAMPLES / "procurement.json").read_text(encoding="utf-8"))
PURCHASER, SUPPLIER = FACTS["parties"]
REGULATOR, OPERATOR = "regulator@demo.example", "operator@demo.example"


class Person(httpx.Client):
    """Somebody at a browser: forms are sent from our own pages, redirects are followed, cookies kept."""

    def __init__(self, base_url: str) -> None:
        headers = {"accept": "text/html", "origin": base_url}
        super().__init__(base_url=base_url, headers=headers, follow_redirects=True, trust_env=False, timeout=60)

    def sign_in(self, email: str) -> "Person":
        page = self.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert page.url.path == "/contracts", page.text
        return self


@dataclass
class Site:
    """The pages, and what works behind them."""

    base_url: str
    work: Callable[[], None]
    clock: FixedClock
    open_browsers: ExitStack
    people: dict[str, Person] = field(default_factory=dict)

    def person(self) -> Person:
        """Somebody new, at a browser without cookies."""
        return self.open_browsers.enter_context(Person(self.base_url))

    def __call__(self, email: str) -> Person:
        """The person of this e-mail, signed in."""
        if email not in self.people:
            self.people[email] = self.person().sign_in(email)
        return self.people[email]

    def message_to(self, phone: str, pattern: str) -> str:
        """What the newest message to this phone says, as the operator reads it."""
        self.work()
        found = re.search(pattern, self(OPERATOR).get("/messages", params={"phone": phone}).text)
        assert found, f"no message to {phone} like {pattern}"
        return found[1]


@dataclass
class Parts:
    """What the services of a site stand on; all of it real."""

    engine: Engine
    foundation: Foundation
    chain: EmbeddedChain


@pytest.fixture
def parts(
    engine: Engine, unit_of_work: UnitOfWorkFactory, clock: FixedClock, stores: Stores, chain: EmbeddedChain
) -> Parts:
    return Parts(engine, Foundation(unit_of_work, clock, *stores), chain)


@pytest.fixture
def stores(objects: Objects, secrets: SecretBox) -> Stores:
    return objects, secrets


@pytest.fixture
def site(parts: Parts, clock: FixedClock, tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    services = build_services(_settings(base_url, parts.chain, tmp_path), parts.foundation)
    services.pki.ensure_authority()
    services.ledger.ensure_log_key()
    seed_accounts(services, PASSWORD)
    dispatcher = Dispatcher(parts.engine, parts.foundation.unit_of_work, subscribers(services))

    def work() -> None:
        """What the worker does, until nothing is left to do."""
        services.performance.sweep_due()
        while event_ids := claim(parts.engine):
            for event_id in event_ids:
                assert dispatcher.handle(event_id)
        services.notify.send_due()
        services.ledger.sequence_pending()

    app = create_app(services)
    mount(app)
    with serving(app, port), ExitStack() as open_browsers:
        yield Site(base_url, work, clock, open_browsers)


def _settings(base_url: str, chain: EmbeddedChain, run_directory: Path) -> Settings:
    """Where the fixtures give a part already, its address is never used."""
    return Settings.model_validate(
        {
            "mode": "embedded",
            "base_url": base_url,
            "run_directory": run_directory,
            "database": {"url": "given"},
            "broker": {"url": "given"},
            "objects": {"url": "given"},
            "secrets": {"master_key": "00" * 32},
            "log": {"origin": "pages.test/log", "anchor_every_seconds": 0},
            "chain": {"rpc_url": chain.url, "chain_id": CHAIN_ID, "name": "test", "is_development": True},
            "messages": {"channel": "console"},
        }
    )


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """The application behind a real socket, for as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none", lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    with httpx.Client(transport=httpx.HTTPTransport(retries=10), trust_env=False) as client:
        client.get(f"http://127.0.0.1:{port}/static/none")
    yield
    server.should_exit = True
    thread.join()


def draft_form(signed_on: date) -> dict[str, Any]:
    """The form of a new contract, filled in from the example's facts."""
    form: dict[str, Any] = {
        "title": FACTS["title"],
        "number": FACTS["number"],
        "class_code": FACTS["class"],
        "amount": "480,000.00",
        "summary": FACTS["summary"],
        "first_signer": "purchaser",
    }
    for party in FACTS["parties"]:
        role, signer, contact = party["role"], party["signer"], party["contacts"][0]
        box = next(box for box in FACTS["signature_page"]["fields"] if box["role"] == role)
        form |= {
            f"{role}_name": party["name"],
            f"{role}_uscc": party["uscc"],
            f"{role}_signer": signer["name"],
            f"{role}_phone": signer["phone"],
            f"{role}_email": signer["email"],
            f"{role}_contact": contact["name"],
            f"{role}_contact_phone": contact["phone"],
            f"{role}_box_page": FACTS["signature_page"]["page"],
            **{f"{role}_box_{part}": box[part] * 100 for part in ("x", "y", "width", "height")},
        }
    obligations = FACTS["obligations"]
    due = [signed_on + timedelta(days=obligation["due_after_days"]) for obligation in obligations]
    return form | {
        "obligation_title": [obligation["title"] for obligation in obligations],
        "obligation_kind": [obligation["kind"] for obligation in obligations],
        "obligation_debtor": [obligation["debtor"] for obligation in obligations],
        "obligation_due_on": [day.isoformat() for day in due],
        "obligation_amount": [obligation["amount"] or "" for obligation in obligations],
    }


def send_contract(site: Site) -> str:
    """The address of the contract's page after the purchaser has sent it for signing."""
    purchaser = site(PURCHASER["signer"]["email"])
    pdf = (EXAMPLES / FACTS["file"]).read_bytes()
    details = purchaser.post("/contracts/new", files={"document": ("合同.pdf", pdf, "application/pdf")})
    assert details.url.path.startswith("/contracts/new/doc_"), details.text
    page = purchaser.post(details.url.path, data=draft_form(site.clock.now().date()))
    assert page.url.path.startswith("/contracts/ctr_"), page.text
    return page.url.path


def sign(site: Site, party: dict[str, Any]) -> httpx.Response:
    """One signer opens their link, reads, gets a code and signs."""
    phone = party["signer"]["phone"]
    link = site.message_to(phone, r"http://127\.0\.0\.1:\d+(/sign/[\w-]+)")
    signer = site.person()
    assert party["signer"]["name"] in signer.get(link).text
    assert signer.get(f"{link}/pages/1.png").headers["content-type"] == "image/png"
    assert "验证码已发送" in signer.post(f"{link}/code").text
    code = site.message_to(phone, r"签署验证码是(\d{6})")
    version = re.search(r'name="consent_version" value="([^"]+)"', signer.get(link).text)
    assert version
    form = {"code": code, "consent": "yes", "has_read": "yes", "consent_version": version[1]}
    return signer.post(f"{link}/sign", data=form)


def signed_contract(site: Site) -> str:
    address = send_contract(site)
    assert "您已签署" in sign(site, PURCHASER).text
    assert "您已签署" in sign(site, SUPPLIER).text
    site.work()
    return address


def obligation_address(site: Site, contract: str, title: str) -> str:
    page = site(PURCHASER["signer"]["email"]).get(contract).text
    found = re.search(rf'href="(/obligations/obl_\w+)"><strong>{re.escape(title)}', page)
    assert found, page
    return found[1]


def test_a_contract_is_signed_registered_and_checked(site: Site) -> None:
    address = signed_contract(site)
    purchaser = site(PURCHASER["signer"]["email"])
    page = purchaser.get(address).text
    assert "已登记" in page
    assert "¥480,000.00" in page
    assert page.count("待履行") >= len(FACTS["obligations"])
    pdf = purchaser.get(f"{address}/contract.pdf").content
    verdict = site.person().post("/verify", files={"file": ("a.pdf", pdf, "application/pdf")}).text
    assert "真实有效" in verdict
    assert PURCHASER["signer"]["name"] in verdict
    altered = pdf[:9000] + bytes([pdf[9000] ^ 1]) + pdf[9001:]
    assert "真实有效" not in site.person().post("/verify", files={"file": ("a.pdf", altered, "application/pdf")}).text


def test_supervision_termination_and_credit(site: Site) -> None:
    contract = signed_contract(site)
    purchaser, supplier = site(PURCHASER["signer"]["email"]), site(SUPPLIER["signer"]["email"])
    delivery = obligation_address(site, contract, FACTS["obligations"][0]["title"])
    day = site.clock.now().date().isoformat()
    assert "待对方确认" in supplier.post(f"{delivery}/claim", data={"fulfilled_on": day, "statement": "已交付"}).text
    claim_id = re.search(r'name="claim_id" value="(ful_\w+)"', purchaser.get(delivery).text)
    assert claim_id
    confirmed = purchaser.post(f"{delivery}/answer-claim", data={"claim_id": claim_id[1], "decision": "confirm"})
    assert "对方已确认" in confirmed.text

    payment = obligation_address(site, contract, FACTS["obligations"][1]["title"])
    site.clock.advance(timedelta(days=60))
    site.work()
    site.people.clear()  # sessions last twelve hours
    assert FACTS["obligations"][1]["title"] in site(PURCHASER["signer"]["email"]).get("/contracts/overdue").text
    regulator = site(REGULATOR)
    page = regulator.post(f"{payment}/supervision", data={"reason": "付款逾期"}).text
    case = re.search(r'name="supervision_id" value="(sup_\w+)"', page)
    assert case
    today = site.clock.now().date().isoformat()
    step = {"supervision_id": case[1], "kind": "interview", "held_on": today, "minutes": "约谈", "outcome": "限期付款"}
    assert "限期付款" in regulator.post(f"{payment}/step", data=step).text
    page = regulator.post(f"{payment}/termination", data={"reason": "项目撤销"}).text
    termination = re.search(r'name="termination_id" value="(ter_\w+)"', page)
    assert termination
    outcome = {
        "termination_id": termination[1],
        "outcome": "award",
        "decided_on": today,
        "at_fault": "purchaser",
        "body": "榆林仲裁委员会",
        "case_number": "（2027）榆仲裁字第12号",
    }
    refused = regulator.post(f"{payment}/outcome", data=outcome)
    assert refused.status_code == 422
    assert "（2027）榆仲裁字第12号" in refused.text, "what was typed comes back"
    award = {"document": ("裁决书.pdf", (EXAMPLES / "coal.pdf").read_bytes(), "application/pdf")}
    assert "已记录违约" in regulator.post(f"{payment}/outcome", data=outcome, files=award).text
    site.work()
    record = site(PURCHASER["signer"]["email"]).get(f"/credit/{PURCHASER['uscc']}").text
    assert "仲裁裁决书" in record


def test_declining_ends_the_signing(site: Site) -> None:
    address = send_contract(site)
    link = site.message_to(PURCHASER["signer"]["phone"], r"http://127\.0\.0\.1:\d+(/sign/[\w-]+)")
    signer = site.person()
    signer.get(link)
    assert "已拒签" in signer.post(f"{link}/decline", data={"reason": "价款\n有误"}).text
    site.work()
    page = site(PURCHASER["signer"]["email"]).get(address).text
    assert "价款 有误" in page
    assert "已取消" in page
    assert signer.get(f"{link}/pages/1.png").status_code == 409


def test_a_link_opens_nothing_but_its_own_pages(site: Site) -> None:
    send_contract(site)
    link = site.message_to(PURCHASER["signer"]["phone"], r"http://127\.0\.0\.1:\d+(/sign/[\w-]+)")
    stranger = site.person()
    assert stranger.get(f"{link}/pages/1.png").status_code == 401, "the session opens pages, not the address"
    assert stranger.get("/sign/" + "x" * 43).status_code == 401
    stranger.get(link)
    wrong = {"code": "000000", "consent": "yes", "has_read": "yes", "consent_version": "2026-11"}
    assert stranger.post(f"{link}/sign", data=wrong).status_code in {403, 409}
    assert stranger.get("/contracts").url.path == "/sign-in"


def test_what_is_wrong_in_a_draft_is_said_and_changes_nothing(site: Site) -> None:
    purchaser = site(PURCHASER["signer"]["email"])
    assert purchaser.post("/contracts/new", files={"document": ("a.pdf", b"no pdf")}).status_code == 422
    assert purchaser.post("/contracts/new").status_code == 422
    pdf = (EXAMPLES / FACTS["file"]).read_bytes()
    details = purchaser.post("/contracts/new", files={"document": ("合同.pdf", pdf, "application/pdf")}).url.path
    form = draft_form(site.clock.now().date())
    past = [(site.clock.now().date() - timedelta(days=1)).isoformat()] * 3
    for change in (
        {"supplier_uscc": "91610899MA0000218X"},
        {"amount": "a lot"},
        {"obligation_due_on": past},
        {"supplier_box_page": 99},
        {"supplier_box_x": "nan"},
        {"class_code": "nothing"},
        {"title": "\x00"},
    ):
        refused = purchaser.post(details, data=form | change)
        assert refused.status_code == 422, (change, refused.text)
        assert FACTS["number"] in refused.text or "title" in change
    assert "这里还没有合同" in purchaser.get("/contracts").text


def test_bad_addresses_get_a_page(site: Site) -> None:
    nobody = "0" * 32
    for address in (f"/contracts/ctr_{nobody}", "/contracts/ctr_x", f"/obligations/obl_{nobody}", "/credit/%00", "/no"):
        page = site(PURCHASER["signer"]["email"]).get(address)
        assert page.status_code in {404, 422}, address
        assert "<h1>" in page.text


def test_every_page_says_the_same_in_english_and_is_guarded(site: Site) -> None:
    visitor = site.person()
    for address in ("/", "/sign-in", "/verify"):
        page = visitor.get(address, params={"lang": "en"})
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<style" not in page.text
        assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=", page.text)
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert "immutable" in visitor.get(asset).headers["cache-control"]
    assert '<html lang="en">' in visitor.get("/").text, "the language is remembered"


def test_sessions_and_forms_are_guarded(site: Site) -> None:
    person = site.person()
    wrong = person.post("/sign-in", data={"email": "nobody@example.org", "password": "x"})
    assert wrong.status_code == 401
    signed_in = person.post(
        "/sign-in",
        data={"email": OPERATOR, "password": PASSWORD, "next": "//evil.example"},
        follow_redirects=False,
    )
    assert signed_in.headers["location"] == "/contracts"
    assert {"HttpOnly", "SameSite=lax"} <= set(signed_in.headers["set-cookie"].split("; "))
    from_elsewhere = person.post("/sign-out", headers={"origin": "https://evil.example"})
    assert from_elsewhere.status_code == 403
    assert person.get("/messages").status_code == 200
    assert person.post("/sign-out").url.path == "/"
    assert person.get("/messages").url.path == "/sign-in"
    assert site(PURCHASER["signer"]["email"]).get("/messages").status_code == 403


def test_verify_has_a_verdict_for_any_bytes(site: Site) -> None:
    visitor = site.person()
    for data in (b"", b"%PDF-1.7\n", b"%PDF-1.7 " + b"\xff" * 999, b"PK\x03\x04", b"hello", b"\x00" * 99):
        page = visitor.post("/verify", files={"file": ("x", data)})
        assert page.status_code == 200, data
        assert "核验结果" in page.text
        assert "真实有效" not in page.text
