"""what a post says beside its text: threads, first comments, words for one channel, options"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"

TABLES = ("post_words", "post_option")
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
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {held} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps {name}';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""
TOLD = "coalesce(current_setting('app.organization', true), '')"
OURS = "EXISTS (SELECT 1 FROM {0} WHERE {0}.id = {1}.{0}_id)"


def upgrade() -> None:
    _create_words()
    _create_option()
    op.add_column(
        "post_picture", sa.Column("part", sa.Integer(), server_default="0", nullable=False)
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for name in TABLES:
        for statement in (_postgres if is_postgres else _sqlite)(name):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE post_picture DROP COLUMN part")
    for name in TABLES:
        op.drop_table(name)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {name}_held()")


def _create_words() -> None:
    op.create_table(
        "post_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_keys("post_words"),
    )
    _index("post_words")


def _create_option() -> None:
    op.create_table(
        "post_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        *_keys("post_option"),
    )
    _index("post_option")


def _keys(name: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(
                [f"{other}_id"],
                [f"{other}.id"],
                name=op.f(f"fk_{name}_{other}_id"),
                ondelete="CASCADE",
            )
            for other in ("post", "channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    ]


def _index(name: str) -> None:
    for column in ("post_id", "channel_id"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def _postgres(name: str) -> list[str]:
    post, channel = OURS.format("post", name), OURS.format("channel", name)
    seen = check = f"{post} AND {channel}"
    if name == "post_words":
        seen, check = post, f"{post} AND (channel_id IS NULL OR {channel})"
    held = HELD.format(row="OLD")
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_organization ON {name}"
        f" USING ({_scoped(seen)}) WITH CHECK ({_scoped(check)})",
        FUNCTION.format(function=f"{name}_held", name=name, held=held),
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}_held()",
        f"CREATE TRIGGER {name}_held_whole BEFORE TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _scoped(ours: str) -> str:
    return f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"


def _sqlite(name: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {name}'); END"
    taken = f"SELECT 1 FROM {name} AS there WHERE there.id = NEW.id"  # noqa: S608
    return [
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name} WHEN {HELD.format(row='OLD')} {refuse}",
        f"CREATE TRIGGER {name}_held_once BEFORE INSERT ON {name} WHEN {SOME}"
        f" AND EXISTS ({taken} AND {HELD.format(row='there')}) {refuse}",
    ]
