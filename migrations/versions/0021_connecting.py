"""connecting and registration: who is on the way to a network, and where this instance is known"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0023"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"
CHANNEL = (
    "(channel_id IS NULL OR EXISTS"
    " (SELECT 1 FROM channel WHERE channel.id = connecting.channel_id))"
)


def upgrade() -> None:
    op.create_table(
        "connecting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("offers", sa.Text(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *(_key(column) for column in ("user_id", "session_id", "organization_id", "channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connecting")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_connecting_state_hash")),
    )
    for column in ("user_id", "session_id", "organization_id", "channel_id", "expires_at"):
        op.create_index(op.f(f"ix_connecting_{column}"), "connecting", [column])
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("network", "host", name=op.f("uq_registration_network_host")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE connecting ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE connecting FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY of_organization ON connecting"
            f" USING ({TOLD} WHEN '' THEN false ELSE {OURS} END)"
            f" WITH CHECK ({TOLD} WHEN '' THEN false ELSE {OURS} AND {CHANNEL} END)"
        )


def downgrade() -> None:
    op.drop_table("registration")
    op.drop_table("connecting")


def _key(column: str) -> sa.ForeignKeyConstraint:
    parent = {"session_id": "login_session"}.get(column, column.removesuffix("_id"))
    return sa.ForeignKeyConstraint(
        [column], [f"{parent}.id"], name=op.f(f"fk_connecting_{column}"), ondelete="CASCADE"
    )
