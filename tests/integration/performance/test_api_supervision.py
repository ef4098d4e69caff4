"""Supervision, rectification and determinations over REST, and what anybody reads without a token."""

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from accounts.policy import Actor
from api import problems
from api.deps import current_actor, services_of
from api.routes import determinations, rectifications, supervision
from core import ids
from core.errors import NotAuthenticated
from performance.models import Obligation
from performance.policy import DisputeOutcome, PartyRole
from performance.terminate_obligation import Resolution
from tests.support.determinations import Procedure
from tests.support.determinations import determinations as determination_service
from tests.support.http import InProcessClient
from tests.support.signing import PaperWork

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


class Edge:
    """The routers over the real services; nobody is asking unless a call says who."""

    def __init__(self, world: "World") -> None:
        app = FastAPI()
        problems.install(app)
        for module in (determinations, rectifications, supervision):
            app.include_router(module.router, prefix="/v1")
        app.dependency_overrides[services_of] = lambda: self
        app.dependency_overrides[current_actor] = self._who
        self.performance, self.supervision, self.clock = world.service, world.supervision, world.clock
        self.determinations = determination_service(world.unit_of_work, world.objects, PaperWork())
        self.actor: Actor | None = None
        self.client = InProcessClient(app)

    def _who(self) -> Actor:
        if self.actor is None:
            raise NotAuthenticated
        return self.actor

    def call(self, actor: Actor | None, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """A GET without a body, else a POST."""
        self.actor = actor
        answer = self.client.get(f"/v1{path}") if body is None else self.client.post(f"/v1{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
def edge(world: "World") -> Edge:
    return Edge(world)


@pytest.fixture
def late(world: "World") -> Obligation:
    """Eight days late."""
    delivery = world.registered().file.obligations[0]
    world.pass_days(18)
    world.service.sweep_due()
    return delivery


def test_from_the_register_to_a_public_demand_and_a_rectification_over_rest(
    world: "World", edge: Edge, late: Obligation
) -> None:
    due = "/overdue?open=true&days_late_from=5&class_code=government_procurement&step_due=reminder"
    (entry,) = edge.call(world.regulator, due)["items"]
    assert (entry["days_late"], entry["next_step"]) == (8, "reminder")
    at = f"/obligations/{entry['obligation']['id']}/supervision"
    case = f"/supervision/{edge.call(world.regulator, at, {'reason': '逾期'}, expect=201)['id']}"
    step = {"kind": "reminder", "held_on": world.today.isoformat(), "minutes": "电话提醒", "outcome": "承诺三日内交付"}
    refused = edge.call(world.regulator, f"{case}/steps", {**step, "kind": "interview"}, expect=409)
    assert refused["code"] == "supervision_step_not_open"
    edge.call(world.regulator, f"{case}/steps", step, expect=201)
    edge.call(world.regulator, f"{case}/steps", {**step, "kind": "demand"}, expect=201)
    world.pass_days(3)
    shown = {"shows": ["obligation_title"], "withheld": [{"field": "amount", "because": "business_secret"}]}
    public = {**step, "kind": "public_demand", "held_on": world.today.isoformat(), "publication": shown}
    edge.call(world.regulator, f"{case}/steps", public, expect=201)
    about = edge.call(world.supplier, case)
    assert about["ladder"]["verify"]
    assert {rung["step"] for rung in about["ladder"]["rungs"] if rung["is_open"]} >= {"demand", "interview"}
    (demand,) = edge.call(None, "/public/demands?region=yulin")["items"]
    assert (demand["shown"], demand["authority"]) == ({"obligation_title": "交付设备"}, "榆林市发改委")
    edge.call(None, case, expect=401)
    order = {
        "party_role": "supplier",
        "reason": "检查发现",
        "items": [{"task": "补交", "due_on": world.today.isoformat()}],
    }
    ordered = edge.call(world.regulator, f"{case}/rectifications", order, expect=201)
    item = f"/rectification-items/{ordered['items'][0]['id']}"
    assert edge.call(world.purchaser, f"{item}/report", {"text": "替对方"}, expect=403)["code"] == "not_a_party"
    edge.call(world.supplier, f"{item}/report", {"text": "已补交"})
    assert edge.call(world.regulator, f"{item}/verify", {"text": "属实"})["state"] == "verified"
    assert edge.call(world.supplier, f"/rectifications/{ordered['id']}")["items"][0]["steps"][1]["change"] == "verify"
    taken_down = edge.call(
        world.regulator, f"/supervision/public-demands/{demand['id']}/withdrawal", {"reason": "已和解"}
    )
    assert taken_down["ended_because"] == "withdrawn"
    assert edge.call(None, "/public/demands")["items"] == []


def test_a_determination_over_rest_and_what_the_public_reads_of_it(
    world: "World", edge: Edge, late: Obligation
) -> None:
    entered = world.service.enter_termination_register(world.regulator, late.id, reason="停产")
    award = Resolution(
        DisputeOutcome.AWARD,
        decided_on=world.today,
        body="榆林仲裁委员会",
        case_number="（2026）榆仲裁字第12号",
        party_at_fault=PartyRole.SUPPLIER,
        document_ids=(world.document(world.regulator),),
    )
    world.service.record_outcome(world.regulator, entered.id, award)
    (listed,) = edge.call(world.purchaser, "/terminations?state=breach_recorded")["items"]
    assert listed["case_number"] == "（2026）榆仲裁字第12号"
    other = Procedure(edge.determinations, world.clock, world.regulator).other
    opening = f"/obligations/{ids.public(ids.OBLIGATION, late.id)}/determinations"
    opened = edge.call(world.regulator, opening, {"reason": "恶意违约"}, expect=201)
    at = f"/determinations/{opened['id']}"
    edge.actor = world.regulator
    assert edge.client.post(f"/v1{at}/facts").json()["facts_sha256"]
    edge.call(world.regulator, f"{at}/notice", {"facts": "未交付", "reasons": "拒不履行", "basis": "二（四）3"})
    edge.call(world.supplier, f"{at}/statements", {"text": "运输中断"})
    edge.call(world.supplier, f"{at}/hearing-request", {"text": "请求听证"})
    edge.call(other, f"{at}/hearing", {"text": "听证笔录"})
    world.pass_days(8)
    edge.call(world.regulator, f"{at}/review-request", {"text": "送审"})
    assert edge.call(world.regulator, f"{at}/issue", {"text": "同意"}, expect=403)["code"] == "drafter_cannot_decide"
    issued = edge.call(other, f"{at}/issue", {"text": "认定恶意违约"})
    assert (issued["state"], issued["document"]) == ("issued", None)
    edge.determinations.make_document(ids.parse("det", opened["id"]))
    edge.call(world.regulator, f"{at}/service", {"text": "直接送达"})
    edge.actor = world.supplier
    document = edge.client.get(f"/v1{at}/document")
    assert document.headers["content-type"] == "application/pdf"
    assert document.headers["dingyue-document-standing"] == "in_force"
    world.pass_days(10)
    edge.call(world.regulator, f"{at}/publication", {"text": "恶意违约，联系人 13912345678"})
    (public,) = edge.call(None, "/public/determinations?region=yulin")["items"]
    assert (public["summary"], public["standing"]) == ("恶意违约，联系人 139****5678", "in_force")
    assert public["document_sha256"] == document.headers["etag"].strip('"')
    edge.call(other, f"{at}/revocation", {"text": "裁决被撤销"})
    assert edge.call(None, f"/public{at}", expect=404)["code"] == "determination_not_found"
    withdrawn = edge.call(world.supplier, f"{at}/document", expect=409)
    assert withdrawn["code"] == "determination_document_withdrawn"
    assert [step["change"] for step in edge.call(world.supplier, at)["steps"]][-1] == "revoke"
