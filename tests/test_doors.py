"""What each role may do, and what every answer carries. Who gets in where: tests/doors/."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.account.permissions import ROLES
from tests import make

# What each role may do, written by hand: the answer that the code is held to.
MAY = {
    "self": "owner admin editor approver viewer",
    "organization.view": "owner admin editor approver viewer",
    "organization.manage": "owner admin",
    "organization.own": "owner",
    "member.manage": "owner admin",
    "audit.view": "owner admin approver",
    "post.create": "owner admin editor",
    "post.edit": "owner admin editor",
    "post.reschedule": "owner admin editor approver",
    "post.cancel": "owner admin editor approver",
    "post.resolve": "owner admin editor approver",
    "post.comment": "owner admin editor approver",
    "post.submit": "owner admin editor",
    "post.approve": "owner admin approver",
    "post.share": "owner admin editor approver",
    "slot.manage": "owner admin editor",
    "publishing.pause": "owner admin approver",
    "channel.connect": "owner admin",
    "analytics.view": "owner admin editor approver viewer",
    "report.share": "owner admin editor",
    "operator": "",
}
VALUES = {
    "slug": "bluesky",
    "day": "2026-11-24",
    "token": "x",
    "key": "x",
    "name": "x",
    "table": "user",
    "purpose": "product_analytics",
}


def address(rule: Rule, id: int) -> str:
    return re.sub(
        r"<(?:(\w+):)?(\w+)>",
        lambda match: str(id) if match[1] == "int" else VALUES.get(match[2], "x"),
        rule.rule,
    )


def test_the_table_of_roles_is_the_one_that_was_agreed() -> None:
    assert {name: {str(role) for role in roles} for name, roles in ROLES.items()} == {
        name: set(roles.split()) for name, roles in MAY.items()
    }


@pytest.mark.parametrize(
    "path",
    ["/posts/-1", "/posts/0", "/posts/1e9", "/posts/%00", "/posts/'%20OR%201", "/posts/1%2e5", "/nowhere",
     "/%ff", "/posts/٣", "/static/../config.py", "/static/%2e%2e/%2e%2e/wsgi.py", "/docs/policies/../x"],
)  # fmt: skip
def test_absurd_addresses_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_answer_carries_the_headers(app: Flask, client: FlaskClient) -> None:
    paths = ["/", "/calendar", "/posts/new", "/nowhere", "/health/live", "/static/css/base.css"]
    answers = [client.get(path) for path in paths] + [client.post("/calendar")]
    assert [answer.status_code for answer in answers] == [303, 200, 200, 404, 200, 200, 405]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Referrer-Policy" in answer.headers
        assert "Permissions-Policy" in answer.headers
    assert answers[1].headers["Cache-Control"] == "no-store"


def test_a_bug_shows_nothing_of_the_inside_and_keeps_what_was_typed(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("app.scheduler.composing.write", broken)
    channel = make.channel(make.alice())
    sent = {"text": "Do not lose me", "when": "now", "channels": [channel.id]}
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert "Traceback" not in answer.text
    assert "Do not lose me" in answer.text
