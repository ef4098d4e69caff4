"""Writes `docs/errors.md` from the error classes: `python -m app.errors_page [--check]`."""

import importlib
import pkgutil
import sys
from itertools import groupby
from pathlib import Path

import app.composition  # noqa: F401 - every package's errors are imported through it
from api import routes
from core.errors import DingyueError, all_error_classes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

HEAD = """# Error codes · 错误代码

Every refusal of the API is `application/problem+json` with one of these codes, which never change. `{names}` are
filled in with facts. This page is written by `python -m app.errors_page`; `make check` compares it with the source.
"""


def page() -> str:
    """The page's text: codes by package, with status and both messages."""
    for module in pkgutil.iter_modules(routes.__path__):
        importlib.import_module(f"api.routes.{module.name}")
    classes = sorted(all_error_classes(), key=lambda error: (_package(error), error.code))
    parts = [HEAD]
    for package, members in groupby(classes, key=_package):
        parts.append(f"\n## {package}\n\n| code | status | 说明 | meaning |\n|---|---|---|---|\n")
        parts.extend(f"| `{error.code}` | {error.status} | {error.zh} | {error.en} |\n" for error in members)
    return "".join(parts)


def _package(error: type[DingyueError]) -> str:
    return error.__module__.split(".", 1)[0]


def main() -> int:
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.stderr.write("docs/errors.md is out of date; run python -m app.errors_page\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
