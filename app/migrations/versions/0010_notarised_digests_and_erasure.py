"""Notarised digests and erasure: records found by digest, requests done once, legal holds, recorded erasure."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RECORDS_AND_READERS = """
    SELECT access.organisation_id, record.id, record.record
    FROM evidence_record record JOIN evidence_access access ON access.evidence_id = record.id
"""
_FIND_BY_DIGEST = """
    INSERT INTO evidence_digest (organisation_id, sha256, evidence_id, sm3)
    VALUES (:organisation_id, :sha256, :evidence_id, :sm3)
"""

# One round trip instead of two. A function's statements each see what was committed before they began (READ
# COMMITTED), so that the end of the chain is read after the lock was had, which no single statement could do.
_LOCK_CHAIN = """
    CREATE FUNCTION lock_evidence_chain(kind text, subject text) RETURNS TABLE (id uuid, "position" bigint)
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(kind || '/' || subject, 1));
        RETURN QUERY
            SELECT record.id, record.position FROM evidence_record record
            WHERE record.subject_id = subject AND record.subject_kind = kind
            ORDER BY record.position DESC LIMIT 1;
    END $$
"""

# The service's role can't delete at all; this binds the owner, too. The lock is the one that placing a hold takes.
_GUARD_RECORDS = """
    CREATE FUNCTION guard_evidence_record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(OLD.subject_kind || '/' || OLD.subject_id, 1));
        IF EXISTS (
            SELECT FROM evidence_hold hold
            WHERE hold.subject_id = OLD.subject_id AND hold.subject_kind = OLD.subject_kind
              AND (hold.evidence_id IS NULL OR hold.evidence_id = OLD.id)
              AND NOT EXISTS (SELECT FROM evidence_hold_release release WHERE release.hold_id = hold.id)
        ) THEN
            RAISE EXCEPTION 'evidence % is under a legal hold', OLD.id;
        END IF;
        IF NOT EXISTS (SELECT FROM evidence_erasure erasure WHERE erasure.evidence_id = OLD.id) THEN
            RAISE EXCEPTION 'evidence % has no recorded erasure', OLD.id;
        END IF;
        RETURN OLD;
    END $$
"""


def upgrade() -> None:
    # Nobody asks for all evidence of an organisation at once, and every record paid for being listed.
    op.drop_index(op.f("ix_evidence_access_organisation_id"), table_name="evidence_access")
    op.create_table(
        "evidence_digest",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("sm3", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "sha256", "evidence_id", name=op.f("pk_evidence_digest")),
    )
    _find_by_digest()
    op.create_index("ix_evidence_digest_sm3", "evidence_digest", ["organisation_id", "sm3", "evidence_id"])
    op.create_table(
        "evidence_submission",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_evidence_submission_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "key_hash", name=op.f("pk_evidence_submission")),
    )
    _create_holds()
    _create_erasures()
    op.execute(_LOCK_CHAIN)
    op.execute(_GUARD_RECORDS)
    op.execute(
        "CREATE TRIGGER guard BEFORE DELETE ON evidence_record FOR EACH ROW EXECUTE FUNCTION guard_evidence_record()"
    )


def _find_by_digest() -> None:
    """Of the records from before. Read here and not by PostgreSQL, whose JSON can't hold U+0000, as a name may."""
    connection = op.get_bind()
    streamed = sa.text(_RECORDS_AND_READERS).execution_options(yield_per=1000)
    for part in connection.execute(streamed).partitions():
        found = [
            {
                "organisation_id": row.organisation_id,
                "evidence_id": row.id,
                "sha256": bytes.fromhex(sha256),
                "sm3": bytes.fromhex(sm3),
            }
            for row in part
            for sha256, sm3 in {file["sha256"]: file["sm3"] for file in json.loads(row.record)["files"]}.items()
        ]
        if found:
            connection.execute(sa.text(_FIND_BY_DIGEST), found)


def _create_holds() -> None:
    op.create_table(
        "evidence_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence_entry.id"], name=op.f("fk_evidence_hold_evidence_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_evidence_hold_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_hold")),
    )
    op.create_index(op.f("ix_evidence_hold_evidence_id"), "evidence_hold", ["evidence_id"])
    op.create_index("ix_evidence_hold_subject", "evidence_hold", ["subject_id", "subject_kind"])
    op.create_table(
        "evidence_hold_release",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["evidence_hold.id"], name=op.f("fk_evidence_hold_release_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_evidence_hold_release")),
    )


def _create_erasures() -> None:
    op.create_table(
        "evidence_erasure",
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("object_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence_entry.id"], name=op.f("fk_evidence_erasure_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_erasure")),
    )
    op.create_table(
        "evidence_erasure_result",
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kept_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence_erasure.evidence_id"], name=op.f("fk_evidence_erasure_result_evidence_id")
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_erasure_result")),
    )


def downgrade() -> None:
    """What was erased stays erased; who erased it and what is held back from erasing is forgotten."""
    op.execute("DROP TRIGGER guard ON evidence_record")
    op.execute("DROP FUNCTION guard_evidence_record()")
    op.execute("DROP FUNCTION lock_evidence_chain(text, text)")
    for table in (
        "evidence_erasure_result",
        "evidence_erasure",
        "evidence_hold_release",
        "evidence_hold",
        "evidence_submission",
        "evidence_digest",
    ):
        op.drop_table(table)
    op.create_index(op.f("ix_evidence_access_organisation_id"), "evidence_access", ["organisation_id"], unique=False)
