"""`make check`: the migrations build exactly the tables that the models describe, on a real PostgreSQL."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util import CommandError

from app.embedded import OWNER_ROLE, EmbeddedPostgres
from app.migrate import alembic_config, migrate


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dingyue-check-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            migrate(server.url(OWNER_ROLE))
            command.check(alembic_config(server.url(OWNER_ROLE)))
        except CommandError as error:
            sys.stderr.write(f"models and migrations differ: {error}\n")
            return 1
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
