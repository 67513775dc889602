"""What people do with their sign-in, step by step, from the outside."""

import re
from datetime import datetime
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.account.models import User
from tests import make
from tests.account.key_double import Key


def type_password(client: FlaskClient, user: User, **more: Any) -> TestResponse:
    data = {"email": user.email, "password": make.PASSWORD}
    return client.post("/login", data=data, **more)


def code(secret: str, at: datetime | None = None, steps: int = 0) -> str:
    """What an app shows, now or some steps away."""
    return pyotp.TOTP(secret).at(at or clock.now(), counter_offset=steps)


def set_up_app(client: FlaskClient) -> str:
    """The secret of a new authenticator app of whoever is signed in."""
    assert client.post("/account/security/app").location == "/account/security/app"
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', client.get("/account/security/app").text)
    assert shown
    secret = shown.group(1).replace(" ", "")
    done = client.post("/account/security/app/confirmation", data={"code": code(secret)})
    assert done.status_code == 303, done.text
    return secret


def see_codes(client: FlaskClient) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code>", client.get("/account/security/codes").text)


def options(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.post(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def add_passkey(client: FlaskClient, name: str = "Phone", key: Key | None = None) -> Key:
    key = key or Key()
    asked = options(client, "/account/security/passkeys/challenge")
    done = client.post(
        "/account/security/passkeys", data={"name": name, "credential": key.create(asked)}
    )
    assert done.status_code == 303, done.text
    return key


def sign_in_by(client: FlaskClient, key: Key, **more: str) -> TestResponse:
    asked = options(client, "/login/passkey/challenge")
    return client.post("/login/passkey", data={"credential": key.sign(asked)} | more)
