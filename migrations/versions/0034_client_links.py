"""links by which a client answers without an account, and whose name an answer bears"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

TOLD = "coalesce(current_setting('app.organization', true), '')"
OURS = "organization_id = current_setting('app.organization', true)::integer"
THEIRS = "EXISTS (SELECT 1 FROM {0} WHERE {0}.id = client_link_post.{1})"


def upgrade() -> None:
    op.add_column(
        "organization",
        sa.Column("client_rule", sa.Text(), server_default="noted", nullable=False),
    )
    op.add_column("post_event", sa.Column("client", sa.Text(), server_default="", nullable=False))
    op.add_column("post_event", sa.Column("by_link", sa.Integer(), nullable=True))
    op.create_table(
        "client_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _points_at("client_link", "organization_id", "organization.id"),
        _points_at("client_link", "made_by_id", "user.id", gone="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_client_link_token_hash")),
    )
    for name in ("organization_id", "made_by_id", "expires_at"):
        op.create_index(op.f(f"ix_client_link_{name}"), "client_link", [name])
    op.create_table(
        "client_link_post",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        _points_at("client_link_post", "link_id", "client_link.id"),
        _points_at("client_link_post", "post_id", "post.id"),
        sa.PrimaryKeyConstraint("link_id", "post_id", name=op.f("pk_client_link_post")),
    )
    op.create_index(op.f("ix_client_link_post_post_id"), "client_link_post", ["post_id"])
    if op.get_bind().dialect.name == "postgresql":
        _lock("client_link", OURS)
        both = (THEIRS.format("client_link", "link_id"), THEIRS.format("post", "post_id"))
        _lock("client_link_post", " AND ".join(both))


def downgrade() -> None:
    op.drop_table("client_link_post")
    op.drop_table("client_link")
    op.drop_column("post_event", "by_link")
    op.drop_column("post_event", "client")
    op.drop_column("organization", "client_rule")


def _lock(name: str, ours: str) -> None:
    seen = f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_organization ON {name} USING ({seen}) WITH CHECK ({seen})")


def _points_at(
    table: str, column: str, target: str, gone: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=gone)
