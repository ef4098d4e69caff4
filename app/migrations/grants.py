"""What the service role may do: read and write, but never change or delete in append-only tables."""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text

SERVICE_ROLE = "dingyue_service"


def grant_service_role(connection: Connection, append_only: Sequence[str]) -> None:
    """Run as the owner after every migration, so that a new table is never without its grants."""
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {SERVICE_ROLE}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {SERVICE_ROLE}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {SERVICE_ROLE}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {SERVICE_ROLE}"))
    # While the first revision is being written there are no tables yet.
    for table in set(append_only) & set(inspect(connection).get_table_names()):
        connection.execute(text(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {SERVICE_ROLE}'))
