"""What a person is told of in the product, and marking it as read."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.publishing import telling
from app.scheduler import jobs, notices
from app.scheduler.models import Delivery, Post
from app.scheduler.notices import Notice
from tests import make

DATABASES = ("sqlite",)
pytestmark = pytest.mark.usefixtures("rung", "mailing")


def kinds(of: str) -> list[tuple[str, str]]:
    mine = Notice.of(make.member(getattr(make, of)())).order_by(Notice.id)
    return [(one.kind, one.path) for one in database.session.scalars(mine)]


def test_what_is_asked_answered_and_broken_stands_in_the_list_until_it_is_read(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOON)
    channel, bob = make.channel(make.alice(), "bluesky", "grace"), app.test_client()
    make.bob()
    make.rule("four_eyes")
    make.sign_in(bob, make.bob())
    sent = {"text": "Plums", "channels": channel.id, "when": "at", "due_at": "2026-11-24T15:30"}
    id = int(bob.post("/posts/new", data=sent).location.rsplit("/", 1)[1])
    for _ in range(2):
        jobs.tell_approvers(id)
    client.post(f"/posts/{id}/rejection", data={"reason": "Softer"})
    event = database.session.get_one(Post, id).events[-1].id
    jobs.tell_author(id, event)
    failed = database.update(Delivery).values(state="failed", reason="Refused.")
    database.session.execute(failed)
    telling.take(channel.organization_id, make.NOON + timedelta(hours=1))
    database.session.commit()
    assert kinds("alice") == [("asked", f"/posts/{id}")]
    assert kinds("bob") == [("sent_back", f"/posts/{id}/edit"), ("failed", f"/posts/{id}")]
    page = bob.get("/notifications").text
    assert "Your post came back" in page and '<span class="tally">2</span>' in page
    assert "A post waits for your yes" not in page, "that is Alice's"
    own = [one.id for one in notices.latest(make.member(make.bob()))]
    assert client.post(f"/notifications/{own[0]}/reading").status_code == 404
    assert bob.post(f"/notifications/{own[0]}/reading").status_code == 303
    assert notices.unread(make.member(make.bob())) == 1
    assert bob.post("/notifications/reading").status_code == 303
    assert notices.unread(make.member(make.bob())) == 0
    assert notices.unread(make.member(make.alice())) == 1
