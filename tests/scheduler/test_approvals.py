"""A yes before a post goes out: who asks, who answers, and what every answer is about."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.models import User
from app.audit.models import events as trail
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import approving, jobs, mail_choices
from app.scheduler.events import PostEvent
from app.scheduler.models import Post
from tests import make
from tests.servers.smtp import Sink

As = Callable[[str], FlaskClient]


@pytest.fixture
def channel(db: object, noon: datetime) -> Channel:
    """Of Orchard, where one yes is asked for; Bob edits there."""
    made = make.channel(make.alice(), "bluesky", "grace")
    make.bob()
    make.rule("one")
    return made


def somebody(role: str) -> User:
    """Of that role at Orchard: Alice owns, Bob edits, the others are named after what they do."""
    known = {"owner": make.alice, "editor": make.bob}
    if role in known:
        return known[role]()
    email = f"{role}@orchard.example"
    found = User.by_email(email)
    return found or make.person(email, role.capitalize(), make.organization("Orchard"), role)


@pytest.fixture
def as_(app: Flask, channel: Channel) -> As:
    """A browser per role, signed in."""
    known: dict[str, FlaskClient] = {}

    def made(role: str) -> FlaskClient:
        if role not in known:
            known[role] = app.test_client()
            make.sign_in(known[role], somebody(role))
        return known[role]

    return made


def form(channel: Channel, **change: object) -> dict[str, object]:
    given = {"text": "Hello", "channels": channel.id, "when": "at", "due_at": "2026-11-24T15:30"}
    return given | change


def write(client: FlaskClient, channel: Channel, **change: object) -> Post:
    answer = client.post("/posts/new", data=form(channel, **change))
    assert answer.status_code == 303, answer.text
    return stands(int(answer.location.rsplit("/", 1)[1]))


def stands(id: int) -> Post:
    database.session.expire_all()
    return database.session.get_one(Post, id)


def edit(client: FlaskClient, post: Post, channel: Channel, **change: object) -> Post:
    data = form(channel, version=stands(post.id).version, **change)
    answer = client.post(f"/posts/{post.id}/edit", data=data)
    assert answer.status_code == 303, answer.text
    return stands(post.id)


def hash_on(client: FlaskClient, post: Post) -> str:
    """What the page of the post lets a person say yes to."""
    found = re.search(r'name="hash" value="(\w+)"', client.get(f"/posts/{post.id}").text)
    assert found
    return found[1]


def approve(client: FlaskClient, post: Post, shown: str | None = None) -> int:
    data = {"hash": shown or hash_on(client, post)}
    return client.post(f"/posts/{post.id}/approval", data=data).status_code


def kinds(post: Post) -> list[str]:
    return [one.kind for one in stands(post.id).events]


def test_an_editors_schedule_becomes_a_question(as_: As, channel: Channel) -> None:
    page = as_("editor").get("/posts/new").text
    assert "Ask for approval" in page
    assert ">Schedule<" not in re.sub(r"<svg.*?</svg>", "", page)
    post = write(as_("editor"), channel)
    assert post.state == "pending_approval"
    assert "Waiting for approval" in as_("viewer").get(f"/posts/{post.id}").text
    assert "Waiting for approval" in as_("viewer").get("/posts?state=pending_approval").text
    assert "Hello" in as_("approver").get("/approvals").text
    assert "Hello" not in as_("approver").get("/queue").text, "nothing says that it goes out"
    assert kinds(post) == ["asked"]


def test_without_the_rule_nothing_is_asked(as_: As, channel: Channel) -> None:
    make.rule("off")
    assert "Ask for approval" not in as_("editor").get("/posts/new").text
    assert write(as_("editor"), channel).state == "scheduled"
    empty = as_("editor").get("/approvals").text
    assert "Posts go out without approval here" in empty
    assert "Open the settings" not in empty
    assert "Open the settings" in as_("owner").get("/approvals").text


@pytest.mark.parametrize("role", ["owner", "admin", "approver"])
def test_whoever_may_says_yes(as_: As, channel: Channel, role: str) -> None:
    post = write(as_("editor"), channel)
    assert approve(as_(role), post) == 303
    assert stands(post.id).state == "scheduled"
    assert kinds(post) == ["asked", "approved"]
    assert approve(as_(role), post, "x") == 409, "answered already"


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_the_others_are_told_who_can(as_: As, channel: Channel, role: str) -> None:
    post = write(as_("editor"), channel)
    page = as_(role).get(f"/posts/{post.id}").text
    assert "Alice Ash can approve it." in page
    assert f'action="/posts/{post.id}/approval"' not in page
    answer = as_(role).post(f"/posts/{post.id}/approval", data={"hash": "x"})
    assert answer.status_code == 403
    assert f"This is for owners, admins and approvers; your role here is {role}." in answer.text
    assert as_(role).post(f"/posts/{post.id}/rejection", data={"reason": "x"}).status_code == 403


def test_a_yes_is_to_what_was_read(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    shown = hash_on(as_("approver"), post)
    edit(as_("editor"), post, channel, text="Other words")
    answer = as_("approver").post(f"/posts/{post.id}/approval", data={"hash": shown})
    assert answer.status_code == 409
    assert "The text changed at 13:00. Read again." in answer.text, "noon in UTC, one in Berlin"
    assert "Other words" in answer.text
    assert stands(post.id).state == "pending_approval"
    assert approve(as_("approver"), post) == 303
    assert approve(as_("approver"), post, "x") == 409
    answer = as_("approver").post(f"/posts/{post.id}/approval", data={"hash": shown})
    assert "somebody answered at 13:00" in answer.text


def test_another_channel_is_another_question(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    shown = hash_on(as_("approver"), post)
    second = make.channel(make.alice(), "sandbox", "wall")
    edit(as_("editor"), post, channel, channels=[channel.id, second.id])
    assert approve(as_("approver"), post, shown) == 409
    assert approve(as_("approver"), post) == 303
    third = make.channel(make.alice(), "sandbox", "third")
    post = edit(as_("editor"), post, channel, channels=[channel.id, second.id, third.id])
    assert sorted(one.state for one in post.deliveries) == [
        "pending_approval",
        "scheduled",
        "scheduled",
    ]


def test_an_edit_takes_the_yes_back_and_another_time_does_not(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    approve(as_("approver"), post)
    moved = as_("editor").post(f"/posts/{post.id}/move", data={"due_at": "2026-11-25T10:00"})
    assert moved.status_code == 303
    assert stands(post.id).state == "scheduled"
    assert edit(as_("editor"), post, channel, due_at="2026-11-26T10:00").state == "scheduled"
    assert kinds(post) == ["asked", "approved", "moved", "moved"]
    assert edit(as_("editor"), post, channel, text="Hullo").state == "pending_approval"
    assert edit(as_("editor"), post, channel, text="Hello").state == "scheduled", "as approved"


def test_a_draft_keeps_a_yes_only_for_the_same_words(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    approve(as_("approver"), post)
    assert edit(as_("editor"), post, channel, action="draft", when="now").state == "draft"
    assert edit(as_("editor"), post, channel).state == "scheduled"
    edit(as_("editor"), post, channel, action="draft", when="now", text="New")
    assert edit(as_("editor"), post, channel, text="New").state == "pending_approval"


def test_no_comes_with_a_reason_and_makes_a_draft_again(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    path = f"/posts/{post.id}/rejection"
    bare = as_("approver").post(path, data={"reason": "  "})
    assert bare.status_code == 422
    assert "Say what has to change." in bare.text
    sent = as_("approver").post(path, data={"reason": "<b>Softer</b>, please"})
    assert sent.status_code == 303
    post = stands(post.id)
    assert (post.state, post.due_at is not None) == ("draft", True), "its time is kept in mind"
    page = as_("editor").get(f"/posts/{post.id}").text
    assert "&lt;b&gt;Softer&lt;/b&gt;, please" in page
    assert 'value="2026-11-24T15:30"' in as_("editor").get(f"/posts/{post.id}/edit").text
    assert edit(as_("editor"), post, channel, text="Softly").state == "pending_approval"
    assert approve(as_("approver"), post) == 303
    assert kinds(post) == ["asked", "sent_back", "asked", "approved"]


def test_an_owners_schedule_is_the_yes_unless_another_is_asked(as_: As, channel: Channel) -> None:
    assert "Your scheduling counts as the yes." in as_("owner").get("/posts/new").text
    post = write(as_("owner"), channel)
    assert (post.state, kinds(post)) == ("scheduled", ["scheduled", "approved"])
    assert edit(as_("owner"), post, channel, text="Other").state == "scheduled"
    assert kinds(post)[-2:] == ["edited", "approved"]
    assert write(as_("owner"), channel, action="ask").state == "pending_approval"
    theirs = write(as_("editor"), channel)
    assert edit(as_("owner"), theirs, channel, text="Mended").state == "scheduled"


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_with_four_eyes_nobody_approves_their_own(as_: As, channel: Channel, role: str) -> None:
    make.rule("four_eyes")
    post = write(as_(role), channel)
    assert post.state == "pending_approval", "an owner asks like everybody"
    page = as_(role).get(f"/posts/{post.id}").text
    answer = as_(role).post(f"/posts/{post.id}/approval", data={"hash": "x"})
    assert answer.status_code == 403
    for text in (page, answer.text):
        assert "Nobody approves their own here." in text
    if role == "owner":
        assert "invite an approver" in answer.text
    assert approve(as_("approver"), post) == 303


def test_with_four_eyes_whoever_wrote_the_words_that_stand_does_not_approve_them(
    as_: As, channel: Channel
) -> None:
    make.rule("four_eyes")
    post = write(as_("editor"), channel)
    edit(as_("admin"), post, channel, text="The admin's own words")
    assert approve(as_("admin"), post, "x") == 403
    assert approve(as_("owner"), post) == 303


def test_the_rule_counts_from_now_on(as_: As, channel: Channel) -> None:
    page = as_("owner").get("/organization").text
    assert "posts that are scheduled already stay scheduled" in page
    make.rule("off")
    before = write(as_("editor"), channel)
    saved = as_("owner").post("/organization/approval", data={"approval_rule": "four_eyes"})
    assert saved.status_code == 303
    assert stands(before.id).state == "scheduled"
    assert edit(as_("editor"), before, channel, text="New").state == "pending_approval"
    as_("owner").post("/organization/approval", data={"approval_rule": "off"})
    assert stands(before.id).state == "pending_approval", "what waits goes on waiting"
    moved = as_("editor").post(f"/posts/{before.id}/move", data={"due_at": "2026-11-25T10:00"})
    assert moved.status_code == 303
    assert stands(before.id).state == "scheduled", "nobody has to say yes any more"
    wrong = as_("owner").post("/organization/approval", data={"approval_rule": "maybe"})
    assert wrong.status_code == 422
    assert as_("editor").post("/organization/approval").status_code == 403


def test_comments_stand_in_the_life_of_the_post(as_: As, channel: Channel) -> None:
    post = write(as_("editor"), channel)
    path = f"/posts/{post.id}/comments"
    for role in ("owner", "admin", "editor", "approver"):
        assert as_(role).post(path, data={"comment": f"From the {role}"}).status_code == 303
    assert as_("viewer").post(path, data={"comment": "x"}).status_code == 403
    assert as_("editor").post(path, data={"comment": ""}).status_code == 422
    assert as_("editor").post(path, data={"comment": "x" * 2001}).status_code == 422
    page = as_("viewer").get(f"/posts/{post.id}").text
    assert page.index("From the owner") < page.index("From the approver")
    assert f'action="{path}"' not in page


def test_editors_move_and_stop_only_their_own(as_: As, channel: Channel) -> None:
    theirs = write(as_("owner"), channel)
    page = as_("editor").get(f"/posts/{theirs.id}").text
    for deed in ("move", "publication", "cancellation", "deletion"):
        assert f"/posts/{theirs.id}/{deed}" not in page
        answer = as_("editor").post(
            f"/posts/{theirs.id}/{deed}", data={"due_at": "2026-11-25T10:00"}
        )
        assert answer.status_code == 403
        assert "Alice Ash wrote this. Its author, approvers, admins and owners can" in answer.text
    assert f"/posts/{theirs.id}/edit" not in page
    assert as_("editor").get(f"/posts/{theirs.id}/edit").status_code == 403
    assert as_("editor").post(f"/posts/{theirs.id}/edit").status_code == 403
    for role in ("approver", "admin", "owner"):
        moved = as_(role).post(f"/posts/{theirs.id}/move", data={"due_at": "2026-11-25T10:00"})
        assert moved.status_code == 303
    draft = write(as_("owner"), channel, action="draft", when="now")
    mine = edit(as_("editor"), draft, channel, text="Taken over")
    assert mine.state == "pending_approval"
    assert as_("editor").post(f"/posts/{mine.id}/cancellation").status_code == 303


def test_a_held_post_is_decided_by_its_author_or_an_approver(as_: As, channel: Channel) -> None:
    theirs = write(as_("owner"), channel)
    delivery = theirs.deliveries[0]
    delivery.state, delivery.hold, delivery.reason = "held", "late", "Late."
    database.session.commit()
    path = f"/deliveries/{delivery.id}/decision"
    page = as_("editor").get("/attention").text
    assert path not in page
    assert "Alice Ash, approvers, admins and owners can decide this." in page
    answer = as_("editor").post(path, data={"decision": "leave"})
    assert answer.status_code == 403
    assert "Alice Ash wrote this." in answer.text
    assert path in as_("approver").get("/attention").text
    assert as_("approver").post(path, data={"decision": "again"}).status_code == 303
    assert stands(theirs.id).state == "scheduled", "what was approved needs no second yes"


def test_not_approved_in_time_needs_eyes(as_: As, channel: Channel, noon: datetime) -> None:
    post = write(as_("editor"), channel)
    delivery = post.deliveries[0]
    delivery.state, delivery.hold, delivery.reason = "held", "not_approved", "Not approved in time."
    database.session.commit()
    page = as_("editor").get("/attention").text
    assert "Not approved in time." in page
    assert "Ask again" in page
    assert "Read and answer" in as_("approver").get("/attention").text
    again = as_("editor").post(f"/deliveries/{delivery.id}/decision", data={"decision": "again"})
    assert again.status_code == 303
    assert stands(post.id).state == "pending_approval", "again is no yes"


def letters(mailing: Sink) -> list[tuple[str, str]]:
    return [
        (message["To"], message.get_content().replace("\r\n", "\n")) for message in mailing.messages
    ]


def test_approvers_are_written_to_once_when_something_waits(
    as_: As, channel: Channel, mailing: Sink, rung: list[tuple[str, tuple[object, ...]]]
) -> None:
    make.person("cleo@orchard.example", "Cleo", make.organization("Orchard"), "approver")
    mailing.messages.clear()
    as_("editor")
    rung.clear()
    post = write(as_("editor"), channel)
    edit(as_("editor"), post, channel, text="Hello again")
    assert rung == [("tell_approvers", (post.id,))] * 2, "the doorbell may ring often"
    for _ in range(2):
        jobs.tell_approvers(post.id)
    [(to, words)] = letters(mailing)
    assert to == "cleo@orchard.example", "owners are spared while there is an approver"
    assert f"/posts/{post.id}" in words
    assert "a post by Bob Birch waits" in words
    assert "Tue 24 Nov 2026, 15:30 (Europe/Berlin)" in words
    as_("approver").post(f"/posts/{post.id}/rejection", data={"reason": "Softer"})
    edit(as_("editor"), post, channel, text="Softly")
    mailing.messages.clear()
    jobs.tell_approvers(post.id)
    assert {to for to, _ in letters(mailing)} == {
        "approver@orchard.example",
        "cleo@orchard.example",
    }


def test_what_was_asked_while_the_queue_was_away_is_told_later(
    as_: As, channel: Channel, mailing: Sink
) -> None:
    write(as_("editor"), channel)
    write(as_("editor"), channel, action="draft")
    write(as_("owner"), channel)
    mailing.messages.clear()
    for _ in range(2):
        jobs.tell_untold()
    assert [to for to, _ in letters(mailing)] == ["alice@orchard.example"]


def test_who_is_waited_for_is_reminded_a_day_and_two_hours_before(
    as_: As, channel: Channel, mailing: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = write(as_("editor"), channel, due_at="2026-11-27T15:30")
    due = post.due_at
    assert due
    jobs.tell_approvers(post.id)
    told = []
    for hours in (25, 24, 23, 3, 2, 1, 0):
        monkeypatch.setattr(clock, "now", lambda: due - timedelta(hours=hours))  # noqa: B023
        mailing.messages.clear()
        for _ in range(2):
            jobs.remind()
        told += [(hours, to, "its time is near" in words) for to, words in letters(mailing)]
    assert told == [(24, "alice@orchard.example", True), (2, "alice@orchard.example", True)]


def test_nobody_is_reminded_of_what_was_asked_late_or_is_answered(
    as_: As, channel: Channel, mailing: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = write(as_("editor"), channel, due_at="2026-11-24T15:30")
    jobs.tell_approvers(late.id)
    answered = write(as_("editor"), channel, text="Other", due_at="2026-11-27T15:30")
    jobs.tell_approvers(answered.id)
    as_("owner").post(f"/posts/{answered.id}/rejection", data={"reason": "No"})
    mailing.messages.clear()
    jobs.remind()
    assert letters(mailing) == [], "asked within a day of its time: the first mail is enough"
    monkeypatch.setattr(clock, "now", lambda: make.NOON + timedelta(days=2, hours=12))
    jobs.remind()
    assert letters(mailing) == []


def test_owners_are_written_to_where_nobody_else_approves(
    as_: As, channel: Channel, mailing: Sink
) -> None:
    post = write(as_("editor"), channel, when="now")
    mailing.messages.clear()
    jobs.tell_approvers(post.id)
    [(to, words)] = letters(mailing)
    assert to == "alice@orchard.example"
    assert "as soon as somebody approves it" in words


def test_the_author_hears_the_answer(
    as_: As, channel: Channel, mailing: Sink, rung: list[tuple[str, tuple[object, ...]]]
) -> None:
    post = write(as_("editor"), channel)
    as_("approver").post(f"/posts/{post.id}/rejection", data={"reason": "Softer, please"})
    [job] = [args for name, args in rung if name == "tell_author"]
    mailing.messages.clear()
    jobs.tell_author(*job)  # type: ignore[arg-type]
    [(to, words)] = letters(mailing)
    assert to == "bob@orchard.example"
    assert "Approver sent your post back:\n\nSofter, please" in words
    mail_choices.choose(make.bob(), {"approved": "at_once"})
    database.session.commit()
    edit(as_("editor"), post, channel, text="Softly")
    approve(as_("owner"), post)
    event = database.session.scalars(
        database.select(PostEvent).where(PostEvent.kind == "approved")
    ).one()
    mailing.messages.clear()
    jobs.tell_author(post.id, event.id)
    [(to, words)] = letters(mailing)
    assert "Alice Ash approved your post. Its time is Tue 24 Nov 2026, 15:30" in words
    jobs.tell_author(10**6, event.id)
    jobs.tell_approvers(10**6)
    assert len(mailing.messages) == 1, "what is gone is not written about"


def test_answers_and_the_rule_stand_in_the_trail(as_: As, channel: Channel) -> None:
    as_("owner").post("/organization/approval", data={"approval_rule": "one"})
    post = write(as_("editor"), channel)
    as_("editor").post(f"/posts/{post.id}/comments", data={"comment": "Ready"})
    as_("approver").post(f"/posts/{post.id}/rejection", data={"reason": "Softer"})
    edit(as_("editor"), post, channel, text="Softly")
    approve(as_("approver"), post)
    database.session.rollback()
    said = list(database.session.scalars(database.select(trail.c.action).order_by(trail.c.number)))
    wanted = ["organization.approval_changed", "post.commented", "post.sent_back", "post.approved"]
    assert [action for action in said if action in wanted] == wanted


def test_foreign_posts_can_be_neither_read_nor_answered(
    app: Flask, as_: As, channel: Channel
) -> None:
    post = write(as_("editor"), channel)
    foreign = app.test_client()
    make.sign_in(foreign, make.charlie())
    assert "Hello" not in foreign.get("/approvals").text
    for path in ("approval", "rejection", "comments"):
        data = {"hash": hash_on(as_("owner"), post), "reason": "x", "comment": "x"}
        assert foreign.post(f"/posts/{post.id}/{path}", data=data).status_code == 404
    assert kinds(post) == ["asked"]


def test_what_waits_for_a_yes_takes_a_place(
    as_: As, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A yes can't be refused for want of room."""
    monkeypatch.setattr("app.scheduler.quotas.AHEAD", 1)
    post = write(as_("editor"), channel)
    full = as_("editor").post("/posts/new", data=form(channel))
    assert full.status_code == 422
    assert "1 posts wait for grace" in full.text
    assert approve(as_("approver"), post) == 303


def test_a_long_list_says_that_more_wait(as_: As, channel: Channel, noon: datetime) -> None:
    bob = make.bob()
    for number in range(101):
        make.post(bob, channel, text=f"Post {number}", due_at=noon + timedelta(hours=number + 1))
    page = as_("viewer").get("/approvals").text
    assert "Post 99" in page
    assert "Post 100" not in page
    assert "The 100 that are due first stand here" in page


def test_nobody_of_another_organisation_can_approve_or_is_told(
    as_: As, channel: Channel, mailing: Sink
) -> None:
    make.charlie()
    post = write(as_("editor"), channel)
    jobs.tell_approvers(post.id)
    assert [to for to, _ in letters(mailing)] == ["alice@orchard.example"]
    assert [one.user.name for one in approving.approvers(post)] == ["Alice Ash"]


def test_who_answers_their_own_post_is_not_written_to(
    as_: As, channel: Channel, mailing: Sink
) -> None:
    post = write(as_("editor"), channel)
    make.member(make.bob()).role = "approver"
    mail_choices.choose(make.bob(), {"approved": "at_once"})
    database.session.commit()
    assert approve(as_("editor"), post) == 303
    mailing.messages.clear()
    approved = database.select(PostEvent.id).where(PostEvent.kind == "approved")
    jobs.tell_author(post.id, database.session.scalars(approved).one())
    assert letters(mailing) == []
