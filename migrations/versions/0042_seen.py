"""what was seen of a delivery beside its tries, which servers rest, and since when a provider is used"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0043"

NAME = "delivery_event"
SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
ACTIVE = "hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
DELIVERY = "SELECT {0} FROM delivery WHERE delivery.id = {{row}}.delivery_id"
POST = "SELECT author_id FROM post WHERE post.id ="
OF_POST = f"({DELIVERY.format('post_id')})"
# By the scope of a hold: whose a row is.
HOLDS = {
    "user": f"({POST} {OF_POST})",
    "organization": f"({DELIVERY.format('organization_id')})",
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
TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "EXISTS (SELECT 1 FROM delivery WHERE delivery.id = delivery_event.delivery_id)"
SEEN = f"{TOLD} WHEN '' THEN false ELSE {OURS} END"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_delivery_event_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
    )
    op.create_index(op.f("ix_delivery_event_delivery_id"), NAME, ["delivery_id"])
    op.create_table(
        "server_rest",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("server", "network")),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(sa.Column(n, sa.DateTime(timezone=True), nullable=False) for n in ("began_at", "until")),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_server_rest")),
    )
    op.create_table(
        "provider_use",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        *(sa.Column(n, sa.DateTime(timezone=True), nullable=False) for n in ("since", "seen_at")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_use")),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _postgres() if is_postgres else _sqlite():
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for name in ("provider_use", "server_rest", NAME):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {NAME}_held()")


def _held(row: str) -> str:
    these = " OR ".join(
        f"hold.scope = '{scope}' AND hold.target_id IN ({whose.format(row=row)})"
        for scope, whose in HOLDS.items()
    )
    return f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {ACTIVE} AND ({these}))"  # noqa: S608


def _postgres() -> list[str]:
    does = f"EXECUTE FUNCTION {NAME}_held()"
    return [
        f"ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {NAME} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_organization ON {NAME} USING ({SEEN}) WITH CHECK ({SEEN})",
        FUNCTION.format(name=NAME, held=_held("OLD")),
        f"CREATE TRIGGER {NAME}_held BEFORE DELETE ON {NAME} FOR EACH ROW {does}",
        f"CREATE TRIGGER {NAME}_held_whole BEFORE TRUNCATE ON {NAME}"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {NAME}'); END"
    taken = f"SELECT 1 FROM {NAME} AS there WHERE there.id = NEW.id"  # noqa: S608
    return [
        f"CREATE TRIGGER {NAME}_held BEFORE DELETE ON {NAME} WHEN {_held('OLD')} {refuse}",
        f"CREATE TRIGGER {NAME}_held_once BEFORE INSERT ON {NAME} WHEN {SOME}"
        f" AND EXISTS ({taken} AND {_held('there')}) {refuse}",
    ]
