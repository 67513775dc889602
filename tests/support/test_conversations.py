"""Support: threads of people with accounts, and of people who only have an address."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.privacy import request_jobs
from app.support import conversing, jobs
from app.support.models import Conversation, Message
from tests import make
from tests.mailing import link_in
from tests.servers.smtp import Sink
from tests.times import Times

DORA = "dora@stranger.example"
ASKED = {"topic": "A bill", "text": "Why is it so small?\r\nTell me."}


def only() -> Conversation:
    database.session.expire_all()
    return database.session.scalars(database.select(Conversation)).one()


def ask_as_stranger(client: FlaskClient, email: str = DORA) -> int:
    return client.post("/support", data=ASKED | {"email": email}).status_code


@pytest.mark.proves("P1.5")
def test_a_person_asks_and_reads_the_answer_in_the_thread(
    client: FlaskClient, mailing: Sink
) -> None:
    answer = client.post("/support", data=ASKED)
    thread = only()
    assert answer.location == f"/support/{thread.id}"
    assert [one.text for one in thread.messages] == ["Why is it so small?\nTell me."]
    said = conversing.answer(thread, make.bob(), "Because you are.", clock.now())
    database.session.commit()
    jobs.tell_of_answer(said.id)
    mail = mailing.wait_for("alice@orchard.example")
    assert mail["Subject"] == "We answered your message - AllStac"
    assert "Because" not in mail.get_content(), "what it says stays here"
    page = client.get(link_in(mailing, "alice@orchard.example")).text
    assert "Because you are." in page
    assert "Answered" in page
    assert client.post(f"/support/{thread.id}/messages", data={"text": "Oh"}).status_code == 303
    assert only().state == "waiting"


def test_a_closed_conversation_opens_again_when_the_person_writes(client: FlaskClient) -> None:
    client.post("/support", data=ASKED)
    id = only().id
    assert client.post(f"/support/{id}/closing").status_code == 303
    assert only().closed_at
    client.post(f"/support/{id}/messages", data={"text": "One more"})
    assert (only().state, only().closed_at) == ("waiting", None)


def test_mistakes_are_told_beside_their_fields_and_nothing_typed_is_lost(
    client: FlaskClient, app: Flask
) -> None:
    answer = client.post("/support", data={"topic": "", "text": "Keep\x00 me"})
    assert answer.status_code == 422
    assert "Say in a few words" in answer.text
    assert "Keep me" in answer.text
    stranger = app.test_client()
    assert stranger.post("/support", data=ASKED | {"email": "no"}).status_code == 422
    assert database.session.scalars(database.select(Conversation)).all() == []


@pytest.mark.proves("P1.5")
def test_a_stranger_is_read_only_after_pressing_the_link_that_went_to_the_address(
    anonymous: FlaskClient, mailing: Sink
) -> None:
    assert ask_as_stranger(anonymous, "Dora@Stranger.example") == 303
    jobs.send_link(only().id)
    mail = mailing.wait_for(DORA)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "small" not in mail.get_content()
    path = link_in(mailing, DORA)
    shown = anonymous.get(path)
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert conversing.to_read("waiting") == [], "looking at a link confirms nothing"
    assert conversing.find_confirmed(only().id) is None
    assert anonymous.post(f"{path}/messages", data={"text": "x"}).status_code == 404
    assert anonymous.post(f"{path}/confirmation").status_code == 303
    assert [one.email for one in conversing.to_read("waiting")] == [DORA]
    anonymous.post(f"{path}/messages", data={"text": "And the date?"})
    assert len(only().messages) == 2
    mailing.messages.clear()
    said = conversing.answer(only(), make.alice(), "Here.", clock.now())
    database.session.commit()
    jobs.tell_of_answer(said.id)
    fresh = link_in(mailing, DORA)
    assert fresh != path
    assert "Here." in anonymous.get(fresh).text
    assert anonymous.get(path).status_code == 404, "the earlier link is dead"


def test_the_stored_link_can_not_be_used_and_ends(db: object, times: Times) -> None:
    begun = conversing.begin_unconfirmed(DORA, "t", "x", times.now)
    text = conversing.renew_link(begun, times.now)
    database.session.commit()
    assert begun.link_hash and conversing.by_link(begun.link_hash, times.now) is None
    assert conversing.by_link(text, times.now) == begun
    assert conversing.by_link(text, times.now + timedelta(days=14)) is None


def test_what_nobody_confirmed_is_gone_after_14_days_unread(db: object, times: Times) -> None:
    conversing.begin_unconfirmed(DORA, "t", "x", times.now)
    database.session.commit()
    times.go(days=14)
    request_jobs.tidy()
    assert only()
    times.go(seconds=1)
    request_jobs.tidy()
    assert database.session.scalars(database.select(Message)).all() == []


def test_an_answer_that_stays_the_last_word_closes_the_conversation(
    db: object, times: Times
) -> None:
    """So that the 24 months begin to run."""
    alice = make.alice()
    quiet = conversing.begin(alice, "t", "x", times.now)
    waiting = conversing.begin(alice, "t", "x", times.now)
    conversing.answer(quiet, make.bob(), "y", times.now)
    database.session.commit()
    times.go(days=30, seconds=1)
    jobs.tidy()
    assert (quiet.state, quiet.closed_at) == ("closed", times.now)
    assert (waiting.state, waiting.closed_at) == ("waiting", None)


def test_nobody_reads_anothers_thread(client: FlaskClient, app: Flask) -> None:
    client.post("/support", data=ASKED)
    other = app.test_client()
    make.sign_in(other, make.bob())
    id = only().id
    for answer in (
        other.get(f"/support/{id}"),
        other.post(f"/support/{id}/messages", data={"text": "x"}),
        other.post(f"/support/{id}/closing"),
    ):
        assert answer.status_code == 404
    assert "A bill" not in other.get("/support").text
    assert len(only().messages) == 1


def test_strangers_get_three_mails_an_hour_and_the_same_words_whoever_they_are(
    anonymous: FlaskClient, times: Times
) -> None:
    make.alice()
    pages = []
    for email in ("alice@orchard.example", DORA):
        assert [ask_as_stranger(anonymous, email) for _ in range(4)] == [303, 303, 303, 429]
        pages.append(re.sub(r'value="[^"]*"', "", anonymous.get("/support").text))
    assert pages[0] == pages[1]


def test_a_person_writes_twenty_messages_a_day(client: FlaskClient, times: Times) -> None:
    client.post("/support", data=ASKED)
    sent = [
        client.post(f"/support/{only().id}/messages", data={"text": "x"}).status_code
        for _ in range(20)
    ]
    assert sent == [303] * 19 + [429]


def test_the_desk_hears_that_somebody_waits_but_not_who_nor_what(
    client: FlaskClient, app: Flask, mailing: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"operator_email": "desk@allstac.example"}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=told))
    client.post("/support", data=ASKED)
    jobs.tell_desk(only().id)
    mail = mailing.wait_for("desk@allstac.example").get_content()
    assert f"/operator/support/{only().id}" in mail
    assert "alice" not in mail
    assert "bill" not in mail


def test_an_account_takes_its_conversations_along(db: object) -> None:
    make.conversation(make.alice())
    database.session.delete(make.alice())
    database.session.commit()
    assert database.session.scalars(database.select(Message)).all() == []
