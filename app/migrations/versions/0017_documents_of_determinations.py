"""Determinations with their notice, number, sealed document and what is public of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("replaces_id", sa.Uuid()),
    ("notice", postgresql.JSONB(astext_type=sa.Text())),
    ("number", sa.Text()),
    ("issued_at", sa.DateTime(timezone=True)),
    ("document_object_key", sa.Text()),
    ("document_name", sa.Text()),
    ("document_sha256", sa.Text()),
    ("served_at", sa.DateTime(timezone=True)),
    ("published", postgresql.JSONB(astext_type=sa.Text())),
    ("published_at", sa.DateTime(timezone=True)),
    ("ended_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("determination", sa.Column(name, kind, nullable=True))
    op.create_foreign_key(
        op.f("fk_determination_replaces_id"), "determination", "determination", ["replaces_id"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_determination_number"), "determination", ["number"])
    op.create_index(
        "ix_determination_published", "determination", ["id"], postgresql_where=sa.text("published_at IS NOT NULL")
    )
    op.create_index("ix_determination_organisation_id_id", "determination", ["organisation_id", "id"])


def downgrade() -> None:
    for name, _ in reversed(_COLUMNS):
        op.drop_column("determination", name)
