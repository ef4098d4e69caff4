"""Certificate authority: keys under data keys of their own, revocations in sequence."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signing_key", sa.Column("wrapped_data_key", sa.LargeBinary(), nullable=True))
    op.add_column("signing_key", sa.Column("wrapping_key_id", sa.Text(), nullable=True))
    op.add_column(
        "certificate_revocation", sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False)
    )
    op.add_column("certificate_revocation", sa.Column("invalid_since", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_certificate_revocation_sequence"), "certificate_revocation", ["sequence"])
    # Lists from before know of no sequence: where anything was revoked, a new one is made at the next look.
    op.add_column(
        "revocation_list", sa.Column("last_revocation", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.alter_column("revocation_list", "last_revocation", server_default=None)


def downgrade() -> None:
    """Keys sealed under data keys can't be read by what was before."""
    op.drop_column("revocation_list", "last_revocation")
    op.drop_constraint(op.f("uq_certificate_revocation_sequence"), "certificate_revocation", type_="unique")
    op.drop_column("certificate_revocation", "invalid_since")
    op.drop_column("certificate_revocation", "sequence")
    op.drop_column("signing_key", "wrapping_key_id")
    op.drop_column("signing_key", "wrapped_data_key")
