"""The sandbox as a network: bearer tokens, a key written once, and a wall for its members only."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.sandbox.models import Wall, WallPost
from tests import make

POST = {"text": "Hello", "pictures": [], "card": None, "created_at": "2026-11-24T12:00:00+00:00"}


@pytest.fixture
def wall(client: FlaskClient) -> tuple[str, dict[str, str]]:
    """Alice's wall: its API and the header that opens it."""
    opened, token = Wall.put_up(make.member(make.alice()), clock.now())
    database.session.commit()
    return f"/sandbox/api/walls/{opened.slug}", {"Authorization": f"Bearer {token}"}


Opened = tuple[str, dict[str, str]]


def test_one_click_puts_up_a_wall_and_connects_it(client: FlaskClient) -> None:
    answer = client.post("/channels/connect/sandbox")
    assert answer.status_code == 303
    channel = database.session.scalars(database.select(Channel)).one()
    assert (channel.network, channel.state) == ("sandbox", "active")
    assert client.get(channel.url.replace("http://localhost", "")).status_code == 200


def test_a_key_is_written_once_and_read_back(anonymous: FlaskClient, wall: Opened) -> None:
    url, opens = wall
    first = anonymous.put(f"{url}/posts/k1", json=POST, headers=opens)
    again = anonymous.put(f"{url}/posts/k1", json=POST, headers=opens)
    assert (first.json["created"], again.json["created"]) == (True, False)
    other = anonymous.put(f"{url}/posts/k1", json=POST | {"text": "Other"}, headers=opens)
    assert other.status_code == 409
    assert len(database.session.scalars(database.select(WallPost)).all()) == 1
    assert anonymous.get(f"{url}/posts/k1", headers=opens).json["id"] == "k1"
    assert anonymous.get(f"{url}/posts/k2", headers=opens).status_code == 404
    assert anonymous.delete(f"{url}/posts/k1", headers=opens).status_code == 204
    assert anonymous.get(f"{url}/posts/k1", headers=opens).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic eA==", "Bearer \x7f"])
def test_nothing_opens_without_the_token(anonymous: FlaskClient, wall: Opened, header: str) -> None:
    url, _ = wall
    sent = {"Authorization": header} if header else {}
    for method, path in (("GET", ""), ("PUT", "/posts/k"), ("GET", "/posts/k"), ("POST", "/media")):
        answer = anonymous.open(url + path, method=method, json=POST, headers=sent)
        assert answer.status_code == 401
        assert answer.json == {"error": "Unauthorized"}
    assert anonymous.get("/sandbox/api/walls/none", headers=wall[1]).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ([], 422),
        ("text", 422),
        (None, 415),
        (POST | {"text": 5}, 422),
        (POST | {"text": "\ud800"}, 422),
        (POST | {"created_at": "yesterday"}, 422),
        (POST | {"created_at": "2026-11-24T12:00:00"}, 422),
        (POST | {"created_at": 5}, 422),
        (POST | {"pictures": "x"}, 422),
        (POST | {"card": "x"}, 422),
        (POST | {"text": "a\x00b"}, 200),
    ],
)
def test_a_body_that_is_no_post_is_refused(
    anonymous: FlaskClient, wall: Opened, body: object, status: int
) -> None:
    url, opens = wall
    assert anonymous.put(f"{url}/posts/k", json=body, headers=opens).status_code == status


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 5000, b"\xff", b'{"text": NaN}'])
def test_a_body_that_is_no_json_is_refused(
    anonymous: FlaskClient, wall: Opened, body: bytes
) -> None:
    url, opens = wall
    headers = opens | {"Content-Type": "application/json"}
    answer = anonymous.put(f"{url}/posts/k", data=body, headers=headers)
    assert answer.status_code in (400, 422)


def test_only_pictures_are_taken(anonymous: FlaskClient, wall: Opened) -> None:
    url, opens = wall
    for kind, status in (("image/png", 200), ("image/svg+xml", 415), ("text/html", 415)):
        sent = anonymous.post(f"{url}/media", data=b"x", headers=opens | {"Content-Type": kind})
        assert sent.status_code == status


@pytest.mark.proves("P2.2")
def test_a_wall_is_seen_by_its_organisation_only(
    app: Flask, client: FlaskClient, wall: Opened
) -> None:
    url, opens = wall
    slug = url.rsplit("/", 1)[-1]
    text = "<script>alert(1)</script>"
    client.put(f"{url}/posts/k", json=POST | {"text": text}, headers=opens)
    mine = client.get(f"/sandbox/{slug}")
    assert "&lt;script&gt;" in mine.text
    assert text not in mine.text
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    assert stranger.get(f"/sandbox/{slug}").status_code == 404


@pytest.mark.proves("P2.2")
def test_a_key_names_a_post_of_one_wall(anonymous: FlaskClient, wall: Opened) -> None:
    url, opens = wall
    other, token = Wall.put_up(make.member(make.charlie()), clock.now())
    database.session.commit()
    theirs, opens_theirs = (
        f"/sandbox/api/walls/{other.slug}/posts/k",
        {"Authorization": f"Bearer {token}"},
    )
    anonymous.put(f"{url}/posts/k", json=POST, headers=opens)
    assert anonymous.get(theirs, headers=opens_theirs).status_code == 404
    assert anonymous.delete(theirs, headers=opens_theirs).status_code == 204
    assert anonymous.get(f"{url}/posts/k", headers=opens).status_code == 200


def test_figures_are_told_of_what_stands_there_and_of_nothing_else(
    anonymous: FlaskClient, wall: Opened
) -> None:
    url, opens = wall
    anonymous.put(f"{url}/posts/k1", json=POST, headers=opens)
    asked = ["k1", "k2", "", "%00", *(f"k{n}" for n in range(3, 99)), "k1"]
    answer = anonymous.get(f"{url}/figures?of={','.join(asked)}", headers=opens)
    assert (answer.status_code, answer.json) == (200, {"k1": 0})
    assert anonymous.get(f"{url}/figures", headers=opens).json == {}
    assert anonymous.get(f"{url}/figures?of=k1").status_code == 401
