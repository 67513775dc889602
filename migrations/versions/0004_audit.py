"""audit trail: a log that can't be changed unnoticed"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0010"

ALWAYS = ("audit_event", "audit_head")
WATCHED = ("audit_event", "audit_detail", "audit_key", "audit_head")


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("peak", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_event")),
    )
    op.create_index(
        "ix_audit_event_organization_id_number", "audit_event", ["organization_id", "number"]
    )
    op.create_table(
        "audit_detail",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_salt", sa.LargeBinary(), nullable=True),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("subject_salt", sa.LargeBinary(), nullable=True),
        sa.Column("details_salt", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_audit_detail_actor_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["user.id"], name=op.f("fk_audit_detail_subject_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_detail")),
    )
    op.create_index(op.f("ix_audit_detail_actor_id"), "audit_detail", ["actor_id"])
    op.create_index(op.f("ix_audit_detail_subject_id"), "audit_detail", ["subject_id"])
    op.create_table(
        "audit_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["user.id"], name=op.f("fk_audit_key_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_key")),
        sa.UniqueConstraint("person_id", name=op.f("uq_audit_key_person_id")),
    )
    op.create_table(
        "audit_edge",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=True),
        sa.Column("unlocked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_edge")),
    )
    op.create_table(
        "audit_head",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_head")),
    )
    for name in WATCHED:
        for statement in _triggers(name):
            op.execute(statement)


def downgrade() -> None:
    for name in (*WATCHED, "audit_edge"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse")
        op.execute("DROP FUNCTION audit_refuse_unless_unlocked")


def _triggers(name: str) -> list[str]:
    return _postgres(name) if op.get_bind().dialect.name == "postgresql" else _sqlite(name)


POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""
POSTGRES_FUNCTION_UNLESS = """
CREATE OR REPLACE FUNCTION audit_refuse_unless_unlocked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce((SELECT unlocked FROM audit_edge), false) THEN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""


def _postgres(name: str) -> list[str]:
    refuse = "audit_refuse" if name in ALWAYS else "audit_refuse_unless_unlocked"
    return [
        POSTGRES_FUNCTION,
        POSTGRES_FUNCTION_UNLESS,
        f"CREATE TRIGGER {name}_stays BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {refuse}()",
        f"CREATE TRIGGER {name}_stays_whole BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ]


def _sqlite(name: str) -> list[str]:
    locked = "" if name in ALWAYS else "WHEN NOT coalesce((SELECT unlocked FROM audit_edge), 0) "
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    key = "person_id" if name == "audit_key" else "number"
    taken = f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {key} = NEW.{key}) "  # noqa: S608
    return [
        f"CREATE TRIGGER {name}_stays BEFORE UPDATE ON {name} {locked}{refuse}",
        f"CREATE TRIGGER {name}_stays_whole BEFORE DELETE ON {name} {locked}{refuse}",
        f"CREATE TRIGGER {name}_stays_once BEFORE INSERT ON {name} {taken}{refuse}",
    ]
