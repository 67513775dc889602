"""Writing and changing posts from the outside: what is wrong is told, and nothing typed is lost."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.channels.models import Channel
from app.db import db as database
from app.scheduler.models import Delivery, Post
from tests import make


@pytest.fixture
def bluesky(db: object, noon: datetime) -> Channel:
    return make.channel(make.alice(), "bluesky", "grace")


@pytest.fixture
def writer(client: FlaskClient, bluesky: Channel) -> FlaskClient:
    return client


def form(**change: object) -> dict[str, object]:
    channel = database.session.scalars(database.select(Channel)).first()
    given = {
        "text": "Hello <world>",
        "channels": [str(channel.id)] if channel else [],
        "when": "at",
        "due_at": "2026-11-24T15:30",
        "nonce": "once",
    }
    return given | change


def send(client: FlaskClient, **change: object) -> TestResponse:
    return client.post("/posts/new", data=form(**change))


def posts() -> list[Post]:
    database.session.expire_all()
    return list(database.session.scalars(database.select(Post)))


def picture(side: int = 40) -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "green").save(out, "PNG")
    out.seek(0)
    return out, "leaf.png"


def test_a_wall_time_becomes_the_instant_that_it_names_there(writer: FlaskClient) -> None:
    answer = send(writer)
    [post] = posts()
    assert (answer.status_code, answer.location) == (303, f"/posts/{post.id}")
    assert post.due_at == datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    assert (post.wall_time, post.zone) == ("2026-11-24T15:30", "Europe/Berlin")
    assert [(d.state, d.due_at) for d in post.deliveries] == [("scheduled", post.due_at)]
    assert "Hello &lt;world&gt;" in writer.get(answer.location).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "  \n "}, "Write something or add a picture or video."),
        ({"text": "a" * 312}, "Bluesky allows 300 characters; this is 312."),
        ({"text": "👩‍👩‍👧‍👦" * 121}, "Bluesky allows 3,000 bytes; these characters take 3,025."),
        ({"text": "a" * 20_001}, "longer than 20000 characters"),
        ({"due_at": "2026-11-24T12:30"}, "That time has passed (12:30 Berlin). Publish now?"),
        ({"due_at": "2028-12-24T12:30"}, "more than two years ahead"),
        ({"due_at": "9999-12-31T23:59"}, "more than two years ahead"),
        ({"due_at": "0001-01-01T00:00"}, "out of reach"),
        ({"due_at": "2026-02-30T12:00"}, "This is not a date and time"),
        ({"due_at": "tomorrow"}, "This is not a date and time"),
        ({"due_at": ""}, "Choose a time, or publish now."),
        ({"when": "whenever"}, "Not a valid choice"),
        ({"channels": []}, "Choose where it goes."),
        ({"channels": ["999999", "-1", "x", "9" * 40, "٣"]}, "Choose where it goes."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    writer: FlaskClient, change: dict[str, object], words: str
) -> None:
    answer = send(writer, **change)
    assert answer.status_code == 422
    assert words in answer.text.replace("&#39;", "'")
    if "text" not in change:
        assert "Hello &lt;world&gt;" in answer.text
    if "due_at" not in change and "when" not in change:
        assert 'value="2026-11-24T15:30"' in answer.text
    assert posts() == []


def test_a_channel_without_keys_must_be_reconnected_first(
    writer: FlaskClient, bluesky: Channel
) -> None:
    bluesky.state = "needs_reconnect"
    database.session.commit()
    answer = send(writer)
    assert answer.status_code == 422
    assert "Reconnect grace.test first; nothing is lost." in answer.text
    assert send(writer, action="draft").status_code == 303


def test_a_time_that_does_not_exist_is_moved_and_said(writer: FlaskClient) -> None:
    answer = writer.post("/posts/new", data=form(due_at="2027-03-28T02:30"), follow_redirects=True)
    assert "02:30 does not exist that night in Europe/Berlin; we use 03:30." in answer.text
    assert posts()[0].due_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("fold", "hour"), [("0", 0), ("1", 1)])
def test_a_doubled_hour_is_a_choice(writer: FlaskClient, fold: str, hour: int) -> None:
    asked = send(writer, due_at="2027-10-31T02:30", action="preview")
    assert "happens twice" in asked.text
    assert 'name="fold"' in asked.text
    send(writer, due_at="2027-10-31T02:30", fold=fold)
    assert posts()[0].due_at == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)


def test_the_same_form_twice_is_one_post(writer: FlaskClient) -> None:
    first, second = send(writer), send(writer)
    assert first.location == second.location
    assert len(posts()) == 1


def test_now_means_now(writer: FlaskClient, noon: datetime) -> None:
    send(writer, when="now", due_at="")
    assert posts()[0].due_at == noon


def test_a_draft_needs_neither_time_nor_channel_and_stays_a_draft(writer: FlaskClient) -> None:
    answer = send(writer, action="draft", channels=[], due_at="")
    assert answer.status_code == 303
    [post] = posts()
    assert (post.state, post.due_at) == ("draft", None)
    assert "Hello &lt;world&gt;" in writer.get(f"/posts/{post.id}/edit").text


def test_odd_characters_are_shown_as_text_and_break_nothing(writer: FlaskClient) -> None:
    odd = "a\x00b \u202egnp.exe z̶a̴ <script>alert(1)</script> {{ 7*7 }} \ufeff 'OR 1=1--"
    assert send(writer, text=odd).status_code == 303
    [post] = posts()
    assert "\x00" not in post.text
    page = writer.get(f"/posts/{post.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_a_megabyte_in_one_word_is_refused_with_words(writer: FlaskClient) -> None:
    assert send(writer, text="a" * 1_000_000).status_code == 422
    answer = send(writer, text="a" * 3_000_000)
    assert answer.status_code == 413
    assert "A request holds at most 2 MB here" in answer.text


def test_only_routes_that_take_files_take_large_bodies(client: FlaskClient) -> None:
    heavy = {"name": (io.BytesIO(b"x" * 3_000_000), "x.bin")}
    assert client.post("/account", data=heavy).status_code == 413


def test_pictures_come_with_their_words_and_stay_through_a_mistake(writer: FlaskClient) -> None:
    wrong = writer.post(
        "/posts/new", data=form(text="a" * 312, media=[picture()], alt=["A green leaf"])
    )
    assert wrong.status_code == 422
    kept = re.findall(r'name="kept"[^>]*value="(\d+)"', wrong.text)
    assert len(kept) == 1
    assert "A green leaf" in wrong.text
    right = writer.post("/posts/new", data=form(kept=kept, alt=["A green leaf"]))
    assert right.status_code == 303
    [post] = posts()
    assert [(p.asset_id, p.alt) for p in post.pictures] == [(int(kept[0]), "A green leaf")]
    shown = writer.get(f"/media/{kept[0]}")
    assert shown.mimetype == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]


def test_too_many_pictures_and_files_that_are_none(writer: FlaskClient) -> None:
    five = writer.post("/posts/new", data=form(media=[picture() for _ in range(5)]))
    assert five.status_code == 422
    assert "Bluesky takes 4 pictures; this has 5." in five.text
    page = (io.BytesIO(b"<html><script>alert(1)</script>"), "cat.png")
    bad = writer.post("/posts/new", data=form(media=[page]))
    assert bad.status_code == 422
    assert "cat.png: This is not a JPEG, PNG, WebP or GIF picture" in bad.text
    assert posts() == []


def test_a_picture_may_be_the_whole_post(writer: FlaskClient) -> None:
    assert writer.post("/posts/new", data=form(text="", media=[picture()])).status_code == 303


def test_a_foreign_picture_can_not_be_taken(app: Flask, writer: FlaskClient) -> None:
    wrong = writer.post("/posts/new", data=form(text="a" * 312, media=[picture()]))
    [id] = re.findall(r'name="kept"[^>]*value="(\d+)"', wrong.text)
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    assert stranger.get(f"/media/{id}").status_code == 404
    make.channel(make.charlie(), "bluesky", "charlie")
    channel = database.session.scalars(
        database.select(Channel).where(Channel.handle == "charlie.test")
    ).one()
    sent = form(kept=[id], channels=[str(channel.id)], nonce="two")
    answer = stranger.post("/posts/new", data=sent)
    assert answer.status_code == 422
    assert "A picture is not here any more." in answer.text
    assert posts() == []


def test_a_foreign_channel_can_not_be_used(app: Flask, writer: FlaskClient) -> None:
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    answer = send(stranger)
    assert answer.status_code == 422
    assert "Choose where it goes." in answer.text


def edited(client: FlaskClient, post: Post, version: int, **change: object) -> TestResponse:
    return client.post(f"/posts/{post.id}/edit", data=form(version=str(version), **change))


def test_of_two_that_edit_at_once_the_second_sees_both(writer: FlaskClient) -> None:
    send(writer)
    [post] = posts()
    version = post.version
    assert edited(writer, post, version, text="First").status_code == 303
    second = edited(writer, post, version, text="Second")
    assert second.status_code == 409
    assert "Somebody saved another version meanwhile." in second.text
    assert "First" in second.text
    assert "Second" in second.text
    [post] = posts()
    assert post.text == "First"
    assert edited(writer, post, post.version, text="Second").status_code == 303


@pytest.mark.parametrize("action", ["draft", "schedule"])
def test_who_had_claimed_a_post_finds_the_fence_of_an_edit(
    writer: FlaskClient, action: str
) -> None:
    send(writer)
    [post] = posts()
    [delivery], version = post.deliveries, post.version
    delivery.lease_token = 7
    database.session.commit()
    assert edited(writer, post, version, text="Other words", action=action).status_code == 303
    database.session.expire_all()
    assert delivery.lease_token == 8


@pytest.mark.parametrize("state", ["sending", "confirming"])
def test_what_is_leaving_can_not_be_changed(writer: FlaskClient, state: str) -> None:
    send(writer)
    [post] = posts()
    delivery = post.deliveries[0]
    id, version = post.id, post.version
    delivery.state = state
    database.session.commit()
    answer = edited(writer, post, version, text="Too late")
    assert answer.status_code == 409
    assert "It is leaving now." in answer.text
    assert "Too late" in answer.text
    opened = writer.get(f"/posts/{id}/edit", follow_redirects=True)
    assert opened.request.path == f"/posts/{id}" and "It is leaving now." in opened.text
    for deed in ("cancellation", "publication", "deletion"):
        assert writer.post(f"/posts/{id}/{deed}").status_code == 409
    moved = writer.post(f"/posts/{id}/move", data={"due_at": "2026-11-25T10:00"})
    assert moved.status_code == 409
    assert posts()[0].text == "Hello <world>"


def test_a_post_is_moved_cancelled_and_deleted(writer: FlaskClient) -> None:
    send(writer)
    [post] = posts()
    past = writer.post(f"/posts/{post.id}/move", data={"due_at": "2026-11-23T10:00"})
    assert past.status_code == 422
    assert "That time has passed" in past.text
    assert (
        writer.post(f"/posts/{post.id}/move", data={"due_at": "2026-11-25T10:00"}).status_code
        == 303
    )
    assert posts()[0].due_at == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert writer.post(f"/posts/{post.id}/deletion").status_code == 409
    assert writer.post(f"/posts/{post.id}/cancellation").status_code == 303
    assert {d.state for d in posts()[0].deliveries} == {"cancelled"}
    assert "Cancelled" in writer.get(f"/posts/{post.id}").text
    assert writer.post(f"/posts/{post.id}/deletion").status_code == 303
    assert posts() == []
    assert database.session.scalars(database.select(Delivery)).all() == []


def test_the_calendar_and_the_queue_show_the_day_of_the_person(writer: FlaskClient) -> None:
    send(writer, due_at="2026-12-01T00:30", text="Past midnight in Berlin")
    assert "Past midnight" in writer.get("/calendar?month=2026-12").text
    assert "Past midnight" in writer.get("/calendar/2026-12-01").text
    assert "Past midnight" not in writer.get("/calendar/2026-11-30").text
    assert "Tuesday 1 December" in writer.get("/queue").text


@pytest.mark.parametrize(
    "path",
    ["/calendar?month=2026-13", "/calendar?month=x", "/calendar/2026-02-30", "/calendar/0001-01-01",
     "/calendar/9999-12-31", "/posts?page=x", "/posts?page=-1", "/posts?state=nonsense"],
)  # fmt: skip
def test_odd_dates_and_pages_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_htmx_gets_the_part_that_it_swaps(writer: FlaskClient) -> None:
    whole = writer.get("/calendar")
    part = writer.get("/calendar", headers={"HX-Request": "true", "HX-Target": "calendar"})
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert 'id="calendar"' in part.text
    assert {"HX-Request", "HX-Target"} <= set(part.vary)


def test_previews_count_down_without_saving(writer: FlaskClient) -> None:
    answer = writer.post(
        "/posts/preview",
        data=form(text="a" * 290 + " https://example.com"),
        headers={"HX-Request": "true", "HX-Target": "previews"},
    )
    assert answer.status_code == 200
    assert "-10" in answer.text or "10 over" in answer.text
    assert posts() == []


def test_a_late_post_is_shown_to_somebody(writer: FlaskClient, noon: datetime) -> None:
    send(writer)
    [post] = posts()
    post.deliveries[0].state, post.deliveries[0].hold = "held", "late"
    post.deliveries[0].due_at = noon - timedelta(hours=3)
    database.session.commit()
    assert "Hello &lt;world&gt;" in writer.get("/attention").text
    id = posts()[0].deliveries[0].id
    assert writer.post(f"/deliveries/{id}/decision", data={"decision": "maybe"}).status_code == 422
    assert writer.post(f"/deliveries/{id}/decision", data={"decision": "again"}).status_code == 303
    assert posts()[0].deliveries[0].state == "scheduled"


@pytest.mark.parametrize("action", ["draft", "schedule"])
def test_now_asks_for_no_time(writer: FlaskClient, action: str) -> None:
    """The other field may hold a time that has passed, or none that can be read."""
    for number, due_at in enumerate(("2026-11-24T12:00", "")):
        sent = {"when": "now", "due_at": due_at, "action": action, "nonce": f"n{number}"}
        assert send(writer, **sent).status_code == 303
