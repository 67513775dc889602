"""From the connect form to the page of the post, with a real WordPress and a real Matrix server: a
picture goes along, the answer is lost, and one post stands there."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import clock
from app.channels.models import Channel
from app.db import db as database
from app.publishing import engine
from app.scheduler.models import Delivery
from tests.networks import drawn
from tests.servers.front import Front
from tests.servers.synapse import Person, Synapse
from tests.servers.wordpress import WordPress

DATABASES = ("sqlite",)
# What arrived and what did not; the others differ for the adapter alone, and are asked of it.
FAULTS = ["lose", "drop"] + [
    pytest.param(fault, marks=pytest.mark.security_long) for fault in ("500 after", "garbage")
]
NOT_PUBLIC = "draft,future,pending,private"
TEXT = "Ripe apples, see https://orchard.example/apples"


@pytest.fixture
def site(wordpress: WordPress) -> Iterator[Front]:
    front = Front(wordpress.url, lambda r: bool(re.search(r"/posts/\d+$", r.path)), lambda _: [])
    yield front
    front.stop()


@pytest.fixture
def homeserver(synapse: Synapse) -> Iterator[Front]:
    front = Front.of_puts(synapse.url, lambda r: "/send/" in r.path, lambda _: [])
    yield front
    front.stop()


def connect(client: FlaskClient, slug: str, **answers: str) -> Channel:
    answer = client.post(f"/channels/connect/{slug}", data=answers)
    assert answer.status_code == 303, answer.text
    channel = database.session.scalars(database.select(Channel)).one()
    assert client.get(f"/channels/{channel.id}").status_code == 200
    return channel


def schedule(client: FlaskClient, channel: Channel) -> str:
    """A post that is due now, with a picture; the address of its page."""
    picture = drawn.picture()
    sent = client.post(
        "/posts/new",
        data={
            "text": TEXT,
            "channels": [str(channel.id)],
            "when": "now",
            "nonce": "once",
            "media": [(drawn.as_file(picture), "leaf.png")],
            "alt": ["A green leaf"],
        },
    )
    assert sent.status_code == 303, sent.text
    return str(sent.location)


def carry() -> Delivery:
    """What the publisher does, until the delivery has come to an end."""
    for _ in range(10):
        engine.run_shift()
        database.session.expire_all()
        delivery = database.session.scalars(database.select(Delivery)).one()
        if delivery.state == "published":
            return delivery
        delivery.not_before = clock.now()  # as if the wait were over
        database.session.commit()
    raise AssertionError(f"it never came to an end: {delivery.state} {delivery.reason}")


@pytest.mark.parametrize("fault", FAULTS)
def test_wordpress_from_form_to_page(
    client: FlaskClient, wordpress: WordPress, site: Front, fault: str
) -> None:
    answers = {"username": "alice", "app_password": wordpress.password}
    channel = connect(client, "wordpress", host=site.url, **answers)
    before = {post["id"] for post in wordpress.posts()}
    hidden = {post["id"] for post in wordpress.posts(NOT_PUBLIC)}
    page = schedule(client, channel)
    site.faults.append(fault)
    delivery = carry()
    assert not site.faults
    [post] = [post for post in wordpress.posts() if post["id"] not in before]
    assert delivery.external_id == str(post["id"])
    assert delivery.external_url == f"{site.url}/{post['slug']}/"
    assert f'href="{delivery.external_url}"' in client.get(page).text
    assert '<a href="https://orchard.example/apples">' in post["content"]["raw"]
    shown = wordpress.call("GET", f"media/{post['featured_media']}")
    assert shown["alt_text"] == "A green leaf"
    assert {post["id"] for post in wordpress.posts(NOT_PUBLIC)} <= hidden


@pytest.fixture
def grace(synapse: Synapse) -> Person:
    return synapse.make_person("grace")


@pytest.mark.parametrize("fault", FAULTS)
def test_matrix_from_form_to_page(
    client: FlaskClient, synapse: Synapse, homeserver: Front, grace: Person, fault: str
) -> None:
    room = synapse.make_room(grace)
    answers = {"username": grace.id, "password": grace.password, "room": room}
    channel = connect(client, "matrix", host=homeserver.url, **answers)
    page = schedule(client, channel)
    homeserver.faults.append(fault)
    delivery = carry()
    assert not homeserver.faults
    words, picture = synapse.messages(grace, room)
    assert (words["content"]["body"], picture["content"]["body"]) == (TEXT, "A green leaf")
    assert delivery.external_id == f"{words['event_id']} {picture['event_id']}"
    assert f'href="{delivery.external_url}"' in client.get(page).text
