"""The register and the following over REST: shapes, ids at the edge, stable error codes."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from accounts.policy import Actor
from api import problems
from api.deps import current_actor, services_of
from api.routes import contracts, obligations, supervision, suspensions, variations
from tests.support.http import InProcessClient

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


class Edge:
    """The routers over the real service; `as_` says who is asking."""

    def __init__(self, world: "World") -> None:
        self.world = world
        app = FastAPI()
        problems.install(app)
        for module in (contracts, obligations, variations, suspensions, supervision):
            app.include_router(module.router, prefix="/v1")
        app.dependency_overrides[services_of] = lambda: self
        app.dependency_overrides[current_actor] = lambda: self.actor
        self.performance = world.service
        self.supervision = world.supervision
        self.variations = world.variations
        self.suspensions = world.suspensions
        self.clock = world.clock
        self.actor = world.purchaser
        self.client = InProcessClient(app)

    def get(self, actor: Actor, path: str, expect: int = 200) -> Any:
        self.actor = actor
        return self._checked(self.client.get(f"/v1{path}"), expect)

    def post(self, actor: Actor, path: str, body: Any = None, expect: int = 201) -> Any:
        self.actor = actor
        return self._checked(self._send(path, body), expect)

    def _send(self, path: str, body: Any) -> Any:
        # Escaped by hand, so that a lone surrogate can be sent at all.
        headers = {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        return self.client.post(f"/v1{path}", content=content, headers=headers)

    def _checked(self, response: Any, expect: int) -> Any:
        assert response.status_code == expect, response.text
        return response.json()

    def contract_body(self, **changes: Any) -> dict[str, Any]:
        today = self.world.today.isoformat()
        due = self.world.today.replace(year=self.world.today.year + 1).isoformat()
        usccs = self.world.usccs
        return {
            "title": "办公设备政府采购合同",
            "class_code": "government_procurement",
            "amount": {"amount": "480000.00", "currency": "CNY"},
            "signed_on": today,
            "parties": [
                {
                    "role": "purchaser",
                    "name": "榆林市示范区财政局",
                    "uscc": usccs[self.world.purchaser.organisation_id],
                    "contacts": [{"name": "王采购", "phone": "13900000001", "language": "zh"}],
                },
                {
                    "role": "supplier",
                    "name": "榆林市示范科技有限公司",
                    "uscc": usccs[self.world.supplier.organisation_id],
                    "contacts": [{"name": "李供应", "phone": "13900000002", "email": "li@example.cn"}],
                },
            ],
            "obligations": [
                {"kind": "delivery", "title": "交付设备", "debtor_role": "supplier", "due_on": today},
                {
                    "kind": "payment",
                    "title": "付款",
                    "debtor_role": "purchaser",
                    "due_on": due,
                    "amount": {"amount": "480000.00"},
                },
            ],
            **changes,
        }


@pytest.fixture
def edge(world: "World") -> Edge:
    return Edge(world)


def test_the_way_from_entry_to_breach_over_rest(world: "World", edge: Edge) -> None:
    contract = edge.post(world.purchaser, "/contracts", edge.contract_body())
    assert contract["state"] == "registered"
    assert contract["amount"] == {"amount": "480000.00", "currency": "CNY"}
    assert contract["reporting_duty"]["threshold"]["amount"] == "300000.00"
    assert contract["evidence_subject"] == contract["id"]
    delivery = contract["obligations"][0]["id"]
    world.pass_days(1)
    world.service.sweep_due()
    listed = edge.get(world.regulator, "/obligations?overdue=true&state=overdue")
    assert [item["id"] for item in listed["items"]] == [delivery]
    assert edge.get(world.supplier, "/overdue?open=true")["items"][0]["obligation"]["id"] == delivery
    case = edge.post(world.regulator, f"/obligations/{delivery}/supervision", {"reason": "逾期"})
    step = {"kind": "reminder", "held_on": world.today.isoformat(), "minutes": "电话记录", "outcome": "限期三日"}
    edge.post(world.regulator, f"/supervision/{case['id']}/steps", {**step, "participants": ["李供应"]})
    termination = edge.post(world.regulator, f"/obligations/{delivery}/termination", {"reason": "停产"})
    award = {
        "outcome": "award",
        "decided_on": world.today.isoformat(),
        "body": "榆林仲裁委员会",
        "case_number": "（2026）榆仲裁字第12号",
        "party_at_fault": "supplier",
        "document_ids": [f"doc_{world.document(world.regulator).hex}"],
    }
    outcome = edge.post(world.regulator, f"/terminations/{termination['id']}/outcome", award, expect=200)
    assert outcome["state"] == "breach_recorded"
    about = edge.get(world.supplier, f"/obligations/{delivery}")
    assert about["obligation"]["state"] == "breached"
    assert about["supervision"][0]["steps"][0]["outcome"] == "限期三日"
    assert edge.get(world.supplier, f"/obligations/{delivery}/explanation")["rule"] == "breach"
    history = edge.get(world.purchaser, f"/contracts/{contract['id']}/history?limit=3")
    assert len(history["items"]) == 3
    assert history["next_cursor"]


def test_claim_and_confirm_over_rest(world: "World", edge: Edge) -> None:
    contract = edge.post(world.purchaser, "/contracts", edge.contract_body())
    delivery = contract["obligations"][0]["id"]
    body = {
        "fulfilled_on": world.today.isoformat(),
        "statement": "80 台已交付",
        "document_ids": [f"doc_{world.document(world.supplier).hex}"],
    }
    claim = edge.post(world.supplier, f"/obligations/{delivery}/fulfilments", body)
    assert claim["state"] == "claimed"
    confirmed = edge.post(world.purchaser, f"/fulfilments/{claim['id']}/confirm", expect=200)
    assert confirmed["state"] == "confirmed"
    again = edge.post(world.purchaser, f"/fulfilments/{claim['id']}/dispute", {"answer": "反悔"}, expect=409)
    assert again["code"] == "claim_answered"
    payment = contract["obligations"][1]["id"]
    later = world.today.replace(year=world.today.year + 2).isoformat()
    moved = edge.post(world.supplier, f"/obligations/{payment}/variations", {"due_on": later, "reason": "双方协商"})
    agreed = edge.post(world.purchaser, f"/variations/{moved['id']}/agree", expect=200)
    assert agreed["state"] == "agreed"
    envelope_id = world.envelope(world.purchaser)
    attached = {"envelope_id": f"env_{envelope_id.hex}"}
    edge.post(world.purchaser, f"/variations/{moved['id']}/envelope", attached, expect=200)
    assert edge.get(world.purchaser, f"/contracts/{contract['id']}")["state"] == "varying"
    world.handle(world.completion(envelope_id, [world.purchaser, world.supplier]))
    about = edge.get(world.purchaser, f"/obligations/{payment}")
    assert about["variations"][0]["state"] == "effective"
    reloaded = edge.get(world.purchaser, f"/contracts/{contract['id']}")
    assert (reloaded["obligations"][1]["due_on"], reloaded["obligations"][1]["due_version"]) == (later, 2)


def test_bad_input_gets_a_stable_code_and_changes_nothing(world: "World", edge: Edge) -> None:
    wrong_party = edge.contract_body()["parties"]
    wrong_party[1]["uscc"] = "91610802MA70000010"
    deaf = edge.contract_body()["parties"]
    deaf[0]["contacts"][0]["phone"] = "12345"
    early = edge.contract_body()["obligations"]
    early[0]["due_on"] = "2020-01-01"
    for status, code, changes in [
        (422, "due_before_signing", {"obligations": early}),
        (422, "invalid_uscc", {"parties": wrong_party}),
        (422, "invalid_phone", {"parties": deaf}),
        (422, "request_invalid", {"surprise": 1}),
        (422, "request_invalid", {"title": ""}),
        (422, "invalid_amount", {"amount": {"amount": "48e4"}}),
        (422, "invalid_id", {"envelope_id": "env_nonsense"}),
        (404, "envelope_not_found", {"envelope_id": f"env_{'0' * 32}", "signed_on": None}),
        (422, "signed_on_with_envelope", {"envelope_id": f"env_{'0' * 32}"}),
        (422, "contract_class_unknown", {"class_code": "lottery"}),
    ]:
        problem = edge.post(world.purchaser, "/contracts", edge.contract_body(**changes), expect=status)
        assert problem["code"] == code
    assert edge.post(world.outsider, "/contracts", edge.contract_body(), expect=403)["code"] == "not_a_party"
    assert edge.get(world.purchaser, "/contracts")["items"] == []
    assert edge.get(world.purchaser, "/contracts?cursor=%00", expect=422)["code"] == "list_cursor_invalid"
    assert edge.get(world.purchaser, "/contracts?state=nonsense", expect=422)["code"] == "request_invalid"


def test_nul_and_huge_values_are_refused_not_crashed_on(world: "World", edge: Edge) -> None:
    for changes in (
        {"title": "合\x00同"},
        {"summary": "\x00"},
        {"amount": {"amount": "9" * 16}},
        {"number": "N\x00"},
        {"region": "\x00"},
        {"title": "x" * 201},
        {"title": "\ud800"},
    ):
        problem = edge.post(world.purchaser, "/contracts", edge.contract_body(**changes), expect=422)
        assert problem["code"]
    assert edge.get(world.purchaser, "/contracts")["items"] == []


def test_another_organisations_id_is_not_found(world: "World", edge: Edge) -> None:
    contract = edge.post(world.purchaser, "/contracts", edge.contract_body())
    delivery = contract["obligations"][0]["id"]
    for path, code in [
        (f"/contracts/{contract['id']}", "contract_not_found"),
        (f"/contracts/{contract['id']}/history", "contract_not_found"),
        (f"/contracts/ctr_{'0' * 32}", "contract_not_found"),
        (f"/obligations/{delivery}", "obligation_not_found"),
        (f"/obligations/{delivery}/explanation", "obligation_not_found"),
    ]:
        assert edge.get(world.outsider, path, expect=404)["code"] == code
    assert edge.get(world.outsider, "/contracts")["items"] == []
    assert edge.get(world.outsider, "/contracts/ctr_zz", expect=422)["code"] == "invalid_id"


def test_a_rule_a_part_interest_and_a_suspension_over_rest(world: "World", edge: Edge) -> None:
    body = edge.contract_body(silence_days=7, late_interest={"basis": "daily", "rate": "0.001", "clause": "第九条"})
    payment = {key: value for key, value in body["obligations"][1].items() if key != "due_on"}
    rule = {"kind": "relative", "anchor": "invoice", "count": 2, "unit": "working_days"}
    monthly = {"kind": "recurring", "first": world.today.isoformat(), "last": world.today.isoformat(), "day": 0}
    body["obligations"] += [{**payment, "title": "尾款", "due": rule}, {**payment, "title": "月付", "due": monthly}]
    contract = edge.post(world.purchaser, "/contracts", body)
    waiting, month = contract["obligations"][2:]
    assert (waiting["due_on"], waiting["due_rule"]["anchor"], month["due_rule"]["kind"]) == (
        None,
        "invoice",
        "recurring",
    )
    both = [{**payment, "due": rule, "due_on": world.today.isoformat()}]
    problem = edge.post(world.purchaser, "/contracts", edge.contract_body(obligations=both), expect=422)
    assert problem["code"] == "due_rule_invalid"
    explained = edge.get(world.supplier, f"/obligations/{waiting['id']}/explanation")
    assert explained["due"]["missing"] == "anchor"

    told = {"occurred_on": world.today.isoformat(), "statement": "已开票"}
    told["document_ids"] = [f"doc_{world.document(world.supplier).hex}"]
    set_due = edge.post(world.supplier, f"/obligations/{waiting['id']}/anchor", told, expect=200)
    assert set_due["obligation"]["due_on"] is not None
    world.pass_days(30)
    part = {"fulfilled_on": world.today.isoformat(), "statement": "部分", "amount": {"amount": "80000.00"}}
    claim = edge.post(world.purchaser, f"/obligations/{waiting['id']}/fulfilments", part)
    assert claim["answer_by"] is not None
    edge.post(world.supplier, f"/fulfilments/{claim['id']}/confirm", expect=200)
    about = edge.get(world.supplier, f"/obligations/{waiting['id']}")
    assert (about["progress"]["met"], about["progress"]["rest"]) == ("80000.00", "400000.00")
    assert (about["late_interest"]["rule"], about["late_interest"]["clause"]) == ("agreed", "第九条")

    proposed = {"ground": "force_majeure", "reason": "洪水"}
    row = edge.post(world.supplier, f"/contracts/{contract['id']}/suspensions", proposed)
    assert edge.post(world.purchaser, f"/suspensions/{row['id']}/agree", expect=200)["state"] == "in_force"
    assert edge.get(world.purchaser, f"/contracts/{contract['id']}")["state"] == "suspended"
    for side in (world.supplier, world.purchaser):
        ended = edge.post(side, f"/suspensions/{row['id']}/resume", {"answer": "恢复"}, expect=200)
    assert ended["state"] == "ended"
    listed = edge.get(world.purchaser, f"/contracts/{contract['id']}/suspensions")
    assert [each["id"] for each in listed["items"]] == [row["id"]]
