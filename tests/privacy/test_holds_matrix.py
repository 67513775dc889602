"""Every way to delete or empty something, tried on what a legal hold names: it stays, and goes after the
release. A new way fails the first test until it is listed here."""

import ast
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, Table, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app import audit, clock
from app.account import enrolling
from app.account.models import User
from app.account.passkeys import Passkey
from app.audit.guards import unlocked
from app.audit.models import AuditEvent
from app.db import db as database
from app.privacy import erasure_jobs, erasure_steps, erasures, holds, request_jobs, retention_jobs
from app.privacy.hold_guards import refused_table
from app.privacy.holdable import holdable, kept_full
from app.privacy.holds import LegalHold, is_held
from app.privacy.paths import ORGANIZATION, PERSON
from app.sandbox.models import Wall, WallPost
from app.scheduler.models import Delivery, Post
from app.scheduler.words import PostPicture
from app.support.models import Conversation
from tests import make
from tests.guards import as_owner
from tests.privacy.canaries import one_row, plant
from tests.times import Times

APP = Path(__file__).resolve().parents[2] / "app"
KEPT, OPEN = "kept", "open"
# Each place that deletes, how many statements it has, and what a hold means to it. KEPT is tried
# below; OPEN deletes only from the tables named, and no hold keeps those: docs/decisions/0014.
PLACES: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "account/authenticator.py": (1, OPEN, ("authenticator",)),
    "account/devices.py": (1, OPEN, ("known_device",)),
    "account/enrolling.py": (1, OPEN, ("passkey",)),
    "account/invitations.py": (1, OPEN, ("invitation",)),
    "account/limits.py": (1, OPEN, ("tally",)),
    "account/member_routes.py": (1, OPEN, ("invitation",)),
    "account/membership.py": (1, OPEN, ("membership",)),
    "account/passkey_routes.py": (1, OPEN, ("passkey",)),
    "account/recovery.py": (1, OPEN, ("recovery_code",)),
    "account/sessions.py": (2, OPEN, ("login_session",)),
    "analytics/retention.py": (1, OPEN, ("reading",)),
    "audit/erasing.py": (2, KEPT, ("audit_detail", "audit_key")),
    "billing/events.py": (2, OPEN, ("reconciliation", "stripe_event")),
    "billing/settling.py": (2, OPEN, ("billing_account", "plan_price")),
    "billing/stripe_api.py": (1, OPEN, ()),  # at Stripe
    "channels/away.py": (2, OPEN, ("connecting",)),
    "channels/registrations.py": (1, OPEN, ("registration",)),
    "demo/past.py": (1, KEPT, ("wall_post",)),
    "privacy/removal.py": (1, KEPT, ()),  # the choke point: any table
    "publishing/canary.py": (1, OPEN, ("canary",)),
    "publishing/farewell.py": (1, KEPT, ("channel",)),
    "publishing/rests.py": (2, OPEN, ("server_rest",)),
    "sandbox/routes.py": (1, KEPT, ("wall_post",)),
    "scheduler/composing.py": (1, KEPT, ("post",)),
    "scheduler/feeds.py": (1, OPEN, ("calendar_feed",)),
    "scheduler/labels.py": (1, KEPT, ("label",)),
    "scheduler/templates.py": (1, KEPT, ("template",)),
    "scheduler/slot_routes.py": (1, OPEN, ("slot",)),
    "spreadsheets/routes.py": (1, OPEN, ("spreadsheet",)),
    "telemetry/outbox.py": (4, OPEN, ("telemetry_record",)),
}


def deletions(source: str) -> Iterator[str]:
    """Calls of any `delete`, and SQL that says so; decorators of routes aside."""
    if "delete(" not in source and "DELETE FROM" not in source:
        return
    tree = ast.parse(source)
    decorators = {
        id(one)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for one in node.decorator_list
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in decorators:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name == "delete" or (isinstance(node.func, ast.Name) and node.func.id == "delete"):
                yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and "DELETE FROM" in str(node.value):
            yield str(node.value)


@pytest.mark.proves("P6.3")
def test_every_place_that_deletes_is_known_and_every_open_one_deletes_nothing_kept(
    app: Flask,
) -> None:
    found = {
        str(path.relative_to(APP)): number
        for path in APP.rglob("*.py")
        if path.parts[len(APP.parts)]
        != "networks"  # adapters delete elsewhere and know no database
        if (number := len(list(deletions(path.read_text()))))
    }
    assert found == {name: number for name, (number, *_) in PLACES.items()}
    kept = {table.name for table in holdable(database.metadata)}
    for name, (_, fate, tables) in PLACES.items():
        assert set(tables).issubset(kept) if fate is KEPT else kept.isdisjoint(tables), name


def test_what_a_hold_keeps_is_read_off_the_marks(app: Flask) -> None:
    """Written out once by hand, so that a changed mark is seen."""
    names = (
        "asset attempt audit_detail audit_key channel consent delivery delivery_event erasure erasure_notice"
        " export_run import_run incident incident_notice label mail_choice operator_look organization post"
        " post_event post_label post_option post_picture post_version post_words request_event rights_request"
        " support_conversation support_message telemetry_person template user version_words wall"
        " wall_picture wall_post"
    )
    assert " ".join(sorted(table.name for table in holdable(database.metadata))) == names


def placed(scope: str = PERSON, target: int | None = None) -> LegalHold:
    """A hold on Alice, or on what is given, that two agreed on."""
    now = clock.now()
    target = make.alice().id if target is None else target
    day = (now + timedelta(days=60)).date()
    made = holds.place(scope, target, "District court", "Case 12", day, make.bob().id, now)
    holds.approve(made, make.charlie().id, now)
    database.session.commit()
    return made


def let_go(hold: LegalHold) -> None:
    holds.release(hold, make.bob().id, clock.now())
    database.session.commit()


def refused(statement: Any, **values: Any) -> str | None:
    """The table for whose sake the database refused; what it did is taken back either way."""
    savepoint = database.session.begin_nested()
    try:
        told = text(statement) if isinstance(statement, str) else statement
        database.session.execute(told, values)
    except IntegrityError as refusal:
        return refused_table(refusal)
    finally:
        savepoint.rollback()
    return None


def count(table: Table, *conditions: ColumnElement[bool]) -> int:
    return database.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def everything() -> User:
    """Alice with a row in every table that may be kept."""
    alice = make.alice()
    plant(alice)
    erasure = erasures.begin(alice, {}, clock.now(), clock.now())
    notice = {"erasure_id": erasure.id, "recipient": "x", "state": "pending", "tries": 0}
    database.session.execute(database.metadata.tables["erasure_notice"].insert().values(**notice))
    audit.record("account.changed", actor=alice.id)
    database.session.commit()
    return alice


@pytest.mark.proves("P6.3")
@pytest.mark.parametrize("scope", [PERSON, ORGANIZATION])
def test_an_operators_own_sql_does_not_delete_or_empty_what_is_held(db: object, scope: str) -> None:
    alice = everything()
    of_alice = {PERSON: alice.id, ORGANIZATION: make.member(alice).organization_id}
    hold, tables = placed(scope, of_alice[scope]), holdable(database.metadata)
    held = {table: is_held(table) for table in tables}
    reached = [table for table in tables if count(table, held[table])]
    if scope == PERSON:
        assert {t.name for t in tables} - {t.name for t in reached} == {
            "label", "organization", "template", "wall", "wall_picture", "wall_post",
        }  # fmt: skip
    else:
        assert "attempt" in {t.name for t in reached} and "wall_post" in {t.name for t in reached}
    for table in reached:
        chosen = select(*table.primary_key).where(held[table]).limit(1)
        [key], row = table.primary_key, database.session.scalar(chosen)
        with unlocked() if table.name.startswith("audit_") else nullcontext():
            assert refused(table.delete().where(key == row)) is not None, table
        for column in kept_full(table):
            filled = select(key).where(held[table], column.is_not(None)).limit(1)
            if row := database.session.scalar(filled):
                empty = table.update().where(key == row).values({column.name: None})
                assert refused(empty) == table.name, column
    let_go(hold)
    for table in reversed(reached):
        with unlocked() if table.name.startswith("audit_") else nullcontext():
            if table.name not in (PERSON, ORGANIZATION, "audit_detail", "audit_key"):
                before = count(table)
                database.session.execute(table.delete().where(held[table]))
                assert count(table) < before, table


@pytest.mark.proves("P6.3")
def test_a_hold_ends_by_its_release_alone(db: object) -> None:
    hold, other = placed(), placed(ORGANIZATION, 7)
    for statement in (
        "DELETE FROM legal_hold WHERE id = :id",
        "UPDATE legal_hold SET approved_at = NULL WHERE id = :id",
        "UPDATE legal_hold SET target_id = 0 WHERE id = :id",
        "UPDATE legal_hold SET scope = 'organization' WHERE id = :id",
    ):
        assert refused(statement, id=hold.id) == "legal_hold", statement
    holds.prolong(hold, (clock.now() + timedelta(days=90)).date(), clock.now())
    let_go(hold)
    assert refused("DELETE FROM legal_hold WHERE id = :id", id=hold.id) is None
    assert refused("DELETE FROM legal_hold WHERE id = :id", id=other.id) == "legal_hold"


@pytest.mark.proves("P6.3")
def test_a_parent_does_not_sweep_what_is_held(db: object) -> None:
    """Bob is held; the organisation, the channel and the picture are Alice's."""
    alice, bob = make.alice(), make.bob()
    post = make.post(bob, make.channel(alice))
    hold = placed(PERSON, bob.id)
    organization, channel = post.organization_id, post.deliveries[0].channel_id
    for statement, id in (
        ("DELETE FROM organization WHERE id = :id", organization),
        ("DELETE FROM channel WHERE id = :id", channel),
        ("DELETE FROM post WHERE id = :id", post.id),
        ("DELETE FROM delivery WHERE post_id = :id", post.id),
        ("DELETE FROM post_event WHERE post_id = :id", post.id),
        ('DELETE FROM "user" WHERE id = :id', bob.id),
    ):
        assert refused(statement, id=id) is not None, statement
    assert refused("UPDATE post SET text = 'Better' WHERE id = :id", id=post.id) is None
    let_go(hold)
    database.session.execute(text("DELETE FROM organization WHERE id = :id"), {"id": organization})
    assert count(Post.__table__) == count(Delivery.__table__) == 0


@pytest.mark.proves("P6.3")
def test_neither_truncate_nor_replace_goes_past(app: Flask, db: object) -> None:
    post = make.post(make.alice())
    placed()
    if database.engine.dialect.name == "sqlite":
        again = "REPLACE INTO post SELECT * FROM post WHERE id = :id"
        assert refused(again, id=post.id) == "post"
        assert refused("INSERT OR REPLACE INTO legal_hold SELECT * FROM legal_hold") == "legal_hold"
        make.post(make.alice(), text="New ones are written as ever")
        return
    with as_owner(database.session.connection()):
        for name in ("post", "attempt", "legal_hold"):
            assert refused(f"TRUNCATE {name} CASCADE") is not None


@pytest.mark.proves("P6.3")
def test_the_file_and_the_dump_of_a_database_keep_holds(
    app: Flask, db: object, tmp_path: Path
) -> None:
    """For Postgres see tests/tenants/test_running.py. Python writes virtual tables into a dump from
    3.13 on, as sqlite3's own .dump does; before that the search's index is left out here."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("a file")
    make.post(make.alice())
    placed()
    with sqlite3.connect(app.config["SETTINGS"].database_url.removeprefix("sqlite:///")) as now:
        copied, read_in = sqlite3.connect(tmp_path / "copy.db"), sqlite3.connect(":memory:")
        now.backup(copied)
        read_in.executescript("\n".join(line for line in now.iterdump() if "_fts" not in line))
    for restored in (copied, read_in):
        with pytest.raises(sqlite3.IntegrityError, match="a legal hold keeps post"):
            restored.execute("DELETE FROM post")
        restored.execute("UPDATE legal_hold SET released_at = placed_at")
        restored.execute("PRAGMA foreign_keys = OFF")
        assert restored.execute("DELETE FROM post").rowcount == 1
        restored.close()


# People's own buttons


@pytest.mark.proves("P6.3")
def test_deleting_a_held_post_says_why_not_and_the_trail_tells(client: FlaskClient) -> None:
    post = make.post(make.alice(), due_at=None)
    client.post(f"/posts/{post.id}/cancellation")
    hold, path = placed(), f"/posts/{post.id}/deletion"
    answer = client.post(path)
    assert (answer.status_code, "Kept for now" in answer.text) == (409, True)
    assert "A legal hold keeps this for now. Nothing was changed or deleted." in answer.text
    live = client.post(path, headers={"HX-Request": "true", "HX-Target": "post"})
    assert (live.status_code, live.headers["HX-Retarget"]) == (409, "#flashes")
    assert "A legal hold keeps this for now." in live.text and "<html" not in live.text
    tried = select(AuditEvent.action).where(AuditEvent.action == "hold.kept")
    assert len(database.session.scalars(tried).all()) == 2
    let_go(hold)
    assert client.post(path).status_code == 303
    assert count(Post.__table__) == 0


@pytest.mark.proves("P6.3")
def test_a_held_post_can_be_edited_but_nothing_taken_off_it(client: FlaskClient) -> None:
    alice = make.alice()
    channel, other = make.channel(alice), make.channel(alice, name="two")
    post = make.post(alice, channel, other)
    picture = _picture_on(post)
    placed()
    typed = {"text": "A better text", "when": "at", "due_at": _tomorrow(), "nonce": "n"}
    both = {"channels": [str(channel.id), str(other.id)], "kept": [str(picture.asset_id)]}
    saved = client.post(
        f"/posts/{post.id}/edit", data=typed | both | {"version": str(post.version)}
    )
    assert saved.status_code == 303, saved.text
    database.session.refresh(post)
    assert (post.text, len(post.pictures), len(post.deliveries)) == ("A better text", 1, 2)
    less = {"channels": [str(channel.id)], "kept": both["kept"], "version": str(post.version)}
    answer = client.post(f"/posts/{post.id}/edit", data=typed | less | {"text": "Long and typed"})
    assert answer.status_code == 409
    assert "Long and typed" in answer.text, "nothing typed is lost"
    assert count(Delivery.__table__) == 2


def _tomorrow() -> str:
    return f"{(clock.now() + timedelta(days=1)).date()}T15:30"


def _picture_on(post: Post) -> PostPicture:
    words = {"type": "image/png", "size": 1, "width": 1, "height": 1, "sha256": "s"}
    made = database.metadata.tables["asset"].insert().values(
        organization_id=post.organization_id, storage_key="k", created_at=clock.now(), **words
    )  # fmt: skip
    key = database.session.execute(made).inserted_primary_key
    post.pictures = [PostPicture(asset_id=key[0], position=0, alt="A tree")]
    database.session.commit()
    return post.pictures[0]


@pytest.mark.proves("P6.3")
def test_the_sandbox_keeps_a_post_too(anonymous: FlaskClient) -> None:
    wall, token = Wall.put_up(make.member(make.alice()), clock.now())
    database.session.commit()
    url, opens = f"/sandbox/api/walls/{wall.slug}/posts/k", {"Authorization": f"Bearer {token}"}
    body = {"text": "Hi", "pictures": [], "card": None, "created_at": "2026-11-24T12:00:00+00:00"}
    assert anonymous.put(url, json=body, headers=opens).status_code == 200
    hold = placed(ORGANIZATION, wall.organization_id)
    answer = anonymous.delete(url, headers=opens)
    assert (answer.status_code, answer.json) == (409, {"error": "Conflict"})
    assert count(WallPost.__table__) == 1
    let_go(hold)
    assert anonymous.delete(url, headers=opens).status_code == 204
    assert count(WallPost.__table__) == 0


def test_who_is_held_may_still_shut_every_door(client: FlaskClient) -> None:
    """A hold keeps evidence; it never keeps anybody in, nor a lost key good."""
    alice, bob = make.alice(), make.bob()
    invited = make.invitation(alice, "dora@orchard.example")
    member = make.member(bob)
    key = {"user_id": bob.id, "name": "Key", "credential_id": b"c", "public_key": b"p"}
    database.session.add(Passkey(**key, handle=b"h", sign_count=0, created_at=clock.now()))
    database.session.commit()
    placed(PERSON, bob.id), placed(ORGANIZATION, member.organization_id), placed()
    revoked = client.post(f"/organization/invitations/{invited.id}/revocation")
    removed = client.post(f"/organization/members/{member.id}/removal")
    assert (revoked.status_code, removed.status_code) == (303, 303)
    enrolling.release(bob, clock.now())
    database.session.commit()
    assert count(Passkey.__table__) == 0
    assert client.post("/logout").status_code == 303
    assert count(database.metadata.tables["login_session"]) <= 1  # the flash of having left


# What runs by itself


def stale_request() -> Table:
    asked = make.rights_request(make.alice())
    database.session.execute(
        text("UPDATE rights_request SET state = 'identity_pending' WHERE id = :id"),
        {"id": asked.id},
    )
    return database.metadata.tables["rights_request"]


def stale_question() -> Table:
    make.conversation(make.alice())
    database.session.execute(text("UPDATE support_conversation SET confirmed_at = NULL"))
    return Conversation.__table__  # type: ignore[return-value]


def old_consent() -> Table:
    table = database.metadata.tables["consent"]
    one_row(table, make.alice())
    return table


def old_details() -> Table:
    audit.record("account.changed", actor=make.alice().id)
    return database.metadata.tables["audit_detail"]


@pytest.mark.proves("P6.3")
@pytest.mark.parametrize(
    ("begin", "days", "job"),
    [
        (stale_request, 20, request_jobs.tidy),
        (stale_question, 20, request_jobs.tidy),
        (old_consent, 1200, retention_jobs.run_retention),
        (old_details, 800, retention_jobs.run_retention),
    ],
    ids=["requests", "support", "retention", "trail"],
)
def test_jobs_pass_by_what_is_held(
    db: object, times: Times, begin: Callable[[], Table], days: int, job: Callable[[], object]
) -> None:
    table, hold = begin(), placed()
    mine = is_held(table)
    before = count(table, mine)
    assert before
    times.go(days=days)
    job()
    assert count(table, mine) == before
    assert retention_jobs.count_overdue() == {}
    let_go(hold)
    job()
    assert count(table, mine) == 0


def test_an_approval_waits_for_the_batch_that_is_being_deleted(db: object) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("writers stand in line")
    alice, day = make.alice(), (clock.now() + timedelta(days=60)).date()
    hold = holds.place(PERSON, alice.id, "Court", "Case 1", day, alice.id, clock.now())
    id, bob = hold.id, make.bob().id
    database.session.commit()
    assert holds.active() == []  # as a batch begins
    with Session(database.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(text("LOCK TABLE legal_hold IN EXCLUSIVE MODE"))
    database.session.commit()
    holds.approve(database.session.get_one(LegalHold, id), bob, clock.now())
    with Session(database.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(select(LegalHold.id).with_for_update(read=True))
    database.session.commit()
    assert len(holds.active()) == 1


@pytest.mark.proves("P6.3")
def test_an_erasure_leaves_what_is_held_and_says_so(db: object) -> None:
    alice = make.alice()
    plant(alice)
    audit.record("account.changed", actor=alice.id)
    hold = placed()
    kept = {table: is_held(table) for table in holdable(database.metadata)}
    before = {table: count(table, held) for table, held in kept.items()}
    made = erasures.begin(alice, {}, clock.now(), clock.now())
    database.session.commit()
    erasure_jobs.erase(made.id)
    assert made.state == erasures.PARTIAL
    grown = {table for table, held in kept.items() if count(table, held) != before[table]}
    assert {table.name for table in grown} <= {"erasure", "erasure_notice", "audit_detail"}
    assert alice.email == "alice@orchard.example"
    let_go(hold)
    erasure_steps.remove_rows(made, database.metadata, clock.now(), database.session.commit)
    erasure_steps.empty_shell(made, database.metadata, clock.now())
    database.session.refresh(alice)
    assert (alice.email, alice.name) == (None, None)
    assert count(Post.__table__, Post.author_id == alice.id) == 0


def test_the_command_lists_holds(app: Flask, db: object, times: Times) -> None:
    make.post(make.alice())
    placed()
    told = app.test_cli_runner().invoke(args=["holds"])
    assert told.exit_code == 0, told.output
    assert f"user {make.alice().id}  holds" in told.output
    assert "District court: Case 12" in told.output
    times.go(days=61)
    late = app.test_cli_runner().invoke(args=["holds"])
    assert (late.exit_code, "OVERDUE" in late.output) == (1, True)
