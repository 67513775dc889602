"""The calendar link: what a calendar program gets by it, and that it ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.db import db as database
from app.scheduler import ical
from tests import make

DATABASES = ("sqlite",)
AT = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def make_link(client: FlaskClient) -> str:
    assert client.post("/feeds").status_code == 303
    found = re.search(r'value="http://localhost(/feeds/[\w-]+\.ics)"', client.get("/feeds").text)
    assert found
    return found[1]


def unfold(body: bytes) -> list[str]:
    return body.replace(b"\r\n ", b"").decode().split("\r\n")


@given(st.text(max_size=200))
def test_lines_are_75_octets_and_characters_stay_whole(text: str) -> None:
    text = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    line = f"SUMMARY:{ical.escape(text)}"
    folded = ical.fold(line)
    assert folded.endswith(b"\r\n")
    pieces = folded.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 and piece.decode() is not None for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert folded.replace(b"\r\n ", b"") == f"{line}\r\n".encode()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a,b;c\\d", "a\\,b\\;c\\\\d"), ("one\r\ntwo\rthree\nfour", "one\\ntwo\\nthree\\nfour"),
     ("tab\tbell\x07", "tab\tbell"), ("BEGIN:VEVENT", "BEGIN:VEVENT")],
)  # fmt: skip
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert ical.escape(text) == escaped


def test_an_event_says_all_that_rfc_5545_asks_for() -> None:
    one = ical.Event("post-1@example.com", AT, "x: Hello, all", AT, 3, is_sure=False)
    lines = unfold(ical.write("Orchard: posts", [one]))
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//AllStac//Posts//EN"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    for line in ("UID:post-1@example.com", "DTSTAMP:20270328T013000Z", "DTSTART:20270328T013000Z",
                 "DURATION:PT15M", "SUMMARY:x: Hello\\, all", "SEQUENCE:3", "STATUS:TENTATIVE"):  # fmt: skip
        assert line in lines


def test_a_link_shows_when_where_and_the_first_words(app: Flask, client: FlaskClient) -> None:
    alice = make.alice()
    words = "The first words are here. " + "And these are not for everybody. " * 5
    shown = make.post(alice, make.channel(alice), text=words)
    draft = make.post(alice, text="Not yet")
    draft.state = "draft"
    make.post(make.charlie(), make.channel(make.charlie()), text="Of somebody else")
    database.session.commit()
    link, stranger = make_link(client), app.test_client()
    answer = stranger.get(link)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    body = "\n".join(unfold(answer.data))
    assert f"UID:post-{shown.id}@localhost" in body
    assert "SUMMARY:one.test (Sandbox): The first words are here." in body
    assert "for everybody. And these" not in body
    assert "alice" not in body.lower()
    assert "Not yet" not in body
    assert "somebody else" not in body
    assert body.count("BEGIN:VEVENT") == 1
    again = stranger.get(link, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    shown.due_at += timedelta(hours=1)
    database.session.commit()
    moved = stranger.get(link, headers={"If-None-Match": answer.headers["ETag"]})
    assert moved.status_code == 200
    assert f"UID:post-{shown.id}@localhost" in moved.text


def test_a_link_is_shown_once_and_ends_with_the_next_or_when_taken_back(
    app: Flask, client: FlaskClient
) -> None:
    first, stranger = make_link(client), app.test_client()
    assert "/feeds/" not in re.sub(r'action="[^"]*"', "", client.get("/feeds").text)
    second = make_link(client)
    assert [stranger.get(link).status_code for link in (first, second)] == [404, 200]
    client.post("/feeds/revocation")
    gone = stranger.get(second)
    assert gone.status_code == 404
    assert gone.data == stranger.get("/feeds/never-was.ics").data


def test_an_organisation_that_is_going_shows_nothing(app: Flask, client: FlaskClient) -> None:
    link = make_link(client)
    make.organization("Orchard").closing_at = clock.now()
    database.session.commit()
    assert app.test_client().get(link).status_code == 404
