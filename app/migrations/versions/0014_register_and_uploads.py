"""Units below others, filings, checked signed files, uploads, and indexes for the lists of the register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    _create_indexes()


def _create_tables() -> None:
    op.create_table(
        "contract_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_person_id", sa.Uuid(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_by_person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contract_upload_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_upload")),
    )
    op.create_index("ix_contract_upload_organisation_id_id", "contract_upload", ["organisation_id", "id"], unique=False)
    op.create_table(
        "unit_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("superior_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subordinate_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by_person_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("ended_by_person_id", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subordinate_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_unit_relation_subordinate_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["superior_organisation_id"], ["organisation.id"], name=op.f("fk_unit_relation_superior_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_relation")),
    )
    op.create_index(
        "ix_unit_relation_superior", "unit_relation", ["superior_organisation_id", "until_on"], unique=False
    )
    op.create_index(
        "uq_unit_relation_open",
        "unit_relation",
        ["subordinate_organisation_id", "superior_organisation_id"],
        unique=True,
        postgresql_where=sa.text("until_on IS NULL"),
    )
    op.create_table(
        "contract_filing",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("days_late", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_filing_contract_id")),
        sa.PrimaryKeyConstraint("contract_id", "duty", name=op.f("pk_contract_filing")),
    )
    op.create_table(
        "contract_upload_row",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_acknowledged", sa.Boolean(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_upload_row_contract_id")),
        sa.ForeignKeyConstraint(["upload_id"], ["contract_upload.id"], name=op.f("fk_contract_upload_row_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_contract_upload_row")),
        sa.UniqueConstraint("contract_id", name=op.f("uq_contract_upload_row_contract_id")),
    )
    op.create_index(
        "ix_contract_upload_row_chosen",
        "contract_upload_row",
        ["upload_id", "number"],
        unique=False,
        postgresql_where=sa.text("state = 'chosen'"),
    )
    op.create_index(
        "ix_contract_upload_row_state", "contract_upload_row", ["upload_id", "state", "number"], unique=False
    )
    op.create_table(
        "signed_file_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_signed_file_check_contract_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_signed_file_check_document_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_signed_file_check_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_file_check")),
    )
    op.create_index("ix_signed_file_check_contract_id_id", "signed_file_check", ["contract_id", "id"], unique=False)


def _create_indexes() -> None:
    op.drop_index(op.f("ix_contract_state_id"), table_name="contract")
    op.create_index(
        "ix_contract_number", "contract", ["number"], unique=False, postgresql_ops={"number": "text_pattern_ops"}
    )
    op.create_index("ix_contract_owner_id", "contract", ["owner_organisation_id", "id"], unique=False)
    op.create_index("ix_contract_region_amount", "contract", ["region", "amount_minor"], unique=False)
    op.create_index("ix_contract_region_class_id", "contract", ["region", "class_code", "id"], unique=False)
    op.create_index("ix_contract_region_signed_on", "contract", ["region", "signed_on"], unique=False)
    op.create_index("ix_contract_region_state_id", "contract", ["region", "state", "id"], unique=False)
    op.create_index("ix_contract_signed_on_amount", "contract", ["signed_on", "amount_minor"], unique=False)
    op.create_index(
        "ix_contract_party_name",
        "contract_party",
        ["name", "contract_id"],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_contract_party_name", table_name="contract_party", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_index("ix_contract_signed_on_amount", table_name="contract")
    op.drop_index("ix_contract_region_state_id", table_name="contract")
    op.drop_index("ix_contract_region_signed_on", table_name="contract")
    op.drop_index("ix_contract_region_class_id", table_name="contract")
    op.drop_index("ix_contract_region_amount", table_name="contract")
    op.drop_index("ix_contract_owner_id", table_name="contract")
    op.drop_index("ix_contract_number", table_name="contract", postgresql_ops={"number": "text_pattern_ops"})
    op.create_index(op.f("ix_contract_state_id"), "contract", ["state", "id"], unique=False)
    op.drop_table("signed_file_check")
    op.drop_table("contract_upload_row")
    op.drop_table("contract_filing")
    op.drop_table("unit_relation")
    op.drop_table("contract_upload")
