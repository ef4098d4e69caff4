"""What a template may say, and the envelope that comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.errors import InvalidInput
from signing.errors import RecipientDuplicate, TextInvalid
from signing.plan import Anchor, FieldKind, NewField, check_envelope
from signing.policy import RecipientRole
from signing.templates import errors
from signing.templates.policy import FIELDS, PLAN, Filling, Known, TemplatePlan, TemplateRole, check_plan, example, fill

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BUYER = Known(name="王强", phone="13900000001", organisation_name="榆林市财政局", uscc="91610800MA7000000P")
SUPPLIER = Known(name="李娜", phone="13900000002", organisation_name="恒信科技有限公司", uscc="91610800MA7000000P")


def field(key: str, x: float) -> NewField:
    return NewField(f"{key}_signature", key, FieldKind.SIGNATURE, x=x, y=0.8, width=0.3, height=0.08)


PLAN_OF_TWO = TemplatePlan(
    name="供货合同",
    document_ids=[UUID(int=1)],
    roles=[
        TemplateRole(key="buyer", fixed=BUYER),
        TemplateRole(key="supplier", label="供应商", role=RecipientRole.SIGNER, order=2, language="en"),
    ],
    fields=[field("buyer", 0.1), field("supplier", 0.5)],
    title="{{supplier.organisation_name}} 供货合同 {{ 合同编号 }}",
    expires_in_days=10,
    contract_class="procurement",
    may_delegate=True,
    remind_every_days=3,
    metadata={"number": "{{合同编号}}", "signer": "{{supplier.name}}"},
)
FILLING = Filling(recipients={"supplier": SUPPLIER}, values={"合同编号": "A-1"}, external_id="erp-1")


def plan(**changes: object) -> TemplatePlan:
    return replace(PLAN_OF_TWO, **changes)  # type: ignore[arg-type]  # the test's own keyword arguments


def test_a_use_fills_in_what_is_open() -> None:
    new = fill(PLAN_OF_TWO, FILLING, NOW)
    assert new.title == "恒信科技有限公司 供货合同 A-1"
    assert new.metadata == {"number": "A-1", "signer": "李娜"}
    assert [(each.key, each.name, each.phone, each.order, each.language) for each in new.recipients] == [
        ("buyer", "王强", "13900000001", 1, "zh"),
        ("supplier", "李娜", "13900000002", 2, "en"),
    ]
    assert new.expires_at == NOW + timedelta(days=10)
    assert (new.contract_class, new.may_delegate, new.remind_every_days) == ("procurement", True, 3)
    assert (new.external_id, new.is_test) == ("erp-1", False)
    check_envelope(new, pages=[1])


def test_an_example_is_an_envelope_that_passes() -> None:
    check_plan(PLAN_OF_TWO)
    check_envelope(example(PLAN_OF_TWO, NOW), pages=[1])


def test_text_that_was_filled_in_is_never_read_as_a_placeholder() -> None:
    odd = replace(FILLING, values={"合同编号": "{{buyer.name}}"})
    assert fill(PLAN_OF_TWO, odd, NOW).title == "恒信科技有限公司 供货合同 {{buyer.name}}"


def test_a_plan_survives_being_kept() -> None:
    anchored = plan(fields=[replace(field("buyer", 0), anchor=Anchor("乙方", -1, 0.1)), field("supplier", 0.5)])
    assert PLAN.validate_python(PLAN.dump_python(anchored, mode="json")) == anchored
    assert FIELDS.validate_python(FIELDS.dump_python(list(anchored.fields), mode="json")) == anchored.fields


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, TextInvalid),
        ({"expires_in_days": 0}, errors.TemplateLifetimeInvalid),
        ({"expires_in_days": 366}, errors.TemplateLifetimeInvalid),
        ({"title": "{{nobody.name}}"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{supplier.phone}}"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{}}"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{a b}}"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{external_id}}"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{open"}, errors.TemplatePlaceholderInvalid),
        ({"title": "{{{{x}}}}"}, errors.TemplatePlaceholderInvalid),
        ({"metadata": {"x": "{{buyer.email}}"}}, errors.TemplatePlaceholderInvalid),
        ({"roles": [TemplateRole(key="buyer"), TemplateRole(key="supplier", label="buyer")]}, RecipientDuplicate),
        ({"roles": [TemplateRole(key="buyer", label="\n")]}, TextInvalid),
    ],
)
def test_what_a_template_may_not_say(changes: dict[str, object], error: type[InvalidInput]) -> None:
    with pytest.raises(error) as caught:
        check_plan(plan(**changes))
    assert caught.value.message("zh")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"recipients": {}}, errors.TemplateRecipientMissing),
        ({"recipients": {"supplier": replace(SUPPLIER, phone=None)}}, errors.TemplateRecipientMissing),
        ({"recipients": {"supplier": SUPPLIER, "bank": SUPPLIER}}, errors.TemplateRecipientUnknown),
        ({"recipients": {"supplier": SUPPLIER, "buyer": Known(name="别人")}}, errors.TemplateRecipientFixed),
        ({"values": {}}, errors.TemplateValueMissing),
        ({"values": {"合同编号": "1", "x": "1"}}, errors.TemplateValueUnknown),
        ({"values": {"合同编号": "1\n2"}}, TextInvalid),
        ({"values": {"合同编号": "长" * 201}}, TextInvalid),
    ],
)
def test_what_a_use_may_not_fill_in(changes: dict[str, object], error: type[InvalidInput]) -> None:
    with pytest.raises(error) as caught:
        fill(PLAN_OF_TWO, replace(FILLING, **changes), NOW)  # type: ignore[arg-type]  # the test's own arguments
    assert caught.value.message("en")


def test_an_e_mail_may_stay_open() -> None:
    assert fill(PLAN_OF_TWO, FILLING, NOW).recipients[1].email is None
