"""Alembic's entry: one transaction per migration, all models known, grants renewed at the end."""

from alembic import context
from sqlalchemy import create_engine, text

from app.migrations.grants import grant_service_role
from app.models import Base, append_only_tables

config = context.config
engine = create_engine(config.get_main_option("sqlalchemy.url") or "")

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        # Two starts at once (two machines of a cluster) must not migrate at the same time.
        connection.execute(text("SELECT pg_advisory_xact_lock(4112026)"))
        context.run_migrations()
        grant_service_role(connection, append_only_tables())
engine.dispose()
