"""The shorter ways through a day: a post used again, a day that moves, several yeses at once, and the
next free slot where channels have slots."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account.approval_rule import ApprovalRule
from app.account.models import User
from app.db import db as database
from app.scheduler import approving, slots
from app.scheduler.composing import write as compose
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from tests import make

DATABASES = ("sqlite",)
DAY = timedelta(days=1)


@pytest.fixture
def owner(client: FlaskClient) -> User:
    make.sign_in(client, make.alice())
    return make.alice()


def at(post: Post) -> str:
    database.session.refresh(post)
    assert post.due_at
    return f"{post.due_at.astimezone(make.alice().zone):%Y-%m-%d %H:%M}"


def due(user: User, text: str, days: int, wall: str) -> Post:
    day = (clock.now() + days * DAY).astimezone(user.zone)
    hour, minute = map(int, wall.split(":"))
    instant = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    made = Composition(text, (make.channel(make.alice()),), (), instant, "", user.timezone)
    post = compose(make.member(user), made, text, clock.now())
    database.session.commit()
    return post


def test_a_post_is_used_again_with_all_that_it_says(client: FlaskClient, owner: User) -> None:
    sent = {"text": "Pears", "comment": "Ripe ones", "campaign": "Harvest", "action": "draft"}
    client.post("/posts/new", data=sent | {"nonce": "n1"})
    [post] = database.session.scalars(database.select(Post))
    page = client.get(f"/posts/new?from={post.id}").text
    for said in ("Pears", "Ripe ones", 'value="Harvest"'):
        assert said in page
    assert 'action="/posts/new"' in page and 'name="nonce" type="hidden" value="n1"' not in page
    assert client.get("/posts/new?from=0").status_code == 404
    assert client.get("/posts/new?from=x").status_code == 404


def test_a_strangers_post_is_not_used_again(client: FlaskClient, owner: User) -> None:
    foreign = make.post(make.charlie(), make.channel(make.charlie()), text="Secret plums")
    assert client.get(f"/posts/new?from={foreign.id}").status_code == 404


def test_the_next_free_slot_is_offered_where_every_channel_has_one(
    client: FlaskClient, owner: User
) -> None:
    channel = make.channel(owner)
    assert 'value="at" checked' in client.get("/posts/new").text
    slots.add(make.member(owner), (channel,), (0, 3), ("09:00",), "Europe/Berlin")
    database.session.commit()
    assert 'value="next_slot" checked' in client.get("/posts/new").text
    assert 'value="at" checked' in client.get("/posts/new?on=2027-03-01").text


def test_a_day_moves_and_each_post_keeps_its_time(client: FlaskClient, owner: User) -> None:
    first, second, other = (
        due(owner, "One", 2, "09:00"),
        due(owner, "Two", 2, "17:30"),
        due(owner, "Other", 3, "10:00"),
    )
    day, to = at(first)[:10], f"{(clock.now() + 9 * DAY).astimezone(owner.zone):%Y-%m-%d}"
    assert "Move the day" in client.get(f"/calendar/{day}").text
    answer = client.post(f"/calendar/{day}/move", data={"to": to}, follow_redirects=True)
    assert "2 posts moved to" in answer.text
    assert [at(first), at(second)] == [f"{to} 09:00", f"{to} 17:30"]
    assert at(other)[:10] not in (day, to)


@pytest.mark.parametrize("to", ["", "yesterday", "2001-01-01", "2101-01-01"])
def test_a_day_that_can_not_be_is_refused_beside_its_field(
    client: FlaskClient, owner: User, to: str
) -> None:
    post = due(owner, "One", 2, "09:00")
    before = at(post)
    answer = client.post(f"/calendar/{before[:10]}/move", data={"to": to})
    assert answer.status_code == 422 and 'id="to-problem"' in answer.text
    assert at(post) == before


def test_an_editor_moves_their_own_of_a_day(client: FlaskClient) -> None:
    alice, bob = make.alice(), make.bob()
    hers, his = due(alice, "Hers", 2, "09:00"), due(bob, "His", 2, "10:00")
    day, to = at(hers)[:10], f"{(clock.now() + 9 * DAY).astimezone(bob.zone):%Y-%m-%d}"
    make.sign_in(client, bob)
    client.post(f"/calendar/{day}/move", data={"to": to})
    assert (at(hers)[:10], at(his)[:10]) == (day, to)


def test_several_are_approved_at_once_and_only_as_they_were_read(
    client: FlaskClient, owner: User
) -> None:
    make.member(owner).organization.approval_rule = ApprovalRule.ONE
    database.session.commit()
    bob = make.bob()
    posts = [
        due(bob, text, 2, wall) for text, wall in (("A", "09:00"), ("B", "10:00"), ("C", "11:00"))
    ]
    page = client.get("/approvals").text
    assert "Approve all 3" in page
    shown = [f"{one.id}:{approving.fingerprint(one)}" for one in posts]
    shown[2] = f"{posts[2].id}:{'0' * 64}"  # read before it changed
    answer = client.post("/approvals", data={"shown": shown}, follow_redirects=True)
    assert "2 approved." in answer.text and "1 changed meanwhile" in answer.text
    database.session.expire_all()
    assert [one.state for one in posts] == ["scheduled", "scheduled", "pending_approval"]
    for nothing in ("0:x", "x", f"{posts[0].id}:{'0' * 64}"):
        answer = client.post("/approvals", data={"shown": nothing}, follow_redirects=True)
        assert "Nothing was approved." in answer.text
