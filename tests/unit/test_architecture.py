"""Lints of our own: rules of `docs/architecture.md` that no linter knows."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import DingyueError, all_error_classes

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "accounts", "ledger", "signing", "performance", "credit", "notify", "exchange", "api", "web", "app")
SOURCES = sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    return ast.unparse(call.func)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_source_keeps_the_house_rules(path: Path) -> None:
    name = str(path.relative_to(REPOSITORY))
    for call in calls(path):
        called = called_name(call)
        if called.endswith(".commit"):
            assert name == "core/unit_of_work.py", f"{name}:{call.lineno}: only the unit of work commits"
        if called in {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now"}:
            allowed = {"core/clock.py", "app/up.py"}
            assert name in allowed, f"{name}:{call.lineno}: time is a parameter; ask a Clock once"
        if called == "float":
            assert "money" not in name, f"{name}:{call.lineno}: money is never a float"


def test_error_codes_are_unique_and_bilingual() -> None:
    for path in SOURCES:
        if path.name in {"errors.py", "problems.py", "composition.py"} or "routes" in path.parts:
            importlib.import_module(".".join(path.relative_to(REPOSITORY).with_suffix("").parts))
    seen: dict[str, type[DingyueError]] = {}
    for error in all_error_classes():
        assert error.code not in seen, f"{error} and {seen[error.code]} share the code {error.code}"
        seen[error.code] = error
        assert any("\u4e00" <= character <= "\u9fff" for character in error.zh), f"{error.code} has no Chinese text"
        assert not any("\u3000" <= character <= "\uffef" for character in error.en), f"{error.code}: {error.en}"
    assert len(seen) > 30
