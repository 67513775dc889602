"""what a person is told of in the product"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"

TOLD = "coalesce(current_setting('app.organization', true), '')"
OURS = "EXISTS (SELECT 1 FROM membership WHERE membership.id = notice.membership_id)"
THEIRS = "({0}_id IS NULL OR EXISTS (SELECT 1 FROM {0} WHERE {0}.id = notice.{0}_id))"


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        *(_points_at(name) for name in ("membership", "post", "channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    for name in ("membership_id", "post_id", "channel_id", "at"):
        op.create_index(op.f(f"ix_notice_{name}"), "notice", [name])
    if op.get_bind().dialect.name == "postgresql":
        check = " AND ".join((OURS, THEIRS.format("post"), THEIRS.format("channel")))
        op.execute("ALTER TABLE notice ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE notice FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_organization ON notice USING ({_seen(OURS)})"
            f" WITH CHECK ({_seen(check)})"
        )


def downgrade() -> None:
    op.drop_table("notice")


def _seen(ours: str) -> str:
    return f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"


def _points_at(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_notice_{name}_id"), ondelete="CASCADE"
    )
