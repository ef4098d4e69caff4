"""Every external step of a completion report: lost, or done and then lost. At most one report is ever on record."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from signing.make_report import STEP, make_report
from signing.models import Envelope
from tests.fault.test_signing_faults import Killed, LosingObjects
from tests.support.signing import Table


@pytest.fixture
def losing(objects: Objects) -> LosingObjects:
    return LosingObjects(objects)


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, losing: LosingObjects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, losing, secrets)


def completed(table: Table) -> UUID:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.service.seal_envelope(envelope_id)
    return envelope_id


def envelope(table: Table, envelope_id: UUID) -> Envelope:
    return table.service.envelope(table.sender, envelope_id).envelope


def reports(table: Table, envelope_id: UUID) -> int:
    """In the evidence; the envelope names one exactly if there is one."""
    recorded = table.steps(envelope_id).count(STEP)
    assert (envelope(table, envelope_id).report_object_key is not None) == (recorded > 0)
    return recorded


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_storing_the_report(table: Table, losing: LosingObjects, when: str) -> None:
    envelope_id = completed(table)
    losing.fails, losing.error = when, Killed()
    with pytest.raises(Killed):
        make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 0
    make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_store_fails_while_storing_the_report(table: Table, losing: LosingObjects, when: str) -> None:
    envelope_id = completed(table)
    losing.fails = when
    with pytest.raises(OSError, match="gone"):
        make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 0
    make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 1


def test_no_report_without_a_timestamp(table: Table) -> None:
    """The contract stays completed; its report waits for the authority."""
    envelope_id = completed(table)
    table.paper.fail_next = TimestampUnavailable()
    with pytest.raises(TimestampUnavailable):
        make_report(table.service, envelope_id)
    assert table.state(envelope_id) == "completed"
    assert reports(table, envelope_id) == 0
    make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 1


def test_a_slow_attempt_is_overtaken(table: Table) -> None:
    """The first attempt comes back when the second has recorded its report: the first one's is thrown away."""
    envelope_id = completed(table)
    seen: list[str | None] = []

    def overtake() -> None:
        make_report(table.service, envelope_id)
        seen.append(envelope(table, envelope_id).report_sha256)

    table.paper.during = overtake
    make_report(table.service, envelope_id)
    assert reports(table, envelope_id) == 1
    assert [envelope(table, envelope_id).report_sha256] == seen
    assert table.paper.calls.count("sealed as a report") == 2


def test_many_workers_at_the_same_moment(table: Table) -> None:
    envelope_id = completed(table)
    with ThreadPoolExecutor(4) as workers:
        for done in [workers.submit(make_report, table.service, envelope_id) for _ in range(4)]:
            done.result()
    assert reports(table, envelope_id) == 1


def test_once_there_is_a_report_nothing_is_drawn_again(table: Table) -> None:
    envelope_id = completed(table)
    make_report(table.service, envelope_id)
    make_report(table.service, envelope_id)
    assert table.paper.calls.count("sealed as a report") == 1
    assert reports(table, envelope_id) == 1
