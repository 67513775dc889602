"""approval: a yes before a post goes out"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0013"

CLAIMABLE = "('scheduled','retry_wait','sending','confirming')"
APPROVED = (
    "NOT needs_approval OR (approved_hash = content_hash AND approved_hash <> '')"
    f" OR state NOT IN {CLAIMABLE}"
)


def upgrade() -> None:
    op.add_column(
        "organization",
        sa.Column("approval_rule", sa.Text(), server_default="off", nullable=False),
    )
    op.add_column("post", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("post", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "delivery",
        sa.Column("needs_approval", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # Not in batch mode: rebuilding a table on SQLite would cascade into what points at it. SQLite
    # takes constraints with a new column only.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE delivery ADD COLUMN approved_hash TEXT DEFAULT '' NOT NULL"
            f" CONSTRAINT ck_delivery_approved CHECK ({APPROVED})"
        )
    else:
        op.add_column(
            "delivery", sa.Column("approved_hash", sa.Text(), server_default="", nullable=False)
        )
        op.create_check_constraint("ck_delivery_approved", "delivery", APPROVED)
    op.create_index(
        "ix_delivery_unapproved",
        "delivery",
        ["due_at"],
        sqlite_where=sa.text("state = 'pending_approval'"),
        postgresql_where=sa.text("state = 'pending_approval'"),
    )


def downgrade() -> None:
    op.execute("UPDATE delivery SET state = 'draft' WHERE state = 'pending_approval'")
    op.execute("UPDATE post SET state = 'draft' WHERE state = 'pending_approval'")
    op.drop_index("ix_delivery_unapproved", "delivery")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE delivery DROP COLUMN approved_hash")
    else:
        op.drop_constraint("ck_delivery_approved", "delivery")
        op.drop_column("delivery", "approved_hash")
    op.drop_column("delivery", "needs_approval")
    op.drop_column("post", "told_at")
    op.drop_column("post", "asked_at")
    op.drop_column("organization", "approval_rule")
