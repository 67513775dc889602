"""Weekly slots from the outside: kept on the wall's clock, given out once, and free again."""

from datetime import UTC, datetime, timedelta
from itertools import islice
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
from app.scheduler import free_slots, slots
from app.scheduler.models import Delivery, Post
from app.scheduler.slot_forms import read_time
from app.scheduler.slots import Slot
from tests import make

DATABASES = ("sqlite",)
BERLIN = "Europe/Berlin"


@pytest.fixture
def channel(db: object, noon: datetime) -> Channel:
    return make.channel(make.alice())


def add(channel: Channel, *times: str, days: tuple[int, ...] = (1, 3)) -> None:
    slots.add(make.member(make.alice()), [channel], days, times, BERLIN)
    database.session.commit()


def send(client: FlaskClient, *channels: Channel, **more: object) -> TestResponse:
    sent = {"text": "Hello", "channels": [one.id for one in channels], "when": "next_slot"}
    return client.post("/posts/new", data=sent | {"nonce": f"n{clock.stopwatch()}"} | more)


def due() -> list[str]:
    """When each delivery goes out, on a wall in Berlin, by its number."""
    database.session.expire_all()
    rows = database.session.scalars(select(Delivery).order_by(Delivery.id))
    zone = ZoneInfo(BERLIN)
    local = [one.due_at and one.due_at.astimezone(zone) for one in rows]
    return [one.strftime("%a %d %H:%M") if one else "" for one in local]


@pytest.mark.parametrize(
    ("typed", "read"),
    [("9", "09:00"), ("9:05", "09:05"), ("17.30", "17:30"), ("8h15", "08:15"), ("24", None), ("9:5", None)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(typed: str, read: str | None) -> None:
    assert read_time(typed) == read


def test_several_are_added_at_once_and_again_makes_no_more(
    client: FlaskClient, channel: Channel
) -> None:
    sent = {
        "channels": [channel.id],
        "weekdays": ["0", "2"],
        "times": "9, 17:30",
        "timezone": BERLIN,
    }
    for _ in range(2):
        assert client.post("/slots", data=sent).status_code == 303
    page = client.get("/slots").text
    assert page.count('class="slot"') == 4
    assert "All of these were there already." in page
    assert "Next free: " in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times": "9, soon"}, "soon is not a time, like 9:30."),
        ({"times": ""}, "Write at least one time"),
        ({"weekdays": []}, "Choose at least one day."),
        ({"channels": []}, "Choose at least one channel."),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice"),
    ],
)
def test_a_mistake_is_told_and_nothing_typed_is_lost(
    client: FlaskClient, channel: Channel, change: dict[str, object], words: str
) -> None:
    sent = {"channels": [channel.id], "weekdays": ["0"], "times": "9:45", "timezone": BERLIN}
    answer = client.post("/slots", data=sent | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert ("9:45" in answer.text) == ("times" not in change)
    assert database.session.scalar(select(Slot)) is None


def test_a_slot_is_changed_copied_and_taken_out(client: FlaskClient, channel: Channel) -> None:
    add(channel, "09:00", days=(1,))
    other = make.channel(make.alice(), name="two")
    [slot] = database.session.scalars(select(Slot))
    change = {"weekday": "4", "time": "10.15", "timezone": "Asia/Tokyo"}
    assert client.post(f"/slots/{slot.id}", data=change).status_code == 303
    client.post("/slots/copies", data={"from": channel.id, "channels": [other.id]})
    database.session.expire_all()
    there = database.session.scalars(select(Slot)).all()
    where = {(one.channel_id, one.weekday, one.wall_time, one.zone) for one in there}
    assert where == {(one.id, 4, "10:15", "Asia/Tokyo") for one in (channel, other)}
    assert "10:15 <small>Tokyo</small>" in client.get("/slots").text
    path = f"/slots/{slot.id}"
    client.post(f"{path}/deletion")
    assert client.get(path).status_code == 404
    assert client.post(path, data={"weekday": "1", "time": "x"}).status_code == 404


def test_each_channel_takes_its_own_next_free_slot(client: FlaskClient, channel: Channel) -> None:
    add(channel, "12:30", "15:00")
    other = make.channel(make.alice(), name="two")
    add(other, "18:00", days=(2,))
    fields = {"text": "x", "channels": [channel.id, other.id], "when": "next_slot"}
    shown = client.post("/posts/dates", data=fields).text
    assert "Tue 24 Nov, 15:00" in shown
    assert "Wed 25 Nov, 18:00" in shown
    assert "Each channel takes its own next free slot" in shown
    send(client, channel, other)
    send(client, channel)
    assert due() == ["Tue 24 15:00", "Wed 25 18:00", "Thu 26 12:30"]
    first = database.session.get_one(Post, 1)
    assert (first.due_at, first.wall_time) == (first.deliveries[0].due_at, "2026-11-24T15:00")


def test_without_slots_the_composer_says_so(client: FlaskClient, channel: Channel) -> None:
    answer = send(client, channel)
    assert answer.status_code == 422
    assert "one.test has no weekly slots yet. Add some, or pick a time." in answer.text
    assert "Hello" in answer.text


def test_a_post_that_moves_or_is_cancelled_leaves_its_slot_free(
    client: FlaskClient, channel: Channel
) -> None:
    add(channel, "15:00")
    for _ in range(3):
        send(client, channel)
    assert due() == ["Tue 24 15:00", "Thu 26 15:00", "Tue 01 15:00"]
    client.post("/posts/1/cancellation")
    client.post("/posts/2/move", data={"due_at": "2026-11-25T08:00"})
    for _ in range(3):
        send(client, channel)
    assert due()[3:] == ["Tue 24 15:00", "Thu 26 15:00", "Thu 03 15:00"]


def test_a_time_that_somebody_picked_takes_the_slot_there(
    client: FlaskClient, channel: Channel
) -> None:
    add(channel, "15:00")
    send(client, channel, when="at", due_at="2026-11-24T15:00")
    send(client, channel)
    assert due() == ["Tue 24 15:00", "Thu 26 15:00"]


def test_an_edit_keeps_the_slot_and_a_new_channel_takes_one(
    client: FlaskClient, channel: Channel
) -> None:
    add(channel, "15:00")
    other = make.channel(make.alice(), name="two")
    add(other, "16:00")
    for _ in range(2):
        send(client, channel)
    page = client.get("/posts/2/edit").text
    assert "its slot now" in page
    sent = {
        "text": "Other",
        "channels": [channel.id, other.id],
        "when": "next_slot",
        "version": "1",
    }
    assert client.post("/posts/2/edit", data=sent).status_code == 303
    assert due() == ["Tue 24 15:00", "Thu 26 15:00", "Tue 24 16:00"]


def test_a_yes_keeps_the_slot_and_a_no_leaves_it(client: FlaskClient, channel: Channel) -> None:
    add(channel, "15:00")
    make.rule("four_eyes")
    bob = make.bob()
    made = client.application.test_client()
    make.sign_in(made, bob)
    for _ in range(2):
        send(made, channel)
    shown = [client.get(f"/posts/{n}").text.split('name="hash" value="')[1][:64] for n in (1, 2)]
    client.post("/posts/1/approval", data={"hash": shown[0]})
    client.post("/posts/2/rejection", data={"hash": shown[1], "reason": "No"})
    rows = database.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [(one.state, one.in_slot) for one in rows] == [("scheduled", True), ("draft", False)]


def test_the_database_lets_one_delivery_hold_a_slot(client: FlaskClient, channel: Channel) -> None:
    add(channel, "15:00")
    send(client, channel)
    [held] = database.session.scalars(select(Delivery))
    other = make.post(make.alice())
    same = {"organization_id": held.organization_id, "channel_id": held.channel_id, "reason": ""}
    same |= {"post_id": other.id, "state": "scheduled", "due_at": held.due_at, "in_slot": True}
    with pytest.raises(IntegrityError):
        database.session.execute(insert(table(Delivery)).values(same))
    database.session.rollback()
    database.session.execute(insert(table(Delivery)).values(same | {"state": "cancelled"}))


def test_a_slot_stays_on_the_wall_through_the_year() -> None:
    """In the night of 28 March 2027 clocks in Berlin go from 2 to 3, on 31 October from 3 to 2."""
    slot = Slot(channel_id=1, weekday=6, wall_time="02:30", zone=BERLIN)
    coming = free_slots.coming([slot], datetime(2027, 3, 20, tzinfo=UTC))
    local = [one.astimezone(ZoneInfo(BERLIN)) for one in islice(coming, 33)]
    assert [f"{one:%d %H:%M}" for one in local[:3]] == ["21 02:30", "28 03:30", "04 02:30"]
    assert f"{local[32]:%d %b %H:%M %z}" == "31 Oct 02:30 +0200"


def test_two_slots_that_meet_in_a_gap_are_one_instant() -> None:
    pair = [Slot(channel_id=1, weekday=6, wall_time=at, zone=BERLIN) for at in ("02:30", "03:30")]
    coming = list(islice(free_slots.coming(pair, datetime(2027, 3, 27, tzinfo=UTC)), 3))
    assert coming[0] == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert coming[1] - coming[0] > timedelta(days=6)
