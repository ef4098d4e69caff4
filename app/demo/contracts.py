"""How the demonstration makes a contract: upload, envelope, draft in the register, send, two signatures, seal."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.demo.client import Client, sign_in, wait_for
from app.seed import EXAMPLE_NAMES, EXAMPLES, example
from core.clock import CHINA, china_day

_LINK = re.compile(r"/sign/([\w-]+)")
_CODE = re.compile(r"验证码是(\d{6})")


@dataclass(frozen=True, slots=True)
class Signed:
    """A contract that was signed by both and sealed."""

    name: str
    contract_id: str
    envelope_id: str
    obligations: dict[str, str]
    due: dict[str, date]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the parties by role for each example, the authorities, and the operator who sees the messages."""

    base_url: str
    password: str

    def party(self, name: str, role: str) -> Client:
        return self.user(party_of(name, role)["signer"]["email"])

    def user(self, email: str) -> Client:
        return sign_in(self.base_url, email, self.password)

    def operator(self) -> Client:
        return self.user("operator@demo.example")


def today(client: Client) -> date:
    """The stack's own day in China."""
    now = datetime.fromisoformat(client.get("/v1/clock")["now"])
    return china_day(now)


def send_contract(cast: Cast, name: str) -> Signed:
    """The purchaser uploads the example, places the signatures, enters the contract's elements and sends it."""
    facts = example(name)
    sender = cast.party(name, "purchaser")
    document = sender.upload("/v1/documents", facts["file"], (EXAMPLES / facts["file"]).read_bytes())
    envelope = sender.post("/v1/envelopes", _envelope(facts, document["id"]))
    due = {item["key"]: today(sender) + timedelta(days=item["due_after_days"]) for item in facts["obligations"]}
    contract = sender.post("/v1/contracts", _contract(facts, envelope["id"], due))
    sender.post(f"/v1/envelopes/{envelope['id']}/send")
    titles = {item["title"]: item["id"] for item in contract["obligations"]}
    return Signed(
        name=name,
        contract_id=contract["id"],
        envelope_id=envelope["id"],
        obligations={item["key"]: titles[item["title"]] for item in facts["obligations"]},
        due=due,
    )


def sign(cast: Cast, signed: Signed, role: str) -> None:
    """A recipient opens the link they were sent, asks for a code, enters it, consents and signs."""
    signer = party_of(signed.name, role)["signer"]
    operator = cast.operator()
    token = _secret_for(operator, signer["phone"], _LINK, f"the signing link of {signer['name']}")
    session = Client(cast.base_url).post("/v1/signing-sessions", {"token": token})
    recipient = Client(cast.base_url, session["session_token"])
    recipient.post("/v1/signing-sessions/current/code")
    code = _secret_for(operator, signer["phone"], _CODE, f"the one-time code of {signer['name']}")
    recipient.post("/v1/signing-sessions/current/verify", {"code": code})
    consent = {"consent": True, "consent_version": session["session"]["consent"]["version"]}
    recipient.post("/v1/signing-sessions/current/sign", consent)


def wait_until_registered(cast: Cast, signed: Signed) -> dict[str, Any]:
    """Both have signed: the platform seals, and the contract registers itself. Returns the contract."""
    party = cast.party(signed.name, "purchaser")

    def registered() -> dict[str, Any] | None:
        contract: dict[str, Any] = party.get(f"/v1/contracts/{signed.contract_id}")
        return contract if contract["registered_at"] else None

    return wait_for(f"{signed.name} to be sealed and registered", registered)


def seed_contracts(base_url: str, password: str, say: Callable[[str], None]) -> None:
    """For `make run`: one contract signed and registered, one waiting for a signature. A second start adds nothing."""
    cast = Cast(base_url, password)
    if any(cast.party(name, "purchaser").get("/v1/contracts")["items"] for name in EXAMPLE_NAMES):
        return
    say("demonstration contracts …")
    first = send_contract(cast, "procurement")
    sign(cast, first, "purchaser")
    sign(cast, first, "supplier")
    wait_until_registered(cast, first)
    send_contract(cast, "works")


def _secret_for(operator: Client, phone: str, pattern: re.Pattern[str], what: str) -> str:
    """The newest link or code sent to a phone, from the console channel's outbox."""

    def newest() -> str | None:
        for message in operator.get("/v1/messages", phone=phone, limit=20)["items"]:
            found = pattern.search(message["text"])
            if found and message["sent_at"]:
                return found[1]
        return None

    return wait_for(what, newest)


def party_of(name: str, role: str) -> dict[str, Any]:
    """A party of an example."""
    return next(party for party in example(name)["parties"] if party["role"] == role)


def _envelope(facts: dict[str, Any], document_id: str) -> dict[str, Any]:
    page = facts["signature_page"]
    return {
        "document_ids": [document_id],
        "title": facts["title"],
        "recipients": [
            {
                "key": party["role"],
                "order": order,
                "name": party["signer"]["name"],
                "phone": party["signer"]["phone"],
                "email": party["signer"]["email"],
                "organisation_name": party["name"],
                "uscc": party["uscc"],
            }
            for order, party in enumerate(facts["parties"], 1)
        ],
        "fields": [
            {
                "name": f"{box['role']}_signature",
                "recipient": box["role"],
                "page": page["page"],
                **{key: box[key] for key in ("kind", "x", "y", "width", "height")},
            }
            for box in page["fields"]
            if box["kind"] == "signature"
        ],
    }


def _contract(facts: dict[str, Any], envelope_id: str, due: dict[str, date]) -> dict[str, Any]:
    return {
        "title": facts["title"],
        "number": facts["number"],
        "class_code": facts["class"],
        "region": facts["region"],
        "summary": facts["summary"],
        "amount": {"amount": facts["amount"]["value"], "currency": facts["amount"]["currency"]},
        "envelope_id": envelope_id,
        "parties": [
            {key: party[key] for key in ("role", "name", "uscc", "kind", "contacts")} for party in facts["parties"]
        ],
        "obligations": [
            {
                "kind": item["kind"],
                "title": item["title"],
                "debtor_role": item["debtor"],
                "due_on": due[item["key"]].isoformat(),
                **({"amount": {"amount": item["amount"]}} if item["amount"] else {}),
            }
            for item in facts["obligations"]
        ],
    }


def move_clock(cast: Cast, day: date, hour: int = 9) -> None:
    """Makes it `hour`:01 in China on `day`, for the whole stack."""
    instant = datetime(day.year, day.month, day.day, hour, 1, tzinfo=CHINA).astimezone(UTC)
    cast.operator().put("/v1/clock", {"to": instant.isoformat()})
