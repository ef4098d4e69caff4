"""A signing table with a template on it, sheets for it, and the worker that sends their rows."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import URL

from core.database import create_database_engine
from core.objects import Objects
from core.secrets import SecretBox
from core.sheets.read_sheet import read_sheet
from core.unit_of_work import UnitOfWork
from signing import work
from signing.bulk import send_rows
from signing.bulk.policy import BulkState, RowState
from signing.bulk.read_bulk_sends import RowView
from signing.bulk.service import BulkService
from signing.service import SigningService
from signing.templates.service import TemplateService
from tests.support.clock import FixedClock
from tests.support.sheets import uscc, xlsx_bytes
from tests.support.signing import IMPRINT, CountingIssuer, PaperWork, Table
from tests.support.templates import template_plan

HEAD = ["外部编号", "supplier.姓名", "supplier.手机号", "supplier.单位名称", "supplier.统一社会信用代码", "编号"]


def line(row: int, **changes: Any) -> list[Any]:
    """A good row, in which the cells of these columns are others: external, name, phone, firm, code, number."""
    given = {
        "external": f"erp-{row}",
        "name": f"李{row}",
        "phone": f"138{row:08d}",
        "firm": f"供应商 {row}",
        "code": uscc(row),
        "number": str(row),
        **changes,
    }
    return list(given.values())


@dataclass
class Desk:
    """A table with a template on it, and the worker at hand."""

    table: Table
    bulk: BulkService
    templates: TemplateService
    template_id: UUID
    clock: FixedClock

    @classmethod
    def at(cls, table: Table, clock: FixedClock) -> "Desk":
        templates = TemplateService(context=table.service)
        template_id = templates.create_template(table.sender, template_plan(table))
        return cls(table, BulkService(signing=table.service, read=read_sheet), templates, template_id, clock)

    def upload(self, *lines: Sequence[Any]) -> UUID:
        data = xlsx_bytes([HEAD, *lines])
        return self.bulk.upload_sheet(self.table.sender, self.template_id, name="名单.xlsx", data=data)

    def confirmed(self, *lines: Sequence[Any]) -> UUID:
        bulk_send_id = self.upload(*lines)
        self.bulk.confirm(self.table.sender, bulk_send_id)
        return bulk_send_id

    def rows(self, bulk_send_id: UUID, state: RowState | None = None) -> list[RowView]:
        return self.bulk.rows(self.table.sender, bulk_send_id, state=state, limit=5000)

    def states(self, bulk_send_id: UUID) -> list[str]:
        return [view.row.state for view in self.rows(bulk_send_id)]

    def state(self, bulk_send_id: UUID) -> BulkState:
        return self.bulk.bulk_send(self.table.sender, bulk_send_id).state

    def envelopes(self) -> dict[str | None, str]:
        """States of all envelopes by external id; fails if two share one."""
        found = self.table.service.envelopes(self.table.sender, limit=200)
        states = {view.envelope.external_id: view.envelope.state for view in found}
        assert len(states) == len(found)
        return states


def send_rows_and_die(*, url: URL, folder: Path, now: datetime, point: str) -> None:
    """Sends rows in a process of its own (`victims.kill`), which dies at `point`. `folder` keeps the objects."""

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def make_and_die(*arguments: Any, **named: Any) -> None:
        make(*arguments, **named)
        die()

    engine, clock = create_database_engine(url), FixedClock(now)
    make = send_rows.add_draft_from
    if point == "taken":
        send_rows._make_envelope = die  # type: ignore[assignment]
    elif point == "making":
        send_rows.add_draft_from = make_and_die  # type: ignore[assignment]
    elif point == "made":
        send_rows.send_envelope = die
    elif point == "prepared":
        work.finish = die
    elif point == "sent":
        send_rows._note_sent = die
    paper = PaperWork()
    signing = SigningService(
        unit_of_work=lambda: UnitOfWork(engine, clock),
        objects=Objects.at(f"file://{folder / 'objects'}"),
        secrets=SecretBox(b"a master key that only tests use"),
        screener=paper,
        locator=paper,
        preparer=paper,
        signer=paper,
        issuer=CountingIssuer(),
        sealer=paper,
        imprint=IMPRINT,
        software="dingyue tests",
        clock_source="a clock that stands still",
    )
    BulkService(signing=signing, read=read_sheet).send_due_rows()
