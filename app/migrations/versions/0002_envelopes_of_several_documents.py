"""Envelopes of several documents; correction, delegation, rescission, reminders, test mode, remote signatures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_documents()
    _extend_envelope()
    _extend_recipient_and_field()
    _add_remote_signatures()


def _add_documents() -> None:
    flattened = sa.Column("flattened", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]")
    op.add_column("document", flattened)
    op.alter_column("document", "flattened", server_default=None)
    op.create_table(
        "envelope_document",
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("is_timestamped", sa.Boolean(), nullable=False),
        sa.Column("renew_before", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_envelope_document_document_id")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name=op.f("fk_envelope_document_envelope_id")),
        sa.PrimaryKeyConstraint("envelope_id", "position", name=op.f("pk_envelope_document")),
    )
    op.create_index(op.f("ix_envelope_document_document_id"), "envelope_document", ["document_id"])
    op.create_index("ix_envelope_document_renew_before", "envelope_document", ["renew_before"])
    op.create_index(
        "ix_envelope_document_timestamp_pending",
        "envelope_document",
        ["envelope_id"],
        postgresql_where=sa.text("NOT is_timestamped"),
    )
    op.execute(
        "INSERT INTO envelope_document (envelope_id, position, document_id, object_key, sha256, is_timestamped)"
        " SELECT id, 1, document_id, object_key, sha256, true FROM envelope"
    )
    op.drop_index(op.f("ix_envelope_document_id"), table_name="envelope")
    for column in ("document_id", "object_key", "sha256"):
        op.drop_column("envelope", column)
    op.add_column(
        "envelope_revision", sa.Column("document_position", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.alter_column("envelope_revision", "document_position", server_default=None)
    op.drop_constraint(op.f("pk_envelope_revision"), "envelope_revision")
    op.create_primary_key(
        op.f("pk_envelope_revision"), "envelope_revision", ["envelope_id", "number", "document_position"]
    )


def _extend_envelope() -> None:
    op.add_column("envelope", sa.Column("contract_class", sa.Text(), nullable=True))
    for column in ("is_test", "may_delegate"):
        op.add_column("envelope", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column("envelope", column, server_default=None)
    op.add_column("envelope", sa.Column("remind_every_days", sa.BigInteger(), nullable=True))
    op.add_column("envelope", sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("envelope", sa.Column("rescinds_id", sa.Uuid(), nullable=True))
    op.add_column("envelope", sa.Column("rescinded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("envelope", sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"))
    op.alter_column("envelope", "version", server_default=None)
    op.add_column("envelope", sa.Column("report_object_key", sa.Text(), nullable=True))
    op.add_column("envelope", sa.Column("report_sha256", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_envelope_rescinds_id"), "envelope", "envelope", ["rescinds_id"], ["id"])
    op.create_index("ix_envelope_organisation_id_state_id", "envelope", ["organisation_id", "state", "id"])
    op.create_index(op.f("ix_envelope_rescinds_id"), "envelope", ["rescinds_id"])
    op.create_index(
        "ix_envelope_reminding",
        "envelope",
        ["next_reminder_at"],
        postgresql_where=sa.text("state = 'in_progress'"),
    )


def _extend_recipient_and_field() -> None:
    op.add_column("recipient", sa.Column("delivery_problem", sa.Text(), nullable=True))
    op.add_column("recipient", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("recipient", sa.Column("replacement_reason", sa.Text(), nullable=True))
    op.add_column("recipient", sa.Column("seal_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_recipient_replaces_id"), "recipient", "recipient", ["replaces_id"], ["id"])
    op.add_column("field", sa.Column("document_position", sa.BigInteger(), nullable=False, server_default="1"))
    op.alter_column("field", "document_position", server_default=None)


def _add_remote_signatures() -> None:
    op.create_table(
        "remote_signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("base_revision", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("fk_remote_signature_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_signature")),
    )
    op.create_index(op.f("ix_remote_signature_recipient_id"), "remote_signature", ["recipient_id"])
