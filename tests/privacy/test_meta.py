"""Meta's callbacks, signed as its documents describe; the double is the signer, not the check."""

import base64
import hmac
import json
import time
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db as database
from app.privacy import meta
from app.privacy.request_models import RightsRequest

SECRET = "an-app-secret-for-tests"
OTHER = "the-secret-of-threads"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(secret: str = SECRET, **change: object) -> str:
    said = {"algorithm": "HMAC-SHA256", "issued_at": int(time.time()), "user_id": "218471"}
    payload = encoded(json.dumps(said | change).encode())
    return f"{encoded(hmac.digest(secret.encode(), payload.encode(), 'sha256'))}.{payload}"


@pytest.fixture
def at_meta(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"facebook_client_secret": SECRET, "threads_client_secret": OTHER}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=secrets))
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)  # as in real life


def call(client: FlaskClient, sent: str, path: str = "deletion") -> tuple[int, dict[str, str]]:
    answer = client.post(f"/privacy/meta/{path}", data={"signed_request": sent})
    return answer.status_code, answer.get_json(silent=True) or {}


def every() -> list[RightsRequest]:
    database.session.expire_all()
    return list(database.session.scalars(database.select(RightsRequest)))


@pytest.mark.usefixtures("at_meta")
def test_a_signed_request_opens_a_deletion_with_a_page_of_its_own(anonymous: FlaskClient) -> None:
    status, answer = call(anonymous, signed())
    [found] = every()
    assert (status, set(answer)) == (200, {"url", "confirmation_code"})
    assert answer["confirmation_code"] == found.code
    assert found.code.isalnum()
    assert answer["url"] == f"http://localhost/privacy/requests/{found.code}"
    assert (found.kind, found.state, found.proof) == ("deletion", "open", "signature")
    assert found.network_user == "facebook:218471"
    page = anonymous.get(f"/privacy/requests/{found.code}").text
    assert "Delete my data" in page
    assert "218471" not in page


@pytest.mark.usefixtures("at_meta")
def test_the_same_request_again_gets_the_same_answer(anonymous: FlaskClient) -> None:
    sent = signed()
    assert call(anonymous, sent) == call(anonymous, sent)
    assert len(every()) == 1


@pytest.mark.usefixtures("at_meta")
def test_a_person_who_asks_twice_has_one_open_request(anonymous: FlaskClient) -> None:
    first = call(anonymous, signed(issued_at=1))[1]
    assert call(anonymous, signed(issued_at=2))[1] == first
    assert [one.state for one in every()] == ["open", "withdrawn"]


@pytest.mark.usefixtures("at_meta")
def test_the_secret_says_which_network_it_is_from(anonymous: FlaskClient) -> None:
    call(anonymous, signed(OTHER))
    assert [one.network_user for one in every()] == ["threads:218471"]


@pytest.mark.usefixtures("at_meta")
@pytest.mark.parametrize(
    "sent",
    [
        "",
        ".",
        "x.y",
        "é.é",
        signed("not the secret"),
        signed("") + "=",
        signed().replace(".", ""),
        signed()[:-2],
        signed().split(".")[0] + "." + signed(user_id="1").split(".")[1],
        signed(algorithm="none"),
        signed(algorithm=None),
        signed(user_id=""),
        signed(user_id="1 OR 1=1"),
        signed(user_id=["1"]),
        signed(issued_at=time.time() + 3600),
        signed(issued_at="soon"),
        signed() + ".more",
        signed() * 300,
    ],
)
@pytest.mark.parametrize("path", ["deletion", "deauthorize"])
def test_what_is_not_signed_for_us_changes_nothing(
    anonymous: FlaskClient, sent: str, path: str
) -> None:
    assert call(anonymous, sent, path)[0] == 400
    assert every() == []


@pytest.mark.usefixtures("at_meta")
def test_padding_is_taken_as_it_comes(anonymous: FlaskClient) -> None:
    signature, payload = signed().split(".")
    assert call(anonymous, f"{signature}=.{payload}")[0] == 200


def test_without_a_secret_there_is_no_callback(anonymous: FlaskClient) -> None:
    """An empty secret would be one that everybody knows."""
    assert call(anonymous, signed(""))[0] == 404
    assert call(anonymous, signed(""), "deauthorize")[0] == 404


@pytest.mark.usefixtures("at_meta")
def test_who_takes_our_permission_away_is_told_to_what_holds_keys(
    anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str]] = []

    def forget(network: str, user: str, now: datetime) -> int:
        heard.append((network, user))
        return 1

    monkeypatch.setattr(meta, "ON_DEAUTHORIZED", [forget])
    assert call(anonymous, signed(), "deauthorize") == (200, {"status": "done"})
    assert heard == [("facebook", "218471")]
