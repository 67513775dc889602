"""templates and signatures, and the channels that a template begins with"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0041"

ACTIVE = "hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
HELD = (
    f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {ACTIVE}"  # noqa: S608
    " AND (hold.scope = 'organization' AND hold.target_id IN ({0}.organization_id)))"
)
FUNCTION = f"""
CREATE FUNCTION template_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {HELD.format("OLD")} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps template';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""
REFUSE = "BEGIN SELECT RAISE(ABORT, 'a legal hold keeps template'); END"
TAKEN = "SELECT 1 FROM template AS there WHERE there.id = NEW.id"
SQLITE = (
    f"CREATE TRIGGER template_held BEFORE DELETE ON template WHEN {HELD.format('OLD')} {REFUSE}",
    f"CREATE TRIGGER template_held_once BEFORE INSERT ON template WHEN {SOME}"
    f" AND EXISTS ({TAKEN} AND {HELD.format('there')}) {REFUSE}",
)
POSTGRES = (
    FUNCTION,
    "CREATE TRIGGER template_held BEFORE DELETE ON template"
    " FOR EACH ROW EXECUTE FUNCTION template_held()",
    "CREATE TRIGGER template_held_whole BEFORE TRUNCATE ON template"
    " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
)
TOLD = "coalesce(current_setting('app.organization', true), '')"
OURS = "organization_id = current_setting('app.organization', true)::integer"
THEIRS = "EXISTS (SELECT 1 FROM {0} WHERE {0}.id = template_channel.{0}_id)"
BOTH = f"{THEIRS.format('template')} AND {THEIRS.format('channel')}"


def upgrade() -> None:
    op.create_table(
        "template",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("id", "organization_id")),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("kind", "name", "folded", "text", "comment", "labels")
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _key("template", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint(
            "organization_id",
            "kind",
            "folded",
            name=op.f("uq_template_organization_id_kind_folded"),
        ),
    )
    op.create_table(
        "template_channel",
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("id", "template_id", "channel_id")
        ),
        *(_key("template_channel", name) for name in ("template", "channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_channel")),
        sa.UniqueConstraint(
            "template_id", "channel_id", name=op.f("uq_template_channel_template_id_channel_id")
        ),
    )
    op.create_index(op.f("ix_template_channel_channel_id"), "template_channel", ["channel_id"])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRES if is_postgres else SQLITE:
        op.get_bind().exec_driver_sql(statement)
    if is_postgres:
        _lock("template", OURS)
        _lock("template_channel", BOTH)


def downgrade() -> None:
    op.drop_table("template_channel")
    op.drop_table("template")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION template_held()")


def _key(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_{table}_{other}_id"), ondelete="CASCADE"
    )


def _lock(name: str, ours: str) -> None:
    seen = f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_organization ON {name} USING ({seen}) WITH CHECK ({seen})")
