"""Contracts by the sheet over REST: template, preview in the reader's language, choice, report, and who sees it."""

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from accounts.policy import Actor
from api import problems
from api.deps import current_actor, services_of
from api.routes import contract_uploads, regions, unit_relations
from core.sheets.read_sheet import read_sheet
from performance.register.service import RegisterService
from tests.support.contract_sheets import HEAD, good_row, sheet
from tests.support.http import InProcessClient
from tests.support.sheets import csv_bytes
from tests.support.upload_victims import judge

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


class Edge:
    """The routers over the real service; `actor` is who asks."""

    def __init__(self, world: "World") -> None:
        self.world, self.actor = world, world.purchaser
        self.register = RegisterService(
            unit_of_work=world.unit_of_work, objects=world.objects, read=read_sheet, validate=judge
        )
        app = FastAPI()
        problems.install(app)
        for module in (contract_uploads, regions, unit_relations):
            app.include_router(module.router, prefix="/v1")
        app.dependency_overrides[services_of] = lambda: self
        app.dependency_overrides[current_actor] = lambda: self.actor
        self.client = InProcessClient(app)

    def call(self, method: str, path: str, *, expect: int = 200, **options: Any) -> Any:
        answer = self.client.request(method, f"/v1{path}", **options)
        assert answer.status_code == expect, answer.text
        return answer

    def upload(self, data: bytes, name: str = "合同.xlsx") -> Any:
        return self.call("POST", "/contract-uploads", expect=201, files={"file": (name, data, "x/y")}).json()

    def row(self, place: int, /, **changes: Any) -> list[Any]:
        own, today = self.world.usccs[self.world.purchaser.organisation_id], self.world.today
        days = {"signed_on": today.isoformat(), "due_on": (today + timedelta(days=30)).isoformat()}
        return good_row(place, **{"purchaser_uscc": own, **days, **changes})

    def numbers(self, actor: Actor) -> list[str]:
        return sorted(each.number for each in self.world.service.contracts(actor).items)


@pytest.fixture
def edge(world: "World") -> Edge:
    return Edge(world)


def test_a_sheet_is_previewed_chosen_and_registered_once(edge: Edge) -> None:
    twin = edge.row(1, number="HT-twin")
    made = edge.upload(sheet([edge.row(1), edge.row(2, supplier_phone="123"), twin, edge.row(4)]))
    assert made["counts"] == {"rows": 4, "bad": 1, "warned": 1, "ready": 2, "chosen": 0, "registered": 0}
    at = f"/contract-uploads/{made['id']}"
    (bad,) = edge.call("GET", f"{at}/rows?verdict=bad", headers={"Accept-Language": "en"}).json()["items"]
    (problem,) = bad["problems"]
    assert (bad["row"], problem["column"], problem["head"]) == (3, "supplier_phone", "Supplier phone")
    assert problem["code"] == "invalid_phone"
    page = edge.call("GET", f"{at}/rows?limit=3").json()
    assert [each["row"] for each in page["items"]] == [2, 3, 4]
    assert [each["row"] for each in edge.call("GET", f"{at}/rows?cursor={page['next_cursor']}").json()["items"]] == [5]

    refused = edge.call("POST", f"{at}/commit", json={"rows": [2, 3]}, expect=409).json()
    assert (refused["code"], refused["facts"]) == ("contract_upload_rows_not_choosable", {"rows": "3"})
    assert edge.call("POST", f"{at}/commit", json={"rows": [4]}, expect=409).json()["facts"] == {"rows": "4"}
    assert edge.numbers(edge.world.purchaser) == []

    assert edge.call("POST", f"{at}/commit", json={"rows": [2]}).json()["counts"]["registered"] == 1
    for _ in range(2):  # Asking again registers nothing twice.
        counts = edge.call("POST", f"{at}/commit", json={}).json()["counts"]
        assert (counts["registered"], counts["warned"]) == (2, 1)
    edge.call("POST", f"{at}/commit", json={"rows": [4], "acknowledge_warnings": True})
    assert edge.numbers(edge.world.purchaser) == ["HT-000001", "HT-000004", "HT-twin"]
    entries = edge.world.service.contracts(edge.world.purchaser).items
    acknowledged = next(each for each in entries if each.number == "HT-twin")
    history = edge.world.service.history(edge.world.purchaser, acknowledged.id).items
    assert "duplicate_acknowledged" in [line.change for line in history]
    assert all("批量上传" in line.reason for line in history if line.change == "contract_state")


def test_a_number_that_was_taken_meanwhile_goes_back_to_the_preview(edge: Edge) -> None:
    first, second = (edge.upload(sheet([edge.row(1), edge.row(number)])) for number in (2, 3))
    edge.call("POST", f"/contract-uploads/{first['id']}/commit", json={})
    counts = edge.call("POST", f"/contract-uploads/{second['id']}/commit", json={}).json()["counts"]
    assert (counts["registered"], counts["bad"]) == (1, 1)
    (bad,) = edge.call("GET", f"/contract-uploads/{second['id']}/rows?verdict=bad").json()["items"]
    assert [problem["code"] for problem in bad["problems"]] == ["contract_number_taken"]


def test_the_report_has_the_rows_as_they_were_and_the_reasons(edge: Edge) -> None:
    odd = edge.row(2, summary='+HYPERLINK("http://evil.example")', supplier_phone="123")
    made = edge.upload(csv_bytes([HEAD, edge.row(1), odd], "gb18030"), "合同.csv")
    at = f"/contract-uploads/{made['id']}/report"
    text = edge.call("GET", f"{at}?format=csv&language=zh-CN").content.decode("utf-8-sig")
    head, line = list(csv.reader(io.StringIO(text)))
    assert head[:3] == ["行号", "原因", "合同编号"]
    told = dict(zip(head, line, strict=True))
    assert (told["行号"], told["合同编号"], told["供应方联系电话"]) == ("3", "HT-000002", "123")
    assert told["原因"].startswith("供应方联系电话: ")
    assert told["内容概要"].startswith("'+HYPERLINK")
    book = load_workbook(io.BytesIO(edge.call("GET", f"{at}?format=xlsx&language=en").content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:3] == ("Row", "Reasons", "Contract number")
    assert len(rows) == 2


def test_an_upload_is_its_organisations_alone(edge: Edge) -> None:
    made = edge.upload(sheet([edge.row(1)]))
    for who in (edge.world.outsider, edge.world.supplier):
        edge.actor = who
        assert edge.call("GET", "/contract-uploads").json()["items"] == []
        for method, path in (("GET", ""), ("GET", "/rows"), ("GET", "/report"), ("POST", "/commit")):
            body = {"json": {}} if method == "POST" else {}
            answer = edge.call(method, f"/contract-uploads/{made['id']}{path}", expect=404, **body)
            assert answer.json()["code"] == "contract_upload_not_found"


def test_the_template_and_the_rules_of_a_region(edge: Edge) -> None:
    answer = edge.call("GET", "/contract-uploads/template?format=xlsx&language=zh-CN&region=baoji")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["合同", "填写说明", "lists"]
    assert book["合同"]["A1"].value == "合同编号*"
    assert len(book["合同"].data_validations.dataValidation) == 8
    head = edge.call("GET", "/contract-uploads/template?format=csv&language=en").content.decode("utf-8-sig")
    assert head.startswith("Contract number*,Title*,Class*")
    rules = {each["region"]: each for each in edge.call("GET", "/regions").json()}
    assert [(duty["code"], duty["days"], duty["unit"]) for duty in rules["yulin"]["duties"]] == [
        ("publish", 2, "working_days"),
        ("file", 7, "working_days"),
    ]
    assert all(duty["verify"] and duty["who_en"] for duty in rules["baoji"]["duties"])
