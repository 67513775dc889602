"""Requests that attacks have once broken something with: each one stays answered as it should be."""

import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.attacks import scene

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["/account", "/account/email", "/posts/new", "/login", "/signup"])
@pytest.mark.parametrize("value", [{"a": 1}, 5, [1], None, "\ud800"])
def test_a_json_body_fills_no_form(client: FlaskClient, path: str, value: object) -> None:
    names = ("name", "email", "password", "text", "typed", "nonce")
    body = json.dumps(dict.fromkeys(names, value))
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code in (303, 422)


def test_an_upload_is_no_text(client: FlaskClient) -> None:
    sent = {"name": (io.BytesIO(b"x"), "x.txt"), "timezone": "UTC", "theme": "auto"}
    answer = client.post("/account", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422


@pytest.mark.parametrize("target", ["//[", "/\\[", "//℀", "http://[::1", "[", "/[x"])
def test_a_broken_address_to_return_to_leads_home(client: FlaskClient, target: str) -> None:
    onward = "/%5Bx" if target == "/[x" else "/calendar"
    assert client.get("/login", query_string={"next": target}).location == onward
    client.post("/logout")
    sent = {"email": make.alice().email, "password": make.PASSWORD, "next": target}
    assert client.post("/login", data=sent).location == onward


NEVER_TYPED = [
    '{"text":5}', '{"text":[]}', '{"text":[5]}', '{"email":[]}', '{"text":["\\ud800"]}',
    '{"text":["x\\u0000"]}', "[" * 100_000, '{"a":' * 100_000, "[]", "null",
    '{"channels":["x", "1e9"], "due_at":["9999-12-31T23:59"]}',
]  # fmt: skip


@pytest.mark.parametrize("typed", NEVER_TYPED)
def test_what_was_never_a_form_is_not_brought_back(anonymous: FlaskClient, typed: str) -> None:
    sent = {"email": make.alice().email, "password": make.PASSWORD, "typed": typed}
    for page in ("/posts/new", "/account"):
        assert anonymous.post("/login", data=sent | {"next": page}).location == page
        assert anonymous.get(page).status_code == 200
        anonymous.post("/logout")


@pytest.mark.parametrize("version", ["", "x", "1e9", "9" * 400, "-1", "\x00", "١"])
def test_an_odd_version_of_a_post_is_a_stale_one(client: FlaskClient, version: str) -> None:
    alice = make.alice()
    post = make.post(alice, channel := make.channel(alice))
    sent = {"text": "Hi", "when": "now", "channels": channel.id, "version": version}
    assert client.post(f"/posts/{post.id}/edit", data=sent).status_code == 409


def test_a_nonce_with_a_nul_makes_a_post(client: FlaskClient) -> None:
    sent = {
        "text": "Hi",
        "when": "now",
        "channels": make.channel(make.alice()).id,
        "nonce": "\x00a",
    }
    assert client.post("/posts/new", data=sent).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/sandbox/%00", "/sandbox/api/walls/%00", "/sandbox/api/walls/x/posts/%00", "/verify/%00"],
)
def test_a_nul_in_an_address_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


def test_an_error_page_survives_a_form_that_is_too_large(client: FlaskClient) -> None:
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="t"\r\n\r\n' + b"a" * 600_000 + b"\r\n"
        for _ in range(3)
    )
    sent = {"data": body + b"--x--\r\n", "content_type": "multipart/form-data; boundary=x"}
    assert client.post("/nowhere", **sent).status_code == 404
    assert client.post("/posts/999/deletion", **sent).status_code == 404
    assert client.post("/posts/new", **sent).status_code == 413


def test_an_error_page_leads_back_to_this_host_only(client: FlaskClient) -> None:
    for path in ("//evil.example/x", "/\\evil.example", "///evil.example"):
        answer = client.post("/x", environ_overrides={"PATH_INFO": path})
        assert answer.status_code in (404, 405)
        assert not re.search(r'href="/[/\\]', answer.text)


@pytest.mark.parametrize("origin", ["http://[::1{}", "//[", "null", "", "http://localhost/"])
def test_an_origin_that_is_no_address_is_not_ours(client: FlaskClient, origin: str) -> None:
    assert client.post("/account/email", headers={"Origin": origin}).status_code == 403


def test_a_referrer_that_is_no_address_does_no_harm(client: FlaskClient) -> None:
    for referrer in ("http://[", "//[", "http://localhost", "http://localhost//evil.example"):
        answer = client.post("/account/email", headers={"Referer": referrer})
        assert answer.status_code in (303, 422)


ODD_POSTS = [
    {"pictures": [{}]}, {"pictures": ["x"]}, {"pictures": [{"id": "../1", "alt": ""}]},
    {"pictures": {"id": 1}}, {"pictures": [{"id": 1, "alt": None}]},
    {"pictures": [{"id": 1, "alt": "\ud800"}]}, {"pictures": None}, {"card": {"title": 1, "url": ""}},
    {"card": {"title": "\ud800", "url": ""}}, {"card": [1]}, {"created_at": "0001-01-01T00:00:00+00:00"},
    {"created_at": "9999-12-31T23:59:59-14:00"}, {"created_at": "0001-01-01T00:00:00+14:00"},
    {"created_at": 5}, {"text": {"a": 1}}, {"text": "\ud800"},
]  # fmt: skip


def test_a_wall_takes_no_post_that_it_could_not_show(app: Flask, db: object) -> None:
    stage = scene.plant(app)
    good = {"text": "Hi", "pictures": [], "card": None, "created_at": "2026-11-24T10:00:00+00:00"}
    key = {"Authorization": f"Bearer {stage.wall_token}"}
    slug = stage.values["slug"]
    path = f"/sandbox/api/walls/{slug}/posts/"
    assert stage.client.put(path + "k1", json=good, headers=key).status_code == 200
    for change in ODD_POSTS:
        answer = stage.client.put(path + "k2", json=good | change, headers=key)
        assert answer.status_code == 422, change
    assert stage.client.get(f"/sandbox/{slug}").status_code == 200
