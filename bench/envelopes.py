"""Whole envelopes per second: created, sent, signed by two parties after their one-time codes, sealed at B-LTA.

Everything is real: PostgreSQL, the object store, certificates, the built-in time-stamp authority, validation of every
increment, evidence. Each process does its share through `SigningService`, as the web and worker processes would. Links
and codes are overheard as they go into the outbox: reading them back would be work that nobody's envelope needs.

    python -m bench.envelopes [--processes 4] [--envelopes 40]
"""
# ruff: noqa: T201

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedPostgres
from app.migrate import migrate
from app.processes import settle
from bench.files import make
from core.clock import SystemClock
from core.database import create_database_engine
from core.events import Event
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from signing.events import EnvelopeCompleted, RecipientReleased, SigningCodeRequested
from signing.service import SigningService
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import ORIGIN, CountingIssuer, PaperWork, Table, agreed

_ROOT = Path(__file__).resolve().parents[1]
_SECRETS = SecretBox(b"a master key for the length of a measurement")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=4, help="while some wait for the disk, others work")
    parser.add_argument("--envelopes", type=int, default=40, help="by each process")
    parser.add_argument("--run", nargs=3, metavar=("URL", "FOLDER", "ENVELOPES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        return _run_one(*arguments.run)
    measure(arguments.processes, arguments.envelopes)
    return 0


def measure(processes: int = 4, envelopes: int = 40) -> float:
    """Prints what was measured; returns how many envelopes were completed in a second."""
    # Not below a folder of one user: as root, the embedded PostgreSQL runs as another.
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "database")
        server.start()
        try:
            migrate(server.url(OWNER_ROLE))
            return _run_all(server.url(SERVICE_ROLE), folder, processes, envelopes)
        finally:
            server.stop()


def _run_all(url: str, folder: Path, processes: int, envelopes: int) -> float:
    make("5 pages", folder)
    table = _lay(url, folder)
    organisations = {name: _facts(getattr(table, name)) for name in ("purchaser", "supplier", "stranger")}
    (folder / "organisations.json").write_text(json.dumps(organisations))
    command = [sys.executable, "-m", "bench.envelopes", "--run", url, str(folder), str(envelopes)]
    running = [subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    results = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    seconds = max(result["ended"] for result in results) - min(result["begun"] for result in results)
    total = processes * envelopes
    work = sum(result["cpu"] for result in results) / total
    print(f"\n{total} envelopes of two parties, 5 pages, {processes} processes")
    print(
        f"  {total / seconds:.1f} a second · {1000 * work:.0f} ms of our processes' time for each, without PostgreSQL"
    )
    for step in results[0]["steps"]:
        print(f"  {step:28}{1000 * sum(result['steps'][step] for result in results) / total:>8.1f} ms")
    return total / seconds


def _run_one(url: str, folder: str, envelopes: str) -> int:
    """In a process of its own; the first envelope warms up and isn't counted."""
    table = _sit_down(url, Path(folder))
    data = make("5 pages", Path(folder)).read_bytes()
    document = table.service.upload_document(table.sender, name="合同.pdf", data=data).id
    _play(table, document, {})
    settle()
    steps: dict[str, float] = {}
    begun, cpu = time.time(), time.process_time()
    for _ in range(int(envelopes)):
        _play(table, document, steps)
    print(json.dumps({"begun": begun, "ended": time.time(), "cpu": time.process_time() - cpu, "steps": steps}))
    return 0


def _play(table: Table, document: UUID, steps: dict[str, float]) -> None:
    """One envelope to its end; adds the seconds of each step."""
    heard = _Overheard.heard
    heard.clear()

    def step(name: str, since: float) -> float:
        now = time.perf_counter()
        steps[name] = steps.get(name, 0.0) + now - since
        return now

    at = time.perf_counter()
    envelope = table.service.create_envelope(table.sender, table.plan(document))
    at = step("create", at)
    table.service.send_envelope(table.sender, envelope)
    at = step("send (prepares the PDF)", at)
    while (released := heard.pop(RecipientReleased.type, None)) is not None:
        session = _session(table, released, heard)
        at = step("open, code (both)", at)
        table.service.sign_envelope(session, agreed())
        at = step("sign (both)", at)
    table.service.seal_envelope(envelope)
    step("seal", at)
    if EnvelopeCompleted.type not in heard:
        raise SystemExit("an envelope wasn't completed")


def _session(table: Table, released: Any, heard: dict[str, Any]) -> str:
    """From link and code, which the recipient's phone would get."""
    token = _SECRETS.open(bytes.fromhex(released.sealed_token), "recipient-token").decode()
    session = table.service.open_link(token, ORIGIN)
    table.service.request_code(session, ORIGIN)
    sealed_code = heard.pop(SigningCodeRequested.type).sealed_code
    table.service.verify_code(session, _SECRETS.open(bytes.fromhex(sealed_code), "signing-code").decode(), ORIGIN)
    return session


class _Overheard(UnitOfWork):
    """`heard` is the latest event of each type."""

    heard: ClassVar[dict[str, Any]] = {}

    def emit(self, event: Event) -> UUID:
        self.heard[event.type] = event
        return super().emit(event)


def _lay(url: str, folder: Path) -> Table:
    """Organisations and authority, once for all processes."""
    engine = create_database_engine(url)
    clock = SystemClock()
    real_pki(lambda: UnitOfWork(engine, clock), _SECRETS, clock)
    table = Table.lay(lambda: UnitOfWork(engine, clock), Objects.at(f"file://{folder / 'objects'}"), _SECRETS)
    engine.dispose()
    return table


def _sit_down(url: str, folder: Path) -> Table:
    """The same table, seen from another process."""
    engine, clock = create_database_engine(url), SystemClock()

    def unit_of_work() -> UnitOfWork:
        return _Overheard(engine, clock)

    objects = Objects.at(f"file://{folder / 'objects'}")
    pki = real_pki(unit_of_work, _SECRETS, clock)
    service: SigningService = real_service(unit_of_work, objects, _SECRETS, clock, pki=pki)
    facts = json.loads((folder / "organisations.json").read_text())
    seen: dict[str, Any] = {name: SimpleNamespace(**{**each, "id": UUID(each["id"])}) for name, each in facts.items()}
    return Table(service, PaperWork(), CountingIssuer(), unit_of_work, _SECRETS, **seen)


def _facts(organisation: Any) -> dict[str, str]:
    return {"id": str(organisation.id), "name": organisation.name, "uscc": organisation.uscc}


if __name__ == "__main__":
    raise SystemExit(main())
