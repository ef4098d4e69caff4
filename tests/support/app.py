"""The real application in this very process, over the real PostgreSQL, with one of everything in it.

Only the chain is not there (nothing here anchors), and only time is ours to move.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, select, text

from accounts import repository
from accounts.models import Organisation, Person
from accounts.policy import Actor, OrganisationKind, Role, Scope, scopes_of, uscc_check_character
from api.app import create_app
from api.services import Services
from app.composition import Foundation, build_services, subscribers
from app.settings import Settings
from core import ids
from core.clock import CHINA
from core.database import Base
from core.dispatch import Dispatcher
from core.objects import Objects
from core.outbox import OutboxEvent
from core.secrets import SecretBox, hash_token
from core.unit_of_work import UnitOfWork
from signing.ports import SignerIdentity
from signing.release_recipients import LINK_PURPOSE
from signing.signing_session import CODE_PURPOSE
from tests.support.clock import FixedClock
from tests.support.contract_sheets import good_row, sheet
from tests.support.http import InProcessClient
from tests.support.pdf import contract_pdf

PASSWORD = "a password for tests"
UNCOUNTED = frozenset({"sign_in_attempt", "idempotent_answer"})
"""Tables that a refused request may write to."""

_PARTY = (Role.ADMINISTRATOR, Role.REPORTING_OFFICER, Role.CONTRACT_MANAGER)
_PARTYS_PROGRAM = (*_PARTY, Role.SEAL_ADMINISTRATOR)
"""A program sees seals, but only a person may do anything about one."""

_CAST: dict[str, tuple[OrganisationKind, str, tuple[Role, ...]]] = {
    "purchaser": (OrganisationKind.GOVERNMENT, "yulin", _PARTYS_PROGRAM),
    "supplier": (OrganisationKind.ENTERPRISE, "yulin", _PARTYS_PROGRAM),
    "regulator": (OrganisationKind.REGULATOR, "yulin", (Role.SUPERVISOR,)),
    "credit_office": (OrganisationKind.CREDIT_OFFICE, "yulin", (Role.CREDIT_OFFICER,)),
    "operator": (OrganisationKind.THIRD_PARTY, "yulin", (Role.OPERATOR,)),
    "stranger": (OrganisationKind.ENTERPRISE, "yulin", _PARTYS_PROGRAM),
    "other_regulator": (OrganisationKind.REGULATOR, "baoji", (Role.SUPERVISOR,)),
    "other_credit_office": (OrganisationKind.CREDIT_OFFICE, "baoji", (Role.CREDIT_OFFICER,)),
}
OUTSIDERS = ("stranger", "other_regulator", "other_credit_office")


def settings(folder: Path, base_url: str = "http://dingyue.test") -> Settings:
    """Embedded settings whose addresses nobody connects to: engine and objects are handed to the services."""
    return Settings(
        mode="embedded",
        base_url=base_url,
        run_directory=folder,
        database={"url": "postgresql+psycopg://nobody@127.0.0.1:1/none"},
        broker={"url": "redis://127.0.0.1:1/0"},
        objects={"url": f"file://{folder / 'objects'}"},
        secrets={"master_key": "00" * 32},
        log={"origin": "dingyue.test/log"},
        chain={"rpc_url": "http://127.0.0.1:1", "chain_id": 31337, "name": "none", "is_development": True},
        messages={"channel": "console"},
    )


@dataclass(frozen=True, slots=True)
class FixedClockControl:
    """Implements `ClockControl` over a clock that stands still."""

    clock: FixedClock

    def move_to(self, instant: datetime) -> None:
        self.clock.set(instant)


@dataclass
class Office:
    """The application, who is who, and one of every kind of thing; all of it belongs to purchaser and supplier."""

    app: FastAPI
    services: Services
    engine: Engine
    clock: FixedClock
    client: InProcessClient
    organisations: dict[str, Organisation] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, engine: Engine) -> "Office":
        """`engine` is connected to an empty database; `folder` keeps the objects."""
        clock = FixedClock()
        base = Foundation(
            unit_of_work=lambda: UnitOfWork(engine, clock),
            clock=clock,
            objects=Objects.at(f"file://{folder / 'objects'}"),
            secrets=SecretBox(b"a master key that only tests use"),
        )
        services = build_services(settings(folder), base)
        services = replace(services, clock_control=FixedClockControl(clock))
        services.pki.ensure_authority()
        services.ledger.ensure_log_key()
        app = create_app(services)
        office = cls(app, services, engine, clock, InProcessClient(app))
        office._hire()
        return office

    def call(self, who: str | None, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """`who` names a token of ours, or is None. A body is sent as ASCII, so that lone surrogates can be sent."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}".encode("latin-1")
        if method == "PUT":
            headers.setdefault("If-Match", '"1"')  # what replaces a thing must show which one it saw; "" shows none
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            options["content"] = json.dumps(body)
        return self.client.request(method, path, headers=headers, **options)

    def done(self, who: str | None, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The same, for what must succeed; the answer's JSON."""
        answer = self.call(who, method, path, body, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def contents(self) -> dict[str, tuple[int, int]]:
        """Rows of every table and a digest of all they hold, whatever their order."""
        tables = [table.name for table in Base.metadata.sorted_tables if table.name not in UNCOUNTED]
        query = " UNION ALL ".join(
            f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM \"{name}\" t"  # noqa: S608
            for name in tables
        )
        with self.engine.connect() as connection:
            return {row[0]: (row[1], int(row[2])) for row in connection.execute(text(query))}

    def sealed(self, event_type: str, member: str, purpose: str) -> list[str]:
        """What the events of a type hold sealed, oldest first: links and codes as their receivers get them."""
        query = select(OutboxEvent.payload).where(OutboxEvent.type == event_type).order_by(OutboxEvent.sequence)
        with self.services.unit_of_work() as uow:
            payloads = list(uow.session.scalars(query))
        return [self.services.secrets.open(bytes.fromhex(each[member]), purpose).decode() for each in payloads]

    def links(self) -> list[str]:
        return self.sealed("recipient.released", "sealed_token", LINK_PURPOSE)

    def codes(self) -> list[str]:
        return self.sealed("signing_code.requested", "sealed_code", CODE_PURPOSE)

    def deliver_events(self) -> None:
        """What the worker does, until nothing is left to do."""
        dispatcher = Dispatcher(self.engine, self.services.unit_of_work, subscribers(self.services))
        query = select(OutboxEvent.id).where(OutboxEvent.handled_at.is_(None)).order_by(OutboxEvent.sequence)
        while True:
            with self.services.unit_of_work() as uow:
                waiting: list[UUID] = list(uow.session.scalars(query))
            if not waiting:
                return
            for event_id in waiting:
                assert dispatcher.handle(event_id), f"event {event_id} can't be handled"

    def upload(self, who: str = "purchaser") -> str:
        file = {"file": ("合同.pdf", contract_pdf(2), "application/pdf")}
        identifier: str = self.done(who, "POST", "/v1/documents", files=file)["id"]
        return identifier

    def day(self, days: int = 0) -> str:
        return (self.clock.now().astimezone(CHINA) + timedelta(days=days)).date().isoformat()

    def envelope_body(self, document_id: str) -> dict[str, Any]:
        return {
            "document_ids": [document_id],
            "title": "采购合同",
            "recipients": [self._recipient("purchaser", 1), self._recipient("supplier", 2)],
            "fields": [
                {"name": f"{who}_signature", "recipient": who, "kind": "signature", "page": 2, **box}
                for who, box in (
                    ("purchaser", {"x": 0.1, "y": 0.8, "width": 0.3, "height": 0.08}),
                    ("supplier", {"x": 0.5, "y": 0.8, "width": 0.3, "height": 0.08}),
                )
            ],
        }

    def contract_body(self, **changes: Any) -> dict[str, Any]:
        """Signed today; six deliveries by the supplier, due tomorrow."""
        delivery = {"kind": "delivery", "title": "交付设备", "debtor_role": "supplier", "due_on": self.day(1)}
        return {
            "title": "办公设备政府采购合同",
            "class_code": "government_procurement",
            "amount": {"amount": "480000.00"},
            "signed_on": self.day(),
            "parties": [self._party("purchaser"), self._party("supplier")],
            "obligations": [delivery] * 6,
            **changes,
        }

    def send_envelope(self) -> str:
        """An envelope in progress; the purchaser is to sign first."""
        created = self.done("purchaser", "POST", "/v1/envelopes", self.envelope_body(self.upload()))
        self.done("purchaser", "POST", f"/v1/envelopes/{created['id']}/send")
        identifier: str = created["id"]
        return identifier

    def open_session(self, name: str = "recipient") -> str:
        """Opens the latest link; the session's token is kept under `name`."""
        opened = self.done(None, "POST", "/v1/signing-sessions", {"token": self.links()[-1]})
        self.tokens[name] = opened["session_token"]
        return self.tokens[name]

    def fill(self) -> None:
        """One of every kind, by the name its path parameter has."""
        self.ids["document_id"] = self.upload()
        self.ids["review_id"] = self.done("purchaser", "POST", f"/v1/documents/{self.ids['document_id']}/review")["id"]
        self.ids["envelope_id"] = self.send_envelope()
        sent = self.done("purchaser", "GET", f"/v1/envelopes/{self.ids['envelope_id']}")
        self.ids["recipient_id"] = sent["recipients"][0]["id"]
        self.ids["remote_id"] = ids.public(ids.REMOTE_SIGNATURE, UUID(int=0))
        self._send_in_bulk(self.ids["document_id"])
        issued = self.done("purchaser", "POST", "/v1/tokens", {"name": "ERP", "scopes": ["credit:read"]})
        self.ids["token_id"] = issued["id"]
        self._listen()
        contract = self.done("purchaser", "POST", "/v1/contracts", self.contract_body())
        self.ids["contract_id"] = self.ids["subject_id"] = contract["id"]
        self._follow([each["id"] for each in contract["obligations"]])
        self._evaluate(contract["id"])
        self._upload_contracts()
        self._keep_a_seal()  # After days have passed: a person's session lasts for hours.
        self.certify()
        self.open_session()
        self.deliver_events()
        evidence = self.done("purchaser", "GET", f"/v1/evidence?subject={contract['id']}")
        self.ids["evidence_id"] = evidence["items"][0]["id"]
        order = {"case_number": "2026-118", "authority": "人民法院"}
        hold = self.done("purchaser", "POST", f"/v1/evidence/{self.ids['evidence_id']}/holds", order)
        self.ids["hold_id"] = hold["id"]
        self.ids["uscc"] = self.organisations["supplier"].uscc
        record = self.done("purchaser", "GET", f"/v1/credit-records/{self.ids['uscc']}")
        self.ids["event_id"] = record["events"][0]["id"]

    def _upload_contracts(self) -> None:
        """A sheet with a good row and a bad one, and a unit above the purchaser."""
        own = self.organisations["purchaser"]
        days = {"signed_on": self.day(), "due_on": self.day(30)}
        rows = [good_row(1, purchaser_uscc=own.uscc, **days), good_row(2, purchaser_uscc="x", **days)]
        file = {"file": ("合同.xlsx", sheet(rows), "application/octet-stream")}
        self.ids["upload_id"] = self.done("purchaser", "POST", "/v1/contract-uploads", files=file)["id"]
        above = {"superior_uscc": self.organisations["operator"].uscc, "subordinate_uscc": own.uscc}
        relation = {**above, "from_on": self.day(), "reason": "机构隶属"}
        self.ids["relation_id"] = self.done("purchaser", "POST", "/v1/unit-relations", relation)["id"]

    def expire_token(self, name: str) -> None:
        """Makes the token of that name one whose time is over."""
        with self.services.unit_of_work() as uow:
            token = repository.access_token(uow.session, hash_token(self.tokens[name]))
            assert token is not None
            token.expires_at = uow.now

    def employ(self, email: str, roles: tuple[Role, ...] = _PARTY) -> Person:
        """A person of the purchaser's, with `PASSWORD`."""
        return self.services.accounts.register_person(
            name="王采购",
            email=email,
            phone="13900000001",
            password=PASSWORD,
            organisation_id=self.organisations["purchaser"].id,
            roles=roles,
        )

    def sign_in(self, name: str, *roles: Role) -> Person:
        """A new person of the purchaser's, whose session is kept under `name`."""
        person = self.employ(f"{name}@purchaser.example", roles)
        session = {"email": person.email, "password": PASSWORD}
        self.tokens[name] = self.done(None, "POST", "/v1/sessions", session)["token"]
        return person

    def _keep_a_seal(self) -> None:
        """A seal in use, and one person for each duty."""
        self.sign_in("contract_manager", Role.CONTRACT_MANAGER)
        self.sign_in("seal_administrator", Role.SEAL_ADMINISTRATOR)
        self.sign_in("auditor", Role.AUDITOR)
        self.ids["person_id"] = ids.public(ids.PERSON, self.sign_in("seal_user", Role.SIGNER).id)
        application = {"name": "合同专用章", "kind": "contract", "reason": "签订采购合同"}
        seal = self.done("contract_manager", "POST", "/v1/seals", application)
        self.ids["seal_id"] = seal["id"]
        self.done("seal_administrator", "POST", f"/v1/seals/{seal['id']}/approve")
        terms = {
            "person_id": self.ids["person_id"],
            "purpose": "签订采购合同",
            "valid_until": f"{self.day(30)}T00:00:00Z",
        }
        granted = self.done("seal_administrator", "POST", f"/v1/seals/{seal['id']}/authorizations", terms)
        self.ids["authorization_id"] = granted["id"]

    def certify(self) -> None:
        """A certificate that no envelope waits for."""
        with self.services.unit_of_work() as uow:
            identity = SignerIdentity("李签署", "示例单位", uscc(0))
            issued = self.services.pki.issue_signer_certificate(uow, identity)
        self.ids["certificate_id"] = ids.public(ids.CERTIFICATE, issued)

    def template_body(self, document_id: str, **changes: Any) -> dict[str, Any]:
        """The envelope of `envelope_body`, with the supplier's person left open."""
        envelope = self.envelope_body(document_id)
        buyer, supplier = envelope["recipients"]
        open_role = {name: supplier[name] for name in ("key", "order", "organisation_name", "uscc")}
        return {
            "name": "采购合同",
            "document_ids": [document_id],
            "roles": [buyer, {**open_role, "label": "供应商"}],
            "fields": envelope["fields"],
            "title": "采购合同 {{编号}} {{supplier.name}}",
            **changes,
        }

    def upload_sheet(self, template_id: str, sheet: bytes, name: str = "名单.csv", **options: Any) -> httpx.Response:
        form = {"files": {"file": (name, sheet)}, "data": {"template_id": template_id}}
        return self.call("purchaser", "POST", "/v1/bulk_sends", **form, **options)

    def _send_in_bulk(self, document_id: str) -> None:
        """A template, and a bulk send from it that waits for its confirmation."""
        template = self.done("purchaser", "POST", "/v1/templates", self.template_body(document_id))
        self.ids["template_id"] = template["id"]
        uploaded = self.upload_sheet(template["id"], "供应商.姓名,供应商.手机号,编号\n李娜,13900000002,1\n".encode())
        self.ids["bulk_send_id"] = uploaded.json()["id"]

    def _listen(self) -> None:
        """An endpoint of the purchaser's at which nobody listens, and a delivery to it."""
        hook = {"url": "http://127.0.0.1:1/hook", "event_types": ["envelope.completed"]}
        made = self.done("purchaser", "POST", "/v1/webhook_endpoints", hook)
        self.ids["endpoint_id"], self.ids["secret_id"] = made["id"], made["secrets"][0]["id"]
        self.ids["delivery_id"] = self.done("purchaser", "POST", f"/v1/webhook_endpoints/{made['id']}/test")["id"]

    def _follow(self, obligations: list[str]) -> None:
        claimed, excused, moved, supervised, disputed, breached = obligations
        self.ids["obligation_id"] = supervised
        at = "/v1/obligations"
        done = {"fulfilled_on": self.day(), "statement": "已交付"}
        self.ids["fulfilment_id"] = self.done("supplier", "POST", f"{at}/{claimed}/fulfilments", done)["id"]
        ground = {
            "ground": "force_majeure",
            "occurred_on": self.day(),
            "reason": "暴雨",
            "document_ids": [self.upload("supplier")],
        }
        self.ids["exemption_id"] = self.done("supplier", "POST", f"{at}/{excused}/exemptions", ground)["id"]
        later = {"due_on": self.day(30), "reason": "双方协商"}
        self.ids["variation_id"] = self.done("supplier", "POST", f"{at}/{moved}/variations", later)["id"]
        stop = {"ground": "force_majeure", "reason": "洪水"}
        suspensions = f"/v1/contracts/{self.ids['contract_id']}/suspensions"
        self.ids["suspension_id"] = self.done("supplier", "POST", suspensions, stop)["id"]
        self.clock.advance(timedelta(days=3))
        self.services.performance.sweep_due()
        reason = {"reason": "逾期未履行"}
        case = self.done("regulator", "POST", f"{at}/{supervised}/supervision", reason)
        self.ids["supervision_id"] = case["id"]
        self._press(case["id"])
        self.ids["termination_id"] = self.done("regulator", "POST", f"{at}/{disputed}/termination", reason)["id"]
        ended = self.done("regulator", "POST", f"{at}/{breached}/termination", reason)
        award = {
            "outcome": "award",
            "decided_on": self.day(),
            "body": "榆林仲裁委员会",
            "case_number": "（2026）榆仲裁字第12号",
            "party_at_fault": "supplier",
            "document_ids": [self.upload("regulator")],
        }
        self.done("regulator", "POST", f"/v1/terminations/{ended['id']}/outcome", award)
        about = self.done("regulator", "POST", f"{at}/{breached}/determinations", {"reason": "恶意违约"})
        self.ids["determination_id"] = about["id"]

    def _press(self, case: str) -> None:
        """A public demand, for the supplier failed repeatedly, and a rectification order, in a case."""
        at = f"/v1/supervision/{case}"
        step = {"kind": "public_demand", "held_on": self.day(), "minutes": "公示", "outcome": "限期履行"}
        self.done("regulator", "POST", f"{at}/steps", step)
        self.ids["demand_id"] = self.done("regulator", "GET", at)["public_demands"][0]["id"]
        order = {"party_role": "supplier", "reason": "整改", "items": [{"task": "补交", "due_on": self.day(5)}]}
        ordered = self.done("regulator", "POST", f"{at}/rectifications", order)
        self.ids["rectification_id"], self.ids["item_id"] = ordered["id"], ordered["items"][0]["id"]

    def _evaluate(self, contract: str) -> None:
        """A draft of the purchaser's, and a finding about an award of another amount."""
        about = {"role": "supplier", "reason": "年度评价"}
        self.ids["evaluation_id"] = self.done("purchaser", "POST", f"/v1/contracts/{contract}/evaluations", about)["id"]
        award = {
            "kind": "award",
            "source_system": "公共资源交易平台",
            "external_id": "ZB-1",
            "occurred_on": self.day(),
            "amount": {"amount": "470000.00"},
        }
        reported = self.done("regulator", "POST", f"/v1/contracts/{contract}/reported-facts", award)
        self.ids["corrects_id"] = reported["fact"]["id"]
        self.ids["finding_id"] = reported["findings"][0]["id"]

    def _hire(self) -> None:
        for number, (name, (kind, region, roles)) in enumerate(_CAST.items()):
            organisation = self.services.accounts.register_organisation(
                name=f"{name} 示例单位", uscc=uscc(number), kind=kind, region=region
            )
            self.organisations[name] = organisation
            scopes = scopes_of(roles) | {Scope.ACCOUNTS_WRITE}
            actor = Actor(organisation.id, kind, region, None, scopes)
            granted = sorted(scopes)
            self.tokens[name] = self.services.accounts.issue_api_token(actor, name="test", scopes=granted).secret

    def _recipient(self, who: str, order: int) -> dict[str, Any]:
        organisation = self.organisations[who]
        return {
            "key": who,
            "order": order,
            "name": f"签署人 {who}",
            "phone": f"1390000000{order}",
            "organisation_name": organisation.name,
            "uscc": organisation.uscc,
        }

    def _party(self, role: str) -> dict[str, Any]:
        organisation = self.organisations[role]
        contact = {"name": "联系人", "phone": "13900000001"}
        return {"role": role, "name": organisation.name, "uscc": organisation.uscc, "contacts": [contact]}


def uscc(number: int) -> str:
    """A valid code of Yulin."""
    first = f"91610800MA9{number:06d}"
    return first + uscc_check_character(first)


def random_values(office: Office) -> dict[str, str]:
    """For every id of the office another one, well-formed, that nobody has."""
    with office.services.unit_of_work() as uow:
        drawn = {name: ids.public(value.split("_")[0], uow.new_id()) for name, value in office.ids.items()}
    return {**drawn, "uscc": uscc(999)}
