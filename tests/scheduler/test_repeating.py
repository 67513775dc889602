"""Posts that come again, from the outside: made late and once, skipped, changed for one or for all."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.db import table
from app.scheduler import quotas, repeat_jobs
from app.scheduler.models import Post
from app.scheduler.recurrence import Occurrence, Recurrence
from tests import make
from tests.scheduler.test_slots import BERLIN, add

DATABASES = ("sqlite",)


class Wall:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = make.NOON
        patch.setattr(clock, "now", lambda: self.now)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """A Tuesday, noon in UTC and one in Berlin, where Alice lives."""
    return Wall(monkeypatch)


@pytest.fixture
def channel(db: object, wall: Wall) -> Channel:
    return make.channel(make.alice())


def form(channel: Channel, **more: object) -> dict[str, object]:
    sent = {"text": "Hello", "channels": [channel.id], "when": "at", "due_at": "2026-11-25T09:30"}
    return sent | {"nonce": f"n{clock.stopwatch()}", "repeat": "day", "every": "1"} | more


def send(client: FlaskClient, channel: Channel, **more: object) -> TestResponse:
    return client.post("/posts/new", data=form(channel, **more))


def posts(*states: str) -> list[Post]:
    database.session.expire_all()
    chosen = select(Post).where(Post.state.in_(states or ("scheduled",))).order_by(Post.due_at)
    return list(database.session.scalars(chosen))


def due(*states: str) -> list[str]:
    local = [one.due_at and one.due_at.astimezone(ZoneInfo(BERLIN)) for one in posts(*states)]
    return [f"{one:%m-%d %H:%M}" for one in local if one]


def series() -> Recurrence:
    newest = select(Recurrence).order_by(Recurrence.id.desc()).limit(1)
    return database.session.scalars(newest).one()


def test_the_next_five_dates_are_shown_before_saving(client: FlaskClient, channel: Channel) -> None:
    sent = form(channel, repeat="week", repeat_days=["0", "4"], due_at="2027-03-22T02:30")
    shown = client.post("/posts/dates", data=sent).text
    days = ["Mon 22 Mar", "Fri 26 Mar", "Mon 29 Mar", "Fri 2 Apr", "Mon 5 Apr"]
    found = re.findall(r"(\w{3} \d+ \w{3})(?: 2027)?, 02:30", shown)
    assert found == days
    assert shown.count("<li>") == 5
    sunday = form(channel, repeat="day", due_at="2027-03-27T02:30")
    shown = client.post("/posts/dates", data=sunday).text
    assert "02:30 does not exist that night in Europe/Berlin; we use 03:30." in shown
    page = client.post("/posts/new", data=sunday | {"action": "preview"}).text
    assert re.search("Sat 27 Mar( 2027)?, 02:30", page)


def test_dates_become_posts_two_weeks_ahead_and_later_the_rest(
    client: FlaskClient, channel: Channel, wall: Wall
) -> None:
    send(client, channel, every="5", repeat_times="6")
    assert due() == ["11-25 09:30", "11-30 09:30", "12-05 09:30"]
    for _ in range(2):
        repeat_jobs.extend_all()
    assert len(posts()) == 3, "twice is as once"
    wall.now += timedelta(days=6)
    repeat_jobs.extend_all()
    assert due() == ["11-25 09:30", "11-30 09:30", "12-05 09:30", "12-10 09:30"]
    wall.now += timedelta(days=300)
    repeat_jobs.extend_all()
    assert len(posts()) == 4, "what passed while nobody looked is not made up for"
    assert [one.kind for one in posts()[1].events] == ["repeated"]


def test_a_year_stays_on_the_wall(client: FlaskClient, channel: Channel, wall: Wall) -> None:
    send(client, channel, repeat="month", month_on="last")
    for _ in range(14):
        wall.now += timedelta(days=27)
        repeat_jobs.extend_all()
    assert {one[6:] for one in due()} == {"09:30"}
    assert due()[1:5] == ["11-30 09:30", "12-31 09:30", "01-31 09:30", "02-28 09:30"]


def test_the_database_lets_a_date_stand_once(client: FlaskClient, channel: Channel) -> None:
    send(client, channel)
    [first, *_] = series().occurrences
    same = {"organization_id": first.organization_id, "recurrence_id": first.recurrence_id}
    with pytest.raises(IntegrityError):
        database.session.execute(
            insert(table(Occurrence)).values(same | {"occurs_on": first.occurs_on, "state": "open"})
        )


def test_one_is_skipped_and_put_back(client: FlaskClient, channel: Channel) -> None:
    send(client, channel, every="5")
    path = f"/repeats/{series().id}"
    assert "Every 5 days at 09:30 (Europe/Berlin)" in client.get(path).text
    for on in ("2026-11-30", "2026-12-20"):
        assert client.post(f"{path}/dates", data={"skip": on}).status_code == 303
    assert due() == ["11-25 09:30", "12-05 09:30"]
    assert client.get(path).text.count('class="is-skipped"') == 2
    repeat_jobs.extend_all()
    assert due() == ["11-25 09:30", "12-05 09:30"], "skipped stays skipped"
    client.post(f"{path}/dates", data={"back": "2026-11-30"})
    assert due() == ["11-25 09:30", "11-30 09:30", "12-05 09:30"]
    for wrong in ({"skip": "2026-12-01"}, {"skip": "soon"}, {}):
        assert client.post(f"{path}/dates", data=wrong).status_code == 422


def test_a_skipped_date_makes_room_for_the_next(client: FlaskClient, channel: Channel) -> None:
    send(client, channel, repeat="month", due_at="2027-01-05T10:00")
    client.post(f"/repeats/{series().id}/dates", data={"skip": "2027-01-05"})
    assert due() == ["02-05 10:00"]


def edit(client: FlaskClient, post: Post, channel: Channel, **more: object) -> TestResponse:
    local = post.due_at and post.due_at.astimezone(ZoneInfo(BERLIN))
    sent = form(channel, due_at=f"{local:%Y-%m-%dT%H:%M}", version=str(post.version), every="5")
    return client.post(f"/posts/{post.id}/edit", data=sent | more)


def words() -> list[str]:
    return [one.text for one in posts()]


def test_a_change_for_one_leaves_the_others(
    client: FlaskClient, channel: Channel, wall: Wall
) -> None:
    send(client, channel, every="5")
    assert "What you change counts for" in client.get(f"/posts/{posts()[0].id}/edit").text
    edit(client, posts()[0], channel, text="Once", scope="one")
    assert words() == ["Once", "Hello", "Hello"]
    wall.now += timedelta(days=9)
    repeat_jobs.extend_all()
    assert words() == ["Once", "Hello", "Hello", "Hello", "Hello"], "the pattern was another one"


def test_a_change_for_what_follows_and_for_all(client: FlaskClient, channel: Channel) -> None:
    send(client, channel, every="5")
    edit(client, posts()[1], channel, text="New", scope="following", due_at="2026-11-30T11:00")
    assert list(zip(due(), words(), strict=True)) == [
        ("11-25 09:30", "Hello"),
        ("11-30 11:00", "New"),
        ("12-05 11:00", "New"),
    ]
    assert series().rule.starts_on == date(2026, 11, 30)
    edit(client, posts()[2], channel, text="All", scope="all")
    assert words() == ["Hello", "All", "All"], "of the series that it belongs to"
    assert due() == ["11-25 09:30", "11-30 11:00", "12-05 11:00"]


def test_what_was_changed_by_itself_stays(client: FlaskClient, channel: Channel) -> None:
    send(client, channel, every="5")
    edit(client, posts()[1], channel, text="Own", scope="one")
    edit(client, posts()[0], channel, text="All", scope="all")
    assert sorted(words()) == ["All", "All", "All", "Own"]


def test_no_more_for_what_follows_ends_it(client: FlaskClient, channel: Channel) -> None:
    send(client, channel, every="5")
    edit(client, posts()[1], channel, scope="following", repeat="no")
    assert due() == ["11-25 09:30", "11-30 09:30"]
    repeat_jobs.extend_all()
    assert len(posts()) == 2


def test_a_series_is_ended_and_what_waits_is_cancelled(
    client: FlaskClient, channel: Channel
) -> None:
    send(client, channel, every="5")
    path = f"/repeats/{series().id}"
    client.post(f"{path}/end", data={"waiting": "cancel"})
    assert (len(posts()), len(posts("cancelled"))) == (0, 3)
    assert "Ended" in client.get(path).text
    assert client.post(f"{path}/end").status_code == 303


def test_each_asks_for_its_own_yes(client: FlaskClient, channel: Channel) -> None:
    make.rule("four_eyes")
    send(client, channel, every="5")
    assert len(posts("pending_approval")) == 3
    make.rule("one")
    send(client, channel, every="5")
    assert len(posts()) == 3, "an owner's scheduling is the yes"


def test_a_full_day_is_left_and_said(
    client: FlaskClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "PER_DAY", 1)
    send(client, channel, repeat="no", due_at="2026-11-30T18:00")
    send(client, channel, every="5")
    assert due() == ["11-25 09:30", "11-30 18:00"]
    assert "has 1 posts on 30 November" in client.get(f"/repeats/{series().id}").text


def test_evergreen_takes_free_slots_and_needs_an_end(
    client: FlaskClient, channel: Channel, wall: Wall
) -> None:
    add(channel, "15:00")
    answer = send(client, channel, repeat="slot", every="6", when="next_slot")
    assert answer.status_code == 422
    assert "Say how many times, or until when: this needs an end." in answer.text
    send(client, channel, repeat="slot", every="6", when="next_slot", repeat_times="3")
    assert due() == ["11-24 15:00", "12-01 15:00", "12-08 15:00"]
    wall.now += timedelta(days=40)
    repeat_jobs.extend_all()
    assert len(posts()) == 3, "three times at most"


def test_networks_that_refuse_equal_texts_are_named(
    client: FlaskClient, db: object, wall: Wall
) -> None:
    x = make.channel(make.alice(), "x", "grace")
    assert "X refuses a text that it took" in client.post("/posts/dates", data=form(x)).text
    assert "X refuses" not in client.post("/posts/dates", data=form(x, repeat="no")).text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"every": "0"}, "From 1 to 365."),
        ({"every": "often"}, "Not a valid integer value"),
        ({"repeat": "yearly"}, "Not a valid choice"),
        ({"repeat_times": "-3"}, "From 1 to 1000."),
        ({"repeat_until": "soon"}, "Not a valid date value"),
        ({"when": "now"}, "Pick a time for what comes again"),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    client: FlaskClient, channel: Channel, more: dict[str, str], told: str
) -> None:
    answer = send(client, channel, **more)
    assert answer.status_code == 422
    assert told in answer.text
    assert posts() == []


def test_an_outage_makes_no_burst(client: FlaskClient, channel: Channel, wall: Wall) -> None:
    send(client, channel)
    made = len(posts())
    wall.now = datetime(2027, 1, 31, 7, tzinfo=UTC)
    repeat_jobs.extend_all()
    new = posts()[made:]
    assert len(new) == 14
    assert all(one.due_at and one.due_at > wall.now for one in new)
