"""the engine: steps of a thread, budgets, gaps, whose database this is, keys with an end"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0022"

BEFORE = "state IN ('scheduled','retry_wait','sending','confirming')"
NOW = "state IN ('scheduled','retry_wait','sending','confirming','processing')"
OURS = "EXISTS (SELECT 1 FROM channel WHERE channel.id = budget.channel_id)"
POLICY = (
    "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
    f" WHEN '' THEN false ELSE {OURS} END"
)
COLUMNS = {
    "channel": (
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "channel_grant": (
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_uncertain", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "delivery": (
        sa.Column("is_heavy", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("steps", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("handle", sa.Text(), server_default="", nullable=False),
        sa.Column("claims", sa.Integer(), server_default="0", nullable=False),
    ),
    "attempt": (sa.Column("step", sa.Integer(), server_default="0", nullable=False),),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.drop_index("ix_delivery_pending", "delivery")
    _index(NOW)
    # What was prepared by the release before has another shape: it is prepared again.
    op.execute("UPDATE delivery SET prepared_hash = '', record = NULL WHERE prepared_hash <> ''")
    op.create_table(
        "engine_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_gap")),
    )
    op.create_index(op.f("ix_engine_gap_began_at"), "engine_gap", ["began_at"])
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "budget",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("reset_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_budget_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", "action", name=op.f("pk_budget")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE budget ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE budget FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_organization ON budget USING ({POLICY}) WITH CHECK ({POLICY})"
        )


def downgrade() -> None:
    for table in ("budget", "instance", "engine_gap"):
        op.drop_table(table)
    op.drop_index("ix_delivery_pending", "delivery")
    _index(BEFORE)
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)


def _index(which: str) -> None:
    where = sa.text(which)
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["not_before"],
        sqlite_where=where,
        postgresql_where=where,
    )
