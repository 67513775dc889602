"""Signing in and out, and what a session is: a row that can be ended from anywhere."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.tokens import LoginSession, digest
from app.account.visits import coarse, describe_agent
from app.db import db as database
from tests import make
from tests.times import Times


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("allstac")
    assert found
    return found.value


def test_a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(
    anonymous: FlaskClient,
) -> None:
    make.alice()
    pages = [
        anonymous.post("/login", data={"email": email, "password": "not this one"})
        for email in ("alice@orchard.example", "nobody@orchard.example")
    ]
    assert [page.status_code for page in pages] == [422, 422]
    one, two = (re.sub(r'value="[^"]*"', "", page.text) for page in pages)
    assert one == two
    assert "Address and password don&#39;t belong together." in one


def test_the_address_may_be_written_in_any_case(anonymous: FlaskClient) -> None:
    make.alice()
    data = {"email": " ALICE@orchard.EXAMPLE ", "password": make.PASSWORD}
    assert anonymous.post("/login", data=data).status_code == 303


def test_signing_in_gives_a_new_id_and_ends_the_old(anonymous: FlaskClient) -> None:
    anonymous.get("/login")
    before = anonymous.get_cookie("allstac")
    make.sign_in(anonymous, make.alice())
    first = cookie(anonymous)
    assert not before or before.value != first
    make.sign_in(anonymous, make.alice())
    assert cookie(anonymous) != first
    assert len(database.session.scalars(database.select(LoginSession)).all()) == 1


def test_the_cookie_is_httponly_lax_and_only_its_hash_is_stored(anonymous: FlaskClient) -> None:
    data = {"email": make.alice().email, "password": make.PASSWORD}
    header = anonymous.post("/login", data=data).headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    row = database.session.scalars(database.select(LoginSession)).one()
    assert cookie(anonymous) not in str(row.__dict__)


def test_over_https_the_cookie_is_bound_to_the_host(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"base_url": "https://allstac.example"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    data = {"email": make.alice().email, "password": make.PASSWORD}
    answer = anonymous.post("/login", data=data, base_url="https://allstac.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-allstac=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_signing_out_ends_the_session_on_the_server(client: FlaskClient) -> None:
    old = cookie(client)
    answer = client.post("/logout")
    assert answer.status_code == 303
    assert "storage" in answer.headers["Clear-Site-Data"]
    client.set_cookie("allstac", old)
    assert client.get("/calendar").status_code == 303
    assert not database.session.scalars(database.select(LoginSession)).all()


def test_a_session_that_is_revoked_elsewhere_ends_here_at_once(
    app: Flask, client: FlaskClient
) -> None:
    phone = app.test_client()
    make.sign_in(phone, make.alice())
    ids = re.findall(r"/account/sessions/(\d+)/revocation", phone.get("/account/sessions").text)
    assert len(ids) == 1, "the own session has no such button"
    assert phone.post(f"/account/sessions/{ids[0]}/revocation").status_code == 303
    assert client.get("/calendar").status_code == 303
    assert phone.get("/calendar").status_code == 200


def test_a_new_password_ends_all_other_sessions(app: Flask, client: FlaskClient) -> None:
    phone = app.test_client()
    make.sign_in(phone, make.alice())
    change = {"password": make.PASSWORD, "new_password": "nine loud magpies"}
    assert phone.post("/account/password", data=change).status_code == 303
    assert client.get("/calendar").status_code == 303
    assert phone.get("/calendar").status_code == 200
    wrong = phone.post("/account/password", data=change)
    assert wrong.status_code == 422
    assert "This is not your present password." in wrong.text


def test_nobody_ends_anothers_session(app: Flask, client: FlaskClient) -> None:
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    row = database.session.scalars(
        database.select(LoginSession).where(LoginSession.user_id == make.alice().id)
    ).one()
    assert stranger.post(f"/account/sessions/{row.id}/revocation").status_code == 404
    assert client.get("/calendar").status_code == 200


@pytest.mark.parametrize(
    ("age", "idle", "alive"),
    [
        (timedelta(days=29), timedelta(days=13), True),
        (timedelta(days=29), timedelta(days=15), False),
        (timedelta(days=31), timedelta(days=0), False),
    ],
)
def test_sessions_end_by_age_and_by_rest(
    client: FlaskClient, age: timedelta, idle: timedelta, alive: bool
) -> None:
    row = database.session.scalars(database.select(LoginSession)).one()
    row.created_at, row.used_at = clock.now() - age, clock.now() - idle
    database.session.commit()
    assert (client.get("/calendar").status_code == 200) is alive


def test_the_calendar_asks_to_sign_in_and_then_shows_what_was_wanted(
    anonymous: FlaskClient,
) -> None:
    asked = anonymous.get("/calendar?month=2026-12")
    assert asked.location == "/login?next=/calendar?month%3D2026-12"
    data = {"email": make.alice().email, "password": make.PASSWORD, "next": "/calendar?month=x"}
    assert anonymous.post("/login", data=data).location == "/calendar?month=x"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "evil.example",
        "http:evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(anonymous: FlaskClient, target: str) -> None:
    data = {"email": make.alice().email, "password": make.PASSWORD, "next": target}
    assert anonymous.post("/login", data=data).location == "/calendar"


def test_a_form_that_comes_after_the_session_ended_is_not_lost(
    app: Flask, client: FlaskClient
) -> None:
    client.delete_cookie("allstac")
    lost = client.post("/posts/new", data={"text": "Long <thoughts>", "when": "at"})
    assert lost.status_code == 401
    assert "nothing you typed is lost" in lost.text
    typed = re.search(r'name="typed"[^>]*value="([^"]*)"', lost.text)
    assert typed
    data = {
        "email": "alice@orchard.example",
        "password": make.PASSWORD,
        "next": "/posts/new",
        "typed": typed.group(1).replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">"),
    }
    answer = client.post("/login", data=data)
    assert answer.location == "/posts/new"
    assert "Long &lt;thoughts&gt;" in client.get("/posts/new").text
    assert "Long &lt;thoughts&gt;" not in client.get("/posts/new").text, "handed out once"


def test_a_form_without_its_token_changes_nothing_and_shows_what_was_typed(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = client.post(
        "/account/password", data={"password": make.PASSWORD, "new_password": "nine loud magpies"}
    )
    assert answer.status_code == 403
    assert "nine loud magpies" not in answer.text
    kept = client.post("/posts/new", data={"text": "Keep me"})
    assert kept.status_code == 403
    assert "Keep me" in kept.text


@pytest.mark.proves("P1.3")
def test_sessions_keep_the_kind_of_device_and_a_coarse_network_only() -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert describe_agent(agent) == "Firefox on Linux"
    assert describe_agent("curl/8") == "Unknown browser on unknown system"
    assert coarse("203.0.113.77") == "203.0.113.0/24"
    assert coarse("2001:db8:1:2:3::9") == "2001:db8:1::/48"
    assert coarse("not an address") == "unknown"


def row_of(client: FlaskClient) -> LoginSession:
    database.session.expire_all()
    return database.session.scalars(
        database.select(LoginSession).where(LoginSession.token_hash == digest(cookie(client)))
    ).one()


def test_another_organization_is_another_id_of_a_session_that_is_no_younger(
    client: FlaskClient, times: Times
) -> None:
    begun, before = row_of(client).created_at, cookie(client)
    times.go(minutes=5)
    client.post("/organization/new", data={"organization": "Second"})
    middle = cookie(client)
    client.post(
        "/organization/switch", data={"organization": make.alice().memberships[0].organization_id}
    )
    assert len({before, middle, cookie(client)}) == 3
    assert row_of(client).created_at == begun
    assert len(database.session.scalars(database.select(LoginSession)).all()) == 1


def test_another_role_is_another_id_at_the_next_request(app: Flask, client: FlaskClient) -> None:
    bob, phone = app.test_client(), app.test_client()
    for one in (bob, phone):
        make.sign_in(one, make.bob())
    before = cookie(bob), cookie(phone)
    path = f"/organization/members/{make.member(make.bob()).id}/role"
    assert client.post(path, data={"role": "viewer"}).status_code == 303
    assert [one.get("/calendar").status_code for one in (bob, phone)] == [200, 200]
    after = cookie(bob), cookie(phone)
    assert not set(before) & set(after)
    assert bob.get("/calendar").status_code == 200 and cookie(bob) == after[0], "once"
    old = app.test_client()
    old.set_cookie("allstac", before[0])
    assert old.get("/calendar").status_code == 303


def test_a_removed_member_gets_a_new_id_too(app: Flask, client: FlaskClient) -> None:
    bob = app.test_client()
    make.sign_in(bob, make.bob())
    before = cookie(bob)
    client.post(f"/organization/members/{make.member(make.bob()).id}/removal")
    assert bob.get("/account").status_code == 200
    assert cookie(bob) != before


def test_a_sign_in_counts_its_age_anew(client: FlaskClient, times: Times) -> None:
    times.go(days=3)
    make.sign_in(client, make.alice())
    assert row_of(client).created_at == times.now
