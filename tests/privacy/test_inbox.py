"""Mails to the privacy address: a person's becomes a request, a machine's is left alone."""

from email.message import EmailMessage

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import given, settings

from app import clock
from app.account.limits import REQUEST_MAIL
from app.db import db as database
from app.privacy import inbox
from app.privacy.request_models import RightsRequest
from tests.mailing import link_in
from tests.servers.smtp import Sink
from tests.times import Times

DORA = "dora@stranger.example"
OWN = {"allstac@localhost", "privacy@allstac.example"}


def mail(text: str = "Please delete me.", **headers: str) -> bytes:
    message = EmailMessage()
    given = {"From": f"Dora <{DORA}>", "To": "privacy@allstac.example", "Subject": "My data"}
    given |= {"Message-ID": "<one@stranger.example>", "Return-Path": f"<{DORA}>"}
    for name, value in (given | {key.replace("_", "-"): v for key, v in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def take(app: Flask, raw: bytes) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["requests", "mail"], input=raw)
    return done.exit_code, done.output


def every() -> list[RightsRequest]:
    database.session.expire_all()
    return list(database.session.scalars(database.select(RightsRequest)))


@pytest.mark.proves("P12.1")
def test_a_mail_becomes_a_request_at_once_and_is_answered_with_a_link(
    app: Flask, db: object, mailing: Sink
) -> None:
    code, said = take(app, mail("Bitte löschen Sie alles über mich."))
    [found] = every()
    assert code == 0
    assert said.endswith(f"Request {found.code}.\n")
    assert (found.source, found.email, found.state) == ("mail", DORA, "identity_pending")
    assert found.details == "My data\n\nBitte löschen Sie alles über mich."
    assert (clock.now() - found.received_at).total_seconds() < 60
    answer = mailing.wait_for(DORA)
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["In-Reply-To"] == "<one@stranger.example>"
    assert answer["References"] == "<one@stranger.example>"
    assert "löschen" not in answer.get_content()
    client = app.test_client()
    path = link_in(mailing, DORA)
    assert "löschen" in client.get(path).text
    assert client.post(path, data={"kind": "deletion"}).status_code == 303
    assert [(one.state, one.kind) for one in every()] == [("open", "deletion")]


def test_the_same_mail_again_makes_no_second_request(app: Flask, db: object, mailing: Sink) -> None:
    take(app, mail())
    take(app, mail())
    take(app, mail(Message_ID="<two@stranger.example>"))
    assert len(every()) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@stranger.example"},
        {"From": "no-reply@stranger.example"},
        {"From": "bounces+dora=x@stranger.example"},
        {"From": "privacy@allstac.example"},
        {"From": "a@x.example, b@x.example"},
        {"From": "nobody"},
    ],
)
def test_machines_are_not_answered_so_that_two_never_begin_to_talk(
    app: Flask, db: object, mailing: Sink, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"operator_email": "Privacy@allstac.example"}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=told))
    code, said = take(app, mail(**headers))
    assert code == 0, "the mail server sends no bounce"
    assert said.startswith("Left alone: ")
    assert every() == []
    assert mailing.messages == []


def test_our_own_answer_sent_back_ends_there(app: Flask, db: object, mailing: Sink) -> None:
    take(app, mail())
    ours = mailing.wait_for(DORA)
    assert take(app, ours.as_bytes())[1].startswith("Left alone: ")
    del ours["Auto-Submitted"]
    assert take(app, ours.as_bytes())[1].startswith("Left alone: it is from ourselves")


def test_auto_submitted_no_is_a_persons_mail() -> None:
    assert inbox.read(mail(Auto_Submitted="no"), OWN).sender == DORA


def test_a_flood_from_one_sender_is_put_off_not_lost(
    app: Flask, db: object, mailing: Sink, times: Times
) -> None:
    results = [take(app, mail(Message_ID=f"<{n}@x.example>"))[0] for n in range(5)]
    assert results == [0] * REQUEST_MAIL.most + [75] * 2
    assert len(mailing.messages) == REQUEST_MAIL.most
    times.go(days=1)
    assert take(app, mail(Message_ID="<9@x.example>"))[0] == 0


def test_html_is_read_as_text_and_a_broken_charset_does_not_lose_the_mail() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = DORA, "Hi"
    message.set_content("<p>Delete <b>me</b></p><script>x()</script>", subtype="html")
    assert "Delete me" in inbox.read(message.as_bytes(), OWN).text
    raw = mail("Text").replace(b'charset="utf-8"', b'charset="no-such"')
    assert "Text" in inbox.read(raw, OWN).text


def test_headers_that_smuggle_are_not_carried_into_our_answer() -> None:
    raw = mail().replace(b"<one@stranger.example>", b"<a b@x>\r\n <ok@x.example>")
    assert inbox.read(raw, OWN).message_id == "<ok@x.example>"


@given(st.binary(max_size=400), st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes, header: bytes) -> None:
    for raw in (body, b"From: a@b.example\n" + body, mail().replace(b"My data", header)):
        try:
            letter = inbox.read(raw, OWN)
        except inbox.NotAPerson:
            continue
        assert "@" in letter.sender
        assert "\x00" not in letter.text
        letter.text.encode()
