"""labels and campaigns, and which post has which"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0027"

AUTHOR = "(SELECT author_id FROM post WHERE post.id = {row}.post_id)"
HOME = "(SELECT organization_id FROM post WHERE post.id = {row}.post_id)"
ACTIVE = "hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
HELD = (
    f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {ACTIVE}"  # noqa: S608
    f" AND (hold.scope = 'user' AND hold.target_id IN ({AUTHOR})"
    f" OR hold.scope = 'organization' AND hold.target_id IN ({HOME})))"
)
FUNCTION = """
CREATE FUNCTION post_label_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {held} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps post_label';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""
TOLD = "coalesce(current_setting('app.organization', true), '')"
OURS = "organization_id = current_setting('app.organization', true)::integer"
THEIRS = "EXISTS (SELECT 1 FROM {0} WHERE {0}.id = post_label.{0}_id)"


def upgrade() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('label', 'campaign')", name=op.f("ck_label_kind")),
        _key("label", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint(
            "organization_id", "kind", "folded", name=op.f("uq_label_organization_id_kind_folded")
        ),
    )
    op.create_table(
        "post_label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        _key("post_label", "post"),
        _key("post_label", "label"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_label")),
        sa.UniqueConstraint("post_id", "label_id", name=op.f("uq_post_label_post_id_label_id")),
    )
    op.create_index(op.f("ix_post_label_label_id"), "post_label", ["label_id"])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _postgres() if is_postgres else _sqlite():
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("post_label")
    op.drop_table("label")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION post_label_held()")


def _key(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_{table}_{other}_id"), ondelete="CASCADE"
    )


def _postgres() -> list[str]:
    both = f"{THEIRS.format('post')} AND {THEIRS.format('label')}"
    return [
        *_locked("label", OURS),
        *_locked("post_label", both),
        FUNCTION.format(held=HELD.format(row="OLD")),
        "CREATE TRIGGER post_label_held BEFORE DELETE ON post_label"
        " FOR EACH ROW EXECUTE FUNCTION post_label_held()",
        "CREATE TRIGGER post_label_held_whole BEFORE TRUNCATE ON post_label"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _locked(table: str, ours: str) -> list[str]:
    seen = f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_organization ON {table} USING ({seen}) WITH CHECK ({seen})",
    ]


def _sqlite() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'a legal hold keeps post_label'); END"
    taken = "SELECT 1 FROM post_label AS there WHERE there.id = NEW.id"
    held, there = HELD.format(row="OLD"), HELD.format(row="there")
    return [
        f"CREATE TRIGGER post_label_held BEFORE DELETE ON post_label WHEN {held} {refuse}",
        f"CREATE TRIGGER post_label_held_once BEFORE INSERT ON post_label WHEN {SOME}"
        f" AND EXISTS ({taken} AND {there}) {refuse}",
    ]
