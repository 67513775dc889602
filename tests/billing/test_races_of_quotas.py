"""A plan that is nearly full stays within its bounds, however many press at once or bring back."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.account.allowances import Room
from app.db import db as database
from app.media.models import Asset
from app.privacy.bringing import Bringing
from app.privacy.copy_file import BadCopy, CopyFile
from app.privacy.placing import Receiver
from app.scheduler.models import Post
from tests import make
from tests.account.crowd import Press, at_once, cookie_of
from tests.media.test_pictures import encoded
from tests.privacy.copies import made_for
from tests.servers.stripe import StripeStandIn

DATABASES = ("postgres",)  # SQLite has one writer at a time anyway
MANY, FIT = 8, 3


def holds(**room: int) -> None:
    home = make.member(make.alice()).organization_id
    allowances.write(home, Room("Free", **room), clock.now())
    database.session.commit()


def write(number: int, **more: object) -> Press:
    """A post of its own; the picture is opened anew by each."""
    words = {"text": f"Number {number}", "nonce": f"n{number}", **more}
    if "picture" in words:
        body = words.pop("picture")
        return lambda client: client.post(
            "/posts/new", data=words | {"media": (BytesIO(body), "a.png")},
            content_type="multipart/form-data",
        )  # fmt: skip
    return lambda client: client.post("/posts/new", data=words)


def test_posts_that_are_planned_at_once_fill_the_plan_and_no_more(
    app: Flask, stripe: StripeStandIn, client: FlaskClient
) -> None:
    channel = make.channel(make.alice())
    holds(scheduled_posts=FIT)
    due = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    form = {"when": "at", "due_at": due, "channels": channel.id}
    presses = [write(n, **form) for n in range(MANY)]
    answers = at_once(app, presses, [cookie_of(client)] * MANY)
    assert sorted(answer.status_code for answer in answers) == [303] * FIT + [422] * (MANY - FIT)
    assert len(database.session.scalars(database.select(Post)).all()) == FIT


def test_pictures_that_are_uploaded_at_once_fill_the_plan_and_no_more(
    app: Flask, stripe: StripeStandIn, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, channel = encoded("PNG"), make.channel(make.alice())
    size = Asset.upload(make.member(make.alice()), body, clock.now()).size
    monkeypatch.setattr(allowances, "MEGABYTE", size)
    monkeypatch.setattr(Asset, "make_room", lambda *_: None)  # all were told before that it fits
    holds(storage=FIT)
    form = {"when": "now", "action": "draft", "channels": channel.id, "picture": body}
    presses = [write(n, **form) for n in range(2 * MANY)]
    at_once(app, presses, [cookie_of(client)] * len(presses))
    home = make.member(make.alice()).organization_id
    assert Asset.bytes_of(home) == FIT * size


@pytest.mark.parametrize("is_written", [False, True])
def test_a_copy_comes_back_only_while_its_pictures_fit(
    stripe: StripeStandIn, client: FlaskClient, is_written: bool
) -> None:
    alice = make.alice()
    asset = Asset.upload(make.member(alice), encoded("PNG"), clock.now())
    database.session.commit()
    body = made_for(alice.email)
    database.session.delete(asset)
    holds(storage=0)
    to = Receiver(alice.id, alice.email)

    def bring() -> int:
        walk = (CopyFile(BytesIO(body)), database.metadata, to, database.session.connection())
        return Bringing(*walk, write=is_written).run().comes["asset"]

    with pytest.raises(BadCopy, match="0 MB of pictures and videos"):
        bring()
    holds(storage=1)
    assert bring() == 1
