"""The signing page asks for an identity number only where the provider does, and never fills one in again."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from signing.ports import IdentityOutcome
from signing.read_envelopes import IdentityView

ACT = Path("web/templates/signing/act.html").read_text(encoding="utf-8")
START, END = "{% if view.identity and view.identity.is_due %}", '      <li id="step-agree">'


def part(identity: IdentityView | None) -> str:
    """What the page shows of the check, in keys instead of words."""
    block = ACT[ACT.index(START) : ACT.index(END)].rsplit("</li>", 1)[0]
    page = Environment(loader=DictLoader({"page": block}), autoescape=True).get_template("page")
    return page.render(view={"identity": identity}, t=lambda key, **_facts: key)


def test_nothing_without_a_provider_or_after_a_match() -> None:
    assert part(None).strip() == ""
    assert part(IdentityView("登记", True, True, IdentityOutcome.MATCHED)).strip() == ""


@pytest.mark.parametrize("is_required", [True, False])
def test_the_number_where_it_is_needed(is_required: bool) -> None:
    shown = part(IdentityView("登记", is_required, True, IdentityOutcome.MISMATCHED))
    assert 'name="id_number"' in shown
    assert "signing.why_id_number" in shown
    assert "value=" not in shown
    assert shown.rstrip().endswith(("required></div>", "</div>"))
    assert (" required>" in shown) is is_required


def test_no_number_where_name_and_phone_will_do() -> None:
    shown = part(IdentityView("登记", True, False, None))
    assert "signing.why_identity" in shown
    assert "id_number" not in shown
