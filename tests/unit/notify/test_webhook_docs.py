"""`docs/webhooks.md` is true: its example verifies what we sign and nothing else, and its list of types is complete."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notify.webhooks.policy import EventType
from notify.webhooks.signature import new_secret, signature_header

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
NOW = 1_790_000_000
BODY = '{"id":"evt_1","title":"采购合同"}'.encode()

Verify = Callable[[str, bytes, str, float], None]


@pytest.fixture
def verify() -> Verify:
    """The page's own example, run as it stands there."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/webhooks.md", "exec"), names)  # noqa: S102 - that it runs is what is tested
    found: Verify = names["verify"]
    return found


def test_the_example_accepts_what_we_sign_with_either_secret(verify: Verify) -> None:
    old, new = new_secret(), new_secret()
    for keys in ([new], [new, old]):
        for secret in keys:
            verify(signature_header(keys, NOW, BODY), BODY, secret, NOW)


@pytest.mark.parametrize("late_by", [-301, 301])
def test_the_example_refuses_a_recording(verify: Verify, late_by: int) -> None:
    secret = new_secret()
    with pytest.raises(ValueError, match="too old"):
        verify(signature_header([secret], NOW, BODY), BODY, secret, NOW + late_by)


def test_the_example_refuses_another_body_secret_or_header(verify: Verify) -> None:
    secret = new_secret()
    header = signature_header([secret], NOW, BODY)
    for bad_header, body, key in (
        (header, BODY + b" ", secret),
        (header, BODY, new_secret()),
        (header.replace(f"t={NOW}", f"t={NOW + 1}"), BODY, secret),
        (header.replace("v1=", "v0="), BODY, secret),
        (f"t={NOW}", BODY, secret),
        ("", BODY, secret),
        ("v1=é,t=二", BODY, secret),
    ):
        with pytest.raises(ValueError, match="signature"):
            verify(bad_header, body, key, NOW)


def test_the_page_lists_every_type() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)) == set(EventType)
