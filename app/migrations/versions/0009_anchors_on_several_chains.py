"""Anchors on several chains: accounts of a chain's own, who is in office, and headers with their seals."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Where the log is anchored was written once for each chain; a deployment that failed gets a successor.
    op.add_column("anchor_contract", sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False))
    op.alter_column("anchor_contract", "generation", server_default=None)
    op.drop_constraint(op.f("pk_anchor_contract"), "anchor_contract", type_="primary")
    op.create_primary_key(op.f("pk_anchor_contract"), "anchor_contract", ["chain_id", "generation"])
    # The account that is there is shared by all chains: it keeps no chain.
    op.add_column("anchor_writer", sa.Column("chain_id", sa.BigInteger(), nullable=True))
    op.add_column("anchor", sa.Column("sealed_header", sa.LargeBinary(), nullable=True))
    op.add_column("anchor_health", sa.Column("writer", sa.Text(), nullable=True))
    op.add_column("anchor_health", sa.Column("successor", sa.Text(), nullable=True))
    op.add_column("anchor_health", sa.Column("successor_effective_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Accounts of a chain's own would look like the shared one; whoever goes back has rotated to none."""
    op.drop_column("anchor_health", "successor_effective_at")
    op.drop_column("anchor_health", "successor")
    op.drop_column("anchor_health", "writer")
    op.drop_column("anchor", "sealed_header")
    op.drop_column("anchor_writer", "chain_id")
    op.execute(
        "DELETE FROM anchor_contract old USING anchor_contract new "
        "WHERE old.chain_id = new.chain_id AND old.generation < new.generation"
    )
    op.drop_constraint(op.f("pk_anchor_contract"), "anchor_contract", type_="primary")
    op.create_primary_key(op.f("pk_anchor_contract"), "anchor_contract", ["chain_id"])
    op.drop_column("anchor_contract", "generation")
