"""The story of `make demo`, step by step; each step either holds or raises `StepFailed`."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.demo import contracts, evidence
from app.demo.client import Client, StepFailed, wait_for
from app.demo.contracts import Cast, Signed
from app.seed import example


def require(is_so: bool, what: str) -> None:
    """Raises `StepFailed` unless it is so."""
    if not is_so:
        raise StepFailed(what)


@dataclass
class Story:
    """What has happened so far. Every step reads what it needs from the service, so that a restart between two steps
    changes nothing."""

    cast: Cast
    output: Path
    procurement: Signed | None = None
    coal: Signed | None = None

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Name and action of each step, in order; an action returns what it saw."""
        yield "the procurement contract is sent", self.send_procurement
        yield "the purchaser signs", lambda: self.sign("purchaser")
        yield "the supplier signs, the platform seals", lambda: self.sign("supplier")
        yield "the contract registers itself with three obligations", self.procurement_registers
        yield "the signed PDF is authentic", self.procurement_is_authentic
        yield "evidence is logged, anchored, packaged and verified offline", lambda: self.package("procurement")
        yield "one flipped byte in any part of the package is caught", self.flipped_bytes_are_caught
        yield "the coal contract is signed and registers itself", self.sign_coal
        yield "reminders seven days before the delivery", lambda: self.reminded("delivery", 7)
        yield "reminders on the day of the delivery", lambda: self.reminded("delivery", 0)
        yield "the delivery is met, with evidence and confirmation", self.delivery_is_met
        yield "the coal delivery is overdue", self.coal_is_overdue
        yield "it can't be performed: termination register", self.coal_terminates
        yield "an award, and only then a breach on record", self.coal_breach
        yield "reminders seven days before the first payment", lambda: self.reminded("payment_1", 7)
        yield "reminders on the day of the first payment", lambda: self.reminded("payment_1", 0)
        yield "the payment is overdue and enters the register", self.payment_is_overdue
        yield "a reminder at once, a demand once the tolerance is over", self.reminder_and_demand
        yield "an interview", self.interview
        yield "paid under supervision: no negative credit event", self.payment_is_met
        yield "both parties' credit records", self.credit_records
        yield "final evidence packages verify offline", self.final_packages
        yield "every message once", self.every_message_once

    # Signing

    def send_procurement(self) -> str:
        self.procurement = contracts.send_contract(self.cast, "procurement")
        return self.procurement.envelope_id

    def sign(self, role: str) -> str:
        contracts.sign(self.cast, self.signed("procurement"), role)
        return f"{role} signed with a certificate of their own"

    def procurement_registers(self) -> str:
        contract = contracts.wait_until_registered(self.cast, self.signed("procurement"))
        require(len(contract["obligations"]) == 3, f"three obligations expected: {contract['obligations']}")
        require(contract["amount"]["amount"] == "480000.00", f"480,000 CNY expected: {contract['amount']}")
        return f"{contract['id']} {contract['number']}"

    def procurement_is_authentic(self) -> str:
        return self.save_signed_pdf(self.signed("procurement"))

    def sign_coal(self) -> str:
        self.coal = contracts.send_contract(self.cast, "coal")
        contracts.sign(self.cast, self.coal, "purchaser")
        contracts.sign(self.cast, self.coal, "supplier")
        contracts.wait_until_registered(self.cast, self.coal)
        return self.save_signed_pdf(self.coal)

    # Evidence

    def package(self, name: str) -> str:
        signed = self.signed(name)
        data = evidence.wait_for_package(self.cast.party(name, "purchaser"), signed.contract_id)
        (self.output / f"{name}.asice").write_bytes(data)
        (self.output / "trust.json").write_bytes(Client(self.cast.base_url).download("/v1/trust"))
        return evidence.verify_offline(self.output / f"{name}.asice", self.output / "trust.json")

    def flipped_bytes_are_caught(self) -> str:
        package, trust = self.output / "procurement.asice", self.output / "trust.json"
        return evidence.every_part_is_guarded(package.read_bytes(), json.loads(trust.read_bytes()))

    def final_packages(self) -> str:
        verdicts = [self.package(name) for name in ("procurement", "coal")]
        return "; ".join(verdicts)

    # Following

    def reminded(self, key: str, days_before: int) -> str:
        """Both parties' contacts get one message each, at nine in the morning of the day."""
        signed = self.signed("procurement")
        contracts.move_clock(self.cast, signed.due[key] - timedelta(days=days_before))
        phones = {contact["phone"] for party in example("procurement")["parties"] for contact in party["contacts"]}
        operator = self.cast.operator()

        def sent() -> dict[str, str] | None:
            rows = operator.get("/v1/reminders", contract_id=signed.contract_id, limit=200)["items"]
            found = {
                row["phone"]: row["message_state"]
                for row in rows
                if row["obligation_id"] == signed.obligations[key] and row["offset_days"] == -days_before
            }
            return found if len(found) == len(phones) and set(found.values()) <= {"sent", "delivered"} else None

        return f"to {len(wait_for(f'reminders for {key}', sent))} contacts of both parties"

    def delivery_is_met(self) -> str:
        signed = self.signed("procurement")
        supplier, purchaser = (self.cast.party("procurement", role) for role in ("supplier", "purchaser"))
        self.claim(
            supplier, signed.obligations["delivery"], "全部设备已到货、安装并调试完毕，验收单见附件。", purchaser
        )
        state = purchaser.get(f"/v1/obligations/{signed.obligations['delivery']}")["obligation"]["state"]
        require(state == "met", f"met expected: {state}")
        return "claimed by the supplier, confirmed by the purchaser"

    def payment_is_overdue(self) -> str:
        signed = self.signed("procurement")
        contracts.move_clock(self.cast, signed.due["payment_1"] + timedelta(days=1))
        self.wait_until_overdue(signed.obligations["payment_1"])
        return "entered by the sweep, nobody typed it in"

    def reminder_and_demand(self) -> str:
        """A first delay of three days is met with a reminder alone (容错); the demand in writing comes after."""
        regulator = self.cast.user("regulator@demo.example")
        signed = self.signed("procurement")
        case = regulator.post(
            f"/v1/obligations/{signed.obligations['payment_1']}/supervision",
            {"reason": "首笔价款逾期未付，重点跟踪。"},
        )
        self.take_step(case["id"], "reminder", "电话提醒采购人付款经办人。", "采购人答复正在办理付款审批。")
        contracts.move_clock(self.cast, signed.due["payment_1"] + timedelta(days=4))
        return self.take_step(case["id"], "demand", "送达书面催告书。", "采购人签收，仍未付款。")

    def interview(self) -> str:
        signed = self.signed("procurement")
        contracts.move_clock(self.cast, signed.due["payment_1"] + timedelta(days=8))
        dossier = self.cast.user("regulator@demo.example").get(f"/v1/obligations/{signed.obligations['payment_1']}")
        minutes = "约谈采购人：资金已到位，付款审批延误；采购人承诺当日支付。"
        return self.take_step(dossier["supervision"][0]["id"], "interview", minutes, "采购人承诺立即支付首笔价款。")

    def take_step(self, case_id: str, kind: str, minutes: str, outcome: str) -> str:
        regulator = self.cast.user("regulator@demo.example")
        step = {
            "kind": kind,
            "held_on": contracts.today(regulator).isoformat(),
            "participants": ["周督查", "陈立言", "赵成鼎"],
            "minutes": minutes,
            "outcome": outcome,
        }
        return str(regulator.post(f"/v1/supervision/{case_id}/steps", step)["kind"])

    def payment_is_met(self) -> str:
        signed = self.signed("procurement")
        purchaser, supplier = (self.cast.party("procurement", role) for role in ("purchaser", "supplier"))
        obligation_id = signed.obligations["payment_1"]
        self.claim(purchaser, obligation_id, "已支付首笔合同价款 288,000.00 元，付款凭证见附件。", supplier)
        state = supplier.get(f"/v1/obligations/{obligation_id}")["obligation"]["state"]
        require(state == "met_after_supervision", f"met after supervision expected: {state}")
        record = purchaser.get(f"/v1/credit-records/{contracts.party_of('procurement', 'purchaser')['uscc']}")
        require(not evidence.negative_points(record), f"no negative event expected: {record}")
        return "met after supervision; nothing negative on the purchaser's record"

    # The contract that fails

    def coal_is_overdue(self) -> str:
        signed = self.signed("coal")
        contracts.move_clock(self.cast, signed.due["delivery_1"] + timedelta(days=1))
        self.wait_until_overdue(signed.obligations["delivery_1"])
        return "the supplier did not deliver"

    def coal_terminates(self) -> str:
        regulator = self.cast.user("regulator@demo.example")
        document = self.proof(regulator, "停产情况核查.pdf")
        case = regulator.post(
            f"/v1/obligations/{self.signed('coal').obligations['delivery_1']}/termination",
            {"reason": "供方矿井关停，经督查确实无法交付。", "document_ids": [document]},
        )
        supplier = self.cast.party("coal", "supplier")
        record = supplier.get(f"/v1/credit-records/{contracts.party_of('coal', 'supplier')['uscc']}")
        require(not evidence.negative_points(record), "no breach may be on record before the dispute is resolved")
        return str(case["id"])

    def coal_breach(self) -> str:
        regulator = self.cast.user("regulator@demo.example")
        dossier = regulator.get(f"/v1/obligations/{self.signed('coal').obligations['delivery_1']}")
        regulator.post(
            f"/v1/terminations/{dossier['terminations'][0]['id']}/outcome",
            {
                "outcome": "award",
                "decided_on": contracts.today(regulator).isoformat(),
                "body": "榆林仲裁委员会（示例）",
                "case_number": "（2026）榆仲裁字第0117号（示例）",
                "party_at_fault": "supplier",
                "document_ids": [self.proof(regulator, "仲裁裁决书.pdf")],
            },
        )
        supplier, uscc = self.cast.party("coal", "supplier"), contracts.party_of("coal", "supplier")["uscc"]

        def recorded() -> list[dict[str, Any]] | None:
            return evidence.negative_points(supplier.get(f"/v1/credit-records/{uscc}")) or None

        return json.dumps(wait_for("the breach on the supplier's record", recorded), ensure_ascii=False)

    # Credit and messages

    def credit_records(self) -> str:
        records = {}
        for name in ("procurement", "coal"):
            for role in ("purchaser", "supplier"):
                uscc = contracts.party_of(name, role)["uscc"]
                records[uscc] = self.cast.party(name, role).get(f"/v1/credit-records/{uscc}")
        (self.output / "credit.json").write_text(json.dumps(records, ensure_ascii=False, indent=2))
        return "; ".join(f"{record['score']} {record['grade']}" for record in records.values())

    def every_message_once(self) -> str:
        messages = wait_for("every message to be settled", self.settled_messages)
        (self.output / "messages.json").write_text(json.dumps(messages, ensure_ascii=False, indent=2))
        # A reminder's text is the same a week before and on the day; its last word is a reference of its own.
        told = Counter(
            (message["phone"], message["text"].rsplit(" [", 1)[0], message["sent_at"][:10])
            for message in messages
            if message["sent_at"]
        )
        doubled = [key for key, times in told.items() if times > 1]
        require(not doubled, f"sent twice: {doubled}")
        return f"{len(messages)} messages"

    def settled_messages(self) -> list[dict[str, Any]] | None:
        """All messages, once none is on its way: one that a killed worker held waits for its lease to run out."""
        messages = list(self.all_messages())
        on_their_way = [message for message in messages if message["state"] in {"queued", "sending", "unknown"}]
        return None if on_their_way else messages

    def all_messages(self) -> Iterator[dict[str, Any]]:
        operator, cursor = self.cast.operator(), None
        while True:
            page = operator.get("/v1/messages", limit=200, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    # Small things

    def signed(self, name: str) -> Signed:
        found = {"procurement": self.procurement, "coal": self.coal}[name]
        if found is None:
            raise StepFailed(f"{name} was not sent")
        return found

    def save_signed_pdf(self, signed: Signed) -> str:
        data = self.cast.party(signed.name, "supplier").download(f"/v1/envelopes/{signed.envelope_id}/document")
        (self.output / f"{signed.name}-signed.pdf").write_bytes(data)
        verdict = Client(self.cast.base_url).upload("/v1/verify", "signed.pdf", data)
        require(verdict["outcome"] == "authentic", f"authentic expected: {verdict}")
        return f"{len(verdict['signatures'])} signatures, {verdict['outcome']}"

    def claim(self, debtor: Client, obligation_id: str, statement: str, creditor: Client) -> None:
        claim = debtor.post(
            f"/v1/obligations/{obligation_id}/fulfilments",
            {
                "fulfilled_on": contracts.today(debtor).isoformat(),
                "statement": statement,
                "document_ids": [self.proof(debtor, "凭证.pdf")],
            },
        )
        creditor.post(f"/v1/fulfilments/{claim['id']}/confirm", {"answer": "情况属实。"})

    def proof(self, client: Client, name: str) -> str:
        """Uploads a document that stands for a receipt, a report or an award."""
        return str(client.upload("/v1/documents", name, evidence.proof_document(name))["id"])

    def wait_until_overdue(self, obligation_id: str) -> None:
        regulator = self.cast.user("regulator@demo.example")

        def entered() -> bool:
            items = regulator.get("/v1/overdue", open=True, limit=200)["items"]
            return any(item["obligation"]["id"] == obligation_id for item in items)

        wait_for(f"{obligation_id} in the overdue register", entered)
