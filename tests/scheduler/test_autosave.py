"""Drafts saved by themselves, and two open forms of one post: whatever order things arrive in, no text
is lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.account.models import Membership
from app.audit.models import events as trail
from app.db import db as database
from app.scheduler import autosaving, composing, versions
from app.scheduler.composition import Composition
from app.scheduler.hands import Hand, Stale
from app.scheduler.labels import Label
from app.scheduler.models import Post
from tests import make

DATABASES = ("sqlite",)  # those that save at once: test_save_races
ONE, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def writer(client: FlaskClient, noon: datetime) -> FlaskClient:
    return client


def auto(client: FlaskClient, key: str = ONE, n: int = 1, **fields: object) -> TestResponse:
    return client.post("/posts/draft", data={"nonce": "n", "typing": f"{key}.{n}", **fields})


def only() -> Post:
    database.session.expire_all()
    return database.session.scalars(select(Post)).one()


def texts(post: Post) -> list[str]:
    """All that is kept of a post's first part, the newest first."""
    kept = [
        next(one.text for one in found.words if one.kind == "part")
        for found in versions.earlier(post, post.version, 1000)
    ]
    return [post.text, *kept]


def test_the_first_pause_makes_a_draft_and_the_next_ones_go_on_with_it(writer: FlaskClient) -> None:
    assert auto(writer, text=" ").status_code == 204
    first = auto(writer, text="Red", new_labels="Fruit, Ap")
    assert first.json == {
        "post": only().id,
        "version": 1,
        "words": "Saved at 13:00. New labels and new files are saved with the button.",
    }
    assert auto(writer, n=2, text="Red apples").json["version"] == 2  # its answer was lost
    later = auto(writer, n=3, text="Red apples today", post=only().id, version="1")
    assert later.json == {"post": only().id, "version": 3, "words": "Saved at 13:00."}
    assert texts(only()) == ["Red apples today"]
    assert database.session.scalars(select(Label)).all() == []
    assert [one.kind for one in only().events] == ["drafted"]
    said = list(database.session.scalars(select(trail.c.action)))
    assert said.count("post.created") == 1 and "post.changed" not in said


def test_a_go_of_writing_is_one_version(
    writer: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto(writer, text="Red")
    for n, minutes in enumerate((1, 9, 11, 12, 25), 2):
        monkeypatch.setattr(clock, "now", lambda at=noon + timedelta(minutes=minutes): at)
        auto(writer, n=n, text=f"Red {minutes}", post=only().id, version=only().version)
    assert texts(only()) == ["Red 25", "Red 12", "Red 9"]
    saved = {"action": "draft", "typing": f"{ONE}.9", "version": str(only().version)}
    writer.post(f"/posts/{only().id}/edit", data={"text": "Red, all of it", **saved})
    assert texts(only()) == ["Red, all of it", "Red 12", "Red 9"]
    kinds = [one.kind for one in only().events]
    assert kinds == ["drafted", "edited", "edited", "edited"]


@pytest.mark.parametrize("action", ["draft", "schedule"])
def test_the_button_of_a_form_that_saved_itself_goes_on_from_there(
    writer: FlaskClient, action: str
) -> None:
    channel = make.channel(make.alice())
    auto(writer, text="Half a")
    sent = {"text": "Half a line", "nonce": "n", "typing": f"{ONE}.2", "channels": channel.id}
    answer = writer.post("/posts/new", data={**sent, "when": "now", "action": action})
    assert answer.status_code == 303 and only().text == "Half a line"
    assert only().state == {"draft": "draft", "schedule": "scheduled"}[action]
    again = writer.post("/posts/new", data={**sent, "when": "now", "action": action})
    assert again.status_code == 303 and only().text == "Half a line"
    late = auto(writer, n=1, text="Half")
    assert late.status_code == 409 and only().text == "Half a line"


def test_a_form_that_went_back_and_says_something_else_is_not_swallowed(
    writer: FlaskClient,
) -> None:
    writer.post("/posts/new", data={"text": "First", "nonce": "n", "action": "draft"})
    answer = writer.post("/posts/new", data={"text": "Second", "nonce": "n", "action": "draft"})
    assert answer.status_code == 409
    assert "only here: </span>Second" in answer.text and "only there: </span>First" in answer.text


def test_what_can_not_be_saved_is_told_and_nothing_changes(writer: FlaskClient) -> None:
    long = auto(writer, text="x" * 20_001)
    assert long.status_code == 422 and "longer than" in long.json["words"]
    post = make.post(make.alice(), make.channel(make.alice()))
    refused = auto(writer, text="Other", post=post.id, version=post.version)
    assert refused.status_code == 409 and not refused.json["meets"]
    assert "not a draft" in refused.json["words"] and only().text == "Hello"
    make.sign_in(writer, make.bob())
    foreign = auto(writer, text="Other", post=post.id, version=post.version)
    assert foreign.status_code == 403 and "Alice Ash wrote this" in foreign.json["words"]
    page = make_page(writer, post)
    assert "data-url" not in page and "not a draft: press Save" in page


def make_page(client: FlaskClient, post: Post) -> str:
    make.sign_in(client, make.alice())
    return client.get(f"/posts/{post.id}/edit").text


def two(client: FlaskClient) -> tuple[Post, dict[str, object]]:
    """A draft that one form wrote and another one, which has not seen that, writes too."""
    auto(client, text="Red apples", comment="Bye")
    stale = {"post": only().id, "version": "1", "text": "Green apples", "comment": "Bye"}
    make.sign_in(client, make.bob())
    assert auto(client, OTHER, text="Red pears", post=only().id, version="1").status_code == 200
    make.sign_in(client, make.alice())
    return only(), stale


def test_two_that_write_see_both_and_choose(writer: FlaskClient) -> None:
    post, stale = two(writer)
    met = auto(writer, n=2, **stale)
    assert met.status_code == 409 and met.json["meets"] and only().text == "Red pears"
    for page in (
        writer.post("/posts/meeting", data=stale),
        writer.post(f"/posts/{post.id}/edit", data={**stale, "action": "draft"}),
    ):
        assert "Bob Birch saved another version" in page.text
        assert "[only here: </span>Green apples" in page.text
        assert "[only there: </span>Red pears" in page.text
        assert 'value="keep.mine.2" formaction' in page.text
    assert "Green apples</textarea>" in page.text


@pytest.mark.parametrize("which", ["mine", "theirs", "both"])
def test_whatever_is_chosen_nothing_is_lost(writer: FlaskClient, which: str) -> None:
    post, stale = two(writer)
    edit = f"/posts/{post.id}/edit"
    answer = writer.post(edit, data={**stale, "action": f"keep.{which}.2"})
    if which == "theirs":
        assert answer.status_code == 303 and texts(only()) == [
            "Red pears",
            "Green apples",
            "Red apples",
        ]
        again = writer.post(
            edit, data={**stale, "text": "Red pears", "comment": "", "action": "keep.theirs.2"}
        )
        assert again.status_code == 303 and only().version == 3
        return
    words = {"mine": "Green apples", "both": "Red pears\n\nGreen apples"}[which]
    assert f"{words}</textarea>" in answer.text.replace("\r", "")
    assert 'name="version" type="hidden" value="2"' in answer.text and "data-unsaved" in answer.text
    assert (
        writer.post(edit, data={"text": words, "version": "2", "action": "draft"}).status_code
        == 303
    )
    assert texts(only())[:2] == [words, "Red pears"]


def test_a_choice_between_two_is_asked_again_when_a_third_came(writer: FlaskClient) -> None:
    post, stale = two(writer)
    saved = {"text": "Plums", "version": "2", "action": "draft"}
    assert writer.post(f"/posts/{post.id}/edit", data=saved).status_code == 303
    answer = writer.post(f"/posts/{post.id}/edit", data={**stale, "action": "keep.mine.2"})
    assert answer.status_code == 409 and "only there: </span>Plums" in answer.text


def test_a_picture_that_came_with_the_form_stays_when_two_meet(writer: FlaskClient) -> None:
    from tests.scheduler.test_composer import picture

    post, stale = two(writer)
    sent = {**stale, "action": "draft", "media": picture(), "alt": "A pear"}
    answer = writer.post(f"/posts/{post.id}/edit", data=sent)
    assert answer.status_code == 409
    assert 'name="kept"' in answer.text and "pictures: 1 added." in answer.text


class Editor:
    """One who writes: what the open form shows, which version it began from, and what is still on its
    way. Each page that is loaded is a form of its own."""

    def __init__(self, member: Membership, post: Post) -> None:
        self.member, self.on_the_way = member, list[tuple[str, int, Hand]]()
        self.load(post)

    def load(self, post: Post) -> None:
        self.screen, self.base, self.hand = post.text, post.version, Hand(f"{next(KEYS):032x}")

    def next(self) -> tuple[str, int, Hand]:
        self.hand = replace(self.hand, count=self.hand.count + 1)
        return self.screen, self.base, self.hand


class Desk:
    """A draft and two who write it. `last` is what each form saved last."""

    def __init__(self, now: datetime) -> None:
        alice, bob = make.member(make.alice()), make.member(make.bob())
        self.now, self.words = now, (f"w{n}." for n in count())
        self.post = autosaving.begin(alice, composed("begun"), f"n{next(KEYS)}", Hand(), now)
        self.editors = [Editor(alice, self.post), Editor(bob, self.post)]
        self.last: dict[str, str] = {}

    def arrives(self, one: Editor, sent: tuple[str, int, Hand], *, by_button: bool = False) -> bool:
        """As the routes do; False when two versions met."""
        (text, base, hand), post = sent, self.post
        try:
            with database.session.begin_nested():
                if by_button:
                    made = composed(text, rough=False)
                    composing.revise(post, one.member, made, base, self.now, hand)
                else:
                    autosaving.go_on(post, one.member, composed(text), base, hand, self.now)
        except Stale:
            return False
        self.last[hand.key] = text
        return True

    def step(self, who: int, what: str, how: str) -> None:
        one, self.now = self.editors[who], self.now + timedelta(seconds=3)
        if what == "type":
            one.screen = next(self.words)
        elif what == "wait":
            self.now += timedelta(minutes=11)
        elif what == "hang":
            one.on_the_way.append(one.next())
        elif what == "late" and one.on_the_way:
            self.arrives(one, one.on_the_way.pop(0))
        elif what != "late":
            self.save(one, what, how)

    def save(self, one: Editor, what: str, how: str) -> None:
        """By itself, with its answer lost, by the button, or before the page is left."""
        if not self.arrives(one, one.next(), by_button=what == "press"):
            self.choose(one, how)
        elif what in ("press", "leave"):
            one.load(self.post)
        elif what == "auto":
            one.base = self.post.version

    def choose(self, one: Editor, how: str) -> None:
        if how == "theirs":
            words = versions.said_by(composed(one.screen))
            versions.set_aside(self.post, words, one.member, self.now)
            self.last[one.hand.key] = one.screen
            one.load(self.post)
        else:
            one.screen += self.post.text if how == "both" else ""
            one.base = self.post.version

    def lost(self) -> set[str]:
        """What a form saved last, that neither the post nor its versions hold, nor the form itself
        still shows or has written on from."""
        database.session.flush()
        database.session.expire(self.post)
        is_open = {one.hand.key for one in self.editors}
        kept = set(texts(self.post))
        return {text for key, text in self.last.items() if key not in is_open} - kept


KEYS = count(1)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(
            ["type", "type", "auto", "auto", "unheard", "press", "leave", "hang", "late", "wait"]
        ),
        st.sampled_from(["mine", "theirs", "both"]),
    ),
    min_size=4,
    max_size=24,
)


def composed(text: str, *, rough: bool = True) -> Composition:
    return Composition(text, (), (), None, "", "UTC", is_rough=rough)


@pytest.mark.parametrize("most", [12, pytest.param(300, marks=pytest.mark.security_long)])
def test_no_order_of_saves_loses_a_text(db: object, noon: datetime, most: int) -> None:
    settings(max_examples=most)(given(steps=STEPS)(_loses_nothing))(now=noon)


def _loses_nothing(now: datetime, steps: list[tuple[int, str, str]]) -> None:
    desk = Desk(now)
    for who, what, how in steps:
        desk.step(who, what, how)
        assert desk.lost() == set()
    for one in desk.editors:  # both go in the end, and find their words again
        while not desk.arrives(one, one.next()):
            desk.choose(one, "mine")
        shown = one.screen
        one.load(desk.post)
        assert shown in texts(desk.post) and desk.lost() == set()
    database.session.rollback()
