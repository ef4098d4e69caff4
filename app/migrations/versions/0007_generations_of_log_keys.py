"""The log's key changes: generations of keys, each announced in the log by the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The key that is there is the first.
    op.add_column("log_key", sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.alter_column("log_key", "generation", server_default=None)
    op.drop_constraint(op.f("pk_log_key"), "log_key", type_="primary")
    op.create_primary_key(op.f("pk_log_key"), "log_key", ["origin", "generation"])
    op.create_unique_constraint(op.f("uq_log_key_public_key"), "log_key", ["public_key"])
    op.add_column("log_key", sa.Column("announced_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_log_key_announced_by_evidence_entry"), "log_key", "evidence_entry", ["announced_by"], ["id"]
    )
    op.add_column("log_key", sa.Column("statement", sa.LargeBinary(), nullable=True))
    op.add_column("log_key", sa.Column("predecessor_signs_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Refused by the database once a key was rotated: checkpoints of the later keys could be opened by nobody."""
    op.drop_column("log_key", "predecessor_signs_until")
    op.drop_column("log_key", "statement")
    op.drop_constraint(op.f("fk_log_key_announced_by_evidence_entry"), "log_key", type_="foreignkey")
    op.drop_column("log_key", "announced_by")
    op.drop_constraint(op.f("uq_log_key_public_key"), "log_key", type_="unique")
    op.drop_constraint(op.f("pk_log_key"), "log_key", type_="primary")
    op.create_primary_key(op.f("pk_log_key"), "log_key", ["origin"])
    op.drop_column("log_key", "generation")
