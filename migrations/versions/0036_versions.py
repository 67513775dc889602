"""what posts said before, kept by each save that says something else"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"

SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
ACTIVE = "hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
POST = "SELECT {0} FROM post WHERE post.id ="
VERSION = "SELECT {0} FROM post_version WHERE post_version.id = {{row}}.version_id"
OF_POST, OF_WRITER = f"({VERSION.format('post_id')})", f"({VERSION.format('writer_id')})"
# By the scope of a hold: whose a row is.
HOLDS = {
    "post_version": {
        "user": f"({POST.format('author_id')} {{row}}.post_id), {{row}}.writer_id",
        "organization": f"({POST.format('organization_id')} {{row}}.post_id)",
    },
    "version_words": {
        "user": f"({POST.format('author_id')} {OF_POST}), {OF_WRITER}",
        "organization": f"({POST.format('organization_id')} {OF_POST})",
    },
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
EMPTIED = "OLD.writer_id IS NOT NULL AND NEW.writer_id IS NULL"
FULL = "CREATE TRIGGER post_version_held_full BEFORE UPDATE OF writer_id ON post_version"
TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
THEIRS = {
    "post_version": "EXISTS (SELECT 1 FROM post WHERE post.id = post_version.post_id)",
    "version_words": "EXISTS (SELECT 1 FROM post_version"
    " WHERE post_version.id = version_words.version_id)",
}
OURS = "({0}_id IS NULL OR EXISTS (SELECT 1 FROM {0} WHERE {0}.id = version_words.{0}_id))"
WRITTEN = THEIRS | {
    "version_words": " AND ".join(
        (THEIRS["version_words"], OURS.format("channel"), OURS.format("asset"))
    )
}


def upgrade() -> None:
    op.create_table(
        "post_version",
        *_numbers("id", "post_id", "number"),
        sa.Column("writer_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        _key("post_version", "post_id", "post", "CASCADE"),
        _key("post_version", "writer_id", "user", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_version")),
        sa.UniqueConstraint("post_id", "number", name=op.f("uq_post_version_post_id_number")),
    )
    op.create_table(
        "version_words",
        *_numbers("id", "version_id"),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("channel_id", "asset_id")),
        *_numbers("place", "part"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "name", "text")),
        _key("version_words", "version_id", "post_version", "CASCADE"),
        _key("version_words", "channel_id", "channel", "CASCADE"),
        _key("version_words", "asset_id", "asset", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_words")),
    )
    for name in ("version_id", "channel_id", "asset_id"):
        op.create_index(op.f(f"ix_version_words_{name}"), "version_words", [name])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for name in HOLDS:
        for statement in (_postgres if is_postgres else _sqlite)(name):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for name in ("version_words", "post_version"):
        op.drop_table(name)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {name}_held()")


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _key(table: str, own: str, other: str, then: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{own}")
    return sa.ForeignKeyConstraint([own], [f"{other}.id"], name=name, ondelete=then)


def _held(name: str, row: str) -> str:
    these = " OR ".join(
        f"hold.scope = '{scope}' AND hold.target_id IN ({whose.format(row=row)})"
        for scope, whose in HOLDS[name].items()
    )
    return f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {ACTIVE} AND ({these}))"  # noqa: S608


def _postgres(name: str) -> list[str]:
    using, check = (f"{TOLD} WHEN '' THEN false ELSE {one[name]} END" for one in (THEIRS, WRITTEN))
    does = f"EXECUTE FUNCTION {name}_held()"
    full = [f"{FULL} FOR EACH ROW WHEN ({EMPTIED}) {does}"] if name == "post_version" else []
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_organization ON {name} USING ({using}) WITH CHECK ({check})",
        FUNCTION.format(name=name, held=_held(name, "OLD")),
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name} FOR EACH ROW {does}",
        *full,
        f"CREATE TRIGGER {name}_held_whole BEFORE TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _sqlite(name: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {name}'); END"
    taken = f"SELECT 1 FROM {name} AS there WHERE there.id = NEW.id"  # noqa: S608
    full = [f"{FULL} WHEN ({EMPTIED}) AND {_held(name, 'OLD')} {refuse}"]
    return [
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {name} WHEN {_held(name, 'OLD')} {refuse}",
        *(full if name == "post_version" else []),
        f"CREATE TRIGGER {name}_held_once BEFORE INSERT ON {name} WHEN {SOME}"
        f" AND EXISTS ({taken} AND {_held(name, 'there')}) {refuse}",
    ]
