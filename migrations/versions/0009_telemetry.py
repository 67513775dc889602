"""telemetry: what was sent about people; consents as events"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "telemetry_person",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("distinct_id", sa.Text(), nullable=True),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_telemetry_person_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_telemetry_person")),
        sa.UniqueConstraint("distinct_id", name=op.f("uq_telemetry_person_distinct_id")),
    )
    op.create_table(
        "telemetry_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_telemetry_record_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telemetry_record")),
    )
    for column in ("made_at", "state", "user_id"):
        op.create_index(op.f(f"ix_telemetry_record_{column}"), "telemetry_record", [column])
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("has_gpc", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_consent_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("reference", name=op.f("uq_consent_reference")),
    )
    op.create_index(op.f("ix_consent_user_id"), "consent", ["user_id"])


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_table("telemetry_record")
    op.drop_table("telemetry_person")
