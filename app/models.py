"""Every table of every package, in one metadata: what migrations and their check compare with."""

import importlib
from pathlib import Path

from core.database import Base, append_only_tables

_REPOSITORY = Path(__file__).resolve().parent.parent
_PACKAGES = ("core", "accounts", "ledger", "signing", "performance", "credit", "notify", "exchange", "api")

for _package in _PACKAGES:
    for _file in sorted((_REPOSITORY / _package).rglob("models.py")):
        importlib.import_module(".".join(_file.relative_to(_REPOSITORY).with_suffix("").parts))
importlib.import_module("core.outbox")

__all__ = ["Base", "append_only_tables"]
