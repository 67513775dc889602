"""labels and campaigns, and which post has which"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0028"

ACTIVE = "hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
HOLDS = {
    "label": "hold.scope = 'organization' AND hold.target_id IN ({row}.organization_id)",
    "post_label": "hold.scope = 'user' AND hold.target_id IN"
    " ((SELECT author_id FROM post WHERE post.id = {row}.post_id))"
    " OR hold.scope = 'organization' AND hold.target_id IN"
    " ((SELECT organization_id FROM post WHERE post.id = {row}.post_id))",
}
FUNCTION = """
CREATE FUNCTION {name}_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {held} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps {name}';
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
    for name in HOLDS:
        for statement in (_postgres if is_postgres else _sqlite)(name):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for name in ("post_label", "label"):
        op.drop_table(name)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {name}_held()")


def _key(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_{table}_{other}_id"), ondelete="CASCADE"
    )


def _held(name: str, row: str) -> str:
    these = HOLDS[name].format(row=row)
    return f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {ACTIVE} AND ({these}))"  # noqa: S608


def _postgres(name: str) -> list[str]:
    both = f"{THEIRS.format('post')} AND {THEIRS.format('label')}"
    ours = OURS if name == "label" else both
    seen = f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_organization ON {name} USING ({seen}) WITH CHECK ({seen})",
        FUNCTION.format(name=name, held=_held(name, "OLD")),
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}_held()",
        f"CREATE TRIGGER {name}_held_whole BEFORE TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _sqlite(name: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {name}'); END"
    taken = f"SELECT 1 FROM {name} AS there WHERE there.id = NEW.id"  # noqa: S608
    return [
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name} WHEN {_held(name, 'OLD')} {refuse}",
        f"CREATE TRIGGER {name}_held_once BEFORE INSERT ON {name} WHEN {SOME}"
        f" AND EXISTS ({taken} AND {_held(name, 'there')}) {refuse}",
    ]
