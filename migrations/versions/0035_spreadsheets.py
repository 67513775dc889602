"""spreadsheets that are brought in, calendar links, and the words of posts to be searched

The statements of the search stand in app/scheduler/searching.py too; they are written out here, because
what a migration did does not change any more."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0036"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"
SIGNS = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~¡¿«»‘’‚“”„‹›–—…·•、。・「」『』（）！？：；，．　"
TEXTS = ("post", "post_words")


def upgrade() -> None:
    op.create_table(
        "spreadsheet",
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("id", "organization_id", "user_id")
        ),
        sa.Column("nonce", sa.Text(), nullable=False),
        _moment("uploaded_at"),
        _moment("expires_at"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=True),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        _points_at("spreadsheet", "organization"),
        _points_at("spreadsheet", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spreadsheet")),
    )
    for name in ("organization_id", "user_id", "expires_at"):
        op.create_index(op.f(f"ix_spreadsheet_{name}"), "spreadsheet", [name])
    op.create_table(
        "calendar_feed",
        sa.Column("organization_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        _moment("made_at"),
        _points_at("calendar_feed", "organization"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres:
        _lock()
    for name in TEXTS:
        for statement in (_postgres if is_postgres else _sqlite)(name):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for name in TEXTS:
        if op.get_bind().dialect.name == "postgresql":
            op.drop_column(name, "searched")
            continue
        for trigger in ("in", "out", "anew"):
            op.execute(f"DROP TRIGGER {name}_fts_{trigger}")
        op.execute(f"DROP TABLE {name}_fts")
    op.drop_table("calendar_feed")
    op.drop_table("spreadsheet")


def _lock() -> None:
    seen = f"({TOLD} WHEN '' THEN false ELSE {OURS} END)"
    for name in ("spreadsheet", "calendar_feed"):
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_organization ON {name} USING {seen} WITH CHECK {seen}")


def _postgres(name: str) -> list[str]:
    signs, spaces = SIGNS.replace("'", "''"), " " * len(SIGNS)
    words = f"to_tsvector('simple'::regconfig, translate(text, '{signs}', '{spaces}'))"
    return [f"ALTER TABLE {name} ADD COLUMN searched tsvector GENERATED ALWAYS AS ({words}) STORED"]


def _sqlite(name: str) -> list[str]:
    index = f"{name}_fts"
    out = f"INSERT INTO {index}({index}, rowid, text) VALUES ('delete', OLD.id, OLD.text)"  # noqa: S608
    into = f"INSERT INTO {index}(rowid, text) VALUES (NEW.id, NEW.text)"  # noqa: S608
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5(text, content='{name}', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
        f"CREATE TRIGGER {index}_in AFTER INSERT ON {name} BEGIN {into}; END",
        f"CREATE TRIGGER {index}_out AFTER DELETE ON {name} BEGIN {out}; END",
        f"CREATE TRIGGER {index}_anew AFTER UPDATE OF text ON {name} BEGIN {out}; {into}; END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",  # noqa: S608
    ]


def _points_at(table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{other}_id")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name, ondelete="CASCADE")


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
