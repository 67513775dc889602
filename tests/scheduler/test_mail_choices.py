"""How a person hears by mail of what happens: their choice for each kind, asked in one place, and the
link in a mail that ends such mails."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.account.models import User
from app.audit.models import AuditEvent
from app.db import db as database
from app.publishing import telling
from app.scheduler import approving, jobs, mail_choices, notices
from app.scheduler.events import note
from app.scheduler.models import Delivery, Post
from app.scheduler.notice_kinds import CHOSEN, GROUPS, KINDS
from app.scheduler.notices import Notice
from tests import make
from tests.servers.smtp import Sink

DATABASES = ("sqlite",)
pytestmark = pytest.mark.usefixtures("rung", "noon")
PAGE = "/account/notifications"


@pytest.fixture
def bob(db: object) -> User:
    make.alice()
    return make.bob()


def choose(user: User, **ways: str) -> None:
    mail_choices.choose(user, ways)
    database.session.commit()


def sent(mailing: Sink) -> list[tuple[str, str]]:
    found = [(str(one["To"]), str(one["Subject"])) for one in mailing.messages]
    mailing.messages.clear()
    return [(to.partition("@")[0], subject.removesuffix(" - AllStac")) for to, subject in found]


def told(user: User) -> list[str]:
    mine = Notice.of(make.member(user)).order_by(Notice.id)
    return [one.kind for one in database.session.scalars(mine)]


def comment(post: Post, by: User, words: str = "Plums?") -> None:
    event = note(post, make.member(by), "commented", make.NOON, words)
    database.session.commit()
    jobs.tell_author(post.id, event.id)


def test_the_page_shows_what_holds_and_keeps_what_is_chosen(client: FlaskClient) -> None:
    alice = make.alice()
    assert {name for names in GROUPS.values() for name in names} == set(CHOSEN)
    shown = client.get(PAGE).text
    assert all(kind.title.replace("'", "&#39;") in shown for kind in CHOSEN.values())
    wanted = mail_choices.of(alice) | {"asked": "digest", "failed": "none"}
    assert client.post(PAGE, data=wanted).status_code == 303
    assert mail_choices.of(alice) == wanted
    assert mail_choices.of(make.charlie()) == {name: one.mail for name, one in CHOSEN.items()}
    last = database.select(AuditEvent.action).order_by(AuditEvent.number.desc())
    assert database.session.scalars(last).first() == "notification.chosen"
    before = database.session.scalars(last).all()
    assert client.post(PAGE, data=wanted).status_code == 303
    assert database.session.scalars(last).all() == before, "nothing changed"


def test_choices_are_each_persons_own(client: FlaskClient) -> None:
    alice, charlie = make.alice(), make.charlie()
    choose(charlie, asked="none")
    assert mail_choices.of(alice)["asked"] == "at_once"
    choose(alice, asked="digest")
    assert mail_choices.of(charlie)["asked"] == "none"
    ids = {alice.id, charlie.id}
    assert mail_choices.of_each(ids, "asked") == {alice.id: "digest", charlie.id: "none"}


def test_what_is_none_of_the_three_is_told_beside_its_field_and_nothing_is_lost(
    client: FlaskClient,
) -> None:
    wanted = dict.fromkeys(CHOSEN, "none") | {"eyes": "by pigeon"}
    del wanted["asked"]
    answer = client.post(PAGE, data=wanted)
    assert answer.status_code == 422
    assert answer.text.count("Choose one of the three.") == 2
    assert answer.text.count('<option selected value="none">') == len(CHOSEN) - 2
    assert mail_choices.of(make.alice()) == {name: one.mail for name, one in CHOSEN.items()}


def test_a_mail_that_must_be_told_is_not_chosen_away(client: FlaskClient) -> None:
    alice = make.alice()
    fixed = set(KINDS) - set(CHOSEN)
    assert fixed == {"plan_unpaid", "plan_lapsed"}
    sent = dict.fromkeys(KINDS, "none")
    assert client.post(PAGE, data=sent).status_code == 303
    for kind in fixed:
        home = make.member(alice).organization_id
        assert notices.tell([alice], kind, make.NOON, home=home) == [alice]


def test_each_way_is_kept_to_and_in_the_product_it_always_stands(bob: User, mailing: Sink) -> None:
    post, alice = make.post(bob, make.channel(bob)), make.alice()
    waiting = database.select(Notice.id).where(Notice.digest_since.is_not(None))
    mails = {"at_once": [("bob", "A new comment on a post")], "digest": [], "none": []}
    waits = {"at_once": 0, "digest": 1, "none": 0}
    for number, way in enumerate(mails, 1):
        choose(bob, commented=way)
        notices.read(make.member(bob), make.NOON)
        comment(post, alice)
        assert (sent(mailing), told(bob)) == (mails[way], ["commented"] * number)
        assert len(database.session.scalars(waiting).all()) == waits[way]


def test_a_comment_is_told_to_the_author_and_to_who_commented_before_and_to_nobody_else(
    bob: User, mailing: Sink, db: object
) -> None:
    orchard, alice = make.organization("Orchard"), make.alice()
    dora = make.person("dora@orchard.example", "Dora Dell", orchard, "approver")
    make.person("eve@orchard.example", "Eve Elm", orchard, "approver")
    post = make.post(bob, make.channel(bob))
    comment(post, dora)
    assert [to for to, _ in sent(mailing)] == ["bob"]
    comment(post, alice, "Pears")
    assert sorted(to for to, _ in sent(mailing)) == ["bob", "dora"]
    comment(post, bob)
    assert sorted(to for to, _ in sent(mailing)) == ["alice", "dora"]
    database.session.delete(make.member(dora))
    database.session.commit()
    comment(post, bob)
    assert [to for to, _ in sent(mailing)] == ["alice"], "who has left reads nothing of ours"


def test_a_teammates_comment_on_the_page_rings_for_telling(
    client: FlaskClient, bob: User, rung: list[tuple[str, tuple[object, ...]]]
) -> None:
    post = make.post(bob, make.channel(bob))
    client.post(f"/posts/{post.id}/comments", data={"comment": "Plums?"})
    database.session.refresh(post)
    assert rung[-1] == ("tell_author", (post.id, post.events[-1].id))


def test_what_stands_there_unread_is_not_said_twice(bob: User, mailing: Sink) -> None:
    post = make.post(bob, make.channel(bob))
    for _ in range(3):
        comment(post, make.alice())
    assert told(bob) == ["commented"]
    notices.read(make.member(bob), make.NOON)
    comment(post, make.alice())
    assert told(bob) == ["commented", "commented"]


def test_one_mail_about_many_posts_holds_only_what_is_told_at_once(
    bob: User, mailing: Sink
) -> None:
    channel = make.channel(bob)
    failed, held = make.post(bob, channel), make.post(bob, channel, text="Other")
    for post, values in (
        (failed, {"state": "failed", "reason": "Refused."}),
        (held, {"state": "held", "hold": "late"}),
    ):
        changed = database.update(Delivery).where(Delivery.post_id == post.id).values(values)
        database.session.execute(changed)
    choose(bob, eyes="digest")
    letters = telling.take(channel.organization_id, make.NOON).letters
    [(to, words)] = letters
    assert (to, words["count"], words["posts"][0]["path"]) == (bob.email, 1, f"/posts/{failed.id}")
    assert sorted(told(bob)) == ["eyes", "failed"]


def test_while_no_mail_leaves_each_try_writes_the_same_line(bob: User) -> None:
    post = make.post(bob, make.channel(bob))
    failed = {"state": "failed", "reason": "Refused."}
    database.session.execute(database.update(Delivery).values(failed))
    for _ in range(3):
        taken = telling.take(post.organization_id, make.NOON)
        assert len(taken.letters) == 1
        telling.give_back(taken)
    assert told(bob) == ["failed"]


def test_one_press_ends_mails_of_that_kind_without_a_session_and_only_theirs(
    app: Flask, bob: User, mailing: Sink
) -> None:
    comment(make.post(bob, make.channel(bob)), make.alice())
    [letter] = mailing.messages
    words, stop = letter.get_content(), letter["List-Unsubscribe"].strip("<>")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in words and "http://localhost/account/notifications" in words
    path, outside = stop.removeprefix("http://localhost"), app.test_client()
    assert outside.get(path).status_code == 200
    assert mail_choices.of(bob)["commented"] == "at_once", "a GET changes nothing"
    for forged in (path[:-4] + "AAAA", path + "é", path.replace(".", ""), "/notifications/stop/x"):
        assert outside.post(forged).status_code == 404
    for _ in range(2):
        pressed = outside.post(path, data={"List-Unsubscribe": "One-Click"})
        assert pressed.status_code == 200 and "Stopped" in pressed.text
    changed = {"commented": "none"}
    assert mail_choices.of(bob) == {name: one.mail for name, one in CHOSEN.items()} | changed
    assert mail_choices.of(make.alice())["commented"] == "at_once"


def test_what_asks_for_something_has_no_press_that_ends_it_unseen(bob: User, mailing: Sink) -> None:
    make.rule("one")
    post = make.post(bob, make.channel(bob))
    assert approving.to_be_told(post) == [make.alice()]
    jobs.tell_approvers(post.id)
    [letter] = mailing.messages
    assert letter["List-Unsubscribe"] is None
    assert "http://localhost/account/notifications" in letter.get_content()


def test_the_plan_is_told_in_the_product_to_those_who_pay(client: FlaskClient, bob: User) -> None:
    home = make.member(make.alice()).organization_id
    everybody: list[Any] = [make.alice(), bob, make.charlie()]
    assert notices.tell(everybody, "plan_choose", make.NOON, home=home) == everybody[:2]
    database.session.commit()
    assert 'href="/billing/channels"' in client.get("/notifications").text
