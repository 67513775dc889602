"""Before something dangerous: a sign-in of more than a quarter of an hour ago is confirmed first."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.account.models import User
from app.account.tokens import LoginSession
from app.db import db as database
from tests import make
from tests.times import Times

CONFIRM = {"password": make.PASSWORD}


def dangerous(app: Flask) -> list[tuple[str, str]]:
    """Every route that wants a fresh sign-in, with each of its methods."""
    return [
        (re.sub(r"<int:\w+>", "1", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if hasattr(app.view_functions[rule.endpoint], "is_for_fresh")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


# Kept by hand: what must never be done with an old sign-in.
DANGEROUS = {
    "account.change_address",
    "account.set_password",
    "account.remove_password",
    "account.begin_app",
    "account.set_up_app",
    "account.confirm_app",
    "account.remove_app",
    "account.recovery_codes",
    "account.make_codes",
    "account.new_passkey",
    "account.challenge_new_passkey",
    "account.add_passkey",
    "account.remove_passkey",
    "account.require_second_factor",
    "privacy_settings.fetch_export",
}


def test_what_is_dangerous_is_marked_so(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if hasattr(view, "is_for_fresh")}
    assert marked >= DANGEROUS


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("allstac")
    assert found
    return found.value


def wanted(client: FlaskClient, email: str = "new@orchard.example") -> int:
    return client.post("/account/email", data={"email": email}).status_code


def test_every_dangerous_route_asks_again_and_nothing_happens_before(
    app: Flask, client: FlaskClient, times: Times
) -> None:
    assert ("/account/email", "POST") in dangerous(app)
    make.alice().is_operator = True  # some of them are at the desk
    database.session.commit()
    times.go(minutes=15, seconds=1)
    before = database.session.scalars(database.select(User)).one().__dict__.copy()
    for path, method in dangerous(app):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login/again"), path
        by_htmx = client.open(path, method=method, headers={"HX-Request": "true"})
        assert by_htmx.status_code == 403
        assert by_htmx.headers["HX-Redirect"].startswith("/login/again?next=")
    database.session.expire_all()
    after = database.session.scalars(database.select(User)).one().__dict__
    assert {k: v for k, v in before.items() if k[0] != "_"}.items() <= after.items()


def test_a_fresh_sign_in_is_not_asked(client: FlaskClient, times: Times) -> None:
    times.go(minutes=14, seconds=59)
    answer = client.post("/account/email", data={"email": "new@orchard.example"})
    assert answer.location == "/account"


def test_what_was_typed_comes_back_after_confirming_and_the_id_is_new(
    client: FlaskClient, times: Times
) -> None:
    times.go(minutes=16)
    typed = {"email": "new@orchard.example", "password": "not kept"}
    asked = client.post(
        "/account/email", data=typed, headers={"Referer": "http://localhost/account"}
    )
    assert asked.location == "/login/again?next=/account"
    assert "Is it still you?" in client.get(asked.location).text
    kept = database.session.scalars(database.select(LoginSession.values)).one()
    assert "not kept" not in str(kept)
    before = cookie(client)
    wrong = client.post("/login/again", data={"password": "wrong", "next": "/account"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (422, True)
    right = client.post("/login/again", data=CONFIRM | {"next": "/account"})
    assert (right.status_code, right.location) == (303, "/account")
    assert cookie(client) != before
    assert 'value="new@orchard.example"' in client.get("/account").text
    assert 'value="new@orchard.example"' not in client.get("/account").text, "handed out once"
    assert wanted(client) == 303


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/account?x=1", "/account"),
        ("https://evil.example/trap", "/account"),
        ("", "/account"),
        ("http://localhost//evil.example", "/calendar"),
    ],
)
def test_the_way_back_stays_on_this_host(
    client: FlaskClient, times: Times, referrer: str, back: str
) -> None:
    times.go(minutes=16)
    answer = client.post("/account/email", headers={"Referer": referrer})
    assert answer.location == f"/login/again?next={back}"
    elsewhere = client.post("/login/again", data=CONFIRM | {"next": "//evil.example"})
    assert elsewhere.location == "/calendar"


def test_guessing_at_the_confirmation_is_limited(client: FlaskClient, times: Times) -> None:
    times.go(minutes=16)
    tried = [client.post("/login/again", data={"password": "x"}).status_code for _ in range(10)]
    assert tried == [422] * 10
    answer = client.post("/login/again", data=CONFIRM)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert wanted(client) == 303
    assert not User.by_email("new@orchard.example")


def test_making_or_unmaking_an_owner_is_dangerous_and_other_roles_are_not(
    client: FlaskClient, times: Times
) -> None:
    bob = make.member(make.bob())

    def change(role: str) -> str:
        path = f"/organization/members/{bob.id}/role"
        answer = client.post(path, data={"role": role})
        assert answer.status_code == 303
        database.session.expire_all()
        return answer.location.split("?")[0]

    times.go(minutes=16)
    assert (change("viewer"), make.member(make.bob()).role) == ("/organization/members", "viewer")
    assert (change("owner"), make.member(make.bob()).role) == ("/login/again", "viewer")
    client.post("/login/again", data=CONFIRM)
    assert (change("owner"), make.member(make.bob()).role) == ("/organization/members", "owner")
    times.go(minutes=16)
    assert (change("viewer"), make.member(make.bob()).role) == ("/login/again", "owner")


def test_a_session_that_does_not_say_when_is_not_fresh(client: FlaskClient) -> None:
    row = database.session.scalars(database.select(LoginSession)).one()
    row.values = {key: value for key, value in row.values.items() if key != "signed_in_at"}
    database.session.commit()
    assert client.post("/account/email").location.startswith("/login/again")
    assert client.get("/account").status_code == 200


def test_a_password_change_asks_the_present_one_and_nothing_else(
    client: FlaskClient, times: Times
) -> None:
    times.go(hours=5)
    change = {"password": make.PASSWORD, "new_password": "nine loud magpies"}
    assert client.post("/account/password", data=change).location == "/account/security"
