"""`/health/ready` tells operators' monitors of alarms, and is ready all the same."""

from pathlib import Path

from sqlalchemy import Engine

from tests.support.app import Office


def test_an_alarm_of_anchoring_shows_and_stops_nothing(engine: Engine, tmp_path: Path) -> None:
    office = Office.open(tmp_path, engine)
    before = office.done(None, "GET", "/health/ready")
    assert (before["status"], before["anchor_alarms"]) == ("ready", [])
    office.services.anchors.step(office.clock.now())  # The chain of the settings isn't there.
    after = office.done(None, "GET", "/health/ready")
    assert after["status"] == "ready"
    assert after["anchor_alarms"] == [{"chain_id": 31337, "code": "chain_unavailable"}]
