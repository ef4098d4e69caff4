"""`dingyue admin evidence`: erasing, and legal holds of those who have no account. For operators on the machine itself.

Erasing needs the owner of the tables (`DINGYUE_DATABASE__OWNER_URL`): the service's own role can't.
"""

import getpass
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core import ids
from core.clock import rfc3339
from core.errors import DingyueError
from ledger.erase import ErasureGround
from ledger.errors import ErasureNeedsOwner

if TYPE_CHECKING:
    from app.composition import Application
    from ledger.erase import Eraser

evidence = typer.Typer(no_args_is_help=True, help="Erase evidence by law; hold it for a court.")

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]
EvidenceId = Annotated[str, typer.Argument(help="evd_…")]
_REFERENCE = re.compile(r"(?=.*\d)[\w()（）〔〕/.:#-]{1,100}")


@evidence.command("erase")
def erase(
    evidence_id: EvidenceId,
    reason: Annotated[ErasureGround, typer.Option(help="The ground in law; it stays on record")],
    reference: Annotated[str, typer.Option(help="Number of the request or case, never a name; it stays on record")],
    as_json: AsJSON = False,
) -> None:
    """Erases a record, its salt, and files that nothing else needs. For good. Killed in between, run it again."""
    from ledger.erase import ErasureOrder

    if not _REFERENCE.fullmatch(reference):
        raise typer.BadParameter("a number such as 2026-118: no spaces, with a digit", param_hint="--reference")
    with this_installation(as_json=as_json) as application, _eraser(application) as eraser:
        order = ErasureOrder(reason, reference, f"command_line:{getpass.getuser()}")
        result = eraser.erase(ids.parse(ids.EVIDENCE, evidence_id), order)
    _say(
        {"erased": evidence_id, "deleted_files": len(result.deleted_keys), "kept_files": len(result.kept_keys)},
        f"已删除 {evidence_id}：删去文件 {len(result.deleted_keys)} 个，另有 {len(result.kept_keys)} 个仍被引用。\n"
        f"{evidence_id} is erased; {len(result.deleted_keys)} files deleted, {len(result.kept_keys)} still needed.",
        as_json=as_json,
    )


@evidence.command("hold")
def hold(
    evidence_id: EvidenceId,
    case_number: Annotated[str, typer.Option(help="The case's number")],
    authority: Annotated[str, typer.Option(help="The court or authority that ordered it")],
    subject: Annotated[bool, typer.Option("--subject", help="All records of what the record is about")] = False,
    as_json: AsJSON = False,
) -> None:
    """Keeps a record from being erased, until somebody else releases it."""
    from ledger.hold_evidence import Order, place_operator_hold

    with this_installation(as_json=as_json) as application:
        placed = place_operator_hold(
            application.services.unit_of_work,
            getpass.getuser(),
            ids.parse(ids.EVIDENCE, evidence_id),
            Order(case_number, authority),
            is_for_subject=subject,
        )
    identifier = ids.public(ids.EVIDENCE_HOLD, placed.id)
    text = f"已设置证据保全 {identifier}\nheld: {identifier}"
    _say({"id": identifier, "placed_at": rfc3339(placed.placed_at)}, text, as_json=as_json)


@evidence.command("release")
def release(
    hold_id: Annotated[str, typer.Argument(help="hld_…")],
    reference: Annotated[str, typer.Option(help="The order by which the hold ends")],
    as_json: AsJSON = False,
) -> None:
    """Releases a hold, also an organisation's; another user of the machine than the one who placed it."""
    from ledger.hold_evidence import release_operator_hold

    with this_installation(as_json=as_json) as application:
        identifier = ids.parse(ids.EVIDENCE_HOLD, hold_id)
        released = release_operator_hold(application.services.unit_of_work, getpass.getuser(), identifier, reference)
    facts = {"hold": hold_id, "released_at": rfc3339(released.released_at)}
    _say(facts, f"已解除证据保全 {hold_id}\nreleased: {hold_id}", as_json=as_json)


@contextmanager
def this_installation(*, as_json: bool) -> Iterator["Application"]:
    """This installation; an error of ours ends the command with exit code 1."""
    from app.composition import build
    from app.settings import load_settings

    application = build(load_settings())
    try:
        yield application
    except DingyueError as error:
        facts = {"code": error.code, "zh": error.message("zh"), "en": error.message("en")}
        typer.echo(_json(facts) if as_json else f"{facts['zh']}\n{facts['en']}", err=not as_json)
        raise typer.Exit(1) from error
    finally:
        application.close()


@contextmanager
def _eraser(application: "Application") -> Iterator["Eraser"]:
    """Raises `ErasureNeedsOwner`."""
    from app.object_references import is_object_needed
    from core.database import create_database_engine
    from core.unit_of_work import UnitOfWork
    from ledger.erase import Eraser

    url = application.settings.database.owner_url
    if url is None:
        raise ErasureNeedsOwner
    engine = create_database_engine(url)
    try:
        yield Eraser(lambda: UnitOfWork(engine, application.clock), application.services.objects, is_object_needed)
    finally:
        engine.dispose()


def _say(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(_json(facts) if as_json else text)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
