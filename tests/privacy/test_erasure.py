"""Deleting a person: all of it goes, nothing of anybody else does, and it does not come back."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app import audit, clock, mail, storage
from app.account.models import Membership, Organization, User
from app.db import db as database
from app.privacy import (
    erasure_jobs,
    erasure_plan,
    erasure_steps,
    erasures,
    holds,
    recipients,
    removal,
)
from app.privacy.erasures import AWAITING, CANCELLED, CLOSED, COOLING, DELETE, PARTIAL, Erasure
from app.privacy.recipients import FAREWELLS, RECIPIENTS, Recipient
from app.privacy.scanner import look_for
from app.publishing import claiming
from app.scheduler.models import Post
from dev import valkey
from tests import make
from tests.privacy.canaries import everywhere, plant


@pytest.fixture(scope="module")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = valkey.start(tmp_path_factory.mktemp("queue"))
    yield server.url
    server.stop()


@pytest.fixture(autouse=True)
def mails(
    app: Flask, db: object, queue_server: str, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str]]:
    """A real queue to look through, and the mails that are sent."""
    sent: list[tuple[str, str]] = []
    monkeypatch.setitem(app.extensions, "redis", Redis.from_url(queue_server))
    monkeypatch.setattr(mail, "send", lambda template, to, **_: sent.append((template, to)))
    monkeypatch.setattr(recipients, "FIRST_PAUSE", timedelta())
    monkeypatch.setitem(FAREWELLS, "channels", recipients.Farewell(lambda _: [], lambda *_: None))
    monkeypatch.delitem(RECIPIENTS, "stripe")  # planted customers are at no Stripe
    return sent


def asked(user: User, **choices: str) -> Erasure:
    made = erasures.begin(user, erasures.settle(user, choices), clock.now(), clock.now())
    database.session.commit()
    return made


def erased(user: User, **choices: str) -> Erasure:
    made = asked(user, **choices)
    erasure_jobs.erase(made.id)
    return made


def rows_by_table() -> dict[str, int]:
    return {
        table.name: database.session.scalar(select(func.count()).select_from(table)) or 0
        for table in database.metadata.sorted_tables
    }


@pytest.mark.proves("P8.3", "P6.2")
def test_every_canary_of_the_person_goes_from_every_store_and_none_of_anothers(
    app: Flask, mails: list[tuple[str, str]]
) -> None:
    alice, charlie = make.alice(), make.charlie()
    mine, theirs = plant(alice), plant(charlie)
    queue = app.extensions["redis"]
    queue.set("rq:job:of-charlie", theirs["user.name"])
    before = everywhere(*theirs.values())
    assert len(before) > 50
    done = erased(alice)
    assert (done.state, done.kept) == (CLOSED, [])
    assert everywhere(*mine.values()) == {}
    assert everywhere(*theirs.values()) == before
    assert look_for(*mine.values(), "alice@orchard.example").traces == ()
    assert len(look_for(theirs["user.name"]).traces) >= 2  # the scanner does find what is there
    assert mails == [("erased", "alice@orchard.example")]
    queue.flushall()


@pytest.mark.proves("P8.3")
def test_files_go_with_their_rows_and_others_stay(app: Flask) -> None:
    alice, charlie = make.alice(), make.charlie()
    folder = Path(app.config["SETTINGS"].storage_folder) / "assets/canaries"
    shutil.rmtree(folder, ignore_errors=True)
    plant(alice), plant(charlie)
    count = len(list(folder.iterdir()))
    erased(alice)
    assert len(list(folder.iterdir())) == count // 2
    erased(charlie)
    assert list(folder.iterdir()) == []


def test_what_a_colleague_wrote_stays_with_the_organisation_without_a_name() -> None:
    alice, bob = make.alice(), make.bob()
    post = make.post(bob, make.channel(alice), text="Ask Bob Birch about it")
    done = erased(bob)
    database.session.refresh(post)
    assert (post.author_id, post.text) == (None, "Ask Bob Birch about it")
    [kept] = done.kept
    assert (kept["place"], kept["why"]) == ("post.text", erasure_steps.OF_ORGANIZATION)
    assert done.state == CLOSED
    shell = database.session.get_one(User, bob.id)
    assert (shell.email, shell.name, shell.password_hash) == (None, None, None)
    assert database.session.get_one(User, alice.id).name == "Alice Ash"


STEPS = [
    "say_farewell",
    "hand_over",
    "remove_rows",
    "empty_shell",
    "look_afterwards",
    "outcome",
    "close",
]
# Each step once in the quick form: what is after one is just before the next, with less written down.
DEATHS = [
    pytest.param(step, moment, marks=[] if (n + m) % 2 == 0 else pytest.mark.security_long)
    for n, step in enumerate(STEPS)
    for m, moment in enumerate(["before", "after"])
]


@pytest.mark.proves("P8.3")
@pytest.mark.parametrize(("step", "moment"), DEATHS)
def test_killed_at_any_step_it_is_resumed_to_the_same_end(
    step: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = make.alice()
    words = plant(alice)
    real = getattr(erasure_steps, step)

    def dies(*args: Any) -> Any:
        if moment == "after":
            real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure_steps, step, dies)
    made = asked(alice)
    with pytest.raises(KeyboardInterrupt):
        erasure_jobs.erase(made.id)
    database.session.rollback()
    monkeypatch.setattr(erasure_steps, step, real)
    monkeypatch.setattr(erasure_steps, "LEASE", timedelta())
    later = clock.now() + timedelta(minutes=11)
    if step != "close" or moment == "before":
        assert erasures.waiting(later) == [made.id]
    monkeypatch.setattr(clock, "now", lambda: later)
    erasure_jobs.erase(made.id)
    assert database.session.get_one(Erasure, made.id).state == CLOSED
    assert everywhere(*words.values()) == {}
    assert rows_by_table()["organization"] == 0


def test_a_second_worker_at_the_same_time_finds_nothing_to_take() -> None:
    made = asked(make.alice())
    now = clock.now()
    assert erasure_steps.begin(made, now)
    database.session.commit()
    assert not erasure_steps.begin(made, now)
    assert erasures.waiting(now) == []


@pytest.mark.proves("P8.3")
def test_what_was_erased_can_not_be_written_back_not_even_by_hand() -> None:
    alice = make.alice()
    id = alice.id
    erased(alice)
    database.session.commit()
    for column in erasure_plan.emptied(database.metadata.tables["user"]):
        value = "true" if column.name == "is_operator" else "'2026-01-01 00:00:00+00:00'"
        with pytest.raises(IntegrityError):
            database.session.execute(
                text(f'UPDATE "user" SET {column.name} = {value} WHERE id = :id'), {"id": id}
            )
        database.session.rollback()


def test_a_session_that_was_open_is_dead_and_signing_in_is_like_for_a_stranger(
    client: FlaskClient,
) -> None:
    erased(make.alice())
    assert client.get("/calendar").status_code == 303
    answer = client.post(
        "/login", data={"email": "alice@orchard.example", "password": make.PASSWORD}
    )
    assert answer.status_code == 422


@pytest.mark.proves("P6.3")
def test_a_hold_keeps_what_it_names_and_after_its_release_it_goes() -> None:
    alice, bob = make.alice(), make.bob()
    words = plant(alice)
    hold = holds.place(
        "organization", make.member(alice).organization_id, "District court", "Case 12",
        (clock.now() + timedelta(days=90)).date(), alice.id, clock.now(),
    )  # fmt: skip
    holds.approve(hold, bob.id, clock.now())
    database.session.commit()
    id = str(make.member(alice).organization_id)
    done = erased(alice, **{id: DELETE})
    assert done.state == PARTIAL
    assert {one["why"] for one in done.kept} >= {erasure_steps.HELD}
    assert everywhere(words["post.text"], "alice@orchard.example") == {
        words["post.text"]: ["post.text"]
    }
    holds.release(hold, bob.id, clock.now())
    for act in erasure_plan.acts(database.metadata, erasures.Holder(done.user_id, "", (int(id),))):
        removal.remove_all(act, database.session.commit)
    assert everywhere(words["post.text"]) == {}


@pytest.mark.proves("P6.3")
def test_a_hold_on_a_person_keeps_their_row_and_counts_only_when_two_agreed() -> None:
    alice, charlie = make.alice(), make.charlie()
    day = (clock.now() + timedelta(days=30)).date()
    hold = holds.place("user", charlie.id, "Regulator", "Order 7", day, alice.id, clock.now())
    with pytest.raises(holds.Unsound):
        holds.approve(hold, alice.id, clock.now())
    database.session.commit()
    assert holds.active() == []
    holds.approve(hold, charlie.id, clock.now())
    database.session.commit()
    done = erased(charlie)
    assert done.state == PARTIAL
    assert database.session.get_one(User, charlie.id).email == "charlie@elsewhere.example"


def test_no_hold_is_longer_than_180_days_without_a_look() -> None:
    for days in (0, 181):
        day = (clock.now() + timedelta(days=days)).date()
        with pytest.raises(holds.Unsound):
            holds.place("user", 1, "Court", "Case", day, 1, clock.now())


@pytest.mark.proves("P8.3")
def test_it_is_not_called_complete_before_every_recipient_answered(
    mails: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [OSError("away"), False, True]
    told = []

    def erase(known: dict[str, int]) -> bool:
        told.append(known)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    monkeypatch.setitem(
        RECIPIENTS, "elsewhere", Recipient("elsewhere", lambda id: {"id": id}, erase)
    )
    alice = make.alice()
    made = erased(alice)
    for _ in range(2):
        assert made.state == AWAITING
        assert mails == []
        assert erasures.waiting(clock.now()) == [made.id]
        erasure_jobs.erase(made.id)
    assert made.state == CLOSED
    assert told == [{"id": alice.id}] * 3
    [notice] = database.session.scalars(recipients.ErasureNotice.of(made.id))
    assert (notice.state, notice.payload) == ("done", None)


def test_a_mail_server_that_is_away_leaves_it_open_and_it_is_resumed(
    mails: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = mail.send

    def away(*_: object, **__: object) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr(mail, "send", away)
    made = asked(make.alice())
    with pytest.raises(OSError, match="no mail"):
        erasure_jobs.erase(made.id)
    monkeypatch.setattr(mail, "send", sends)
    later = clock.now() + timedelta(minutes=11)
    assert erasures.waiting(later) == [made.id]
    monkeypatch.setattr(clock, "now", lambda: later)
    erasure_jobs.erase(made.id)
    assert mails == [("erased", "alice@orchard.example")]


@pytest.mark.parametrize(("seconds", "begins"), [(-1, False), (0, True), (1, True)])
def test_it_begins_after_fourteen_days_and_not_a_second_before(seconds: int, begins: bool) -> None:
    alice, now = make.alice(), clock.now()
    made = erasures.begin(alice, erasures.settle(alice, {}), now + erasures.COOLING_TIME, now)
    database.session.commit()
    moment = now + timedelta(days=14, seconds=seconds)
    assert (erasures.waiting(moment) == [made.id]) is begins


def test_until_then_nothing_goes_out_and_it_can_be_taken_back(client: FlaskClient) -> None:
    alice = make.alice()
    make.post(alice, make.channel(alice), due_at=clock.now() + timedelta(seconds=1))
    soon = clock.now() + timedelta(minutes=5)
    assert claiming.wants_work(soon)
    answer = client.post("/settings/privacy/deletion", data={"email": "Alice@orchard.example"})
    assert answer.status_code == 303
    assert "it can still be taken back" in client.get(answer.location).text
    assert client.get("/calendar").status_code == 303  # every session has ended
    assert claiming.claim(soon, timedelta(seconds=90), 10) == []
    make.sign_in(client, alice)
    assert client.get("/calendar").location == "/settings/privacy/deletion"
    assert client.get("/settings/privacy/exports").status_code == 200
    client.post("/settings/privacy/deletion/cancellation")
    assert client.get("/calendar").status_code == 200
    assert claiming.wants_work(soon)
    made = database.session.scalars(select(Erasure)).one()
    assert (made.state, made.identity) == (CANCELLED, None)


def test_the_page_says_what_happens_and_keeps_what_was_typed(client: FlaskClient) -> None:
    make.bob()
    page = client.get("/settings/privacy/deletion").text
    assert "Orchard has no other owner" in page
    assert "Bob Birch owns it from then on" in page
    answer = client.post("/settings/privacy/deletion", data={"email": "alice@orchard.example"})
    assert (answer.status_code, "Say what becomes of Orchard." in answer.text) == (422, True)
    answer = client.post("/settings/privacy/deletion", data={"email": "else@x.example"})
    assert (answer.status_code, "This is not alice@orchard.example." in answer.text) == (422, True)
    assert "else@x.example" in answer.text


@pytest.mark.parametrize(
    ("choice", "owner"), [("heir", "bob@orchard.example"), ("leave", None), ("delete", None)]
)
def test_a_sole_owner_is_never_trapped(choice: str, owner: str | None) -> None:
    alice, bob = make.alice(), make.bob()
    organization = make.member(alice).organization_id
    wish = str(make.member(bob).id) if choice == "heir" else choice
    done = erased(alice, **{str(organization): wish})
    assert done.state == CLOSED
    left = database.session.scalars(select(Membership).where(Membership.role == "owner")).all()
    assert [member.user.email for member in left] == ([owner] if owner else [])
    assert (database.session.get(Organization, organization) is None) is (choice == "delete")
    assert database.session.get_one(User, bob.id).email == "bob@orchard.example"


def test_a_stranger_can_not_be_made_an_heir() -> None:
    alice, charlie = make.alice(), make.charlie()
    make.bob()
    organization = make.member(alice).organization_id
    with pytest.raises(erasures.Impossible):
        erasures.settle(alice, {str(organization): str(make.member(charlie).id)})


def test_the_trail_still_verifies_and_forgot_who_it_was(client: FlaskClient) -> None:
    client.post("/account", data={"name": "Alice A", "timezone": "UTC", "theme": "auto"})
    audit.record("account.changed", actor=make.alice().id)
    database.session.commit()
    erased(make.alice())
    assert list(audit.verify()) == []
    keys = database.metadata.tables["audit_key"]
    named = select(func.count()).select_from(keys).where(keys.c.person_id.is_not(None))
    left = database.session.scalar(named)
    assert left == 0


def test_anybody_with_the_address_can_read_the_certificate(
    anonymous: FlaskClient,
) -> None:
    done = erased(make.alice())
    page = anonymous.get(f"/privacy/deletions/{done.code}")
    assert page.status_code == 200
    assert "Nothing was found afterwards" in page.text
    assert "alice" not in page.text.lower()
    assert anonymous.get("/privacy/deletions/nonsense").status_code == 404


def test_the_command_previews_and_erases(app: Flask) -> None:
    make.post(make.alice(), make.channel(make.alice()))
    run: Callable[..., Any] = app.test_cli_runner().invoke
    shown = run(args=["erase", "alice@orchard.example", "--preview"])
    assert shown.exit_code == 0, shown.output
    assert "post" in shown.output
    assert database.session.scalar(select(func.count()).select_from(Post)) == 1
    done = run(args=["erase", "alice@orchard.example", "--now"])
    assert "Done: http://localhost/privacy/deletions/" in done.output
    assert database.session.scalar(select(func.count()).select_from(Post)) == 0
    assert run(args=["erase", "alice@orchard.example", "--now"]).exit_code == 1


def test_one_deletion_at_a_time() -> None:
    alice, now = make.alice(), clock.now()
    asked(alice)
    database.session.add(
        Erasure(user_id=alice.id, code="x", state=COOLING, asked_at=now, due_at=now, choices={},
                plan_hash="", steps={}, kept=[])
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        database.session.commit()
    database.session.rollback()


def test_a_file_that_a_row_names_is_discarded_only_after_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = make.alice()
    plant(alice)
    order: list[str] = []
    real = storage.discard
    monkeypatch.setattr(storage, "discard", lambda key: (order.append("discard"), real(key)))
    acts = erasure_plan.acts(database.metadata, erasures.going(alice, erasures.settle(alice, {})))

    def commit() -> None:
        order.append("commit")
        database.session.commit()

    for act in acts:
        removal.remove_all(act, commit)
    assert "discard" in order
    assert all(
        order[n - 1] in ("commit", "discard") for n, what in enumerate(order) if what == "discard"
    )
