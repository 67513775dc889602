"""slots: weekly times per channel, which delivery holds one, and since when publishing is paused"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0032"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"
THEIRS = "EXISTS (SELECT 1 FROM channel WHERE channel.id = slot.channel_id)"
HOLDS_ONE = "in_slot AND state <> 'cancelled'"


def upgrade() -> None:
    op.create_table(
        "slot",
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("id", "organization_id", "channel_id", "weekday")
        ),
        sa.Column("wall_time", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_slot_{name}_id"), ondelete="CASCADE"
            )
            for name in ("organization", "channel")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_slot_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint(
            "channel_id",
            "weekday",
            "wall_time",
            "zone",
            name=op.f("uq_slot_channel_id_weekday_wall_time_zone"),
        ),
    )
    op.create_index(op.f("ix_slot_organization_id"), "slot", ["organization_id"])
    op.add_column(
        "delivery", sa.Column("in_slot", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "uq_delivery_slot",
        "delivery",
        ["channel_id", "due_at"],
        unique=True,
        sqlite_where=sa.text(HOLDS_ONE),
        postgresql_where=sa.text(HOLDS_ONE),
    )
    for table in ("channel", "organization"):
        moment = sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True)
        op.add_column(table, moment)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE slot ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE slot FORCE ROW LEVEL SECURITY")
        seen = f"({TOLD} WHEN '' THEN false ELSE {OURS} END)"
        written = f"({TOLD} WHEN '' THEN false ELSE {OURS} AND {THEIRS} END)"
        op.execute(f"CREATE POLICY of_organization ON slot USING {seen} WITH CHECK {written}")


def downgrade() -> None:
    for table in ("organization", "channel"):
        op.drop_column(table, "paused_at")
    op.drop_index("uq_delivery_slot", "delivery")
    op.drop_column("delivery", "in_slot")
    op.drop_table("slot")
