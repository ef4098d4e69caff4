"""Witnesses: their cosignatures of checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoint_cosignature",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name=op.f("fk_checkpoint_cosignature_size")),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_checkpoint_cosignature")),
    )
    op.create_index("ix_checkpoint_cosignature_witness_size", "checkpoint_cosignature", ["witness", "size"])


def downgrade() -> None:
    op.drop_table("checkpoint_cosignature")
