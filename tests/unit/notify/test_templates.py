"""Templates are data, checked; texts can't be forged through their parameters."""

from typing import Any

import pytest

from notify.segments import count_segments
from notify.templates import FILTERED_WORDS, REDACTED, TemplateInvalid, check_template, load_templates, render

PARAMS = {
    "contact": "王伟",
    "contract": "办公设备采购合同",
    "number": "YL-2026-0001",
    "obligation": "支付首期款",
    "debtor": "榆林市示例局",
    "due_on": "2026-12-10",
}


def text_of(name: str, language: str = "zh", secret: str | None = None, **params: Any) -> str:
    return render(name, language, params, secret=secret, signature="鼎约", reference="BCDFGHJK")


def test_every_template_keeps_the_rules() -> None:
    assert set(load_templates()) == {
        "obligation_reminder",
        "obligation_follow_up",
        "fulfilment_claimed",
        "signing_link",
        "signing_code",
    }


def test_a_text_is_signature_body_and_reference() -> None:
    text = text_of("obligation_reminder", **PARAMS)

    assert text.startswith("【鼎约】履行节点提醒：王伟您好")
    assert "2026-12-10" in text
    assert text.endswith(" [BCDFGHJK]")
    assert count_segments(text).segments <= 2


def test_no_text_has_a_word_that_carriers_filter() -> None:
    for name in ("obligation_reminder", "obligation_follow_up"):
        assert not [word for word in FILTERED_WORDS if word in text_of(name, **PARAMS)]


def test_english_and_the_fall_back_to_chinese() -> None:
    assert "Milestone reminder" in text_of("obligation_reminder", "en", **PARAMS)
    assert text_of("obligation_reminder", "fr", **PARAMS) == text_of("obligation_reminder", "zh", **PARAMS)


def test_secrets_are_redacted_unless_given() -> None:
    assert "123456" in text_of("signing_code", secret="123456", minutes=5)
    assert REDACTED in text_of("signing_code", minutes=5)


def test_parameters_cannot_forge_lines_or_fill_pages() -> None:
    text = text_of("obligation_reminder", **{**PARAMS, "contract": "合同\n【银行】\u202e 请转账" + "长" * 500})

    assert "\n" not in text
    assert "\u202e" not in text
    assert len(text) < 200


@pytest.mark.parametrize("params", [{}, {"minutes": 5, "more": 1}])
def test_missing_and_unknown_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(TemplateInvalid):
        text_of("signing_code", **params)


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(TemplateInvalid):
        text_of("no_such_template")


@pytest.mark.parametrize(
    ("zh", "en"), [("你好", "hello {name}"), ("{name}{other}", "{name}"), ("{name}已逾期", "{name}")]
)
def test_a_template_that_breaks_the_rules_is_refused(zh: str, en: str) -> None:
    with pytest.raises(TemplateInvalid):
        check_template("broken", {"placeholders": ["name"], "secret": None, "zh": zh, "en": en})
