"""Each limit at n and at n + 1, with words and without losing what was typed. Redis is away in all
of these tests: nothing here rests on it."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from app import clock, sizes
from app.account import limits
from app.channels.models import Channel
from app.db import db as database
from app.pace import Pace
from app.publishing import cards
from app.publishing.claiming import Claimed
from app.sandbox.models import Wall
from app.scheduler import quotas
from app.scheduler.models import Delivery, Post
from tests import make
from tests.times import Times

DATABASES = ("sqlite",)  # which one it is makes no difference here


@pytest.fixture
def measured(app: Flask, monkeypatch: pytest.MonkeyPatch, times: Times) -> Times:
    """The pace as it is in production, from the beginning of a minute."""
    times.now = times.now.replace(second=20, microsecond=0)
    pace = {"session": Pace(300, 60), "network": Pace(60, 60)}
    monkeypatch.setitem(app.extensions, "pace", pace)
    return times


def test_a_session_sees_three_hundred_pages_a_minute(client: FlaskClient, measured: Times) -> None:
    answers = [client.get("/privacy").status_code for _ in range(300)]
    assert answers == [200] * 300
    answer = client.get("/privacy")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "40"
    assert "Please wait 40 seconds." in answer.text
    assert "asks again by itself" in answer.text
    measured.go(seconds=40)
    assert client.get("/privacy").status_code == 200


def test_a_network_without_a_session_sees_sixty(app: Flask, db: object, measured: Times) -> None:
    """Whatever cookie it makes up; another network, health and static files go on."""
    codes = []
    for number in range(60):
        made_up = app.test_client()
        made_up.set_cookie("allstac", f"made-up-{number}")
        codes.append(made_up.get("/privacy").status_code)
    assert codes == [200] * 60
    visitor = app.test_client()
    assert visitor.get("/privacy").status_code == 429
    for free in ("/health/live", "/health/ready", "/static/css/base.css"):
        assert visitor.get(free).status_code == 200, free
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert visitor.get("/privacy", environ_overrides=elsewhere).status_code == 200
    measured.go(seconds=60)
    assert visitor.get("/privacy").status_code == 200


def test_who_is_signed_in_does_not_share_the_networks_sixty(
    client: FlaskClient, app: Flask, measured: Times
) -> None:
    for _ in range(61):
        app.test_client().get("/privacy")
    assert client.get("/calendar").status_code == 200


def test_a_form_that_came_too_fast_can_be_sent_again(client: FlaskClient, measured: Times) -> None:
    for _ in range(300):
        client.get("/privacy")
    sent = {"text": "Written in a hurry", "when": "now", "channels": ["1", "2"], "csrf_token": "t"}
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 429
    assert "Refresh" not in answer.headers, "a form is not sent twice by itself"
    for kept in ("Written in a hurry", 'action="/posts/new"', 'value="t"', "Send it again"):
        assert kept in answer.text
    assert answer.text.count('name="channels"') == 2
    swap = client.post("/posts/preview", data=sent, headers={"HX-Request": "true"})
    assert (swap.status_code, swap.headers["HX-Retarget"]) == (429, "#flashes")


def test_looking_at_a_page_writes_nothing_to_count(client: FlaskClient, measured: Times) -> None:
    client.get("/calendar")
    said: list[str] = []

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement.split()[0].upper())

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        for _ in range(3):
            assert client.get("/calendar").status_code == 200
        assert "IMMEDIATE" not in " ".join(said)
        assert set(said) <= {"SELECT", "BEGIN"}
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)


def test_a_page_begins_by_reading(app: Flask, client: FlaskClient) -> None:
    """SQLite has one writer; who only looks must not stand in its way."""
    if database.engine.dialect.name != "sqlite":
        assert client.get("/calendar").status_code == 200
        return
    client.get("/calendar")  # the first page after signing in keeps the token of its forms
    with database.engine.begin() as writer:  # BEGIN IMMEDIATE: holds the lock
        writer.execute(text("UPDATE user SET name = name"))
        begun = time.monotonic()
        assert client.get("/calendar").status_code == 200
        assert time.monotonic() - begun < 2


def test_what_is_counted_is_forgotten_with_its_minute(times: Times) -> None:
    pace, now = Pace(1, 60), times.now
    assert pace.take("a", now) == 0
    assert pace.take("a", now) > 0
    assert pace.take("b", now + timedelta(minutes=1)) == 0
    assert pace.counts == {"b": 1}
    assert [Pace(0, 60).take("a", now) for _ in range(3)] == [0, 0, 0]


# requests


def post(client: FlaskClient, **sent: object) -> TestResponse:
    return client.post("/posts/new", data={"text": "Hi", "when": "now", "action": "draft"} | sent)


def test_an_address_of_4096_signs(client: FlaskClient) -> None:
    fits = "/calendar?x=" + "y" * (sizes.MOST_URL - len("/calendar?x="))
    assert client.get(fits).status_code == 200
    answer = client.get(fits + "y")
    assert answer.status_code == 414
    assert "4,096 characters" in answer.text


def test_headers_of_16_kb(client: FlaskClient) -> None:
    def ask(length: int) -> int:
        return client.get("/health/live", headers={"X-Long": "y" * length}).status_code

    most = next(n for n in range(16_384, 15_000, -1) if ask(n) == 200)
    assert ask(most + 1) == 431
    assert sizes.MOST_HEADERS - most < 700, "the rest are the client's own headers and cookie"


def test_a_body_of_2_mb(client: FlaskClient) -> None:
    around = len("text=&when=now&action=draft")
    most = sizes.MOST_BODY - around
    assert post(client, text="y" * most).status_code == 422, "read, and refused for its length"
    answer = post(client, text="y" * (most + 1))
    assert answer.status_code == 413
    assert "A request holds at most 2 MB here" in answer.text


def test_a_field_of_500_kb_where_files_may_come_along(client: FlaskClient) -> None:
    def send(length: int) -> TestResponse:
        sent = {"text": "y" * length, "action": "draft"}
        return client.post("/posts/new", data=sent, content_type="multipart/form-data")

    assert send(sizes.MOST_FIELD - 300).status_code == 422
    answer = send(sizes.MOST_FIELD + 1)
    assert answer.status_code == 413
    assert "200 fields and 500 kB of text" in answer.text


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_two_hundred_fields(client: FlaskClient, kind: str) -> None:
    def send(parts: int) -> int:
        sent = {"text": "Hi", "when": "now", "action": "draft", "alt": ["x"] * (parts - 3)}
        return client.post("/posts/new", data=sent, content_type=kind).status_code

    assert send(200) == 303
    assert send(201) == 413


@pytest.fixture
def wall(db: object) -> Iterator[tuple[str, dict[str, str]]]:
    made, token = Wall.put_up(make.member(make.alice()), clock.now())
    database.session.commit()
    yield f"/sandbox/api/walls/{made.slug}/posts/k", {"Authorization": f"Bearer {token}"}


def test_json_of_256_kb(anonymous: FlaskClient, wall: tuple[str, dict[str, str]]) -> None:
    path, key = wall

    def put(length: int) -> int:
        body = json.dumps({"text": "", "created_at": "2026-11-24T12:00:00Z"})
        body = body.replace('""', '"' + "y" * (length - len(body)) + '"', 1)
        assert len(body) == length
        kind = {"Content-Type": "application/json"}
        return anonymous.put(path, data=body, headers=key | kind).status_code

    assert put(sizes.MOST_JSON) == 200
    assert put(sizes.MOST_JSON + 1) == 413


@pytest.mark.parametrize("body", ["[" * 1000 + "]" * 1000, "[" * 100_000, '{"text":' * 50_000,
    "NaN", '{"text": NaN}', "null", "[]", '"x"', "", "{", '{"text": 1, "text": "x"}', "\xff",
    '{"text":"\\ud800","created_at":"2026-11-24T12:00:00Z"}',
    '{"text":"x","created_at":"2026-11-24T12:00:00"}',
    '{"text":"x","created_at":1e400}', '{"text":"x","pictures":{"a":1},"created_at":"2026-11-24T12:00:00Z"}',
])  # fmt: skip
def test_json_that_is_no_post_is_refused(
    anonymous: FlaskClient, wall: tuple[str, dict[str, str]], body: str
) -> None:
    path, key = wall
    sent = key | {"Content-Type": "application/json"}
    assert anonymous.put(path, data=body, headers=sent).status_code in (400, 413, 422)


# accounts elsewhere


def test_twenty_accounts_an_hour(client: FlaskClient, times: Times) -> None:
    codes = [client.post("/channels/connect/sandbox").status_code for _ in range(21)]
    assert codes == [303] * 20 + [429]
    times.go(hours=1)
    assert client.post("/channels/connect/sandbox").status_code == 303


def test_ten_questions_to_named_servers_a_minute(client: FlaskClient, times: Times) -> None:
    times.now = times.now.replace(minute=5, second=1)
    channel = make.channel(make.alice(), "bluesky", "grace", access="x", refresh="y")
    sent = {"host": "http://127.0.0.1:9", "handle": "grace.test", "app_password": "hunter-2-hunter"}
    answers = [client.post("/channels/connect/bluesky", data=sent) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert 'value="grace.test"' in answers[10].text, "what was typed stays"
    assert "hunter-2-hunter" not in answers[10].text
    assert "That was often in a short time." in answers[10].text
    assert client.post(f"/channels/{channel.id}/check").headers["Retry-After"]
    times.go(minutes=1)
    assert client.post("/channels/connect/bluesky", data=sent).status_code == 422


# posts


@pytest.fixture
def orchard(client: FlaskClient, times: Times) -> Channel:
    times.now = make.NOON
    return make.channel(make.alice(), name="grace")


def schedule(client: FlaskClient, channel: Channel, **sent: str) -> TestResponse:
    given = {
        "text": "One more",
        "channels": str(channel.id),
        "when": "at",
        "due_at": "2026-12-24T15:00",
    }
    return client.post("/posts/new", data=given | sent)


def plant(channel: Channel, count: int, *, days: int = 3) -> None:
    """So many scheduled posts on one channel, spread over many days."""
    first = clock.now() + timedelta(days=days)
    member = make.member(make.alice())
    for number in range(count):
        due = first + timedelta(hours=12 * number)
        made = Post(
            organization_id=member.organization_id, author_id=member.user_id, text="x",
            state="scheduled", due_at=due, nonce=f"p{number}-{days}", created_at=due, updated_at=due,
        )  # fmt: skip
        made.deliveries = [
            Delivery(organization_id=member.organization_id, channel_id=channel.id,
                     state="scheduled", due_at=due, not_before=due)
        ]  # fmt: skip
        database.session.add(made)
    database.session.commit()


def test_500_posts_wait_for_a_channel(client: FlaskClient, orchard: Channel) -> None:
    other = make.channel(make.alice(), name="heidi")
    plant(orchard, 499, days=40)
    assert schedule(client, orchard).status_code == 303
    answer = schedule(client, orchard, text="One too many")
    assert answer.status_code == 422
    assert "500 posts wait for grace.test already, the most that fit." in answer.text
    assert "One too many" in answer.text
    assert schedule(client, other).status_code == 303
    assert schedule(client, orchard, action="draft").status_code == 303


def test_50_posts_a_day_go_to_a_channel(client: FlaskClient, orchard: Channel) -> None:
    """The day is the person's: Berlin's, an hour ahead of UTC in December."""
    for minute in range(50):
        assert schedule(client, orchard, due_at=f"2026-12-24T00:{minute:02}").status_code == 303
    answer = schedule(client, orchard, due_at="2026-12-24T23:59", text="The fifty-first")
    assert answer.status_code == 422
    assert "grace.test has 50 posts on 24 December, the most for one day." in answer.text
    assert "The fifty-first" in answer.text
    assert schedule(client, orchard, due_at="2026-12-25T00:00").status_code == 303
    moved = database.session.scalars(database.select(Post).order_by(Post.id.desc())).first()
    assert moved
    move = client.post(f"/posts/{moved.id}/move", data={"due_at": "2026-12-24T12:00"})
    assert move.status_code == 422
    assert "the most for one day" in move.text
    inside = database.session.scalars(database.select(Post).order_by(Post.id)).first()
    assert inside
    within = client.post(f"/posts/{inside.id}/move", data={"due_at": "2026-12-24T13:00"})
    assert within.status_code == 303, "what is counted already may move within its day"


def test_publishing_now_counts_towards_today(client: FlaskClient, orchard: Channel) -> None:
    for _ in range(50):
        assert schedule(client, orchard, when="now").status_code == 303
    waiting = make.post(make.alice(), orchard)
    answer = client.post(f"/posts/{waiting.id}/publication")
    assert answer.status_code == 422
    assert "grace.test has 50 posts on 24 November" in answer.text


def test_5000_posts_wait_in_an_organization(
    client: FlaskClient, orchard: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quotas.ORGANIZATION == 5000
    monkeypatch.setattr(quotas, "ORGANIZATION", 5)
    plant(orchard, 4)
    assert schedule(client, orchard).status_code == 303
    answer = schedule(client, orchard)
    assert answer.status_code == 422
    assert "5 posts wait in your organisation, the most that fit." in answer.text


def claimed(organization_id: int) -> Claimed:
    given = dict.fromkeys(Claimed.__dataclass_fields__)
    fields = given | {"organization_id": organization_id, "network": "bluesky"}
    return Claimed(**fields)  # type: ignore[arg-type]


def test_30_link_previews_a_minute_and_then_posts_without(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "PACE", Pace(cards.PACE.most, cards.PACE.seconds))
    link = "Read https://orchard.example"
    assert not cards.may_look_up(claimed(1), "no link", times.now)
    first = [cards.may_look_up(claimed(1), link, times.now) for _ in range(31)]
    assert first == [True] * 30 + [False]
    assert cards.may_look_up(claimed(2), link, times.now)
    assert cards.may_look_up(claimed(1), link, times.go(minutes=1))


# lists, dates, statements


REACHES = [
    ("/posts?page=1", 200), ("/posts?page=2", 404), ("/posts?page=999999", 404),
    ("/posts?page=1000000000", 404), ("/posts?page=0", 200), ("/posts?page=-1", 404),
    ("/settings/privacy/data/post?page=10000", 200), ("/settings/privacy/data/post?page=10001", 404),
    ("/posts?page=x", 404), ("/posts?page=", 404), ("/posts?page=1e3", 404), ("/posts?state=x", 404),
    ("/calendar?month=2100-12", 200), ("/calendar?month=2101-01", 404), ("/calendar?month=1999-12", 404),
    ("/calendar?month=2026-13", 404), ("/calendar?month=0000-00", 404), ("/calendar/2100-12-31", 200),
    ("/calendar/2101-01-01", 404), ("/calendar/9999-12-31", 404), ("/calendar/0001-01-01", 404),
    ("/calendar/2026-02-30", 404), ("/posts/new?on=2026-02-30", 200),
    ("/posts/new?on=9999-12-31", 200),
]  # fmt: skip
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "America/Adak")
REACHED = [
    pytest.param(*reach, zone, marks=[] if (n + m) % 3 == 0 else pytest.mark.security_long)
    for n, reach in enumerate(REACHES)
    for m, zone in enumerate(ZONES)
]


@pytest.mark.parametrize(("path", "status", "zone"), REACHED)
def test_pages_and_dates_that_are_out_of_reach(
    client: FlaskClient, path: str, status: int, zone: str
) -> None:
    make.alice().timezone = zone
    database.session.commit()
    begun = time.monotonic()
    assert client.get(path).status_code == status
    assert time.monotonic() - begun < 2


def test_a_statement_that_takes_too_long_is_stopped(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds in production; a tenth of one here. What was typed stays."""
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no such limit")
    assert database.session.execute(text("SHOW statement_timeout")).scalar() == "10s"

    def slow(*_: object, **__: object) -> None:
        database.session.execute(text("SET LOCAL statement_timeout = 100"))
        database.session.execute(text("SELECT pg_sleep(5)"))

    monkeypatch.setattr("app.scheduler.composing.write", slow)
    channel = make.channel(make.alice())
    sent = {"text": "Do not lose me", "when": "now", "channels": [channel.id], "csrf_token": "t"}
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 503
    assert "took longer than 10 seconds" in answer.text
    assert "Do not lose me" in answer.text
    assert "Send it again" in answer.text


def test_limits_on_sign_in_rest_on_no_redis(app: Flask) -> None:
    assert app.config["SETTINGS"].redis_url == "redis://127.0.0.1:1/0", "nobody listens there"
    assert (limits.SIGN_IN.most, limits.SIGN_IN_NETWORK.most) == (10, 30)
