"""A client without an account: reads chosen posts by a link, and answers."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.account import limits
from app.audit.models import events as trail
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import jobs, mail_choices
from app.scheduler.client_links import ClientLink
from app.scheduler.events import PostEvent
from app.scheduler.models import Delivery, Post
from tests import make
from tests.servers.smtp import Sink

DATABASES = ("sqlite",)
LINK = re.compile(r"http://localhost(/approvals/[\w-]{43})")
pytestmark = pytest.mark.usefixtures("rung")


@pytest.fixture
def bobs(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Bob edits at Alice's and asks for a yes; `client` is Alice's browser."""
    monkeypatch.setattr(clock, "now", lambda: make.NOON)
    channel, browser = make.channel(make.alice(), "bluesky", "grace"), app.test_client()
    make.bob()
    make.rule("four_eyes")
    make.sign_in(browser, make.bob())
    return write(browser, channel)


def write(browser: FlaskClient, channel: Channel, **change: object) -> Post:
    sent = {"text": "Plums <b>today</b>", "channels": channel.id, "when": "at"}
    sent |= {"due_at": "2026-11-24T15:30"} | change
    answer = browser.post("/posts/new", data=sent)
    assert answer.status_code == 303, answer.text
    return stands(int(answer.location.rsplit("/", 1)[1]))


def stands(id: int) -> Post:
    database.session.expire_all()
    return database.session.get_one(Post, id)


def counts(rule: str) -> None:
    make.organization("Orchard").client_rule = rule
    database.session.commit()


def link(browser: FlaskClient, *posts: Post, days: int = 14) -> str:
    sent = {"posts": [one.id for one in posts], "days": days}
    assert browser.post("/approvals/links", data=sent).status_code == 303
    [path] = LINK.findall(browser.get("/approvals/links").text)
    assert not LINK.findall(browser.get("/approvals/links").text), "shown once"
    return str(path)


def typed(page: str, post: Post) -> dict[str, str]:
    """What the form of this post on the client's page holds."""
    [form] = re.findall(rf'<form[^>]*#post-{post.id}".*?</form>', page, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def answer(app: Flask, path: str, post: Post, kind: str, **change: str) -> TestResponse:
    outside = app.test_client()
    given = typed(outside.get(path).text, post) | {"name": "Ines", "answer": kind} | change
    return outside.post(path, data=given)


def said(post: Post) -> list[tuple[str, str, str]]:
    chosen = database.select(PostEvent).where(PostEvent.client != "").order_by(PostEvent.id)
    return [(one.kind, one.who, one.detail) for one in database.session.scalars(chosen)]


def test_a_client_reads_and_the_yes_counts_for_whoever_lends_theirs(
    app: Flask, client: FlaskClient, bobs: Post, mailing: Sink
) -> None:
    counts("counts")
    path = link(client, bobs)
    page = app.test_client().get(path)
    assert "Plums &lt;b&gt;today&lt;/b&gt;" in page.text and "Set-Cookie" not in page.headers
    assert page.headers["X-Robots-Tag"].startswith("noindex") and "noindex" in page.text
    answered = answer(app, path, bobs, "approve", words="Lovely")
    assert answered.status_code == 303 and answered.location.endswith("approved#post-1")
    assert stands(bobs.id).state == "scheduled"
    assert said(bobs) == [("approved", "Ines (client)", "Lovely")]
    assert 'value="Ines"' in app.test_client().get(path).text, "the name is typed once"
    assert "Ines (client)" in client.get(f"/posts/{bobs.id}").text
    assert "post.approved" in database.session.scalars(database.select(trail.c.action)).all()
    event = database.session.scalar(database.select(PostEvent).where(PostEvent.client != ""))
    mail_choices.choose(make.bob(), {"approved": "at_once"})
    jobs.tell_author(bobs.id, event.id if event else 0)
    assert "Ines (client) approved" in mailing.messages[-1].get_content()


def test_a_yes_is_only_noted_where_the_makers_own_would_not_count(
    app: Flask, client: FlaskClient, bobs: Post
) -> None:
    path = link(client, bobs)
    assert answer(app, path, bobs, "approve").location.endswith("agreed#post-1")
    counts("counts")
    browser = app.test_client()
    make.sign_in(browser, make.bob())
    own = link(browser, bobs)  # four eyes: the writer's own link lends nothing
    assert answer(app, own, bobs, "approve").location.endswith("agreed#post-1")
    assert stands(bobs.id).state == "pending_approval"
    assert {one.approved_hash for one in stands(bobs.id).deliveries} == {""}
    assert [one[0] for one in said(bobs)] == ["agreed", "agreed"]
    assert app.test_client().get(own).text.count("You said yes") == 1, "of this link alone"


def test_a_yes_is_for_these_very_words(app: Flask, client: FlaskClient, bobs: Post) -> None:
    counts("counts")
    path, outside = link(client, bobs), app.test_client()
    given = typed(outside.get(path).text, bobs)
    database.session.execute(database.update(Delivery).values(content_hash="other"))
    database.session.execute(database.update(Post).values(text="Pears"))
    database.session.commit()
    late = outside.post(path, data=given | {"name": "Ines", "answer": "approve", "words": "Fine"})
    assert late.status_code == 409 and "changed since" in late.text
    assert "Pears" in late.text and ">\r\nFine</textarea>" in late.text, (
        "the new version; nothing lost"
    )
    assert stands(bobs.id).state == "pending_approval" and said(bobs) == []


def test_a_no_and_a_comment_need_words_and_a_name(
    app: Flask, client: FlaskClient, bobs: Post
) -> None:
    path = link(client, bobs)
    refused = answer(app, path, bobs, "send_back", name="")
    assert refused.status_code == 422
    assert "Say what has to change." in refused.text and "Tell us your name." in refused.text
    assert answer(app, path, bobs, "comment", words="Why plums?").status_code == 303
    assert answer(app, path, bobs, "send_back", words="Pears").status_code == 303
    assert stands(bobs.id).state == "draft"
    assert [one[0] for one in said(bobs)] == ["commented", "sent_back"]
    assert "Approve" not in app.test_client().get(path).text, "a draft asks for no yes"
    assert answer(app, path, bobs, "approve", hash="x").status_code == 409


def test_a_link_opens_its_posts_and_nothing_else(
    app: Flask, client: FlaskClient, bobs: Post
) -> None:
    other = write(client, make.channel(make.alice(), "mastodon", "alice"), text="Secret pears")
    path, outside = link(client, bobs), app.test_client()
    page = outside.get(path).text
    assert "Secret pears" not in page and "Alice" not in page
    given = typed(page, bobs) | {"name": "Ines", "answer": "comment", "words": "x"}
    assert outside.post(path, data=given | {"post": str(other.id)}).status_code == 404
    assert outside.post(path, data=given | {"seal": ""}).status_code == 422
    assert outside.post(path[:-1] + "x", data=given).status_code == 404
    assert said(bobs) == []


def test_a_link_ends_by_itself_and_at_once_when_taken_back(
    app: Flask, client: FlaskClient, bobs: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = link(client, bobs), link(client, bobs, days=1)
    stored = database.session.scalars(database.select(ClientLink).order_by(ClientLink.id)).all()
    assert all(first.rsplit("/")[-1] not in str(vars(one)) for one in stored), "hashed"
    assert client.post(f"/approvals/links/{stored[0].id}/revocation").status_code == 303
    assert client.post(f"/approvals/links/{stored[0].id}/revocation").status_code == 404
    monkeypatch.setattr(clock, "now", lambda: make.NOON + timedelta(days=1))
    outside = app.test_client()
    wrong = outside.get(f"/approvals/{'a' * 43}")
    for path in (first, second):
        gone = outside.get(path)
        assert gone.status_code == 404 and gone.text == wrong.text
    assert client.post("/approvals/links", data={"posts": bobs.id, "days": 91}).status_code == 422


def test_answers_are_counted(app: Flask, client: FlaskClient, bobs: Post) -> None:
    path = link(client, bobs)
    for _ in range(limits.CLIENT.most):
        limits.take(limits.CLIENT, "1", make.NOON)
    database.session.commit()
    assert answer(app, path, bobs, "comment", words="Hi").status_code == 429
    assert said(bobs) == []
