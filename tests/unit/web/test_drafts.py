"""The form of a new contract becomes what signing and performance understand, or says which field is wrong."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.datastructures import FormData

from core.money import Money
from performance.policy import ObligationKind, PartyRole
from signing.plan import FieldKind, check_envelope
from web.drafts import FEWEST_ROWS, Draft, shown_rows
from web.errors import FormIncomplete

DOCUMENT, ANNEX = UUID(int=7), UUID(int=8)
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
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
    return Draft(FormData(fields), [DOCUMENT, ANNEX], [7, 3])


def seal_box(side: str) -> dict[str, str]:
    numbers = {"page": "7", "x": "60", "y": "60", "width": "20", "height": "14"}
    return {f"{side}_seal_box_{part}": number for part, number in numbers.items()}


def turns(**changes: str) -> dict[str, int]:
    return {recipient.key: recipient.order for recipient in draft(**changes).envelope(NOW).recipients}


def test_the_chosen_side_signs_first() -> None:
    assert turns() == {"purchaser": 2, "supplier": 1}
    assert turns(first_signer="purchaser") == {"purchaser": 1, "supplier": 2}
    assert turns(first_signer="both") == {"purchaser": 1, "supplier": 1}
    assert draft().envelope(NOW).document_ids == [DOCUMENT, ANNEX]


def test_an_approver_comes_first_and_a_seal_after_its_signer() -> None:
    approver = {"approver_name": "李审", "approver_phone": "19900000102", "approver_side": "supplier"}
    seal = {"supplier_has_seal": "yes", **seal_box("supplier")}
    assert turns(**approver, **seal) == {"approver": 1, "supplier": 2, "supplier_seal": 3, "purchaser": 4}
    assert turns(**approver, **seal, first_signer="both") == {
        "approver": 1,
        "purchaser": 2,
        "supplier": 2,
        "supplier_seal": 3,
    }
    recipients = {each.key: each for each in draft(**approver, **seal).envelope(NOW).recipients}
    assert recipients["approver"].organisation_name == "supplier 单位"
    assert recipients["supplier_seal"].name == "张三", "the signer applies the seal unless somebody is named"
    named = {"supplier_seal_name": "王印", "supplier_seal_phone": "19900000103"}
    recipients = {each.key: each for each in draft(**seal, **named).envelope(NOW).recipients}
    assert (recipients["supplier_seal"].name, recipients["supplier_seal"].phone) == ("王印", "19900000103")


def test_a_seal_goes_across_the_pages_of_every_document_that_has_several() -> None:
    form = draft(supplier_has_seal="yes", supplier_cross_page="yes", **seal_box("supplier"))
    fields = [(field.kind, field.document) for field in form.envelope(NOW).fields if "seal" in field.recipient_key]
    assert fields == [(FieldKind.SEAL, 1), (FieldKind.CROSS_PAGE_SEAL, 1), (FieldKind.CROSS_PAGE_SEAL, 2)]
    single = Draft(form.form, [DOCUMENT], [1])
    assert not [field for field in single.envelope(NOW).fields if field.kind is FieldKind.CROSS_PAGE_SEAL]
    apart = draft(supplier_box_x="54", supplier_has_seal="yes", supplier_cross_page="yes", **seal_box("supplier"))
    check_envelope(apart.envelope(NOW), pages=[7, 3])


def test_annexes_are_signed_on_their_last_page_if_asked() -> None:
    signed = [(field.document, field.page) for field in draft(sign_annexes="yes").envelope(NOW).fields]
    assert signed == [(1, 7), (2, 3), (1, 7), (2, 3)]


def test_terms_are_read() -> None:
    envelope = draft(remind_every_days="3", expires_in_days="10", may_delegate="yes", is_test="yes").envelope(NOW)
    assert envelope.remind_every_days == 3
    assert envelope.expires_at == NOW + timedelta(days=10)
    assert envelope.may_delegate
    assert envelope.is_test
    plain = draft().envelope(NOW)
    assert (plain.remind_every_days, plain.expires_at, plain.may_delegate, plain.is_test) == (None, None, False, False)


@pytest.mark.parametrize("typed", ["soon", "-1", "1.5", "9999999", "²"])
def test_days_are_whole_numbers(typed: str) -> None:
    with pytest.raises(FormIncomplete):
        draft(expires_in_days=typed).envelope(NOW)


def test_boxes_are_parts_of_the_page() -> None:
    box = draft().envelope(NOW).fields[0]
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
    elements = Draft(FormData([*kept, *rows]), [DOCUMENT], [7]).elements(UUID(int=9))
    assert elements.amount == Money(48_000_000)
    assert elements.parties[0].uscc == "11610899MB0000115A"
    assert elements.parties[0].contacts[0].phone == "19900000101"
    payment = elements.obligations[1]
    assert (payment.kind, payment.debtor_role) == (ObligationKind.PAYMENT, PartyRole.PURCHASER)
    assert (payment.due_on, payment.amount) == (date(2027, 2, 10), Money(28_800_050))


@pytest.mark.parametrize("missing", ["title", "supplier_name", "purchaser_uscc", "supplier_box_x"])
def test_a_missing_field_is_named(missing: str) -> None:
    with pytest.raises(FormIncomplete) as caught:
        draft(**{missing: ""}).envelope(NOW)
    assert caught.value.facts == {"fields": missing}


def test_a_box_that_is_no_number_is_named() -> None:
    for number in ("middle", "nan", "inf"):
        with pytest.raises(FormIncomplete):
            draft(supplier_box_y=number).envelope(NOW)
