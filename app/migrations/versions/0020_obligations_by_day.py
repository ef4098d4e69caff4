"""Lists of obligations are read off an index, soonest first."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_obligation_due_on_id", "obligation", ["due_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_obligation_due_on_id", table_name="obligation")
