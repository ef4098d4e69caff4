"""Templates and bulk sends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_templates()
    _add_bulk_sends()
    _add_rows()


def _add_templates() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_template_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
    )
    op.create_index("ix_template_organisation_id_id", "template", ["organisation_id", "id"])
    op.create_table(
        "template_version",
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("placed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_version_template_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_template_version_created_by")),
        sa.PrimaryKeyConstraint("template_id", "number", name=op.f("pk_template_version")),
    )
    op.create_table(
        "template_use",
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name=op.f("fk_template_use_envelope_id")),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_use_template_id")),
        sa.PrimaryKeyConstraint("envelope_id", name=op.f("pk_template_use")),
    )
    op.create_index(op.f("ix_template_use_template_id"), "template_use", ["template_id"])


def _add_bulk_sends() -> None:
    op.create_table(
        "bulk_send",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_bulk_send_organisation_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_bulk_send_created_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_bulk_send_confirmed_by")),
        sa.ForeignKeyConstraint(
            ["template_id", "template_version"],
            ["template_version.template_id", "template_version.number"],
            name=op.f("fk_bulk_send_template_id_template_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_send")),
    )
    op.create_index("ix_bulk_send_organisation_id_id", "bulk_send", ["organisation_id", "id"])


def _add_rows() -> None:
    op.create_table(
        "bulk_send_row",
        sa.Column("bulk_send_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("work_id", sa.Uuid(), nullable=True),
        sa.Column("work_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bulk_send_id"], ["bulk_send.id"], name=op.f("fk_bulk_send_row_bulk_send_id")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name=op.f("fk_bulk_send_row_envelope_id")),
        sa.PrimaryKeyConstraint("bulk_send_id", "number", name=op.f("pk_bulk_send_row")),
        sa.UniqueConstraint("envelope_id", name=op.f("uq_bulk_send_row_envelope_id")),
    )
    op.create_index(
        "ix_bulk_send_row_working",
        "bulk_send_row",
        ["number", "bulk_send_id"],
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index("ix_bulk_send_row_bulk_send_id_state_number", "bulk_send_row", ["bulk_send_id", "state", "number"])
