"""Passkeys, with a double of the device: added, signing in alone, as second factor, and lies."""

import json
import random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from app.account import factors, passkeys
from app.account.passkeys import Passkey
from app.db import db as database
from tests import make
from tests.account.key_double import PRESENT, Key
from tests.account.steps import (
    add_passkey,
    options,
    see_codes,
    set_up_app,
    sign_in_by,
    type_password,
)
from tests.times import Times

SECOND = "/login/second-factor"
ADD = "/account/security/passkeys"
rounds = pytest.mark.parametrize(
    "rounds", [60, pytest.param(1000, marks=pytest.mark.security_long)]
)


def ids() -> list[int]:
    return list(database.session.scalars(database.select(Passkey.id).order_by(Passkey.id)))


def test_a_passkey_is_asked_for_as_one_that_works_alone(client: FlaskClient) -> None:
    asked = options(client, f"{ADD}/challenge")
    assert asked["rp"] == {"id": "localhost", "name": "AllStac"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    handle = base64url_to_bytes(asked["user"]["id"])
    assert len(handle) == 32 and b"alice" not in handle
    assert len(base64url_to_bytes(asked["challenge"])) == 32


def test_passkeys_have_names_and_share_the_handle_of_the_account(client: FlaskClient) -> None:
    phone, key = add_passkey(client, "Phone"), add_passkey(client, "Key ring")
    assert phone.handle == key.handle
    page = client.get("/account/security").text
    assert "Phone" in page and "Key ring" in page and "not used yet" in page
    asked = options(client, f"{ADD}/challenge")
    assert [one["id"] for one in asked["excludeCredentials"]] == [
        bytes_to_base64url(phone.id),
        bytes_to_base64url(key.id),
    ]
    first = ids()[0]
    assert client.post(f"{ADD}/{first}/name", data={"name": "Old phone"}).status_code == 303
    assert client.post(f"{ADD}/{first}/name", data={"name": " "}).status_code == 422
    assert client.post(f"{ADD}/{first}/name", data={"name": "x" * 61}).status_code == 422
    assert "Old phone" in client.get("/account/security").text
    assert client.post(f"{ADD}/{first}/removal").status_code == 303
    assert len(ids()) == 1


def test_with_the_first_passkey_come_recovery_codes(client: FlaskClient) -> None:
    add_passkey(client)
    assert len(see_codes(client)) == 10
    add_passkey(client)
    assert see_codes(client) == [], "the first ones stay good"


def test_a_passkey_is_the_only_sign_in_and_finds_its_owner(app: Flask, client: FlaskClient) -> None:
    key, other = add_passkey(client), app.test_client()
    asked = options(other, "/login/passkey/challenge")
    assert asked["allowCredentials"] == [], "nobody said who they are"
    assert asked["userVerification"] == "required"
    before = other.get_cookie("allstac")
    answer = other.post("/login/passkey", data={"credential": key.sign(asked), "next": "/queue"})
    assert (answer.status_code, answer.location) == (303, "/queue")
    after = other.get_cookie("allstac")
    assert before and after and before.value != after.value
    assert "Alice Ash" in other.get("/account").text
    assert "used" in other.get("/account/security").text


def test_a_passkey_is_the_second_factor_after_a_password(app: Flask, client: FlaskClient) -> None:
    key, stranger = add_passkey(client), app.test_client()
    make.sign_in(stranger, make.charlie())
    theirs, other = add_passkey(stranger), app.test_client()
    assert type_password(other, make.alice()).location == SECOND
    assert "Use a passkey" in other.get(SECOND).text
    asked = options(other, f"{SECOND}/challenge")
    assert [one["id"] for one in asked["allowCredentials"]] == [bytes_to_base64url(key.id)]
    wrong = other.post(SECOND, data={"credential": theirs.sign(asked)})
    assert (wrong.status_code, "could not be checked" in wrong.text) == (422, True)
    asked = options(other, f"{SECOND}/challenge")
    assert other.post(SECOND, data={"credential": key.sign(asked)}).location == "/calendar"
    assert other.get("/calendar").status_code == 200


def test_a_passkey_confirms_before_something_dangerous(client: FlaskClient, times: Times) -> None:
    key = add_passkey(client)
    times.go(minutes=16)
    assert "Confirm with a passkey" in client.get("/login/again").text
    asked = options(client, "/login/again/challenge")
    sent = {"credential": key.sign(asked), "next": "/account/security/codes"}
    assert client.post("/login/again/passkey", data=sent).location == "/account/security/codes"
    assert client.get("/account/security/codes").status_code == 200
    again = client.post("/login/again/passkey", data=sent)
    assert again.status_code == 422, "a challenge is good once"


# Lies: what no honest device or browser would send


def lie(key: Key, asked: dict[str, Any], kind: str) -> str:
    if kind == "other origin":
        key.origin = "https://localhost.evil.example"
    if kind == "other site":
        key.rp_id = "evil.example"
    if kind == "nobody was there":
        key.flags = 0
    if kind == "who held it was not checked":
        key.flags = PRESENT
    if kind == "other challenge":
        asked = asked | {"challenge": bytes_to_base64url(bytes(32))}
    if kind == "count stands still":
        key.count -= 1
    if kind == "other account":
        key.handle = b"somebody else"
    if kind == "unknown key":
        key.id = bytes(16)
    answer: dict[str, Any] = json.loads(key.sign(asked))
    if kind == "broken signature":
        data = bytearray(base64url_to_bytes(answer["response"]["signature"]))
        data[-1] ^= 1
        answer["response"]["signature"] = bytes_to_base64url(bytes(data))
    if kind == "made, not signed":
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        said["type"] = "webauthn.create"
        answer["response"]["clientDataJSON"] = bytes_to_base64url(json.dumps(said).encode())
    return json.dumps(answer)


LIES = ["other origin", "other site", "nobody was there", "who held it was not checked",
        "other challenge", "count stands still", "other account", "unknown key",
        "broken signature", "made, not signed"]  # fmt: skip


@pytest.mark.parametrize("kind", LIES)
def test_a_lie_opens_nothing(app: Flask, client: FlaskClient, kind: str) -> None:
    key, other = add_passkey(client), app.test_client()
    sign_in_by(other, key)
    other = app.test_client()
    asked = options(other, "/login/passkey/challenge")
    answer = other.post("/login/passkey", data={"credential": lie(key, asked, kind)})
    assert (answer.status_code, "could not be checked" in answer.text) == (422, True)
    assert other.get("/calendar").status_code == 303


def test_a_challenge_counts_once_for_its_browser_its_purpose_and_five_minutes(
    app: Flask, client: FlaskClient, times: Times
) -> None:
    key, other, third = add_passkey(client), app.test_client(), app.test_client()
    asked = options(other, "/login/passkey/challenge")
    sent = {"credential": key.sign(asked)}
    options(third, "/login/passkey/challenge")
    assert third.post("/login/passkey", data=sent).status_code == 422, "another browser's"
    assert app.test_client().post("/login/passkey", data=sent).status_code == 422, "none asked"
    type_password(other, make.alice())
    assert other.post(SECOND, data=sent).status_code == 422, "of before the password"
    asked = options(other, f"{SECOND}/challenge")
    assert other.post("/login/passkey", data={"credential": key.sign(asked)}).status_code == 422
    asked = options(other, "/login/passkey/challenge")
    times.go(minutes=5, seconds=1)
    assert other.post("/login/passkey", data={"credential": key.sign(asked)}).status_code == 422
    asked = options(other, "/login/passkey/challenge")
    sent = {"credential": key.sign(asked)}
    assert other.post("/login/passkey", data=sent).status_code == 303
    other.post("/logout")
    assert other.post("/login/passkey", data=sent).status_code == 422, "replayed"


def test_a_key_that_is_known_can_not_be_added_by_somebody_else(
    app: Flask, client: FlaskClient
) -> None:
    key, stranger = add_passkey(client), app.test_client()
    make.sign_in(stranger, make.charlie())
    asked = options(stranger, f"{ADD}/challenge")
    answer = stranger.post(ADD, data={"name": "Mine", "credential": key.create(asked)})
    assert answer.status_code == 422
    assert factors.of(make.charlie()).passkeys == 0


@pytest.mark.parametrize("flags", [0, PRESENT])
def test_a_key_that_does_not_check_its_holder_is_not_added(client: FlaskClient, flags: int) -> None:
    key, asked = Key(), options(client, f"{ADD}/challenge")
    key.flags = flags
    answer = client.post(ADD, data={"name": "Mine", "credential": key.create(asked)})
    assert answer.status_code == 422
    assert 'value="Mine"' in answer.text
    assert ids() == []


def test_twenty_are_enough(client: FlaskClient) -> None:
    for number in range(passkeys.MOST):
        add_passkey(client, f"Key {number}")
    asked = options(client, f"{ADD}/challenge")
    answer = client.post(ADD, data={"name": "One more", "credential": Key().create(asked)})
    assert (answer.status_code, "Remove one first." in answer.text) == (422, True)


@rounds
def test_anything_else_in_place_of_an_answer_is_refused_in_the_same_way(
    app: Flask, client: FlaskClient, rounds: int
) -> None:
    key, chance = add_passkey(client), random.Random(7)
    other = app.test_client()
    oddities = ["", "{}", "[]", "null", "1", '"x"', "[" * 5000, "{" * 5000, "\x00", '{"id": 1}']
    for round in range(rounds):
        asked = options(other, "/login/passkey/challenge")
        text = key.sign(asked)
        text = oddities[round] if round < len(oddities) else mutated(json.loads(text), chance)
        answer = other.post(
            "/login/passkey",
            data={"credential": text},
            environ_overrides={"REMOTE_ADDR": f"198.51.100.{round % 250}"},
        )
        assert answer.status_code == 422, text


@rounds
def test_anything_else_in_place_of_a_new_key_breaks_nothing(
    client: FlaskClient, rounds: int
) -> None:
    """Nobody vouches for a device (attestation "none"), so a changed key may count as another."""
    chance, answers = random.Random(8), []
    for _ in range(rounds):
        asked = options(client, f"{ADD}/challenge")
        text = mutated(json.loads(Key().create(asked)), chance)
        answers.append(client.post(ADD, data={"name": "x", "credential": text}).status_code)
        database.session.execute(database.delete(Passkey))
        database.session.commit()
    assert set(answers) == {303, 422}
    assert answers.count(422) > rounds * 0.6


def mutated(answer: dict[str, Any], chance: random.Random) -> str:
    """One part of it gone, of another kind, or with a byte changed."""
    part = chance.choice([answer, answer["response"]])
    name = chance.choice(sorted(part.keys() - {"clientExtensionResults", "userHandle"}))
    kind = chance.randrange(4)
    if kind == 0:
        del part[name]
    elif kind == 1 or not isinstance(part[name], str):
        part[name] = chance.choice([7, [], {}, True, "", "a", "=", "💥"])
    else:
        place = chance.randrange(len(part[name]) - 4)
        other = "A" if part[name][place] != "A" else "z"
        part[name] = part[name][:place] + other + part[name][place + 1 :]
    return json.dumps(answer)


# Without a password


def drop_password(client: FlaskClient) -> int:
    return client.post("/account/security/password/removal").status_code


def test_a_password_may_go_only_when_one_loss_does_not_lock_out(
    app: Flask, client: FlaskClient
) -> None:
    assert drop_password(client) == 409
    set_up_app(client)
    assert drop_password(client) == 409, "an app is no way in by itself"
    key = add_passkey(client)
    assert drop_password(client) == 303
    alice = make.alice()
    assert alice.password_hash is None
    other = app.test_client()
    data = {"email": alice.email, "password": make.PASSWORD}
    refused = other.post("/login", data=data)
    assert (refused.status_code, "belong together" in refused.text) == (422, True)
    assert sign_in_by(other, key).location == "/calendar"
    page = other.get("/account/security").text
    assert "You have none" in page and "Present password" not in page
    assert other.post(f"{ADD}/{ids()[0]}/removal").status_code == 409
    other.post("/account/security/password", data={"password": "nine loud magpies"})
    database.session.expire_all()
    assert alice.has_password("nine loud magpies")
    assert other.post("/account/security/password", data={"password": "x"}).status_code == 409
    assert other.post(f"{ADD}/{ids()[0]}/removal").status_code == 303


def test_two_passkeys_do_without_codes_and_one_of_them_may_not_go(client: FlaskClient) -> None:
    add_passkey(client, "One")
    add_passkey(client, "Two")
    database.session.execute(database.text("DELETE FROM recovery_code"))
    database.session.commit()
    assert drop_password(client) == 303
    assert client.post(f"{ADD}/{ids()[0]}/removal").status_code == 409
    client.post("/account/security/codes")
    assert client.post(f"{ADD}/{ids()[0]}/removal").status_code == 303
    assert client.post(f"{ADD}/{ids()[0]}/removal").status_code == 409


def test_nobody_touches_anothers_passkey(app: Flask, client: FlaskClient) -> None:
    add_passkey(client)
    stranger = app.test_client()
    make.sign_in(stranger, make.charlie())
    for action in ("name", "removal"):
        answer = stranger.post(f"{ADD}/{ids()[0]}/{action}", data={"name": "Mine now"})
        assert answer.status_code == 404
    assert "Phone" in client.get("/account/security").text


def test_adding_and_removing_end_the_other_sessions(app: Flask, client: FlaskClient) -> None:
    phone = app.test_client()
    make.sign_in(phone, make.alice())
    key = add_passkey(client)
    assert phone.get("/calendar").status_code == 303
    sign_in_by(phone, key)
    assert client.post(f"{ADD}/{ids()[0]}/removal").status_code == 303
    assert phone.get("/calendar").status_code == 303
    assert client.get("/calendar").status_code == 200


def test_trying_passkeys_from_one_network_is_limited(anonymous: FlaskClient, times: Times) -> None:
    tried = [sign_in_by(anonymous, Key()).status_code for _ in range(31)]
    assert tried == [422] * 30 + [429]
