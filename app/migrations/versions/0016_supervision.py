"""The overdue register by region, class, unit and next step; public demands and rectification orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _widen_the_register()
    op.add_column("supervision_case", sa.Column("ladder_version", sa.BigInteger(), nullable=True))
    op.execute("UPDATE supervision_case SET ladder_version = 1")
    op.alter_column("supervision_case", "ladder_version", nullable=False)
    op.create_index("ix_termination_case_state_id", "termination_case", ["state", "id"], unique=False)
    _public_demands()
    _rectification()


def _widen_the_register() -> None:
    op.add_column("overdue_entry", sa.Column("region", sa.Text(), nullable=True))
    op.add_column("overdue_entry", sa.Column("class_code", sa.Text(), nullable=True))
    op.add_column("overdue_entry", sa.Column("debtor_uscc", sa.Text(), nullable=True))
    op.add_column("overdue_entry", sa.Column("next_step", sa.Text(), nullable=True))
    op.add_column("overdue_entry", sa.Column("next_step_on", sa.Date(), nullable=True))
    op.execute(
        """
        UPDATE overdue_entry AS e SET region = c.region, class_code = c.class_code, debtor_uscc = p.uscc,
            next_step = 'reminder', next_step_on = e.due_on + 1
        FROM contract AS c, obligation AS o, contract_party AS p
        WHERE c.id = e.contract_id AND o.id = e.obligation_id AND p.contract_id = c.id AND p.role = o.debtor_role
        """
    )
    op.alter_column("overdue_entry", "region", nullable=False)
    op.alter_column("overdue_entry", "debtor_uscc", nullable=False)
    for name, columns in (
        ("ix_overdue_entry_region_id", ["region", "id"]),
        ("ix_overdue_entry_region_class_code_id", ["region", "class_code", "id"]),
        ("ix_overdue_entry_region_due_on", ["region", "due_on"]),
        ("ix_overdue_entry_debtor_uscc_id", ["debtor_uscc", "id"]),
    ):
        op.create_index(name, "overdue_entry", columns, unique=False)
    op.create_index(
        "ix_overdue_entry_next_step",
        "overdue_entry",
        ["region", "next_step", "next_step_on"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
    )


def _public_demands() -> None:
    op.create_table(
        "public_demand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("published", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("withheld", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_public_demand_case_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_public_demand_contract_id")),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"], name=op.f("fk_public_demand_obligation_id")),
        sa.ForeignKeyConstraint(["step_id"], ["supervision_step.id"], name=op.f("fk_public_demand_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_demand")),
        sa.UniqueConstraint("step_id", name=op.f("uq_public_demand_step_id")),
    )
    op.create_index(op.f("ix_public_demand_contract_id"), "public_demand", ["contract_id"], unique=False)
    op.create_index(op.f("ix_public_demand_obligation_id"), "public_demand", ["obligation_id"], unique=False)
    running = sa.text("ended_at IS NULL")
    op.create_index("ix_public_demand_running", "public_demand", ["id"], postgresql_where=running)
    op.create_index("ix_public_demand_running_ends_on", "public_demand", ["ends_on"], postgresql_where=running)
    op.create_index("uq_public_demand_running", "public_demand", ["case_id"], unique=True, postgresql_where=running)


def _rectification() -> None:
    op.create_table(
        "rectification_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("party_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_person_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_rectification_order_case_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_rectification_order_contract_id")),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligation.id"], name=op.f("fk_rectification_order_obligation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_order")),
    )
    for column in ("case_id", "contract_id", "obligation_id"):
        op.create_index(op.f(f"ix_rectification_order_{column}"), "rectification_order", [column], unique=False)
    op.create_table(
        "rectification_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"], name=op.f("fk_rectification_item_obligation_id")),
        sa.ForeignKeyConstraint(["order_id"], ["rectification_order.id"], name=op.f("fk_rectification_item_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_item")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_rectification_item_order_id_position")),
    )
    op.create_index(op.f("ix_rectification_item_obligation_id"), "rectification_item", ["obligation_id"], unique=False)
    op.create_table(
        "rectification_step",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["rectification_item.id"], name=op.f("fk_rectification_step_item_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_rectification_step")),
    )
    op.create_index("ix_rectification_step_item_id_sequence", "rectification_step", ["item_id", "sequence"])


def downgrade() -> None:
    for table in ("rectification_step", "rectification_item", "rectification_order", "public_demand"):
        op.drop_table(table)
    op.drop_index("ix_termination_case_state_id", table_name="termination_case")
    op.drop_column("supervision_case", "ladder_version")
    for column in ("next_step_on", "next_step", "debtor_uscc", "class_code", "region"):
        op.drop_column("overdue_entry", column)
