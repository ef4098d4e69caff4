"""The sweep's cost follows what is due, not the size of the register: it reads the index, never the table."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql

from performance.repository import due_statement

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

MANY = 20_000


def test_the_sweep_reads_only_what_is_due(world: "World", owner_engine: Engine) -> None:
    contract = world.registered().file.contract
    with owner_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO obligation (id, contract_id, position, kind, title, debtor_role, creditor_role, due_on,"
                " due_version, currency, state)"
                " SELECT gen_random_uuid(), :contract, 100 + n, 'payment', '煤款', 'purchaser', 'supplier',"
                " CAST(:today AS date) + 30 + n % 3000, 1, 'CNY', 'scheduled' FROM generate_series(1, :many) AS n"
            ),
            {"contract": contract.id, "today": world.today, "many": MANY},
        )
        connection.execute(text("ANALYZE obligation, contract, fulfilment"))
        today = world.today + timedelta(days=31)
        statement = due_statement(today, 100).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(connection.execute(text(f"EXPLAIN (ANALYZE) {statement}")).scalars())
    assert "ix_obligation_state_due_on_id" in plan, plan
    assert "Seq Scan on obligation" not in plan, plan
