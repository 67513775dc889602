"""recurrence: posts that come again, and the dates that have become posts or were skipped"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0031"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"
PATTERN = (
    "(pattern_id IS NULL OR EXISTS (SELECT 1 FROM post WHERE post.id = recurrence.pattern_id))"
)
POST = "(post_id IS NULL OR EXISTS (SELECT 1 FROM post WHERE post.id = occurrence.post_id))"
SERIES = "EXISTS (SELECT 1 FROM recurrence WHERE recurrence.id = occurrence.recurrence_id)"
THEIRS = {"recurrence": PATTERN, "occurrence": f"{SERIES} AND {POST}"}


def upgrade() -> None:
    op.create_table(
        "recurrence",
        *_numbers("id", "organization_id", "every", "month_day"),
        sa.Column("pattern_id", sa.Integer(), nullable=True),
        *_texts("unit", "weekdays", "wall_time", "zone", "trouble"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key("recurrence", "organization", "CASCADE"),
        _key("recurrence", "post", "SET NULL", "pattern_id"),
        sa.CheckConstraint("every > 0", name=op.f("ck_recurrence_every")),
        sa.CheckConstraint(
            "unit IN ('day','week','month','slot')", name=op.f("ck_recurrence_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrence")),
    )
    op.create_table(
        "occurrence",
        *_numbers("id", "organization_id", "recurrence_id"),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("occurs_on", sa.Date(), nullable=False),
        *_texts("state"),
        sa.Column("is_own", sa.Boolean(), server_default=sa.false(), nullable=False),
        _key("occurrence", "organization", "CASCADE"),
        _key("occurrence", "recurrence", "CASCADE"),
        _key("occurrence", "post", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("post_id", name=op.f("uq_occurrence_post_id")),
        sa.UniqueConstraint(
            "recurrence_id", "occurs_on", name=op.f("uq_occurrence_recurrence_id_occurs_on")
        ),
    )
    op.create_index(op.f("ix_recurrence_pattern_id"), "recurrence", ["pattern_id"])
    for name in THEIRS:
        op.create_index(op.f(f"ix_{name}_organization_id"), name, ["organization_id"])
        if op.get_bind().dialect.name == "postgresql":
            _lock(name)


def _lock(name: str) -> None:
    seen = f"({TOLD} WHEN '' THEN false ELSE {OURS} END)"
    written = f"({TOLD} WHEN '' THEN false ELSE {OURS} AND {THEIRS[name]} END)"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_organization ON {name} USING {seen} WITH CHECK {written}")


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _key(table: str, other: str, then: str, column: str = "") -> sa.ForeignKeyConstraint:
    own = column or f"{other}_id"
    name = op.f(f"fk_{table}_{own}")
    return sa.ForeignKeyConstraint([own], [f"{other}.id"], name=name, ondelete=then)


def downgrade() -> None:
    op.drop_table("occurrence")
    op.drop_table("recurrence")
