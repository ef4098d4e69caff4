"""What processes run that kill themselves (SIGKILL) at a crash point, and how a test starts one."""

import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from alembic import op
from sqlalchemy import URL

from api.app import create_app
from api.idempotency import Idempotency
from app import embedded
from app.composition import Foundation, build, build_services
from app.migrate import migrate
from app.migrations import grants
from app.settings import Settings
from core import dispatch
from core.database import create_database_engine
from core.dispatch import Dispatcher
from core.events import Event, Subscription
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from credit.service import CreditService
from performance.determinations.make_document import DocumentMaker
from signing import work
from signing.identity import identify_recipient
from signing.identity.adapters.http_provider import HTTPIdentityProvider
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from signing.service import SigningService
from tests.support import app as office
from tests.support.clock import FixedClock
from tests.support.determinations import determinations
from tests.support.http import InProcessClient
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import ORIGIN, agreed

PATIENCE_SECONDS = 60


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill(target: Callable[..., None], *, is_forked: bool = True, **arguments: Any) -> None:
    """Runs `target` in a process of its own; it must not survive. What it changes in our modules, it changes there.

    Forked, for that takes no time. The child must open its own connections, and never ends in an orderly way. One
    that uses the object store must be a fresh process: the store's threads don't come along in a fork.
    """
    method = "fork" if is_forked else "spawn"
    victim = multiprocessing.get_context(method).Process(target=target, kwargs=arguments)
    victim.start()
    victim.join(PATIENCE_SECONDS)
    assert victim.exitcode == -signal.SIGKILL


def handle_event(*, url: URL, now: datetime, event_id: UUID, is_committed: bool) -> None:
    """Dies when credit's subscriber has done its work: before its commit, or after it and before the event's mark."""
    engine, clock = create_database_engine(url), FixedClock(now)

    def unit_of_work() -> UnitOfWork:
        return UnitOfWork(engine, clock)

    subscribers = CreditService(unit_of_work).subscriptions()
    if is_committed:
        dispatch.mark_handled = die
    else:
        subscribers = [_dying_after(subscriber) for subscriber in subscribers]
    Dispatcher(engine, unit_of_work, subscribers).handle(event_id)


def _dying_after(subscriber: Subscription[Any]) -> Subscription[Any]:
    def handle(uow: UnitOfWork, event: Event) -> None:
        subscriber.handle(uow, event)
        uow.session.flush()
        die()

    return replace(subscriber, handle=handle)


def answer_request(
    *, url: URL, folder: Path, now: datetime, path: str, headers: dict[str, str], content: bytes, is_done: bool
) -> None:
    """Dies with a keyed request on its hands: before it runs, or when it has run and its answer isn't kept."""
    engine, clock = create_database_engine(url), FixedClock(now)
    base = Foundation(
        unit_of_work=lambda: UnitOfWork(engine, clock),
        clock=clock,
        objects=Objects.at(f"file://{folder / 'objects'}"),
        secrets=SecretBox(b"a master key that only tests use"),
    )
    app = create_app(build_services(office.settings(folder), base))
    if is_done:
        Idempotency._finish = die
    else:
        begin = Idempotency._begin

        def claim_and_die(self: Idempotency, key_hash: bytes, request_hash: bytes) -> None:
            begin(self, key_hash, request_hash)
            die()

        Idempotency._begin = claim_and_die
    InProcessClient(app).post(path, headers=headers, content=content)


def migrate_halfway(*, url: str, point: str) -> None:
    """Dies after the tenth table (`tables`), or with only the grants to make (`grants`)."""
    if point == "grants":
        grants.grant_service_role = die
    else:
        create, made = op.create_table, list[Any]()

        def create_ten(*arguments: Any, **options: Any) -> Any:
            made.append(create(*arguments, **options))
            return die() if len(made) == 10 else made[-1]

        op.create_table = create_ten
    migrate(url)


def bootstrap(*, settings: Settings, dies: str | None = None) -> None:
    """Dies with the certificate authority written but not committed (`inside`), or committed and alone (`between`)."""
    application = build(settings)
    if dies == "inside":
        UnitOfWork.__exit__ = die
    elif dies == "between":
        ensure = PKIService.ensure_authority

        def ensure_and_die(self: PKIService) -> None:
            ensure(self)
            die()

        PKIService.ensure_authority = ensure_and_die
    application.bootstrap()


def initialise_postgres(*, folder: Path) -> None:
    """Dies, and initdb with it, once initdb has written its first file."""

    def run(command: list[str], *, user: str | None, preexec_fn: Callable[[], None], **_: Any) -> None:
        options = {"stdout": subprocess.DEVNULL, "preexec_fn": preexec_fn}
        subprocess.Popen(command, user=user, **options)
        target = Path(command[command.index("-D") + 1])
        while not (target / "PG_VERSION").exists():
            time.sleep(0.001)
        die()

    embedded.subprocess.run = run
    embedded.EmbeddedPostgres(folder).start()


def make_document(*, url: URL, folder: Path, now: datetime, determination_id: UUID, point: str) -> None:
    """Makes the document of a determination with everything real, and dies with it made, stored or committed."""
    engine, clock = create_database_engine(url), FixedClock(now)

    def unit_of_work() -> UnitOfWork:
        return UnitOfWork(engine, clock)

    pki = real_pki(unit_of_work, SecretBox(b"a master key that only tests use"), clock)
    objects = Objects.at(f"file://{folder / 'objects'}")
    service = determinations(unit_of_work, objects, PDFSigner(pki, pki.timestamps, clock))
    if point == "made":
        Objects.put = die
    elif point == "stored":
        DocumentMaker._keep = die
    service.make_document(determination_id)
    die()


def identify(*, url: URL, service: SigningService, now: datetime, session: str, point: str) -> None:
    """Asks about a recipient's real name, and dies with the provider not called, or called, or its answer recorded."""
    engine, clock = create_database_engine(url), FixedClock(now)
    provider = service.identity
    assert isinstance(provider, HTTPIdentityProvider)
    if point == "asked":
        HTTPIdentityProvider.check = die
    elif point == "called":
        identify_recipient._record = die
    replace(service, unit_of_work=lambda: UnitOfWork(engine, clock)).identify_recipient(session, None, ORIGIN)
    die()


def step_of_signing(*, url: URL, folder: Path, now: datetime, step: str, argument: str, point: str) -> None:
    """Signs, seals or renews time-stamps with everything real, and dies with the PDF made, stored or committed."""
    engine, clock = create_database_engine(url), FixedClock(now)
    secrets = SecretBox(b"a master key that only tests use")

    def unit_of_work() -> UnitOfWork:
        return UnitOfWork(engine, clock)

    objects = Objects.at(f"file://{folder / 'objects'}")
    pki = real_pki(unit_of_work, secrets, clock)
    service = real_service(unit_of_work, objects, secrets, clock, pki=pki)
    if point == "made":
        Objects.put = die
    elif point == "stored":
        work.finish = die
    steps: dict[str, Callable[[], object]] = {
        "sign": lambda: service.sign_envelope(argument, agreed()),
        "seal": lambda: service.seal_envelope(UUID(hex=argument)),
        "renew": lambda: service.renew_timestamps(now),
    }
    steps[step]()
    die()
