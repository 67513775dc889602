"""measures: what networks tell of how posts do"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

METRICS = (
    *("impressions", "reach", "likes", "replies", "reposts"),
    *("clicks", "saves", "follows", "video_views"),
)
TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"


def upgrade() -> None:
    op.create_index(
        "ix_delivery_published",
        "delivery",
        ["published_at"],
        sqlite_where=sa.text("published_at IS NOT NULL"),
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    _measure()
    op.create_table(
        "reading",
        _whole("delivery_id"),
        _moment("at", nullable=False),
        *_counts(),
        _goes_with("reading", "delivery_id", "measure.delivery_id"),
        sa.PrimaryKeyConstraint("delivery_id", "at", name=op.f("pk_reading")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channel_tally",
        *(_whole(name) for name in ("organization_id", "channel_id", "hour")),
        *_counts(),
        _goes_with("channel_tally", "organization_id", "organization.id"),
        _goes_with("channel_tally", "channel_id", "channel.id"),
        sa.PrimaryKeyConstraint(
            "organization_id", "channel_id", "hour", name=op.f("pk_channel_tally")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience",
        _whole("channel_id"),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("followers", sa.BigInteger(), nullable=False),
        _goes_with("audience", "channel_id", "channel.id"),
        sa.PrimaryKeyConstraint("channel_id", "on", name=op.f("pk_audience")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channel_look",
        _whole("channel_id"),
        *(_moment(name) for name in ("lease_until", "not_before", "followers_at")),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        _goes_with("channel_look", "channel_id", "channel.id"),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_look")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _lock()


def downgrade() -> None:
    for name in ("channel_look", "audience", "channel_tally", "reading", "measure"):
        op.drop_table(name)
    op.drop_index("ix_delivery_published", "delivery")


def _measure() -> None:
    op.create_table(
        "measure",
        *(_whole(name) for name in ("delivery_id", "organization_id", "channel_id")),
        _moment("published_at", nullable=False),
        *_counts(),
        *(_moment(name) for name in ("fetched_at", "next_at")),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        _moment("gone_at"),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        _goes_with("measure", "delivery_id", "delivery.id"),
        _goes_with("measure", "organization_id", "organization.id"),
        _goes_with("measure", "channel_id", "channel.id"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_measure")),
    )
    op.create_index("ix_measure_period", "measure", ["organization_id", "published_at"])
    op.create_index("ix_measure_channel", "measure", ["channel_id", "next_at"])
    op.create_index(
        "ix_measure_due",
        "measure",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )


def _lock() -> None:
    channels = _exists("channel", "id", "{0}.channel_id")
    checks = {
        "measure": f"{OURS} AND {_exists('delivery', 'id', '{0}.delivery_id')} AND {channels}",
        "reading": _exists("measure", "delivery_id", "{0}.delivery_id"),
        "channel_tally": f"{OURS} AND {channels}",
        "audience": channels,
        "channel_look": channels,
    }
    for name, check in checks.items():
        using = OURS if check.startswith(OURS) else check
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_organization ON {name}"
            f" USING ({_told(using.format(name))}) WITH CHECK ({_told(check.format(name))})"
        )


def _told(ours: str) -> str:
    return f"{TOLD} WHEN '' THEN false ELSE {ours} END"


def _exists(table: str, key: str, value: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {table}.{key} = {value})"  # noqa: S608


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def _counts() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=True) for name in METRICS]


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _goes_with(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete="CASCADE")
