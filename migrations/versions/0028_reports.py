"""reports: advice on times, links to reports, reports by mail, and how many were made"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0030"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"


def upgrade() -> None:
    op.create_table(
        "time_advice",
        sa.Column("channel_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("posts", "missing")),
        sa.Column("hours", sa.JSON(), nullable=False),
        _moment("made_at"),
        _points_at("time_advice", "channel_id", "channel.id"),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_time_advice")),
    )
    op.create_table(
        "report_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _points_at("report_link", "organization_id", "organization.id"),
        _points_at("report_link", "channel_id", "channel.id"),
        _points_at("report_link", "made_by_id", "user.id", gone="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_report_link_token_hash")),
    )
    for name in ("organization_id", "channel_id", "made_by_id", "expires_at"):
        op.create_index(op.f(f"ix_report_link_{name}"), "report_link", [name])
    op.create_table(
        "report_mail",
        sa.Column("membership_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        _points_at("report_mail", "membership_id", "membership.id"),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_report_mail")),
    )
    op.create_table(
        "report_count",
        sa.Column("organization_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        _points_at("report_count", "organization_id", "organization.id"),
        sa.PrimaryKeyConstraint("organization_id", "month", name=op.f("pk_report_count")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _lock()


def downgrade() -> None:
    for name in ("report_count", "report_mail", "report_link", "time_advice"):
        op.drop_table(name)


def _lock() -> None:
    channel = _exists("channel", "report_link.channel_id")
    checks = {
        "time_advice": _exists("channel", "time_advice.channel_id"),
        "report_link": f"{OURS} AND (channel_id IS NULL OR {channel})",
        "report_mail": _exists("membership", "report_mail.membership_id"),
        "report_count": OURS,
    }
    for name, check in checks.items():
        using = OURS if check.startswith(OURS) else check
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_organization ON {name}"
            f" USING ({_told(using)}) WITH CHECK ({_told(check)})"
        )


def _told(ours: str) -> str:
    return f"{TOLD} WHEN '' THEN false ELSE {ours} END"


def _exists(table: str, value: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {table}.id = {value})"  # noqa: S608


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _points_at(
    table: str, column: str, target: str, gone: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=gone)
