"""Due rules, partial fulfilment, silence, late interest, variations by amendment, suspensions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
PENDING = "state IN ('proposed', 'agreed')"
VARIATION_OPEN = sa.text(PENDING)
UNDETERMINED = sa.text("due_on IS NULL AND anchored_on IS NOT NULL AND state <> 'drafted'")
ANSWER_DUE = sa.text("state = 'claimed' AND answer_by IS NOT NULL")
SUSPENSION_OPEN = sa.text("state IN ('proposed', 'in_force')")


def upgrade() -> None:
    op.add_column("contract", sa.Column("silence_days", sa.BigInteger(), nullable=True))
    op.add_column("contract", sa.Column("late_interest", JSON, nullable=True))
    op.add_column("contract", sa.Column("published_on", sa.Date(), nullable=True))

    op.alter_column("obligation", "due_on", nullable=True)
    op.add_column("obligation", sa.Column("due_rule", JSON, nullable=True))
    op.add_column("obligation", sa.Column("due_basis", JSON, nullable=True))
    op.add_column("obligation", sa.Column("anchored_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_obligation_undetermined", "obligation", ["anchored_on", "id"], unique=False, postgresql_where=UNDETERMINED
    )

    op.add_column("fulfilment", sa.Column("amount_minor", sa.BigInteger(), nullable=True))
    op.add_column("fulfilment", sa.Column("quantity", sa.Text(), nullable=True))
    # Until now a claim was always about the whole.
    op.add_column("fulfilment", sa.Column("is_whole", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("fulfilment", sa.Column("answer_by", sa.Date(), nullable=True))
    op.add_column("fulfilment", sa.Column("is_deemed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("fulfilment", "is_whole", server_default=None)
    op.alter_column("fulfilment", "is_deemed", server_default=None)
    op.create_index(
        "ix_fulfilment_answer_by", "fulfilment", ["answer_by", "id"], unique=False, postgresql_where=ANSWER_DUE
    )

    op.alter_column("variation", "from_due_on", nullable=True)
    op.alter_column("variation", "to_due_on", nullable=True)
    op.add_column("variation", sa.Column("contract_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE variation SET contract_id = o.contract_id FROM obligation o WHERE o.id = variation.obligation_id"
    )
    op.alter_column("variation", "contract_id", nullable=False)
    op.create_foreign_key(op.f("fk_variation_contract_id"), "variation", "contract", ["contract_id"], ["id"])
    for name, kind in (
        ("from_amount_minor", sa.BigInteger()),
        ("to_amount_minor", sa.BigInteger()),
        ("from_quantity", sa.Text()),
        ("to_quantity", sa.Text()),
        ("amendment_envelope_id", sa.Uuid()),
        ("amendment", JSON),
        ("effective_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("variation", sa.Column(name, kind, nullable=True))
    op.create_foreign_key(
        op.f("fk_variation_amendment_envelope_id"), "variation", "envelope", ["amendment_envelope_id"], ["id"]
    )
    # What was accepted by both sides' word took effect then.
    op.execute("UPDATE variation SET state = 'effective', effective_at = answered_at WHERE state = 'accepted'")
    op.drop_index("uq_variation_pending", table_name="variation")
    op.create_index(
        "uq_variation_pending", "variation", ["obligation_id"], unique=True, postgresql_where=VARIATION_OPEN
    )
    op.create_index(
        "ix_variation_contract_id_pending", "variation", ["contract_id"], unique=False, postgresql_where=VARIATION_OPEN
    )
    op.create_index("ix_variation_amendment_envelope_id", "variation", ["amendment_envelope_id"], unique=False)

    op.create_table(
        "suspension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("documents", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by_role", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_on", sa.Date(), nullable=True),
        sa.Column("resume_roles", JSON, nullable=False),
        sa.Column("resumed_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_suspension_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    op.create_index(op.f("ix_suspension_contract_id"), "suspension", ["contract_id"], unique=False)
    op.create_index("uq_suspension_open", "suspension", ["contract_id"], unique=True, postgresql_where=SUSPENSION_OPEN)


def downgrade() -> None:
    op.drop_table("suspension")
    op.drop_index("ix_variation_amendment_envelope_id", table_name="variation")
    op.drop_index("ix_variation_contract_id_pending", table_name="variation", postgresql_where=VARIATION_OPEN)
    op.drop_index("uq_variation_pending", table_name="variation", postgresql_where=VARIATION_OPEN)
    op.execute("UPDATE variation SET state = 'accepted' WHERE state = 'effective'")
    op.create_index(
        "uq_variation_pending",
        "variation",
        ["obligation_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    for name in (
        "effective_at",
        "amendment",
        "amendment_envelope_id",
        "to_quantity",
        "from_quantity",
        "to_amount_minor",
        "from_amount_minor",
        "contract_id",
    ):
        op.drop_column("variation", name)
    op.drop_index("ix_fulfilment_answer_by", table_name="fulfilment", postgresql_where=ANSWER_DUE)
    for name in ("is_deemed", "answer_by", "is_whole", "quantity", "amount_minor"):
        op.drop_column("fulfilment", name)
    op.drop_index("ix_obligation_undetermined", table_name="obligation", postgresql_where=UNDETERMINED)
    # The days stay nullable: one that isn't known yet can't be made up on the way back.
    for name in ("anchored_on", "due_basis", "due_rule"):
        op.drop_column("obligation", name)
    for name in ("published_on", "late_interest", "silence_days"):
        op.drop_column("contract", name)
