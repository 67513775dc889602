"""how each person hears by mail of what happens, and what waits for their daily mail"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0040"

SOME = "EXISTS (SELECT 1 FROM legal_hold WHERE approved_at IS NOT NULL AND released_at IS NULL)"
HELD = (
    "EXISTS (SELECT 1 FROM legal_hold AS hold"
    " WHERE hold.approved_at IS NOT NULL AND hold.released_at IS NULL"
    " AND (hold.scope = 'user' AND hold.target_id IN ({row}.user_id)))"
)
FUNCTION = f"""
CREATE FUNCTION mail_choice_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {HELD.format(row="OLD")} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'a legal hold keeps mail_choice';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""
REFUSE = "BEGIN SELECT RAISE(ABORT, 'a legal hold keeps mail_choice'); END"
TAKEN = "SELECT 1 FROM mail_choice AS there WHERE there.id = NEW.id"
POSTGRES = (
    FUNCTION,
    "CREATE TRIGGER mail_choice_held BEFORE DELETE ON mail_choice"
    " FOR EACH ROW EXECUTE FUNCTION mail_choice_held()",
    "CREATE TRIGGER mail_choice_held_whole BEFORE TRUNCATE ON mail_choice"
    " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
)
SQLITE = (
    "CREATE TRIGGER mail_choice_held BEFORE DELETE ON mail_choice"
    f" WHEN {HELD.format(row='OLD')} {REFUSE}",
    f"CREATE TRIGGER mail_choice_held_once BEFORE INSERT ON mail_choice WHEN {SOME}"
    f" AND EXISTS ({TAKEN} AND {HELD.format(row='there')}) {REFUSE}",
)


def upgrade() -> None:
    op.create_table(
        "mail_choice",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("id", "user_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "how")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_mail_choice_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("user_id", "kind", name=op.f("uq_mail_choice_user_id_kind")),
    )
    op.add_column("notice", sa.Column("digest_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_notice_digest_since"), "notice", ["digest_since"])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRES if is_postgres else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_notice_digest_since"), "notice")
    op.execute("ALTER TABLE notice DROP COLUMN digest_since")
    op.drop_table("mail_choice")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mail_choice_held()")
