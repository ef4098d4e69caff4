"""The environment of a command that an operator types: an embedded stack whose database is the test's."""

from pathlib import Path

import pytest


def set_installation(environment: pytest.MonkeyPatch, database_url: str, folder: Path, *, master_key: bytes) -> None:
    """Objects lie in `folder`/objects; broker and chain are out of reach."""
    for name, value in {
        "MODE": "embedded",
        "BASE_URL": "http://dingyue.test",
        "RUN_DIRECTORY": str(folder),
        "DATABASE__URL": database_url,
        "BROKER__URL": "redis://127.0.0.1:1/0",
        "OBJECTS__URL": f"file://{folder / 'objects'}",
        "SECRETS__MASTER_KEY": master_key.hex(),
        "LOG__ORIGIN": "dingyue.test/log",
        "CHAIN__RPC_URL": "http://127.0.0.1:1",
        "CHAIN__CHAIN_ID": "31337",
        "CHAIN__NAME": "none",
        "CHAIN__IS_DEVELOPMENT": "true",
        "MESSAGES__CHANNEL": "console",
        "CLOCK__OFFSET_FILE": str(folder / "clock.json"),
    }.items():
        environment.setenv(f"DINGYUE_{name}", value)
