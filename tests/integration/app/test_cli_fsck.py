"""`dingyue fsck` as an operator or a program runs it."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from accounts.policy import Actor
from app.cli_fsck import fsck_command
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.service import LedgerService
from tests.support.installation import set_installation
from tests.support.ledger import record_many, register_organisation

MASTER_KEY = b"m" * 32


@pytest.fixture
def actor(unit_of_work: UnitOfWorkFactory) -> Actor:
    return register_organisation(unit_of_work)


@pytest.fixture
def ledger(
    unit_of_work: UnitOfWorkFactory, postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LedgerService:
    """The log of the installation that the command finds in its environment."""
    set_installation(monkeypatch, postgres.url(SERVICE_ROLE), tmp_path, master_key=MASTER_KEY)
    objects = Objects.at(f"file://{tmp_path / 'objects'}")
    return LedgerService(unit_of_work, objects, SecretBox(MASTER_KEY), "dingyue.test/log")


@pytest.fixture
def log(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> LedgerService:
    """Three hundred entries, copied to the object store."""
    ledger.ensure_log_key()
    record_many(unit_of_work, actor, 300)
    ledger.sequence_pending()
    ledger.copy_checkpoint()
    return ledger


def fsck(*arguments: str) -> tuple[int, str]:
    command = typer.Typer()
    command.command()(fsck_command)
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.stdout


def fsck_json(*arguments: str) -> tuple[int, dict[str, Any]]:
    exit_code, output = fsck("--json", *arguments)
    return exit_code, json.loads(output)


def break_tiles(log: LedgerService) -> None:
    for path in ("tile/0/000", "tile/0/001.p/44"):
        log.objects.put_at(f"log/{path}", log.tile(path)[:-1] + b"?")


def test_a_sound_log(log: LedgerService) -> None:
    latest = log.latest_checkpoint()
    assert latest is not None

    assert fsck_json() == (
        0,
        {"state": "sound", "size": 300, "root": latest.root.hex(), "findings": [], "is_complete": True},
    )
    exit_code, output = fsck()
    assert exit_code == 0
    assert "日志完好：300 个条目" in output
    assert "The log is sound: 300 entries" in output


def test_differences_are_told_with_their_places(log: LedgerService) -> None:
    break_tiles(log)

    exit_code, result = fsck_json()
    assert (exit_code, result["state"], result["is_complete"]) == (1, "different", True)
    assert [(each["leaf"], each["path"], each["byte"]) for each in result["findings"]] == [
        (255, "log/tile/0/000", 8191),
        (299, "log/tile/0/001.p/44", 1407),
    ]
    exit_code, output = fsck()
    assert exit_code == 1
    assert "✘ 第 255 个叶子，log/tile/0/000，第 8191 字节" in output
    assert "leaf 255, log/tile/0/000, byte 8191" in output


def test_only_the_first_differences_are_told_if_so_asked(log: LedgerService) -> None:
    break_tiles(log)

    exit_code, result = fsck_json("--most", "1")

    assert (exit_code, len(result["findings"]), result["is_complete"]) == (1, 1, False)
    assert "前 1 处" in fsck("--most", "1")[1]


def test_a_log_that_was_never_set_up_was_not_examined(ledger: LedgerService) -> None:
    exit_code, result = fsck_json()

    assert (exit_code, result["state"], result["code"]) == (2, "not_examined", "log_key_missing")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DATABASE__URL", "postgresql+psycopg://nobody@127.0.0.1:1/none", "database_unavailable"),
        ("MODE", "nonsense", "settings_invalid"),
    ],
)
def test_what_can_not_be_examined_is_not_called_different(
    log: LedgerService, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    monkeypatch.setenv(f"DINGYUE_{name}", value)

    exit_code, result = fsck_json()

    assert (exit_code, result["code"]) == (2, code)
    assert MASTER_KEY.hex() not in fsck()[1]
