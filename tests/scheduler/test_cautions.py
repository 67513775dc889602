"""What a person is told before a post goes out and may do anyway: equal words, a post close by, a picture
without alt text."""

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import cautions
from app.scheduler.models import Delivery, Post
from app.scheduler.saying import Part, Saying
from tests import make

DATABASES = ("sqlite",)


@pytest.fixture
def writer(client: FlaskClient) -> FlaskClient:
    make.sign_in(client, make.alice())
    return client


@pytest.fixture
def channel(writer: FlaskClient) -> Channel:
    return make.channel(make.alice())


def send(client: FlaskClient, channel: Channel, text: str, **fields: object) -> Post | None:
    at = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT12:00")
    sent = {"text": text, "channels": [channel.id], "when": "at", "due_at": at, "nonce": text}
    answer = client.post("/posts/new", data=sent | fields)
    database.session.expire_all()
    posts = database.select(Post).order_by(Post.id.desc())
    return database.session.scalars(posts).first() if answer.status_code == 303 else None


def twice(channel: Channel, *texts: str, besides: int = 0) -> list[str]:
    said = Saying(tuple(Part(text) for text in texts))
    found = cautions.duplicates([(channel, said)], clock.now(), besides=besides)
    return [one.words for one in found.get(channel.id, [])]


def test_the_same_words_are_known_while_they_wait_and_for_thirty_days(
    writer: FlaskClient, channel: Channel
) -> None:
    post = send(writer, channel, "Apples", part=["Pears"])
    assert post is not None
    assert twice(channel, "Apples", "Pears") == [
        f"The same words wait to go out on {channel.handle}"
    ]
    assert twice(channel, "Apples") == twice(channel, "Apples", "Pears", besides=post.id) == []
    [row] = database.session.scalars(database.select(Delivery))
    row.state, row.published_at = "published", clock.now() - timedelta(days=29)
    assert twice(channel, "Apples", "Pears") == [f"The same words went out on {channel.handle}"]
    row.published_at = clock.now() - timedelta(days=31)
    assert twice(channel, "Apples", "Pears") == []


def test_both_are_shown_while_writing_and_told_after_saving(
    writer: FlaskClient, channel: Channel
) -> None:
    first = send(writer, channel, "Apples")
    assert first is not None and first.due_at is not None
    near = first.due_at.astimezone(make.alice().zone) + timedelta(minutes=9)
    sent = {"text": "Apples", "channels": [channel.id], "when": "at"}
    sent["due_at"] = near.strftime("%Y-%m-%dT%H:%M")
    assert f'href="/posts/{first.id}"' in writer.post("/posts/preview", data=sent).text
    dates = writer.post("/posts/dates", data=sent).text
    assert "within 10 minutes" in dates and f'href="/posts/{first.id}"' in dates
    mine = writer.post("/posts/dates", data=sent | {"post": str(first.id)}).text
    assert "within 10 minutes" not in mine
    assert send(writer, channel, "Apples", due_at=sent["due_at"], nonce="n2") is not None
    told = writer.get("/posts").text
    assert "The same words wait" in told and "within 10 minutes" in told


def test_alt_text_is_asked_for_once(writer: FlaskClient, channel: Channel) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    at = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT12:00")
    sent = {"text": "Look", "channels": [channel.id], "when": "at", "due_at": at, "asks_alt": "yes"}
    first = writer.post(
        "/posts/new", data=sent | {"media": (io.BytesIO(picture.getvalue()), "a.png")}
    )
    assert first.status_code == 422 and "Schedule anyway" in first.text
    [id] = database.session.scalars(database.text("SELECT id FROM asset"))
    assert (
        f'href="#alt-{id}"' in first.text and 'name="asks_alt" type="hidden" value=""' in first.text
    )
    again = sent | {"asks_alt": "", "kept": [str(id)], "alt": [""]}
    assert writer.post("/posts/new", data=again).status_code == 303
    bare = {name: value for name, value in again.items() if name != "asks_alt"}
    assert writer.post("/posts/new", data=bare | {"nonce": "n4"}).status_code == 303
    draft = again | {"asks_alt": "yes", "action": "draft", "nonce": "n3"}
    assert writer.post("/posts/new", data=draft).status_code == 303
