"""PostgreSQL itself keeps evidence: the service's role can neither change nor delete it."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from app.models import append_only_tables

EVIDENCE = {"evidence_record", "evidence_entry", "log_leaf", "log_checkpoint", "credit_event", "contract_history"}


def test_everything_that_is_evidence_is_append_only() -> None:
    assert set(append_only_tables()) >= EVIDENCE


@pytest.mark.parametrize("table", append_only_tables())
@pytest.mark.parametrize("statement", ['DELETE FROM "{}"', 'TRUNCATE "{}"', 'UPDATE "{}" SET {} = {}'])
def test_the_service_cannot_rewrite_it(engine: Engine, table: str, statement: str) -> None:
    with engine.connect() as connection:
        column = connection.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = :table LIMIT 1"),
            {"table": table},
        ).scalar_one()
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement.format(table, column, column)))


def test_the_service_cannot_change_tables(engine: Engine) -> None:
    for statement in ("DROP TABLE evidence_record", "ALTER TABLE evidence_record ADD x int", "CREATE TABLE x (i int)"):
        with (
            engine.connect() as connection,
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        ):
            connection.execute(text(statement))
