"""The whole site behind a real socket, its people at browsers without scripts, and the example contract sent by one."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from api.app import create_app
from api.services import Services
from app.composition import Foundation, build_services, subscribers
from app.embedded import CHAIN_ID, EmbeddedChain, free_port
from app.seed import seed_accounts
from app.settings import Settings
from core.dispatch import Dispatcher
from core.objects import Objects
from core.outbox import claim
from core.secrets import SecretBox
from tests.support.clock import FixedClock
from tests.support.serving import serving
from web.app import mount

PASSWORD = "a password for everybody here"
EXAMPLES = Path(__file__).parents[2] / "examples"
Stores = tuple[Objects, SecretBox]
FACTS: dict[str, Any] = json.loads((EXAMPLES / "procurement.json").read_text(encoding="utf-8"))
PURCHASER, SUPPLIER = FACTS["parties"]
REGULATOR, OPERATOR = "regulator@demo.example", "operator@demo.example"
LINK = r"http://127\.0\.0\.1:\d+(/sign/[\w-]+)"
CODE = r"签署验证码是(\d{6})"


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
    services: Services
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


@contextmanager
def open_site(parts: Parts, clock: FixedClock, folder: Path) -> Iterator[Site]:
    """Everything real but the time, for as long as the block lasts."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    services = build_services(_settings(base_url, parts.chain, folder), parts.foundation)
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
        # Ids sort by the millisecond they were made in: what comes now is newer than what was.
        clock.advance(timedelta(milliseconds=10))

    app = create_app(services)
    mount(app)
    with serving(app, port), ExitStack() as open_browsers:
        yield Site(base_url, services, work, clock, open_browsers)


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


def send_contract(site: Site, **more: str) -> str:
    """The address of the contract's page once the purchaser has sent it, or of the test's; `more` of the form."""
    purchaser = site(PURCHASER["signer"]["email"])
    pdf = (EXAMPLES / FACTS["file"]).read_bytes()
    details = purchaser.post("/contracts/new", files={"document": ("合同.pdf", pdf, "application/pdf")})
    assert details.url.path.startswith("/contracts/new/doc_"), details.text
    page = purchaser.post(details.url.path, data=draft_form(site.clock.now().date()) | more)
    expected = "/envelopes/env_" if "is_test" in more else "/contracts/ctr_"
    assert page.url.path.startswith(expected), page.text
    return page.url.path


def sign(site: Site, party: dict[str, Any]) -> httpx.Response:
    """One signer opens their link, reads, gets a code and signs."""
    phone = party["signer"]["phone"]
    link = site.message_to(phone, LINK)
    signer = site.person()
    assert party["signer"]["name"] in signer.get(link).text
    assert signer.get(f"{link}/documents/1/pages/1.png").headers["content-type"] == "image/png"
    assert "验证码已发送" in signer.post(f"{link}/code").text
    code = site.message_to(phone, CODE)
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
