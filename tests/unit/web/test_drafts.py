"""The form of a new contract becomes what signing and performance understand, or says which field is wrong."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from starlette.datastructures import FormData

from core.money import Money
from performance.policy import ObligationKind, PartyRole
from web.drafts import FEWEST_ROWS, Draft, shown_rows
from web.errors import FormIncomplete

DOCUMENT = UUID(int=7)
FILLED = {
    "title": "示例合同",
    "class_code": "government_procurement",
    "amount": "480,000.00",
    "first_signer": "supplier",
    **{
        f"{side}_{name}": value
        for side in ("purchaser", "supplier")
        for name, value in {
            "name": f"{side} 单位",
            "uscc": "11610899mb0000115a",
            "signer": "张三",
            "phone": "19900000101",
            "box_page": "7",
            "box_x": "10",
            "box_y": "40.5",
            "box_width": "36",
            "box_height": "10",
        }.items()
    },
}
ROWS = [
    ("obligation_title", ["交付", "", "付款"]),
    ("obligation_kind", ["delivery", "delivery", "payment"]),
    ("obligation_debtor", ["supplier", "supplier", "purchaser"]),
    ("obligation_due_on", ["2027-01-10", "", "2027-02-10"]),
    ("obligation_amount", ["", "", "￥1"]),
]


def draft(**changes: str) -> Draft:
    fields: list[tuple[str, Any]] = list({**FILLED, **changes}.items())
    fields += [(name, value) for name, values in ROWS for value in values]
    return Draft(FormData(fields), DOCUMENT)


def test_the_chosen_side_signs_first() -> None:
    envelope = draft().envelope()
    assert {recipient.key: recipient.order for recipient in envelope.recipients} == {"purchaser": 2, "supplier": 1}
    assert envelope.document_ids == [DOCUMENT]


def test_boxes_are_parts_of_the_page() -> None:
    box = draft().envelope().fields[0]
    assert (box.page, box.x, box.y, box.width, box.height) == (7, 0.1, 0.405, 0.36, 0.1)


def test_empty_rows_are_left_out_and_kept_rows_are_read() -> None:
    rows = draft().rows()
    assert [row["title"] for row in rows] == ["交付", "付款"]
    assert len(shown_rows(rows)) == FEWEST_ROWS
    assert shown_rows(rows * 5)[-1]["title"] == ""


def test_elements_carry_money_dates_and_contacts() -> None:
    form = draft()
    rows = [("obligation_amount", value) for value in ("", "", "288000.5")]
    kept = [(name, value) for name, value in form.form.multi_items() if name != "obligation_amount"]
    elements = Draft(FormData([*kept, *rows]), DOCUMENT).elements(UUID(int=9))
    assert elements.amount == Money(48_000_000)
    assert elements.parties[0].uscc == "11610899MB0000115A"
    assert elements.parties[0].contacts[0].phone == "19900000101"
    payment = elements.obligations[1]
    assert (payment.kind, payment.debtor_role) == (ObligationKind.PAYMENT, PartyRole.PURCHASER)
    assert (payment.due_on, payment.amount) == (date(2027, 2, 10), Money(28_800_050))


@pytest.mark.parametrize("missing", ["title", "supplier_name", "purchaser_uscc", "supplier_box_x"])
def test_a_missing_field_is_named(missing: str) -> None:
    with pytest.raises(FormIncomplete) as caught:
        draft(**{missing: ""}).envelope()
    assert caught.value.facts == {"fields": missing}


def test_a_box_that_is_no_number_is_named() -> None:
    with pytest.raises(FormIncomplete):
        draft(supplier_box_y="middle").envelope()
