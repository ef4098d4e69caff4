"""Bulk sends over a real database: checked, confirmed, sent row by row, stopped, tried again."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from core.errors import Unavailable
from core.objects import Objects
from core.secrets import SecretBox
from core.sheets.read_sheet import read_sheet
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.bulk.errors import BulkNothingToDo, BulkRowsNotConfirmable, BulkSendCancelled, BulkSendNotFound
from signing.bulk.policy import MOST_ATTEMPTS, BulkState, RowState
from signing.bulk.service import BulkService
from signing.errors import EnvelopeStateConflict
from signing.templates.errors import TemplateArchived
from signing.templates.service import TemplateService
from tests.support.app import Office
from tests.support.bulk_desk import HEAD, Desk, line
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf
from tests.support.real_signing import real_pki, real_service
from tests.support.sheets import csv_bytes, xlsx_bytes
from tests.support.signing import NotThePDF, Table, signature_field
from tests.support.templates import template_plan


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.at(Table.lay(unit_of_work, objects, secrets), clock)


def test_nothing_is_sent_before_it_is_confirmed(desk: Desk) -> None:
    bulk_send_id = desk.upload(line(1), line(2))
    assert desk.state(bulk_send_id) is BulkState.READY
    assert desk.bulk.send_due_rows() == 0
    assert desk.envelopes() == {}


def test_every_valid_row_becomes_an_envelope_and_bad_ones_stop_nobody(desk: Desk) -> None:
    bulk_send_id = desk.upload(line(1), line(2, phone="1"), line(3), line(4, number="=1"))
    assert desk.bulk.confirm(desk.table.sender, bulk_send_id) == 2
    assert desk.state(bulk_send_id) is BulkState.SENDING
    assert desk.bulk.send_due_rows() == 2
    assert desk.states(bulk_send_id) == ["sent", "invalid", "sent", "invalid"]
    assert desk.state(bulk_send_id) is BulkState.DONE
    assert desk.envelopes() == {"erp-1": "in_progress", "erp-3": "in_progress"}
    first = desk.rows(bulk_send_id)[0]
    view = desk.table.service.envelope(desk.table.sender, first.row.envelope_id or UUID(int=0))
    assert (view.envelope.title, first.envelope_state) == ("供货合同 1 李1", "in_progress")
    assert [recipient.phone for recipient in view.recipients] == ["13900000001", "13800000001"]


def test_chosen_rows_go_first_and_the_rest_later(desk: Desk) -> None:
    bulk_send_id = desk.upload(line(1), line(2), line(3, name=""))
    for numbers in ([4], [2, 4], [99]):
        with pytest.raises(BulkRowsNotConfirmable):
            desk.bulk.confirm(desk.table.sender, bulk_send_id, numbers)
    desk.bulk.confirm(desk.table.sender, bulk_send_id, [3])
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["valid", "sent", "invalid"]
    with pytest.raises(BulkRowsNotConfirmable):
        desk.bulk.confirm(desk.table.sender, bulk_send_id, [3])
    assert desk.bulk.confirm(desk.table.sender, bulk_send_id) == 1
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["sent", "sent", "invalid"]
    with pytest.raises(BulkNothingToDo):
        desk.bulk.confirm(desk.table.sender, bulk_send_id)


def test_cancelling_stops_what_is_not_sent(desk: Desk) -> None:
    desk.bulk = replace(desk.bulk, batch=1)
    bulk_send_id = desk.confirmed(line(1), line(2), line(3))
    assert desk.bulk.send_due_rows() == 1
    desk.bulk.cancel(desk.table.sender, bulk_send_id)
    desk.bulk.cancel(desk.table.sender, bulk_send_id)
    assert desk.bulk.send_due_rows() == 0
    assert desk.states(bulk_send_id) == ["sent", "cancelled", "cancelled"]
    assert desk.state(bulk_send_id) is BulkState.CANCELLED
    assert desk.envelopes() == {"erp-1": "in_progress"}
    for attempt in (desk.bulk.confirm, desk.bulk.retry):
        with pytest.raises(BulkSendCancelled):
            attempt(desk.table.sender, bulk_send_id)


def test_cancelled_while_a_row_is_being_sent(desk: Desk) -> None:
    """The row on its way goes out; one that failed for a moment isn't tried again."""
    bulk_send_id = desk.confirmed(line(1), line(2))

    def cancel() -> None:
        desk.bulk.cancel(desk.table.sender, bulk_send_id)

    desk.table.paper.during = cancel
    desk.table.paper.fail_next = Unavailable()
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["queued", "cancelled"]
    desk.clock.advance(timedelta(hours=1))
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["cancelled", "cancelled"]
    assert desk.envelopes() == {"erp-1": "draft"}


def test_what_does_not_answer_is_tried_again_later(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1), line(2))
    desk.table.paper.fail_next = Unavailable()
    assert desk.bulk.send_due_rows() == 2
    assert desk.states(bulk_send_id) == ["queued", "sent"]
    assert desk.bulk.send_due_rows() == 0
    desk.clock.advance(timedelta(seconds=30))
    assert desk.bulk.send_due_rows() == 1
    assert desk.states(bulk_send_id) == ["sent", "sent"]
    assert desk.envelopes() == {"erp-1": "in_progress", "erp-2": "in_progress"}


def test_what_never_answers_is_given_up_and_can_be_retried(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1))
    for _ in range(MOST_ATTEMPTS):
        desk.table.paper.fail_next = Unavailable()
        assert desk.bulk.send_due_rows() == 1
        desk.clock.advance(timedelta(hours=1))
    (failed,) = desk.rows(bulk_send_id, RowState.FAILED)
    assert [problem.error.code for problem in failed.problems] == ["bulk_row_given_up"]
    assert desk.state(bulk_send_id) is BulkState.DONE
    assert desk.bulk.retry(desk.table.sender, bulk_send_id) == 1
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["sent"]
    assert desk.envelopes() == {"erp-1": "in_progress"}
    with pytest.raises(BulkNothingToDo):
        desk.bulk.retry(desk.table.sender, bulk_send_id)


def test_a_document_that_can_not_be_prepared_fails_its_row_alone(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1, external=None), line(2))
    desk.table.paper.fail_next = NotThePDF()
    desk.bulk.send_due_rows()
    assert desk.states(bulk_send_id) == ["failed", "sent"]
    first = desk.rows(bulk_send_id)[0]
    assert ([problem.error.code for problem in first.problems], first.envelope_state) == (["test_not_a_pdf"], "failed")
    desk.bulk.retry(desk.table.sender, bulk_send_id)
    desk.bulk.send_due_rows()
    again = desk.rows(bulk_send_id)[0]
    assert (again.envelope_state, again.row.envelope_id == first.row.envelope_id) == ("in_progress", False)


def test_an_envelope_its_sender_sent_or_voided_by_hand_is_left_alone(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1), line(2))
    service, sender = desk.table.service, desk.table.sender
    desk.bulk = replace(desk.bulk, batch=1)
    for _ in range(2):
        desk.table.paper.fail_next = Unavailable()
        desk.bulk.send_due_rows()
    sent, voided = (view.row.envelope_id for view in desk.rows(bulk_send_id))
    assert sent is not None
    assert voided is not None
    service.send_envelope(sender, sent)
    with pytest.raises(EnvelopeStateConflict):
        service.send_envelope(sender, sent)
    service.void_envelope(sender, voided, "不再需要")
    desk.clock.advance(timedelta(minutes=1))
    assert [desk.bulk.send_due_rows(), desk.bulk.send_due_rows()] == [1, 1]
    assert desk.states(bulk_send_id) == ["sent", "failed"]
    assert len(desk.table.events("recipient.released")) == 1


def test_an_external_id_that_is_taken_is_found_at_once_and_once_more_when_sending(desk: Desk) -> None:
    desk.confirmed(line(1))
    desk.bulk.send_due_rows()
    late = desk.upload(line(2))
    again = desk.upload(line(1, phone="13900000077"), line(2, phone="13900000078"))
    assert desk.states(again) == ["invalid", "valid"]
    for each in (late, again):
        desk.bulk.confirm(desk.table.sender, each)
    desk.bulk.send_due_rows()
    failed = [view for each in (late, again) for view in desk.rows(each, RowState.FAILED)]
    assert [[problem.error.code for problem in view.problems] for view in failed] == [["external_id_taken"]]
    assert desk.envelopes() == {"erp-1": "in_progress", "erp-2": "in_progress"}


def test_a_changed_template_changes_no_bulk_send_and_an_archived_one_stops_it(desk: Desk) -> None:
    bulk_send_id = desk.upload(line(1))
    changed = template_plan(desk.table, title="{{别的}}")
    desk.templates.update_template(desk.table.sender, desk.template_id, changed, 1)
    desk.templates.archive_template(desk.table.sender, desk.template_id)
    with pytest.raises(TemplateArchived):
        desk.bulk.confirm(desk.table.sender, bulk_send_id)
    with pytest.raises(TemplateArchived):
        desk.upload(line(2))
    assert [column.key for column in desk.bulk.bulk_send(desk.table.sender, bulk_send_id).columns][-1] == "编号"


def test_a_short_bulk_send_does_not_wait_for_a_long_one(desk: Desk) -> None:
    long = desk.confirmed(*(line(number) for number in range(1, 6)))
    short = desk.confirmed(line(11))
    desk.bulk = replace(desk.bulk, batch=2)
    desk.bulk.send_due_rows()
    assert desk.states(short) == ["sent"]
    assert desk.states(long).count("sent") == 1


def test_another_organisation_sees_nothing_of_it(desk: Desk) -> None:
    bulk_send_id, stranger = desk.upload(line(1)), desk.table.actor(desk.table.stranger)
    assert desk.bulk.bulk_sends(stranger) == []
    for attempt in (
        desk.bulk.bulk_send,
        desk.bulk.rows,
        desk.bulk.confirm,
        desk.bulk.cancel,
        desk.bulk.retry,
        desk.bulk.export_rows,
        lambda actor, each: list(desk.bulk.export_problems(actor, each)),
    ):
        with pytest.raises(BulkSendNotFound):
            attempt(stranger, bulk_send_id)  # type: ignore[operator]  # each takes these two


BAD: list[dict[str, Any]] = [
    {"name": ""},
    {"name": "长" * 101},
    {"name": "李\n娜"},
    {"phone": ""},
    {"phone": "12345"},
    {"phone": "139 0000 0001"},
    {"phone": "=13900000001"},
    {"phone": 139000000012345678},
    {"firm": ""},
    {"firm": "长" * 201},
    {"firm": "长" * 1001},
    {"code": ""},
    {"code": "91610800MA8000001"},
    {"code": "91610800IOSVZ00001"},
    {"code": "916108AAMA80000011"},
    {"code": 916108008000000011},
    {"code": "#N/A"},
    {"number": ""},
    {"number": "=A1"},
    {"number": '=HYPERLINK("http://x")'},
    {"number": "#REF!"},
    {"number": "长" * 195},
    {"number": "长" * 300},
    {"number": "a\tb"},
    {"external": "长" * 101},
    {"external": "erp-2"},
    {"external": "=1"},
    {"name": "", "phone": "", "code": "x"},
    {"phone": None, "firm": None},
    {"name": " ", "number": "　"},
]


def test_a_thousand_rows_thirty_of_them_bad_in_every_way(desk: Desk) -> None:
    bad = {number * 30: changes for number, changes in enumerate(BAD, start=1)}
    bulk_send_id = desk.upload(*(line(number, **bad.get(number, {})) for number in range(1, 1001)))
    view = desk.bulk.bulk_send(desk.table.sender, bulk_send_id)
    assert view.counts == {RowState.VALID: 970, RowState.INVALID: 30}
    invalid = desk.rows(bulk_send_id, RowState.INVALID)
    assert [each.row.number for each in invalid] == [number + 1 for number in bad]
    for language in ("zh", "en"):
        exported = b"".join(desk.bulk.export_problems(desk.table.sender, bulk_send_id, language=language))
        told = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"))))
        assert {int(each[0]) for each in told[1:]} == {number + 1 for number in bad}
        assert all(each[4] for each in told)
    assert desk.bulk.confirm(desk.table.sender, bulk_send_id, list(range(2, 12))) == 10
    assert desk.bulk.send_due_rows() == 10
    assert desk.bulk.bulk_send(desk.table.sender, bulk_send_id).counts[RowState.SENT] == 10


def test_results_are_a_csv_a_spreadsheet_reads_and_no_formula(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1, name="+李"), line(2, name="@李", phone="x"))
    desk.bulk.send_due_rows()
    exported = b"".join(desk.bulk.export_rows(desk.table.sender, bulk_send_id))
    head, first, second = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"))))
    assert head[:3] == ["行号", "状态", "签署流程"]
    assert (first[:2], first[3], first[7]) == (["2", "sent"], "in_progress", "'+李")
    assert (second[:3], second[7]) == (["3", "invalid", ""], "'@李")
    assert "supplier.手机号" in second[5]


def test_the_column_template_is_taken_back_when_it_is_filled(desk: Desk) -> None:
    filled_in = [*line(1)[:3], "", *line(1)[3:]]  # nobody's e-mail
    for language in ("zh", "en"):
        sheet = desk.bulk.column_template(desk.table.sender, desk.template_id, language=language)
        workbook = load_workbook(io.BytesIO(sheet))
        workbook.worksheets[0].append(filled_in)
        output = io.BytesIO()
        workbook.save(output)
        data = desk.bulk.column_template(desk.table.sender, desk.template_id, is_workbook=False, language=language)
        for filled in (output.getvalue(), data + csv_bytes([filled_in])):
            made = desk.bulk.upload_sheet(desk.table.sender, desk.template_id, name="x", data=filled)
            assert desk.states(made) == ["valid"]


def test_rows_signed_and_sealed_for_real(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock
) -> None:
    table = Table.lay(unit_of_work, objects, secrets)
    pki = real_pki(unit_of_work, secrets, clock)
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=pki)
    document = table.service.upload_document(table.sender, name="合同.pdf", data=contract_pdf(2))
    templates = TemplateService(context=table.service)
    plan = template_plan(
        table, document_ids=[document.id], fields=[signature_field("buyer"), signature_field("supplier", 2)]
    )
    template_id = templates.create_template(table.sender, plan)
    bulk = BulkService(signing=table.service, read=read_sheet)
    sheet = csv_bytes([HEAD, line(1), line(2)], "gbk")
    bulk_send_id = bulk.upload_sheet(table.sender, template_id, name="名单.csv", data=sheet)
    bulk.confirm(table.sender, bulk_send_id)
    assert bulk.send_due_rows() == 2
    for view in bulk.rows(table.sender, bulk_send_id):
        envelope_id = view.row.envelope_id
        assert envelope_id is not None
        for key in ("buyer", "supplier"):
            table.sign(table.authenticated(envelope_id, key))
        table.service.seal_envelope(envelope_id)
        data = table.service.envelope_content(table.sender, envelope_id).data
        verdict = verify_pdf(data, signing_roots=pki.roots(), timestamp_roots=pki.roots())
        assert verdict.outcome == "authentic"
    assert [view.envelope_state for view in bulk.rows(table.sender, bulk_send_id)] == ["completed", "completed"]


def test_over_http_from_template_to_results(tmp_path: Path, engine: Engine) -> None:
    office = Office.open(tmp_path, engine)
    english = {"headers": {"Accept-Language": "en"}}
    template = office.done("purchaser", "POST", "/v1/templates", office.template_body(office.upload()))
    at = f"/v1/templates/{template['id']}"
    read = office.call("purchaser", "GET", at)
    assert (read.headers["etag"], read.json()["values"]) == ('"1"', ["编号"])
    changed = {"headers": {"If-Match": '"1"'}}
    body = office.template_body(template["document_ids"][0], expires_in_days=5)
    assert office.done("purchaser", "PUT", at, body, **changed)["version"] == 2
    assert office.call("purchaser", "PUT", at, body, **changed).json()["code"] == "template_changed"
    blind = office.call("purchaser", "PUT", at, body, headers={"If-Match": ""})
    assert blind.json()["code"] == "if_match_missing"
    head = office.call("purchaser", "GET", f"{at}/bulk_columns?format=csv", **english).text
    assert head.strip("\ufeff\r\n") == "external_id,supplier.name*,supplier.phone*,supplier.email,编号*"
    use = {"recipients": [{"key": "supplier", "name": "李娜", "phone": "13900000002"}], "values": {"编号": "0"}}
    assert office.done("purchaser", "POST", f"{at}/envelopes", {**use, "send": True})["state"] == "in_progress"

    sheet = xlsx_bytes([["供应商.姓名", "供应商.手机号", "编号"], ["李娜", "13900000002", "1"], ["张三", "12", "2"]])
    uploaded = office.upload_sheet(template["id"], sheet, "名单.xlsx", **english).json()
    assert (uploaded["state"], uploaded["counts"]["valid"], uploaded["counts"]["invalid"]) == ("ready", 1, 1)
    (problem,) = uploaded["first_rows"][1]["problems"]
    assert (uploaded["first_rows"][1]["row"], problem["head"], problem["code"]) == (
        3,
        "supplier.phone",
        "invalid_phone",
    )
    at = f"/v1/bulk_sends/{uploaded['id']}"
    assert office.done("purchaser", "POST", f"{at}/confirm", {})["state"] == "sending"
    office.services.bulk.send_due_rows()
    done = office.done("purchaser", "GET", at)
    assert (done["state"], done["counts"]["sent"]) == ("done", 1)
    (sent,) = office.done("purchaser", "GET", f"{at}/rows?state=sent")["items"]
    assert office.done("purchaser", "GET", f"/v1/envelopes/{sent['envelope_id']}")["state"] == "in_progress"
    page = office.done("purchaser", "GET", f"{at}/rows?limit=1")
    assert page["next_cursor"] == "2"
    assert [each["row"] for each in office.done("purchaser", "GET", f"{at}/rows?cursor=2")["items"]] == [3]
    assert "12" in office.call("purchaser", "GET", f"{at}/problems").text
    assert sent["envelope_id"] in office.call("purchaser", "GET", f"{at}/rows?format=csv").text
    broken = office.upload_sheet(template["id"], b"PK\x03\x04")
    assert (broken.status_code, broken.json()["code"]) == (422, "bulk_file_unreadable")
    assert office.call("purchaser", "DELETE", f"/v1/templates/{template['id']}").status_code == 204
    assert office.upload_sheet(template["id"], sheet).json()["code"] == "template_archived"
