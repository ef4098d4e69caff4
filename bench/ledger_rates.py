"""How many entries a second are notarised: committed to PostgreSQL when they are counted.

Rounds of ours, of the raw insertion of the very same rows, and of pymerkle follow each other, so that a busy moment of
the machine hits all of them. `raw` knows all rows beforehand and hands them to COPY, PostgreSQL's fastest way in, with
the same tables, indexes and constraints in one transaction; `INSERT` sends one for each row, all at once.

pymerkle appends the same entries to a table of SQLite: it keeps no records, salts, readers or digests.
"""
# ruff: noqa: T201

import argparse
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from sqlalchemy import Engine, Table, insert

from accounts.policy import Actor, OrganisationKind, Scope
from accounts.service import AccountService
from api.app import create_app
from app.composition import Foundation, build_services
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedPostgres, free_port
from app.migrate import migrate
from core.clock import SystemClock
from core.database import create_database_engine
from core.ids import new_ids
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.insert_evidence import NewEvidence, copy_evidence
from ledger.models import EvidenceAccess, EvidenceDigest, EvidenceEntry, EvidenceRecord, PendingEntry
from ledger.notarise import NOTARISED_FILE, Notarisation, notarise, notarise_batch
from ledger.record import EvidenceFile, StoredFile, Subject
from ledger.record_evidence import new_evidence
from ledger.service import LedgerService
from tests.support.app import settings
from tests.support.ledger import register_organisation

_ROOT = Path(__file__).resolve().parents[1]
_SECRETS = b"a master key for the length of a measurement"
_PROCESSES, _THREADS = 2, 4
_SLOW_ROUNDS = 2
BATCHES = (1_000, 10_000)

OURS, RAW, INSERT, PYMERKLE = "dingyue", "raw COPY of the same rows", "raw INSERT of the same rows", "pymerkle, SQLite"
SINGLE, HTTP, SEQUENCED = "dingyue, singly", "dingyue, singly, over HTTP", "into the log, with its checkpoint"

Rates = dict[str, dict[str, float]]
"""Entries a second: by what is measured ("singly", "batches of 1,000" …), then by contender."""


def measure(*, is_quick: bool) -> Rates:
    """Prints what was measured."""
    # Not below a folder of one user: as root, the embedded PostgreSQL runs as another.
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "database")
        server.start()
        try:
            migrate(server.url(OWNER_ROLE))
            return _measure_all(server.url(SERVICE_ROLE), folder, is_quick=is_quick)
        finally:
            server.stop()


def _measure_all(url: str, folder: Path, *, is_quick: bool) -> Rates:
    engine = create_database_engine(url, pool_size=20)
    unit_of_work = _unit_of_work(engine)
    actor = register_organisation(unit_of_work)
    rates: Rates = {"singly": {}}
    rates["singly"][SINGLE] = _singly(url, folder, actor, 200 if is_quick else 2000)
    rates["singly"][HTTP] = _over_http(url, folder, actor, 40 if is_quick else 400)
    rates["singly"][PYMERKLE] = _pymerkle_singly(folder, 100 if is_quick else 1500)
    _print("singly, durable", rates["singly"], SINGLE)
    for size in BATCHES[:1] if is_quick else BATCHES:
        title = f"batches of {size:,}"
        rates[title] = _in_batches(unit_of_work, folder, actor, size, 2 if is_quick else 7)
        _print(title, rates[title], OURS)
    rates["log"] = {SEQUENCED: _sequence(unit_of_work, folder)}
    _print("the log", rates["log"], SEQUENCED)
    engine.dispose()
    return rates


def _unit_of_work(engine: Engine) -> UnitOfWorkFactory:
    clock = SystemClock()
    return lambda: UnitOfWork(engine, clock)


def items(count: int) -> list[Notarisation]:
    return [
        Notarisation(
            EvidenceFile("采购合同.pdf", "application/pdf", 482113, os.urandom(32).hex(), os.urandom(32).hex()),
            {"order": f"PO-2026-{number}", "amount": "480000.00"},
        )
        for number in range(count)
    ]


# Singly


def _singly(url: str, folder: Path, actor: Actor, count: int) -> float:
    """Two processes of four callers each, as two web processes would have them."""
    (folder / "actor.json").write_text(json.dumps([str(actor.organisation_id), actor.region]))
    command = [sys.executable, "-m", "bench.ledger_rates", "--run", url, str(folder), str(count)]
    running = [subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) for _ in range(_PROCESSES)]
    results = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    seconds = max(result["ended"] for result in results) - min(result["begun"] for result in results)
    made: int = sum(result["made"] for result in results)
    return made / seconds


def _run_one(url: str, folder: str, count: str) -> int:
    """In a process of its own; the first ones warm up and aren't counted."""
    unit_of_work = _unit_of_work(create_database_engine(url, pool_size=_THREADS))
    organisation, region = json.loads((Path(folder) / "actor.json").read_text())
    actor = Actor(UUID(organisation), OrganisationKind.ENTERPRISE, region, None, frozenset({Scope.EVIDENCE_WRITE}))

    def make(shares: Sequence[Sequence[Notarisation]]) -> None:
        _at_once([lambda share=share: [notarise(unit_of_work, actor, each) for each in share] for share in shares])

    make([items(25)] * _THREADS)
    shares = [items(int(count) // _THREADS) for _ in range(_THREADS)]
    begun = time.time()
    make(shares)
    print(json.dumps({"begun": begun, "ended": time.time(), "made": sum(map(len, shares))}))
    return 0


def _at_once(calls: Sequence[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _over_http(url: str, folder: Path, actor: Actor, count: int) -> float:
    """One web process, four clients with connections of their own."""
    port = free_port()
    command = [sys.executable, "-m", "bench.ledger_rates", "--serve", url, str(folder), str(port)]
    server = subprocess.Popen(command, cwd=_ROOT)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(base)
        headers = {"Authorization": f"Bearer {_token(url, actor)}"}
        shares = [[_body(item) for item in items(count // _THREADS)] for _ in range(_THREADS)]

        def send(share: list[dict[str, Any]]) -> None:
            with httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as client:
                for body in share:
                    client.post("/v1/evidence", json=body).raise_for_status()

        send([_body(item) for item in items(20)])
        begun = time.perf_counter()
        _at_once([lambda share=share: send(share) for share in shares])
        return sum(map(len, shares)) / (time.perf_counter() - begun)
    finally:
        server.terminate()
        server.wait()


def _serve(url: str, folder: str, port: str) -> int:
    unit_of_work = _unit_of_work(create_database_engine(url, pool_size=20))
    base = Foundation(unit_of_work, SystemClock(), Objects.at(f"file://{folder}/objects"), SecretBox(_SECRETS))
    app = create_app(build_services(settings(Path(folder)), base))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")
    return 0


def _wait_for(base: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{base}/health/live", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the web process doesn't answer")


def _token(url: str, actor: Actor) -> str:
    engine = create_database_engine(url)
    scopes = frozenset({Scope.ACCOUNTS_WRITE, Scope.EVIDENCE_WRITE})
    owner = Actor(actor.organisation_id, actor.organisation_kind, actor.region, None, scopes)
    issued = AccountService(_unit_of_work(engine)).issue_api_token(owner, name="bench", scopes=[Scope.EVIDENCE_WRITE])
    engine.dispose()
    return issued.secret


def _body(item: Notarisation) -> dict[str, Any]:
    file = item.file
    described = {"name": file.name, "media_type": file.media_type, "size": file.size}
    return {**described, "sha256": file.sha256, "sm3": file.sm3, "facts": item.stated}


# In batches


def _in_batches(
    unit_of_work: UnitOfWorkFactory, folder: Path, actor: Actor, size: int, rounds: int
) -> dict[str, float]:
    measured: dict[str, list[float]] = {name: [] for name in (OURS, RAW, INSERT, PYMERKLE)}
    for number in range(rounds + 1):
        batch, rows = items(size), _rows(actor, items(size))
        found = {
            OURS: _timed(lambda batch=batch: notarise_batch(unit_of_work, actor, batch)),
            RAW: _timed(lambda rows=rows: _copy(unit_of_work, rows)),
            PYMERKLE: _pymerkle_batch(folder, [new.entry for new in rows]),
        }
        if number <= _SLOW_ROUNDS:
            few = _rows(actor, items(size))
            found[INSERT] = _timed(lambda few=few: _insert(unit_of_work, few))
        for name, seconds in found.items() if number else ():  # the first round warms up
            measured[name].append(size / seconds)
    return {name: statistics.median(each) for name, each in measured.items()}


def _timed(call: Callable[[], object]) -> float:
    """Seconds. What lies about from measuring is kept from the collector, as web processes do."""
    gc.collect()
    gc.freeze()
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _rows(actor: Actor, wanted: Sequence[Notarisation]) -> list[NewEvidence]:
    now = SystemClock().now()
    return [
        new_evidence(
            identifier,
            at=now,
            type="digest.notarised",
            subject=Subject(NOTARISED_FILE, f"evd_{identifier.hex}"),
            organisation_ids=[actor.organisation_id],
            facts={"organisation": f"org_{actor.organisation_id.hex}", "person": None, **item.facts},
            files=[StoredFile(item.file, "")],
        )
        for identifier, item in zip(new_ids(now, len(wanted)), wanted, strict=True)
    ]


def _copy(unit_of_work: UnitOfWorkFactory, rows: Sequence[NewEvidence]) -> None:
    with unit_of_work() as uow:
        copy_evidence(uow.session, rows)


def _insert(unit_of_work: UnitOfWorkFactory, rows: Sequence[NewEvidence]) -> None:
    record = ("id", "position", "type", "at", "record", "salt")
    tables: list[tuple[Any, list[dict[str, Any]]]] = [
        (EvidenceEntry, [{name: getattr(new, name) for name in ("id", "entry", "leaf_hash")} for new in rows]),
        (
            EvidenceRecord,
            [
                {name: getattr(new, name) for name in record}
                | {"subject_kind": new.subject.kind, "subject_id": new.subject.id, "object_keys": [""]}
                for new in rows
            ],
        ),
        (EvidenceAccess, [{"evidence_id": new.id, "organisation_id": new.organisation_ids[0]} for new in rows]),
        (EvidenceDigest, [_finder(new) for new in rows]),
        (PendingEntry, [{"evidence_id": new.id} for new in rows]),
    ]
    with unit_of_work() as uow:
        for model, values in tables:
            table: Table = model.__table__
            uow.session.connection().execute(insert(table), values)


def _finder(new: NewEvidence) -> dict[str, Any]:
    file = new.files[0].file
    found = {"sha256": bytes.fromhex(file.sha256), "sm3": bytes.fromhex(file.sm3)}
    return {"organisation_id": new.organisation_ids[0], "evidence_id": new.id, **found}


def _sequence(unit_of_work: UnitOfWorkFactory, folder: Path) -> float:
    """All that was notarised here, in runs of ten thousand: indexes, tiles written and read, checkpoints signed."""
    objects = Objects.at(f"file://{folder / 'objects'}")
    ledger = LedgerService(unit_of_work, objects, SecretBox(_SECRETS), "bench.example/log")
    ledger.ensure_log_key()
    begun, size = time.perf_counter(), 0
    while (sequenced := ledger.sequence_pending()) is not None:
        size = sequenced
    return size / (time.perf_counter() - begun)


# pymerkle


def _pymerkle(folder: Path) -> Any:
    try:
        from pymerkle import SqliteTree  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    except ImportError as error:
        raise SystemExit("the ledger is measured beside pymerkle: pip install pymerkle==7.0.0") from error
    return SqliteTree(str(folder / "pymerkle.db"))


def _pymerkle_singly(folder: Path, count: int) -> float:
    entries = [hashlib.sha256(number.to_bytes(8)).hexdigest().encode() * 3 for number in range(count)]
    with _pymerkle(folder) as tree:
        return count / _timed(lambda: [tree.append_entry(entry) for entry in entries])


def _pymerkle_batch(folder: Path, entries: Sequence[bytes]) -> float:
    with _pymerkle(folder) as tree:
        return _timed(lambda: tree.append_entries(entries))


def _print(title: str, rates: dict[str, float], ours: str) -> None:
    print(f"\n{title:38}{'entries/s':>12}{'dingyue is':>16}")
    for name, rate in rates.items():
        ratio = f"{rates[ours] / rate:.2f} × as fast" if name != ours else ""
        print(f"  {name:36}{rate:>12,.0f}{ratio:>16}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--run", nargs=3, metavar=("URL", "FOLDER", "COUNT"), help=argparse.SUPPRESS)
    parser.add_argument("--serve", nargs=3, metavar=("URL", "FOLDER", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        return _run_one(*arguments.run)
    if arguments.serve:
        return _serve(*arguments.serve)
    measure(is_quick=arguments.quick)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
