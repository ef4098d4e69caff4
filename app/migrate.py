"""Brings a database to the newest migration and gives the service role exactly what it needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(url: str) -> None:
    """Upgrades to head. `url` must connect as the owner of the tables."""
    command.upgrade(alembic_config(url), "head")
