"""The command `dingyue`."""

import json
import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.processes import ProcessFailed

cli = typer.Typer(
    name="dingyue",
    help="Dingyue 鼎约: electronic signing, notarised storage and contract-performance credit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

DataDirectory = Annotated[Path, typer.Option("--data", help="Where the embedded stack keeps everything")]


class Seed(StrEnum):
    """What `up` puts into a new stack."""

    NOTHING = "nothing"
    ACCOUNTS = "accounts"
    DEMO = "demo"


def say(text: str) -> None:
    typer.echo(text, err=True)


@cli.callback()
def _configure() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


@cli.command()
def up(
    data: DataDirectory = Path(".data"),
    port: Annotated[int, typer.Option(help="Where the service listens on 127.0.0.1")] = 8000,
    seed: Annotated[Seed, typer.Option(help="What a new stack begins with")] = Seed.DEMO,
    witnesses: Annotated[int, typer.Option(min=0, max=9, help="Development witnesses of the log; not evidence")] = 2,
) -> None:
    """Starts the whole service, everything embedded; Ctrl-C stops all of it."""
    from app.demo.contracts import seed_contracts
    from app.seed import demo_password, describe_accounts
    from app.up import Options, Stack, only_one, run_until_stopped

    try:
        with only_one(data):
            stack = Stack(Options(data_directory=data, port=port, witnesses=witnesses))
            password = demo_password(data) if seed is not Seed.NOTHING else None
            try:
                stack.start(prepare=lambda: _prepare(password), say=say)
                if seed is Seed.DEMO and password is not None:
                    seed_contracts(stack.base_url, password, say)
                say(f"\nDingyue answers at {stack.base_url}  (API: {stack.base_url}/docs)")
                if password is not None:
                    say(describe_accounts(password))
                say("Ctrl-C stops it.")
                run_until_stopped(stack)
            finally:
                say("stopping …")
                stack.stop()
    except ProcessFailed as failed:
        say(f"dingyue: {failed}")
        raise typer.Exit(1) from failed


def _prepare(demo_password: str | None) -> None:
    """Creates keys, certificates and the anchor contract, then the demonstration's accounts if there is a password."""
    from app.composition import build
    from app.seed import seed_accounts
    from app.settings import load_settings

    application = build(load_settings())
    try:
        application.bootstrap()
        if demo_password is not None:
            seed_accounts(application.services, demo_password)
    finally:
        application.close()


@cli.command()
def serve() -> None:
    """Serves the API and the pages (settings from the environment)."""
    import uvicorn

    from app.asgi import create
    from app.settings import load_settings

    settings = load_settings()
    uvicorn.run(
        create(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
    )


@cli.command()
def worker(threads: Annotated[int, typer.Option(help="How many tasks run at once")] = 4) -> None:
    """Handles events and due work (Celery)."""
    _celery("worker", "--pool=threads", f"--concurrency={threads}", "--without-gossip", "--without-mingle")


@cli.command()
def beat() -> None:
    """Gives the worker its periodic tasks (Celery beat)."""
    _celery("beat", "--pidfile=")


def _celery(*arguments: str) -> None:
    # Replaces this process, so that signals reach Celery itself.
    os.execv(sys.executable, [sys.executable, "-m", "celery", "-A", "app.worker", *arguments, "--loglevel=WARNING"])


@cli.command()
def anchor() -> None:
    """Sequences evidence into the log and anchors it on the chain."""
    from app.anchor import run_anchor
    from app.composition import build
    from app.settings import load_settings

    settings = load_settings()
    application = build(settings)
    try:
        run_anchor(application, settings.schedule.anchor_loop_seconds)
    finally:
        application.close()


@cli.command()
def migrate() -> None:
    """Brings the database to the newest migration (needs DINGYUE_DATABASE__OWNER_URL)."""
    from app.migrate import migrate as run
    from app.settings import load_settings

    owner_url = load_settings().database.owner_url
    if owner_url is None:
        say("dingyue: migrations need DINGYUE_DATABASE__OWNER_URL, the role that owns the tables")
        raise typer.Exit(2)
    run(owner_url)


@cli.command()
def bootstrap() -> None:
    """Creates keys, certificates and the anchor contract where they are missing."""
    _prepare(None)


@cli.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the outputs go")] = Path("demo-output"),
) -> None:
    """Plays the main job through the REST API of a throw-away stack; exit 0 only if every step held."""
    from app.demo import play

    raise typer.Exit(0 if play(output) else 1)


@cli.command()
def openapi() -> None:
    """Prints the API's OpenAPI document."""
    from app.asgi import create
    from app.settings import load_settings

    typer.echo(json.dumps(create(load_settings()).openapi(), ensure_ascii=False, indent=2))


def main() -> None:
    from app.cli_admin import admin
    from app.cli_fsck import fsck_command
    from app.cli_monitor import monitor
    from app.cli_sign import sign_command
    from app.cli_trust import trust
    from app.cli_validate import validate_command
    from app.cli_verify import verify_command
    from app.cli_witness import witness

    cli.command("fsck")(fsck_command)
    cli.command("sign")(sign_command)
    cli.command("verify")(verify_command)
    cli.command("validate")(validate_command)
    cli.add_typer(admin, name="admin")
    cli.add_typer(witness, name="witness")
    cli.add_typer(trust, name="trust")
    cli.add_typer(monitor, name="monitor")
    cli()


if __name__ == "__main__":
    main()
