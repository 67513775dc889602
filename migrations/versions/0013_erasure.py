"""Erasure: empty shells of people, closing organisations, the record of deletions and legal holds"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0006"

EMPTIED = (
    "email", "name", "password_hash", "timezone", "theme", "is_operator", "email_verified_at",
    "age_passed_at", "accepted_policy",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("user") as user:
        for name in ("email", "name", "timezone", "theme"):
            user.alter_column(name, existing_type=sa.Text(), nullable=True)
        user.alter_column("is_operator", existing_type=sa.Boolean(), nullable=True)
        for name in ("closing_at", "restricted_at", "erased_at"):
            user.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        user.create_index(op.f("ix_user_closing_at"), ["closing_at"])
        empty = " AND ".join(f'"{name}" IS NULL' for name in EMPTIED)
        user.create_check_constraint(
            op.f("ck_user_erased_is_empty"), f"erased_at IS NULL OR ({empty})"
        )
    with op.batch_alter_table("organization") as organization:
        organization.add_column(sa.Column("closing_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_erasure_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("code", name=op.f("uq_erasure_code")),
    )
    op.create_index(
        "uq_erasure_open",
        "erasure",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('cooling','executing')"),
        postgresql_where=sa.text("state IN ('cooling','executing')"),
    )
    op.create_table(
        "erasure_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["erasure_id"],
            ["erasure.id"],
            name=op.f("fk_erasure_notice_erasure_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_notice")),
        sa.UniqueConstraint(
            "erasure_id", "recipient", name=op.f("uq_erasure_notice_erasure_id_recipient")
        ),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["placed_by_id"],
            ["user.id"],
            name=op.f("fk_legal_hold_placed_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["user.id"],
            name=op.f("fk_legal_hold_approved_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"],
            ["user.id"],
            name=op.f("fk_legal_hold_released_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_active", "legal_hold", ["scope", "target_id"])


def downgrade() -> None:
    for name in ("legal_hold", "erasure_notice", "erasure"):
        op.drop_table(name)
    with op.batch_alter_table("organization") as organization:
        organization.drop_column("closing_at")
    with op.batch_alter_table("user") as user:
        user.drop_constraint(op.f("ck_user_erased_is_empty"), type_="check")
        user.drop_index(op.f("ix_user_closing_at"))
        for name in ("closing_at", "restricted_at", "erased_at"):
            user.drop_column(name)
