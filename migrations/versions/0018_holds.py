"""what a legal hold names is kept by the database itself"""

from typing import NamedTuple

from alembic import op

revision = "0018"
down_revision = "0016"

Columns = list[tuple[str, bool]]  # with whether it is a text, which '' empties too


class Kept(NamedTuple):
    """Whose a row is, by person and by organisation; what is not emptied; its own number, if any."""

    people: list[str]
    organizations: list[str]
    full: Columns
    key: str | None


TABLES = {
    "organization": Kept(
        [],
        ["ROW.id"],
        [],
        "id",
    ),
    "user": Kept(
        ["ROW.id"],
        [],
        [
            ("email", True),
            ("name", True),
            ("timezone", True),
            ("theme", True),
            ("is_operator", False),
            ("email_verified_at", False),
            ("age_passed_at", False),
            ("accepted_policy", True),
            ("told_policy", True),
        ],
        "id",
    ),
    "asset": Kept(
        ["ROW.uploader_id"],
        ["ROW.organization_id"],
        [("uploader_id", False)],
        "id",
    ),
    "audit_detail": Kept(
        ["ROW.actor_id", "ROW.subject_id"],
        [],
        [],
        "number",
    ),
    "audit_key": Kept(
        ["ROW.person_id"],
        [],
        [],
        "id",
    ),
    "channel": Kept(
        ["ROW.connected_by_id"],
        ["ROW.organization_id"],
        [("connected_by_id", False)],
        "id",
    ),
    "consent": Kept(
        ["ROW.user_id"],
        [],
        [("user_id", False)],
        "id",
    ),
    "erasure": Kept(
        ["ROW.user_id"],
        [],
        [],
        "id",
    ),
    "export_run": Kept(
        ["ROW.user_id"],
        [],
        [],
        "id",
    ),
    "import_run": Kept(
        ["ROW.user_id"],
        [],
        [],
        "id",
    ),
    "incident": Kept(
        ["ROW.opened_by_id"],
        [],
        [("opened_by_id", False)],
        "id",
    ),
    "operator_look": Kept(
        ["ROW.operator_id", "ROW.user_id"],
        [],
        [("operator_id", False)],
        "id",
    ),
    "post": Kept(
        ["ROW.author_id"],
        ["ROW.organization_id"],
        [("author_id", False)],
        "id",
    ),
    "rights_request": Kept(
        ["ROW.user_id"],
        [],
        [
            ("user_id", False),
            ("email", True),
            ("network_user", True),
            ("details", True),
            ("reply_to", True),
        ],
        "id",
    ),
    "support_conversation": Kept(
        ["ROW.user_id"],
        [],
        [],
        "id",
    ),
    "telemetry_person": Kept(
        ["ROW.user_id"],
        [],
        [],
        None,
    ),
    "wall": Kept(
        [],
        ["ROW.organization_id"],
        [],
        "id",
    ),
    "delivery": Kept(
        ["(SELECT author_id FROM post WHERE post.id = ROW.post_id)"],
        ["ROW.organization_id"],
        [],
        "id",
    ),
    "erasure_notice": Kept(
        ["(SELECT user_id FROM erasure WHERE erasure.id = ROW.erasure_id)"],
        [],
        [],
        "id",
    ),
    "incident_notice": Kept(
        ["(SELECT opened_by_id FROM incident WHERE incident.id = ROW.incident_id)", "ROW.user_id"],
        [],
        [],
        "id",
    ),
    "post_event": Kept(
        ["(SELECT author_id FROM post WHERE post.id = ROW.post_id)", "ROW.actor_id"],
        ["(SELECT organization_id FROM post WHERE post.id = ROW.post_id)"],
        [("actor_id", False)],
        "id",
    ),
    "post_picture": Kept(
        ["(SELECT author_id FROM post WHERE post.id = ROW.post_id)"],
        ["(SELECT organization_id FROM post WHERE post.id = ROW.post_id)"],
        [],
        "id",
    ),
    "request_event": Kept(
        [
            "(SELECT user_id FROM rights_request WHERE rights_request.id = ROW.request_id)",
            "ROW.actor_id",
        ],
        [],
        [("actor_id", False), ("words", True)],
        "id",
    ),
    "support_message": Kept(
        [
            "(SELECT user_id FROM support_conversation WHERE support_conversation.id = ROW.conversation_id)",
            "ROW.operator_id",
        ],
        [],
        [("operator_id", False)],
        "id",
    ),
    "wall_picture": Kept(
        [],
        ["(SELECT organization_id FROM wall WHERE wall.id = ROW.wall_id)"],
        [],
        "id",
    ),
    "wall_post": Kept(
        [],
        ["(SELECT organization_id FROM wall WHERE wall.id = ROW.wall_id)"],
        [],
        "id",
    ),
    "attempt": Kept(
        [
            "(SELECT author_id FROM post WHERE post.id = (SELECT post_id FROM delivery WHERE delivery.id = ROW.delivery_id))"
        ],
        ["(SELECT organization_id FROM delivery WHERE delivery.id = ROW.delivery_id)"],
        [],
        "id",
    ),
}

ACTIVE = "{0}approved_at IS NOT NULL AND {0}released_at IS NULL"
CHANGED = "NEW.scope <> OLD.scope OR NEW.target_id <> OLD.target_id OR NEW.approved_at IS NULL"
SOME = f"EXISTS (SELECT 1 FROM legal_hold WHERE {ACTIVE.format('')})"  # noqa: S608
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


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    hold = _postgres_hold() if is_postgres else _sqlite_hold()
    for statement in hold:
        op.get_bind().exec_driver_sql(statement)
    for name, kept in TABLES.items():
        for statement in (_postgres if is_postgres else _sqlite)(name, kept):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for name in ("legal_hold", *TABLES):
        if is_postgres:
            op.execute(f'DROP TRIGGER {name}_held_whole ON "{name}"')
            op.execute(f"DROP FUNCTION {name}_held() CASCADE")
        else:
            for end in ("", "_full", "_once"):
                op.execute(f"DROP TRIGGER IF EXISTS {name}_held{end}")
    if is_postgres:
        op.execute("DROP FUNCTION legal_hold_holds()")


def _postgres(name: str, kept: Kept) -> list[str]:
    table, does = _quoted(name), f"EXECUTE FUNCTION {name}_held()"
    made = [
        FUNCTION.format(function=f"{name}_held", name=name, held=_held(kept, "OLD")),
        f"CREATE TRIGGER {name}_held BEFORE DELETE ON {table} FOR EACH ROW {does}",
        f"CREATE TRIGGER {name}_held_whole BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]
    if kept.full:
        made.append(
            f"CREATE TRIGGER {name}_held_full BEFORE UPDATE OF {_names(kept.full)} ON {table}"
            f" FOR EACH ROW WHEN ({_emptied(kept.full)}) {does}"
        )
    return made


def _sqlite(name: str, kept: Kept) -> list[str]:
    table, held = _quoted(name), _held(kept, "OLD")
    refuse = f"BEGIN SELECT RAISE(ABORT, 'a legal hold keeps {name}'); END"
    made = [f"CREATE TRIGGER {name}_held BEFORE DELETE ON {table} WHEN {held} {refuse}"]
    if kept.full:
        made.append(
            f"CREATE TRIGGER {name}_held_full BEFORE UPDATE OF {_names(kept.full)} ON {table}"
            f" WHEN ({_emptied(kept.full)}) AND {held} {refuse}"
        )
    if kept.key:
        taken = f"SELECT 1 FROM {table} AS there WHERE there.{kept.key} = NEW.{kept.key}"  # noqa: S608
        made.append(
            f"CREATE TRIGGER {name}_held_once BEFORE INSERT ON {table} WHEN {SOME}"
            f" AND EXISTS ({taken} AND {_held(kept, 'there')}) {refuse}"
        )
    return made


def _postgres_hold() -> list[str]:
    unless, does = ACTIVE.format("OLD."), "EXECUTE FUNCTION legal_hold_held()"
    return [
        FUNCTION.format(function="legal_hold_held", name="legal_hold", held="true"),
        FUNCTION.format(function="legal_hold_holds", name="legal_hold", held=SOME),
        "CREATE TRIGGER legal_hold_held BEFORE DELETE ON legal_hold"
        f" FOR EACH ROW WHEN ({unless}) {does}",
        "CREATE TRIGGER legal_hold_held_full BEFORE UPDATE ON legal_hold"
        f" FOR EACH ROW WHEN ({unless} AND ({CHANGED})) {does}",
        "CREATE TRIGGER legal_hold_held_whole BEFORE TRUNCATE ON legal_hold"
        " FOR EACH STATEMENT EXECUTE FUNCTION legal_hold_holds()",
    ]


def _sqlite_hold() -> list[str]:
    unless = ACTIVE.format("OLD.")
    refuse = "BEGIN SELECT RAISE(ABORT, 'a legal hold keeps legal_hold'); END"
    taken = f"SELECT 1 FROM legal_hold WHERE id = NEW.id AND {ACTIVE.format('')}"  # noqa: S608
    return [
        f"CREATE TRIGGER legal_hold_held BEFORE DELETE ON legal_hold WHEN {unless} {refuse}",
        "CREATE TRIGGER legal_hold_held_full BEFORE UPDATE ON legal_hold"
        f" WHEN {unless} AND ({CHANGED}) {refuse}",
        "CREATE TRIGGER legal_hold_held_once BEFORE INSERT ON legal_hold"
        f" WHEN EXISTS ({taken}) {refuse}",
    ]


def _held(kept: Kept, row: str) -> str:
    named = [
        f"hold.scope = '{scope}' AND hold.target_id IN ({', '.join(ends).replace('ROW.', row + '.')})"
        for scope, ends in (("user", kept.people), ("organization", kept.organizations))
        if ends
    ]
    active = ACTIVE.format("hold.")
    return f"EXISTS (SELECT 1 FROM legal_hold AS hold WHERE {active} AND ({' OR '.join(named)}))"  # noqa: S608


def _quoted(name: str) -> str:
    return '"user"' if name == "user" else name


def _names(columns: Columns) -> str:
    return ", ".join(name for name, _ in columns)


def _emptied(columns: Columns) -> str:
    found = []
    for name, is_text in columns:
        found.append(f"OLD.{name} IS NOT NULL AND NEW.{name} IS NULL")
        if is_text:
            found.append(f"OLD.{name} <> '' AND NEW.{name} = ''")
    return " OR ".join(found)
