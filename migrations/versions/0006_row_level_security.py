"""row-level security: Postgres itself keeps organisations apart"""

from alembic import op

revision = "0006"
down_revision = "0011"

OURS = "{} = current_setting('app.organization', true)::integer"
IN = "EXISTS (SELECT 1 FROM {0} WHERE {0}.{1} = {2})"
OWN = OURS.format("organization_id")


def within(parent: str, row: str, key: str = "id") -> str:
    return IN.format(parent, key, row)


# By table: what may be seen, and what else must hold for what is written.
TABLES = {
    "organization": (OURS.format("id"), ""),
    "audit_event": (f"(organization_id IS NULL OR {OWN})", ""),
    "asset": (OWN, ""),
    "channel": (OWN, ""),
    "invitation": (OWN, ""),
    "membership": (OWN, ""),
    "post": (OWN, ""),
    "wall": (OWN, ""),
    "audit_detail": (within("audit_event", "audit_detail.number", "number"), ""),
    "channel_grant": (within("channel", "channel_grant.channel_id"), ""),
    "delivery": (
        OWN,
        f"{within('post', 'delivery.post_id')} AND {within('channel', 'delivery.channel_id')}",
    ),
    "post_event": (within("post", "post_event.post_id"), ""),
    "post_picture": (
        within("post", "post_picture.post_id"),
        within("asset", "post_picture.asset_id"),
    ),
    "wall_picture": (within("wall", "wall_picture.wall_id"), ""),
    "wall_post": (within("wall", "wall_post.wall_id"), ""),
    "attempt": (within("delivery", "attempt.delivery_id"), ""),
}


def scoped(table: str, ours: str) -> str:
    nobody = "organization_id IS NULL" if table == "audit_event" else "false"
    told = "coalesce(current_setting('app.organization', true), '')"
    return f"CASE {told} WHEN '*' THEN true WHEN '' THEN {nobody} ELSE {ours} END"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, (seen, also) in TABLES.items():
        using = scoped(table, seen)
        check = scoped(table, f"{seen} AND {also}" if also else seen)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_organization ON {table} USING ({using}) WITH CHECK ({check})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP POLICY of_organization ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
