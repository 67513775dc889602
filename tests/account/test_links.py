"""Mailed links: confirmed by a real mail server, good once, for one purpose and one address."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import jobs
from app.account.models import User
from app.account.tokens import OneTimeToken
from app.db import db as database
from tests import make
from tests.mailing import link_in
from tests.servers.smtp import Sink


def test_an_address_is_confirmed_by_the_link_that_went_to_it(
    anonymous: FlaskClient, mailing: Sink
) -> None:
    alice = make.alice()
    jobs.send_verification(alice.id)
    message = mailing.wait_for(alice.email)
    assert message["Subject"] == "Confirm your address - AllStac"
    assert message["Auto-Submitted"] == "auto-generated"
    path = link_in(mailing, alice.email)
    assert anonymous.get(path).status_code == 200
    assert make.alice().email_verified_at is None, "looking at a link confirms nothing"
    assert anonymous.post(path).status_code == 200
    database.session.expire_all()
    assert make.alice().email_verified_at is not None
    assert anonymous.post(path).status_code == 404, "good once"


def test_a_forgotten_password_is_chosen_anew_and_all_sessions_end(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    alice = make.alice()
    jobs.send_password_link(alice.id)
    path = link_in(mailing, alice.email)
    other = app.test_client()
    shown = other.get(path)
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert other.post(path, data={"password": "short"}).status_code == 422
    assert other.post(path, data={"password": "nine loud magpies"}).status_code == 303
    assert other.post(path, data={"password": "ten loud magpies"}).status_code == 404
    assert client.get("/calendar").status_code == 303
    assert (
        other.post("/login", data={"email": alice.email, "password": "nine loud magpies"})
    ).status_code == 303


def test_asking_for_a_link_says_the_same_for_every_address(anonymous: FlaskClient) -> None:
    make.alice()
    for email in ("alice@orchard.example", "nobody@orchard.example"):
        answer = anonymous.post("/password/forgot", data={"email": email})
        assert (answer.status_code, answer.location) == (303, "/login")
    assert anonymous.post("/password/forgot", data={"email": "no"}).status_code == 422


@pytest.mark.parametrize("change", ["late", "other purpose", "other address", "other text"])
def test_a_link_counts_only_for_what_it_was_made_for(db: object, change: str) -> None:
    alice = make.alice()
    text = OneTimeToken.issue(alice, "verify", clock.now(), 1 if change != "late" else -1)
    database.session.flush()
    if change == "other address":
        alice.email = "alice@elsewhere.example"
    purpose = "password" if change == "other purpose" else "verify"
    text = text + "x" if change == "other text" else text
    assert OneTimeToken.valid(text, purpose, clock.now()) is None


def test_two_that_come_at_once_spend_a_link_once(db: object) -> None:
    text = OneTimeToken.issue(make.alice(), "verify", clock.now(), 5)
    database.session.flush()
    found = OneTimeToken.valid(text, "verify", clock.now())
    assert found
    assert found.spend(clock.now())
    assert not found.spend(clock.now())


def test_the_stored_link_can_not_be_used(db: object) -> None:
    text = OneTimeToken.issue(make.alice(), "verify", clock.now(), 5)
    database.session.flush()
    row = database.session.scalars(database.select(OneTimeToken)).one()
    assert text not in str(row.__dict__)
    assert OneTimeToken.valid(row.token_hash, "verify", clock.now()) is None


def test_an_operator_makes_an_account_with_a_one_time_link(
    app: Flask, anonymous: FlaskClient
) -> None:
    command = ["user", "create", "ops@orchard.example", "--name", "Otto Oak", "--operator"]
    said = app.test_cli_runner().invoke(args=command).output
    path = re.search(r"http://localhost(/password/reset/\S+)", said)
    assert path, said
    assert anonymous.post(path.group(1), data={"password": "nine loud magpies"}).status_code == 303
    user = User.by_email("ops@orchard.example")
    assert user
    assert user.is_operator


def ask_for(client: FlaskClient, email: str) -> int:
    return client.post("/account/email", data={"email": email}).status_code


def waiting() -> OneTimeToken:
    return database.session.scalars(
        database.select(OneTimeToken).where(OneTimeToken.purpose == "email")
    ).one()


def test_an_address_changes_when_the_new_one_confirms_and_the_old_one_is_told(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    assert ask_for(client, "not an address") == 422
    assert ask_for(client, " ALICE@orchard.example") == 422
    assert ask_for(client, "New@Orchard.example") == 303
    jobs.send_address_change(waiting().id)
    notice = mailing.wait_for("alice@orchard.example")
    assert notice["Subject"] == "Your address is about to change - AllStac"
    assert "new@orchard.example" in notice.get_content()
    path, other = link_in(mailing, "new@orchard.example"), app.test_client()
    assert other.get(path).status_code == 200
    assert User.by_email("alice@orchard.example"), "looking at a link changes nothing"
    assert other.post(path).status_code == 200
    database.session.expire_all()
    changed = User.by_email("new@orchard.example")
    assert changed and changed.name == "Alice Ash" and changed.email_verified_at
    assert other.post(path).status_code == 404, "good once"
    assert client.get("/account").status_code == 200, "the session lives on"


def test_anothers_address_can_not_be_taken_and_nobody_learns_that_it_is_known(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    charlie = make.charlie()
    assert ask_for(client, charlie.email) == 303
    jobs.send_address_change(waiting().id)
    assert [message["To"] for message in mailing.messages] == ["alice@orchard.example"]
    text = waiting().renew()
    database.session.commit()
    assert app.test_client().post(f"/verify/{text}").status_code == 404
    database.session.expire_all()
    found = User.by_email("charlie@elsewhere.example")
    assert found and found.name == "Charlie Cedar"
