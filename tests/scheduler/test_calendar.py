"""The calendar from the outside: months, weeks, days and lists, in the person's zone."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.scheduler.calendar import hours, midnights
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.labels import named
from app.scheduler.models import Delivery, Post
from tests import make

BERLIN = ZoneInfo("Europe/Berlin")
BACK = "/calendar?view=week&week=2026-11-23"


@pytest.fixture
def channel(db: object, noon: datetime) -> Channel:
    return make.channel(make.alice())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def chips(html: str) -> list[str]:
    """What the chips say, in the order of the page."""
    return re.findall(r'class="chip [^>]*>.*?<span>(.*?)</span>', html)


@pytest.mark.parametrize(
    ("day", "zone", "count", "doubled", "missing"),
    [
        ("2026-11-24", "Europe/Berlin", 24, [], []),
        ("2026-03-29", "Europe/Berlin", 23, [], [2]),
        ("2026-10-25", "Europe/Berlin", 25, [2], []),
        ("2026-11-01", "America/New_York", 25, [1], []),
        ("2026-04-05", "Australia/Lord_Howe", 25, [1], []),  # half an hour twice
        ("2026-04-24", "Africa/Cairo", 23, [], [0]),  # the day begins at one
        ("2011-12-30", "Pacific/Apia", 0, [], list(range(24))),  # a day that never was
    ],
)
def test_a_day_has_the_hours_of_its_clock(
    day: str, zone: str, count: int, doubled: list[int], missing: list[int]
) -> None:
    found = hours(date.fromisoformat(day), ZoneInfo(zone))
    assert len(found) == count
    assert [one.wall for one in found if one.again] == doubled
    assert sorted(set(range(24)) - {one.wall for one in found}) == missing
    assert [one.begin for one in found] == sorted({one.begin for one in found})


def test_days_begin_at_local_midnight_and_leave_no_gap() -> None:
    edges = midnights(date(2026, 10, 24), 3, BERLIN)
    lengths = [(after - begin).total_seconds() / 3600 for begin, after in pairwise(edges)]
    assert lengths == [24, 25, 24]


def test_both_of_a_doubled_hour_have_their_row_and_their_posts(
    client: FlaskClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 20, 12, tzinfo=ZoneInfo("UTC")))
    alice = make.alice()
    make.post(alice, channel, text="First", due_at=local("2026-10-25T02:30"))
    make.post(alice, channel, text="Second", due_at=local("2026-10-25T02:30").replace(fold=1))
    day = client.get("/calendar/2026-10-25").text
    assert chips(day) == ["First", "Second"]
    assert day.count('<th scope="row">') == 25
    assert "25 hours" in day
    again = day[day.index('class="again"') :]
    assert chips(again) == ["Second"]
    post = database.session.scalars(database.select(Post).where(Post.text == "First")).one()
    places = client.get(f"/calendar/2026-10-25?move={post.id}").text
    assert places.count('form="drop-again" name="due_at" value="2026-10-25T02:30"') == 1
    client.post(f"/posts/{post.id}/move", data={"due_at": "2026-10-25T02:30", "fold": "1"})
    assert chips(client.get("/calendar/2026-10-25").text.partition('class="again"')[2]) == [
        "First",
        "Second",
    ]
    week = client.get("/calendar?view=week&week=2026-10-19").text
    assert week.count("No such hour") == 6
    spring = client.get("/calendar/2026-03-29").text
    assert spring.count('<th scope="row">') == 23
    assert "<time>02:00</time>" not in spring


@pytest.mark.parametrize("view", ["month", "week", "day", "list"])
def test_each_view_shows_a_post_at_its_time_and_marks_today(
    client: FlaskClient, channel: Channel, view: str
) -> None:
    make.post(make.alice(), channel, text="Ripe", due_at=local("2026-11-24T18:00"))
    make.post(make.alice(), channel, text="Unripe", due_at=local("2026-12-24T18:00"))
    page = client.get(f"/calendar?view={view}").text
    assert "Ripe" in page
    assert "Unripe" not in page
    assert "is-today" in page or "Today</span>" in page
    other = client.get("/calendar?view=list&month=2026-12").text
    assert "Unripe" in other
    assert "Today</span>" not in other


def test_posts_are_filtered_by_channel_state_label_and_author(
    client: FlaskClient, channel: Channel
) -> None:
    alice, bob = make.alice(), make.bob()
    other = make.channel(alice, name="two")
    mine = make.post(alice, channel, text="Mine")
    make.post(bob, other, text="His")
    made = Composition(
        "Marked", (channel,), (), make.NOON + timedelta(days=1), "", "UTC", labels=("pear",)
    )
    write(make.member(alice), made, "n1", make.NOON)
    gone = make.post(alice, other, text="Gone")
    gone.state = gone.deliveries[0].state = "cancelled"
    [label] = named(mine.organization_id, "label", ["pear"], make.NOON)
    database.session.commit()

    def seen(**filters: object) -> set[str]:
        return set(chips(client.get("/calendar", query_string=filters).text))

    assert seen() == {"Mine", "His", "Marked"}
    assert seen(channel=other.id) == {"His"}
    assert seen(state="cancelled") == {"Gone"}
    assert seen(state="published") == set()
    assert seen(label=label.id) == {"Marked"}
    assert seen(author=bob.id) == {"His"}
    assert seen(author=alice.id, channel=channel.id, state="scheduled") == {"Mine", "Marked"}
    page = client.get(f"/calendar?channel={other.id}").text
    assert f"/calendar?view=week&amp;week=2026-11-23&amp;channel={other.id}" in page
    assert f"/calendar/2026-11-25?channel={other.id}" in page


@pytest.mark.parametrize(
    "query",
    ["view=year", "view=week&week=48", "view=week&week=1999-12-01", "view=day&day=2026-02-30",
     "view=list&month=soon", "state=odd", "channel=x", "channel=999999", "label=7", "author=0",
     "author=99999999999", "move=x", "move=999999", "view=day&day=2101-01-01"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: FlaskClient, channel: Channel, query: str) -> None:
    assert client.get(f"/calendar?{query}").status_code == 404


def test_nothing_of_another_organisation_is_filtered_by(
    client: FlaskClient, channel: Channel
) -> None:
    charlie = make.charlie()
    theirs = make.post(charlie, make.channel(charlie, name="theirs"), text="Theirs")
    assert "Theirs" not in client.get("/calendar").text
    for query in (
        f"author={charlie.id}",
        f"channel={theirs.deliveries[0].channel_id}",
        f"move={theirs.id}",
    ):
        assert client.get(f"/calendar?{query}").status_code == 404


def test_a_post_whose_channels_have_slots_of_their_own_stands_at_each(
    client: FlaskClient, channel: Channel
) -> None:
    alice = make.alice()
    other = make.channel(alice, name="two")
    first, later = local("2026-11-25T09:00"), local("2026-12-02T10:00")
    slots = {channel.id: first, other.id: later}
    made = Composition("Apart", (channel, other), (), first, "", "UTC", slots=slots)
    post = write(make.member(alice), made, "n1", make.NOON)
    database.session.commit()
    assert chips(client.get("/calendar/2026-11-25").text) == ["Apart"]
    assert chips(client.get("/calendar/2026-12-02").text) == ["Apart"]
    assert chips(client.get("/calendar?view=month&month=2026-11").text) == ["Apart"] * 2
    assert chips(client.get(f"/calendar/2026-12-02?channel={channel.id}").text) == []
    assert chips(client.get(f"/calendar/2026-11-25?channel={other.id}").text) == []
    answer = client.post(
        f"/posts/{post.id}/move",
        data={"due_at": "2026-11-26T09:00", "back": BACK},
        follow_redirects=True,
    )
    assert "All of its channels go out then" in answer.text
    assert "Put it back" not in answer.text


def test_what_is_moved_in_the_calendar_comes_back_there_and_can_be_put_back(
    client: FlaskClient, channel: Channel
) -> None:
    post = make.post(make.alice(), channel, text="Ripe", due_at=local("2026-11-25T09:20"))
    sent = {"due_at": "2026-11-27T09:20", "back": BACK}
    answer = client.post(f"/posts/{post.id}/move", data=sent)
    assert (answer.status_code, answer.location) == (303, BACK)
    page = client.get(answer.location).text
    assert "Moved to Fri 27 Nov, 09:20." in page
    assert "Moved from Wed 25 Nov, 09:20." in page
    assert 'name="due_at" value="2026-11-25T09:20"' in page
    assert "autofocus" in page
    assert "Put it back" not in client.get(answer.location).text
    client.post(f"/posts/{post.id}/move", data={"due_at": "2026-11-25T09:20", "back": BACK})
    database.session.expire_all()
    assert database.session.get_one(Post, post.id).due_at == local("2026-11-25T09:20")


def test_a_move_that_does_not_work_says_so_in_the_calendar(
    client: FlaskClient, channel: Channel
) -> None:
    post = make.post(make.alice(), channel, text="Ripe", due_at=local("2026-11-25T09:20"))
    sent = {"due_at": "2026-11-24T09:20", "back": BACK}
    answer = client.post(f"/posts/{post.id}/move", data=sent)
    assert answer.status_code == 422
    assert "That time has passed (09:20 Berlin)." in answer.text
    assert 'value="2026-11-24T09:20"' in answer.text
    assert "23 – 29 Nov 2026" in answer.text
    elsewhere = client.post(
        f"/posts/{post.id}/move", data=sent | {"back": "//evil.example/calendar?"}
    )
    assert "Its life" in elsewhere.text


def test_a_picked_post_finds_its_places_without_a_script(
    client: FlaskClient, channel: Channel
) -> None:
    post = make.post(make.alice(), channel, text="Ripe", due_at=local("2026-11-25T09:20"))
    month = client.get(f"/calendar?move={post.id}").text
    assert 'value="2026-11-30T09:20"' in month
    assert 'value="2026-11-23T09:20"' not in month
    week = client.get(f"{BACK}&move={post.id}").text
    assert 'value="2026-11-26T09:20"' in week
    assert 'value="2026-11-26T14:00"' in week
    assert 'value="2026-11-24T13:00"' not in week  # that hour has begun
    database.session.execute(update(Delivery).values(state="sending"))
    database.session.commit()
    assert client.get(f"/calendar?move={post.id}").status_code == 409


def test_only_who_may_move_a_post_can_pick_it_up(client: FlaskClient, channel: Channel) -> None:
    alice, bob = make.alice(), make.bob()
    hers = make.post(alice, channel, text="Hers", due_at=local("2026-11-25T09:00"))
    make.post(bob, channel, text="His", due_at=local("2026-11-26T09:00"))
    make.sign_in(client, bob)
    page = client.get("/calendar").text
    assert re.findall(r'class="chip [^>]*data-at="([^"]*)"', page) == ["2026-11-26T09:00"]
    assert client.get(f"/calendar?move={hers.id}").status_code == 409
    assert (
        client.post(f"/posts/{hers.id}/move", data={"due_at": "2026-11-28T09:00"}).status_code
        == 403
    )


def test_a_thousand_posts_are_counted_by_the_database(
    client: FlaskClient, channel: Channel
) -> None:
    rows, first = [], local("2026-11-01T00:10")
    home = {
        "organization_id": make.member(make.alice()).organization_id,
        "author_id": make.alice().id,
    }
    for n in range(1000):
        due = first + timedelta(minutes=40 * n)
        rows.append(home | {"text": f"Post {n}", "state": "scheduled", "due_at": due, "nonce": f"n{n}",
                            "created_at": make.NOON, "updated_at": make.NOON, "version": 1})  # fmt: skip
    database.session.execute(database.insert(Post), rows)
    database.session.commit()
    for view in ("month", "week", "day", "list"):
        asked: list[str] = []
        event.listen(
            database.engine, "before_cursor_execute", lambda *a, asked=asked: asked.append(a[2])
        )
        assert client.get(f"/calendar?view={view}").status_code == 200
        assert len(asked) <= 8 + 4, "\n".join(asked)  # four are the session's and the shell's
    month = client.get("/calendar").text
    assert "1000 posts" in month
    assert month.count('class="chip ') < 150
    assert "32 more" in month
    assert quote("/calendar/2026-11-24") in month
