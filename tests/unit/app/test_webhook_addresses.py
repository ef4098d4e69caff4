"""Only an embedded stack's webhooks may go to this machine, and only if its settings let them."""

import sys
from pathlib import Path

import pytest

from app.composition import Foundation, _webhooks
from app.settings import WebhookSettings
from core.clock import SystemClock
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from tests.support.app import settings


def no_database() -> UnitOfWork:
    sys.exit("nothing here needs a database")


@pytest.mark.parametrize(
    ("mode", "allow_loopback", "is_allowed"),
    [("embedded", True, True), ("embedded", False, False), ("production", True, False), ("production", False, False)],
)
def test_loopback(tmp_path: Path, mode: str, allow_loopback: bool, is_allowed: bool) -> None:
    chosen = settings(tmp_path).model_copy(
        update={"mode": mode, "webhooks": WebhookSettings(allow_loopback=allow_loopback)}
    )
    base = Foundation(no_database, SystemClock(), Objects.at(f"file://{tmp_path}"), SecretBox(b"0" * 32))
    webhooks = _webhooks(chosen, base)
    assert webhooks.addresses.is_allowed("127.0.0.1") is is_allowed
    assert webhooks.addresses.is_allowed("8.8.8.8")
    assert not webhooks.addresses.is_allowed("10.0.0.1")
