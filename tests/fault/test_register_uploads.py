"""Whoever dies while contracts are uploaded or registered, and wherever: every chosen row becomes one contract.

chosen      the rows are chosen, none is registered
written     a chunk is written, not committed
committed   a chunk is committed, others are still to come
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope
from core.clock import china_day
from core.objects import Objects
from core.sheets.read_sheet import read_sheet
from core.unit_of_work import UnitOfWorkFactory
from performance.register.service import RegisterService
from performance.register.upload_policy import RowState
from tests.support.clock import FixedClock
from tests.support.contract_sheets import BAD, good_row, mixed_sheet, sheet
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.sheets import uscc
from tests.support.upload_victims import commit_and_die, judge, upload_and_die
from tests.support.victims import kill


@dataclass
class Desk:
    """An officer of a unit, and the register."""

    register: RegisterService
    officer: Actor
    engine: Engine
    clock: FixedClock
    row: Callable[..., list[Any]]

    def victim(self, folder: Path, **arguments: Any) -> dict[str, Any]:
        told = {"url": self.engine.url, "folder": folder, "now": self.clock.now(), "actor": self.officer}
        return {**told, **arguments}

    def counts(self, upload_id: UUID) -> dict[str, int]:
        return {str(state): count for state, count in self.register.upload(self.officer, upload_id).counts.items()}

    def number_of(self, table: str, where: str = "true") -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())  # noqa: S608


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock, engine: Engine) -> Desk:
    with unit_of_work() as uow:
        unit = Organisation(
            id=uow.new_id(),
            name="榆林市示范区财政局",
            uscc=uscc(700_001),
            kind=OrganisationKind.GOVERNMENT,
            region="yulin",
            created_at=uow.now,
        )
        uow.session.add(unit)
    scopes = frozenset({Scope.CONTRACTS_READ, Scope.CONTRACTS_WRITE})
    officer = Actor(unit.id, OrganisationKind.GOVERNMENT, "yulin", uuid4(), scopes)
    register = RegisterService(unit_of_work=unit_of_work, objects=objects, read=read_sheet, validate=judge)
    today = china_day(clock.now())
    days = {"signed_on": today.isoformat(), "due_on": (today + timedelta(days=30)).isoformat()}

    def row(place: int, /, **changes: Any) -> list[Any]:
        return good_row(place, **{"purchaser_uscc": unit.uscc, **days, **changes})

    return Desk(register, officer, engine, clock, row)


def assert_whole(desk: Desk, count: int) -> None:
    """`count` contracts, each with everything a contract has, and nothing without its contract."""
    assert desk.number_of("contract") == count
    assert desk.number_of("contract", "state = 'registered' AND evidence_id IS NOT NULL") == count
    assert desk.number_of("contract_party") == desk.number_of("contract_contact") == 2 * count
    assert desk.number_of("obligation", "state = 'scheduled'") == count
    assert desk.number_of("evidence_record", "type = 'contract.registered'") == count
    assert desk.number_of("pending_entry") == count
    assert desk.number_of("contract_history", "change = 'contract_state'") == count
    assert desk.number_of("contract_filing") == count
    assert desk.number_of("outbox_event", "type = 'contract.registered'") == count
    assert desk.number_of("outbox_event", "type = 'obligation.scheduled'") == count
    rows = "(SELECT DISTINCT contract_id FROM contract_upload_row)"
    assert desk.number_of(f"{rows} each", "contract_id IS NOT NULL") == count


def test_ten_thousand_rows_with_three_hundred_bad_ones_survive_a_kill(desk: Desk, tmp_path: Path) -> None:
    """Upload of a 10,000-row XLSX with 300 bad rows of every kind: 9,700 registered on confirmation, 300 explained,
    nothing half done after a kill −9."""
    data = mixed_sheet(10_000, 300, desk.row)
    upload_id = desk.register.take_upload(desk.officer, name="合同.xlsx", data=data)
    assert desk.counts(upload_id) == {"ready": 9700, "bad": 300}
    explained = desk.register.rows(desk.officer, upload_id, state=RowState.BAD, limit=300)
    told = {(problem.column, problem.error.code) for view in explained for problem in view.problems}
    assert told == {(column, code) for _, column, code in BAD}
    assert len(explained) == 300
    assert all(problem.error.message("zh") for view in explained for problem in view.problems)

    victim = desk.victim(tmp_path, upload_id=upload_id, point="written", chunks=2)
    kill(commit_and_die, **victim)
    registered = 2 * desk.register.chunk
    assert desk.counts(upload_id) == {"registered": registered, "chosen": 9700 - registered, "bad": 300}
    assert_whole(desk, registered)

    assert desk.register.register_chosen_rows() == 9700 - registered  # as the worker does
    assert desk.counts(upload_id) == {"registered": 9700, "bad": 300}
    assert_whole(desk, 9700)
    desk.register.register_upload(desk.officer, upload_id)  # and whoever asked may ask again
    assert desk.number_of("contract") == 9700


@pytest.mark.parametrize("point", ["chosen", "written", "committed"])
def test_a_process_killed_while_it_registers(desk: Desk, tmp_path: Path, point: str) -> None:
    upload_id = desk.register.take_upload(desk.officer, name="a.xlsx", data=sheet([desk.row(n) for n in range(600)]))
    kill(commit_and_die, **desk.victim(tmp_path, upload_id=upload_id, point=point, chunks=0))
    done = 500 if point == "committed" else 0
    assert desk.counts(upload_id).get("registered", 0) == done
    assert_whole(desk, done)
    desk.register.register_upload(desk.officer, upload_id)
    assert desk.counts(upload_id) == {"registered": 600}
    assert_whole(desk, 600)


def test_a_process_killed_while_it_takes_the_sheet_in_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    data = sheet([desk.row(1)])
    kill(upload_and_die, is_forked=False, **desk.victim(tmp_path, data=data))
    assert desk.number_of("contract_upload") == desk.number_of("contract_upload_row") == 0
    upload_id = desk.register.take_upload(desk.officer, name="a.xlsx", data=data)
    assert desk.counts(upload_id) == {"ready": 1}


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("at", range(3))
def test_a_crash_around_any_commit(desk: Desk, at: int, fault: Fault) -> None:
    """The choice, then two chunks."""
    upload_id = desk.register.take_upload(desk.officer, name="a.xlsx", data=sheet([desk.row(n) for n in range(4)]))
    plan = CrashPlan(at, fault)
    crashing = replace(desk.register, unit_of_work=lambda: CrashingUnitOfWork(desk.engine, desk.clock, plan), chunk=2)
    with pytest.raises(Crash):
        crashing.register_upload(desk.officer, upload_id)
    desk.register.register_upload(desk.officer, upload_id)
    assert desk.counts(upload_id) == {"registered": 4}
    assert_whole(desk, 4)
