"""The register at scale: `python -m bench.performance [--contracts N] [--upload-rows R]`.

Fills a throw-away PostgreSQL by COPY with N contracts of five obligations each, then ten times as many, and measures at
the database: lists and searches (p95 of pages of 50, for a unit of 200 contracts and for the regulator of all of
them), the daily sweep with the same number due, and an upload of a sheet from its bytes to registered contracts.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedPostgres
from app.migrate import migrate
from app.processes import settle
from bench.goals import Goal
from core.clock import china_day
from core.copying import copy_in, plain
from core.database import create_database_engine
from core.ids import new_ids
from core.objects import Objects
from core.sheets.read_sheet import read_sheet
from core.unit_of_work import UnitOfWork
from ledger.verifier.pades import verify_pdf
from performance import sweep_due
from performance.listing import ObligationFilter, obligations
from performance.models import Contract, ContractParty, Obligation
from performance.register import search
from performance.register.search import ContractFilter
from performance.register.service import RegisterService
from tests.support.clock import FixedClock
from tests.support.contract_sheets import good_row, sheet
from tests.support.sheets import uscc

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OBLIGATIONS = 5
DUE = 1000
PER_UNIT = 200
BATCH = 10_000
PAGES = 40
PAGE = 50


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--contracts", type=int, default=100_000, help="in the large register; a tenth in the small one"
    )
    parser.add_argument("--upload-rows", type=int, default=5000, help="rows of the sheet, at most 10,000")
    parser.add_argument("--check", action="store_true", help="exit 1 if a goal isn't met")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            migrate(server.url(OWNER_ROLE))
            goals = run(server, Path(folder), given.contracts, given.upload_rows)
        finally:
            server.stop()
    return 1 if given.check and not all(goal.is_met for goal in goals) else 0


def run(server: EmbeddedPostgres, folder: Path, contracts: int, upload_rows: int) -> list[Goal]:
    desk = Desk(create_database_engine(server.url(SERVICE_ROLE)), folder)
    rows_a_second = desk.upload(upload_rows)
    small = desk.measure(contracts // 10)
    large = desk.measure(contracts)
    desk.engine.dispose()
    goals = []
    say(f"{'':44}{contracts // 10:>12,} {contracts:>12,} contracts    ×")
    for what, before in small.items():
        after = large[what]
        say(f"  {what:42}{1000 * before:9.1f} ms {1000 * after:9.1f} ms {after / max(before, 1e-6):8.1f}")
        if what.startswith("sweep"):
            goals.append(Goal("daily sweep flat as it grows 10×", f"{after / before:.1f} ×", after < 2 * before))
        else:
            goals.append(Goal(f"below 100 ms (p95), {what}", f"{1000 * after:.1f} ms", after < 0.1))
    goals.append(Goal("bulk upload ≥ 2,000 rows/s", f"{rows_a_second:.0f} rows/s", rows_a_second >= 2000))
    for goal in goals:
        say(str(goal))
    return goals


class Desk:
    """A register that is filled by COPY, and those who look at it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.clock = engine, FixedClock(NOW)
        self.today = china_day(NOW)
        self.filled = 0
        self.random = random.Random(5)  # noqa: S311 - the same register every time
        self.service = RegisterService(
            unit_of_work=self.unit_of_work,
            objects=Objects.at(f"file://{folder / 'objects'}"),
            read=read_sheet,
            validate=lambda data: verify_pdf(data, signing_roots=[], timestamp_roots=[], form="any"),
        )
        self.officer = self._organisation(900_001, OrganisationKind.GOVERNMENT)
        self.regulator = self._organisation(900_002, OrganisationKind.REGULATOR)
        self.unit = self._organisation(900_003, OrganisationKind.GOVERNMENT)
        self.supplier = self._organisation(900_004, OrganisationKind.ENTERPRISE)
        self.crowd = self._organisation(900_005, OrganisationKind.GOVERNMENT)

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self.engine, self.clock)

    def _organisation(self, number: int, kind: OrganisationKind) -> Actor:
        with self.unit_of_work() as uow:
            row = Organisation(
                id=uow.new_id(), name=f"单位{number}", uscc=uscc(number), kind=kind, region="yulin", created_at=uow.now
            )
            uow.session.add(row)
        scopes = frozenset({Scope.CONTRACTS_READ, Scope.CONTRACTS_WRITE})
        return Actor(row.id, kind, "yulin", None, scopes)

    # Upload

    def upload(self, count: int) -> float:
        """Rows a second, from the file's bytes to registered contracts."""
        with self.unit_of_work() as uow:
            code = uow.session.scalars(text("SELECT uscc FROM organisation WHERE id = :id").bindparams(
                id=self.officer.organisation_id)).one()  # fmt: skip
        days = {"signed_on": self.today.isoformat(), "due_on": (self.today + timedelta(days=30)).isoformat()}
        data = sheet([good_row(number, purchaser_uscc=code, **days) for number in range(count)])
        settle()
        start = time.perf_counter()
        read_sheet(data, 10_000)
        parsed = time.perf_counter()
        upload_id = self.service.take_upload(self.officer, name="合同.xlsx", data=data)
        taken = time.perf_counter()
        self.service.register_upload(self.officer, upload_id)
        done = time.perf_counter()
        registered = self.service.upload(self.officer, upload_id).counts
        say(
            f"upload of {count:,} rows: parsed {parsed - start:.2f} s, taken in (parsed again, checked, stored)"
            f" {taken - parsed:.2f} s, registered {done - taken:.2f} s: {dict(registered)}"
        )
        return count / (done - parsed)

    # Lists and sweep

    def measure(self, contracts: int) -> dict[str, float]:
        """Seconds by what was asked; p95 of pages."""
        self._fill(contracts)
        found = {
            f"{who}, {what}": self._pages(actor, wanted)
            for who, actor in (("unit", self.unit), ("regulator", self.regulator))
            for what, wanted in self._searches().items()
        }
        found["unit, obligations by due date"] = self._obligations(self.unit)
        found["regulator, obligations by due date"] = self._obligations(self.regulator)
        found[f"sweep of {DUE} due"] = self._sweep()
        return found

    def _searches(self) -> dict[str, ContractFilter]:
        return {
            "newest": ContractFilter(),
            "by number": ContractFilter(number=f"B-{self.filled // 2:08d}"),
            "by party's code": ContractFilter(party=uscc(self.filled // 3)),
            "by party's name": ContractFilter(party=f"供应商{self.filled // 3:07d}"),
            "by class": ContractFilter(class_code="bulk_supply"),
            "by state, rare": ContractFilter(state="completed"),
            "by day of signing": ContractFilter(signed_from=self.today - timedelta(days=200), signed_to=self.today),
            "by one day": ContractFilter(signed_from=date(2026, 3, 1), signed_to=date(2026, 3, 1)),
            "by amount, rare": ContractFilter(amount_from=99_990_000, amount_to=100_000_000),
            "class, days and amount": ContractFilter(
                class_code="bulk_supply", signed_from=date(2026, 1, 1), amount_from=50_000_000
            ),
        }

    def _pages(self, actor: Actor, wanted: ContractFilter) -> float:
        def page(session: Session, before: UUID | None) -> UUID | None:
            rows = search.contracts(session, actor, wanted, before=before, limit=PAGE)
            return rows[-1].id if len(rows) == PAGE else None

        return self._p95(page)

    def _obligations(self, actor: Actor) -> float:
        def page(session: Session, before: UUID | None) -> UUID | None:  # noqa: ARG001 - every page is the first
            obligations(session, actor, ObligationFilter(), after=None, limit=PAGE)
            return None

        return self._p95(page)

    def _p95(self, page: Callable[[Session, UUID | None], UUID | None]) -> float:
        seconds = []
        cursor: UUID | None = None
        with Session(self.engine) as session:
            for _ in range(PAGES):
                start = time.perf_counter()
                cursor = page(session, cursor)
                seconds.append(time.perf_counter() - start)
        return statistics.quantiles(seconds, n=20)[-1]

    def _sweep(self) -> float:
        """With the same number due, however many there are."""
        with self.unit_of_work() as uow:
            uow.session.execute(
                text(
                    "UPDATE obligation SET due_on = :day WHERE id IN (SELECT id FROM obligation"
                    " WHERE state = 'scheduled' ORDER BY id DESC LIMIT :due)"
                ),
                {"day": self.today - timedelta(days=1), "due": DUE},
            )
        start = time.perf_counter()
        swept = sweep_due.sweep_due(self.unit_of_work)
        seconds = time.perf_counter() - start
        if swept < DUE:
            raise SystemExit(f"the sweep entered {swept}, not {DUE}")
        return seconds

    # Filling

    def _fill(self, contracts: int) -> None:
        start = time.perf_counter()
        while self.filled < contracts:
            count = min(BATCH, contracts - self.filled)
            with self.unit_of_work() as uow:
                self._copy(uow, self.filled, count)
            self.filled += count
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("contract", "contract_party", "obligation"):
                connection.execute(text(f"ANALYZE {table}"))
        seconds = time.perf_counter() - start
        say(f"filled to {contracts:,} contracts, {contracts * OBLIGATIONS:,} obligations: {seconds:.0f} s")

    def _copy(self, uow: UnitOfWork, first: int, count: int) -> None:
        contract, party, obligation = plain(Contract), plain(ContractParty), plain(Obligation)
        self.clock.advance(timedelta(seconds=1))
        names = new_ids(self.clock.now(), count)
        contracts, parties, duties = [], [], []
        others = new_ids(self.clock.now() + timedelta(milliseconds=1), count * (2 + OBLIGATIONS))
        for place, identifier in enumerate(names):
            number = first + place
            mine = number % max(1, count // PER_UNIT) == 0 and first < BATCH
            owner = self.unit if mine else self.crowd
            signed_on = self.today - timedelta(days=self.random.randrange(1, 900))
            contracts.append(
                contract(
                    id=identifier,
                    owner_organisation_id=owner.organisation_id,
                    number=f"B-{number:08d}",
                    title=f"合同 {number}",
                    form="contract",
                    class_code="bulk_supply" if number % 7 == 0 else "government_procurement",
                    region="yulin",
                    profile_version=1,
                    summary="",
                    amount_minor=self.random.randrange(1, 100_000_000),
                    currency="CNY",
                    intake="bulk_upload",
                    state="completed" if number % 5000 == 0 else "registered",
                    signed_on=signed_on,
                    performance_due_on=self.today + timedelta(days=400),
                    created_at=NOW,
                    registered_at=NOW,
                )
            )
            of = others[place * (2 + OBLIGATIONS) :]
            sides = (("purchaser", "采购方", 900_005), ("supplier", f"供应商{number:07d}", number % 800_000))
            for at, (role, name, code) in enumerate(sides):
                parties.append(
                    party(id=of[at], contract_id=identifier, role=role, name=name, uscc=uscc(code), kind="enterprise")
                )
            duties += [
                obligation(
                    id=of[1 + position],
                    contract_id=identifier,
                    position=position,
                    kind="delivery",
                    title="交付",
                    debtor_role="supplier",
                    creditor_role="purchaser",
                    due_on=self.today + timedelta(days=1 + self.random.randrange(400)),
                    currency="CNY",
                    state="scheduled",
                )
                for position in range(1, OBLIGATIONS + 1)
            ]
        copy_in(uow.session, Contract, contracts)
        copy_in(uow.session, ContractParty, parties)
        copy_in(uow.session, Obligation, duties)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
