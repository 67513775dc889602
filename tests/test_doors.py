"""Every route, asked by everybody: who gets in, who does not, and what every answer carries."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.account.permissions import ROLES, Role
from app.db import db as database
from app.scheduler.models import Delivery
from tests import make
from tests.test_house import PUBLIC

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
    "channel.connect": "owner admin",
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


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every guarded route with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PUBLIC:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


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


@pytest.mark.proves("P7.1", "P2.2")
def test_nobody_gets_in_without_signing_in(app: Flask, anonymous: FlaskClient) -> None:
    for rule, method in rules(app):
        answer = anonymous.open(address(rule, 1), method=method)
        expected = (303, 302) if method == "GET" else (401,)
        assert answer.status_code in expected, f"{method} {rule.rule}"
        if method == "GET":
            assert answer.location.startswith("/login?next="), rule.rule


@pytest.mark.proves("P7.1", "P2.2")
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_where_it_may_and_nowhere_else(
    app: Flask, anonymous: FlaskClient, role: Role
) -> None:
    bob = make.bob(role)
    for rule, method in rules(app):
        if rule.endpoint == "account.logout":
            continue
        if not anonymous.get_cookie("allstac"):
            make.sign_in(anonymous, bob)
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        answer = anonymous.open(address(rule, 10**6), method=method)
        allowed = str(role) in MAY[permission].split()
        if permission == "operator":  # of no organisation: nothing is there for anybody else
            assert answer.status_code == 404, f"{role} {method} {rule.rule}"
            continue
        assert (answer.status_code != 403) is allowed, f"{role} {method} {rule.rule}"
        assert answer.status_code < 500, f"{method} {rule.rule}"


def fingerprint() -> list[object]:
    database.session.rollback()
    return [
        [
            tuple(row)
            for row in database.session.execute(table.select().order_by(*table.primary_key))
        ]
        for table in database.metadata.sorted_tables
        if table.name != "login_session"
    ]


@pytest.mark.proves("P7.1", "P2.2")
def test_anothers_things_look_like_nothing_and_stay_as_they_are(
    app: Flask, anonymous: FlaskClient
) -> None:
    """Foreign, missing and absurd ids: the same 404, byte for byte, and nothing of theirs changed."""
    alice = make.alice()
    channel = make.channel(alice)
    post = make.post(alice, channel)
    delivery = database.session.scalars(
        database.select(Delivery).where(Delivery.post_id == post.id)
    ).one()
    foreign = {
        "posts": post.id,
        "channels": channel.id,
        "deliveries": delivery.id,
        "media": 10**6,
        "account": 10**6,
        "support": make.conversation(alice).id,
        "operator": 10**6,
        "settings/privacy/requests": make.rights_request(alice).id,
        "settings": 10**6,
        "organization/members": make.member(alice).id,
        "organization/invitations": make.invitation(alice, "dora@else.example").id,
    }
    make.sign_in(anonymous, make.charlie())
    before = fingerprint()
    for rule, method in rules(app):
        if "<int:" not in rule.rule or rule.rule.startswith("/sandbox"):
            continue
        kind = next(kind for kind in foreign if rule.rule.startswith(f"/{kind}/"))
        bodies = set()
        for id in (foreign[kind], 10**7, 2**31 - 1, 2**31, 10**30, 0):
            data = {"decision": "again", "due_at": "2027-01-01T10:00", "version": "1", "text": "x"}
            data |= {"role": "viewer"}
            answer = anonymous.open(address(rule, id), method=method, data=data)
            assert answer.status_code == 404, f"{method} {rule.rule} {id}"

            bodies.add(re.sub(r"/\d+|value=\"[^\"]+\"", "", answer.text))
        assert len(bodies) == 1, f"{method} {rule.rule} tells foreign from missing"
    assert fingerprint() == before


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
