"""The well-known files, held to their specifications."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from tests.times import Times

LEAST, MOST = timedelta(days=60), timedelta(days=365)


@pytest.fixture
def named(app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """An instance whose operator has said who they are."""
    said = {"operator_email": "security@orchard.example", "base_url": "https://localhost"}
    settings = app.config["SETTINGS"].model_copy(update=said)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return anonymous


@pytest.mark.parametrize("days", [0, 59, 400, 4000])
def test_security_txt_is_as_rfc_9116_has_it_and_never_about_to_expire(
    named: FlaskClient, times: Times, days: int
) -> None:
    """It is made when it is asked for; were its date ever fixed, this fails 60 days before."""
    times.go(days=days)
    answer = named.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields: dict[str, list[str]] = {}
    for line in answer.text.splitlines():
        name, value = re.fullmatch(r"([A-Z][A-Za-z-]+): (\S.*)", line).groups()  # type: ignore[union-attr]
        fields.setdefault(name, []).append(value)
    assert fields.keys() >= {"Contact", "Expires"}
    assert all(re.match("mailto:|https://|tel:", contact) for contact in fields["Contact"])
    assert fields["Canonical"] == ["https://localhost/.well-known/security.txt"]
    assert len(fields["Preferred-Languages"]) <= 1
    [expires] = fields["Expires"]
    assert LEAST < clock.parse(expires) - clock.now() <= MOST


def test_an_unnamed_operator_has_no_security_txt(anonymous: FlaskClient) -> None:
    assert anonymous.get("/.well-known/security.txt").status_code == 404


def test_password_managers_find_the_way(anonymous: FlaskClient) -> None:
    """W3C: a temporary redirect; and what should not exist must not seem to."""
    answer = anonymous.get("/.well-known/change-password")
    assert answer.status_code in (302, 303, 307)
    assert answer.location == "/account/security"
    nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert anonymous.get(nothing).status_code == 404


def test_gpc_is_as_its_draft_has_it(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/.well-known/gpc.json")
    assert answer.content_type == "application/json"
    assert answer.json is not None
    assert answer.json["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer.json["lastUpdate"])


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/console", "/wsgi.py", "/app/config.py", "/gunicorn.conf.py",
             "/static/../.env", "/static/%2e%2e/app.db", "/metrics", "/debug", "/server-status",
             "/.well-known/../.env", "/admin", "/phpinfo.php", "/wp-login.php", "/actuator/env"],
)  # fmt: skip
def test_nothing_of_the_inside_lies_open(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 405)
    assert "SECRET" not in answer.text
