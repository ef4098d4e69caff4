"""Processes that upload contracts, or register what was chosen, and kill themselves at a crash point."""

import os
import signal
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import URL

from accounts.policy import Actor
from core.database import create_database_engine
from core.objects import Objects
from core.sheets.read_sheet import read_sheet
from core.unit_of_work import UnitOfWork
from ledger.verifier.pades import verify_pdf
from ledger.verifier.pades_verdict import PDFVerdict
from performance.register import choose_rows, register_rows, take_upload
from performance.register.service import RegisterService
from tests.support.clock import FixedClock


def die(*_: object, **__: object) -> None:
    """As `victims.die`, without the whole application that it imports."""
    os.kill(os.getpid(), signal.SIGKILL)


def judge(data: bytes) -> PDFVerdict:
    """The real validation, which trusts nobody."""
    return verify_pdf(data, signing_roots=[], timestamp_roots=[], form="any")


def upload_and_die(*, url: URL, folder: Path, now: datetime, actor: Actor, data: bytes) -> None:
    """Dies with the file stored and its rows copied, not committed."""
    take_upload.copy_in = die
    _service(url, folder, now).take_upload(actor, name="合同.xlsx", data=data)


def commit_and_die(
    *, url: URL, folder: Path, now: datetime, actor: Actor, upload_id: UUID, point: str, chunks: int
) -> None:
    """Dies once the rows are chosen (`chosen`), in the chunk after `chunks` of them with everything written
    (`written`), or when that one is committed (`committed`)."""
    service = _service(url, folder, now)  # Forked: it never touches the object store.
    done = 0
    register, mark = register_rows.register_chosen, register_rows._mark

    def register_some(*arguments: object, **named: object) -> int:
        nonlocal done
        if point == "chosen":
            die()
        dealt_with = register(*arguments, **named)  # type: ignore[arg-type]
        done += 1
        if point == "committed" and done > chunks:
            die()
        return dealt_with

    def mark_and_die(*arguments: object) -> None:
        mark(*arguments)  # type: ignore[arg-type]
        if done == chunks:
            die()

    choose_rows.register_chosen = register_some
    if point == "written":
        register_rows._mark = mark_and_die
    service.register_upload(actor, upload_id)


def _service(url: URL, folder: Path, now: datetime) -> RegisterService:
    engine, clock = create_database_engine(url), FixedClock(now)
    return RegisterService(
        unit_of_work=lambda: UnitOfWork(engine, clock),
        objects=Objects.at(f"file://{folder / 'objects'}"),
        read=read_sheet,
        validate=judge,
    )
