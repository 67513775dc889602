"""What somebody types reaches a mail to somebody else: it adds no line, no reader and no link."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, mail
from app.account import jobs
from app.account.invitations import Invitation
from app.account.models import User
from app.account.tokens import OneTimeToken
from app.db import db as database
from app.privacy import request_jobs
from app.privacy.request_models import RightsRequest
from app.scheduler import jobs as approval_jobs
from app.support import jobs as support_jobs
from app.support.models import Conversation
from tests import make
from tests.account.crowd import browser
from tests.account.test_joining import FORM
from tests.servers.smtp import Sink

VICTIM = "victim@else.example"
FEW = ["\r\n", "\n", "\u2028", ", "]
MORE = ["\r", "\x00\n", "\x0b", "\x0c", "\x85", "%0d%0a", "\\r\\n", ";", *FEW]
BCC = [f"{line}Bcc: {VICTIM}" for line in FEW]
ALL = [f"{line}{line}{words}" for line in MORE for words in (VICTIM, f"Bcc: {VICTIM}", "Read this")]
HEADERS = ["Subject", "From", "To", "Message-ID", "Auto-Submitted", "Content-Type",
           "Content-Transfer-Encoding", "MIME-Version"]  # fmt: skip
LINK = re.compile(r":(?:\\|//)|\w[.。．｡]\w")


def ids(kind: type) -> list[int]:
    return list(database.session.scalars(database.select(kind.id)))  # type: ignore[attr-defined]


def send_everything() -> None:
    """Whatever the forms have left to be mailed."""
    jobs_by_kind = {
        User: jobs.send_verification,
        Invitation: jobs.send_invitation,
        OneTimeToken: jobs.send_address_change,
        Conversation: support_jobs.send_link,
        RightsRequest: request_jobs.send_link,
    }
    waiting = [(job, id) for kind, job in jobs_by_kind.items() for id in ids(kind)]
    database.session.rollback()
    for job, id in waiting:
        job(id)


def forms(added: str) -> list[tuple[str, dict[str, str]]]:
    """Each public or own form whose words end in a mail, with something added to a field."""
    email = f"grace@birch.example{added}"
    talk = {"topic": f"Help{added}", "text": "Please"}
    return [
        ("/signup", FORM | {"email": email}),
        ("/signup", FORM | {"name": f"Grace{added}", "organization": f"Birch{added}"}),
        ("/support", talk | {"email": email}),
        ("/support", talk | {"email": "grace@birch.example"}),
        ("/privacy/request", {"kind": "access", "email": email}),
    ]


def own_forms(added: str) -> list[tuple[str, dict[str, str]]]:
    email = f"dora@orchard.example{added}"
    return [
        ("/organization/invitations", {"email": email, "role": "editor"}),
        ("/account/email", {"email": email}),
    ]


def check(sink: Sink) -> None:
    for message, readers in zip(sink.messages, sink.recipients, strict=True):
        assert sorted(message.keys()) == sorted(HEADERS), message.as_string()
        assert readers == [message["To"]]
        assert VICTIM not in readers and VICTIM not in str(message["Subject"])


@pytest.mark.parametrize(
    "added", [BCC, pytest.param(ALL, marks=pytest.mark.security_long)], ids=["few", "all"]
)
def test_no_field_adds_a_header_or_a_reader(
    app: Flask, client: FlaskClient, mailing: Sink, added: list[str]
) -> None:
    make.alice().email_verified_at = clock.now()
    database.session.commit()
    for number, more in enumerate(added):
        for path, data in forms(more):
            assert browser(app, number).post(path, data=data).status_code in (303, 422, 429)
        for path, data in own_forms(more):
            assert client.post(path, data=data).status_code in (422, 429), (path, more)
    send_everything()
    assert {message["To"] for message in mailing.messages} == {
        "alice@orchard.example", "grace@birch.example",
    }  # fmt: skip
    check(mailing)


def test_a_header_itself_takes_no_line_end(app: Flask, db: object, mailing: Sink) -> None:
    for line in ("\r\n", "\n", "\r"):
        with pytest.raises(ValueError, match="linefeed or carriage return"):
            mail.send("support_link", f"grace@birch.example{line}Bcc: {VICTIM}", link="/")
    assert mailing.messages == []


@pytest.mark.parametrize(
    "name", ["See https://evil.example", "HTTPS://EVIL", "www.evil.example", "Go to Www.evil"]
)
def test_a_name_with_a_web_address_is_refused_beside_its_field(
    app: Flask, client: FlaskClient, name: str
) -> None:
    link = make.invitation(make.alice(), "dora@orchard.example").renew(clock.now())
    database.session.commit()
    joining = {key: typed for key, typed in FORM.items() if key not in ("email", "organization")}
    zone = {"timezone": "Europe/Berlin"}
    sent = [
        (browser(app), "/signup", FORM | {"name": name}),
        (browser(app), "/signup", FORM | {"organization": name}),
        (browser(app), f"/invitations/{link}", joining | {"name": name}),
        (client, "/account", {"name": name, "theme": "auto"} | zone),
        (client, "/organization", {"name": name, "late_after": "60"} | zone),
        (client, "/organization/new", {"organization": name}),
    ]
    for by, path, data in sent:
        answer = by.post(path, data=data)
        assert answer.status_code == 422, path
        assert answer.text.count("A name holds no web address.") == 1, path


OLD = ["https://evil.example/now", "evil.example", "www.evil.example", "evil。example", "http://1",
       "Eve\r\n\r\nPlease open http://evil.example", "Dr. E. Vil\u2028https://evil.example"]  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_a_name_that_stood_before_the_rule_leads_nowhere(
    app: Flask, db: object, mailing: Sink, name: str
) -> None:
    alice, bob = make.alice(), make.bob()
    invitation = make.invitation(alice, "dora@orchard.example")
    make.rule("one")
    post = make.post(bob, make.channel(alice))
    alice.name = bob.name = make.organization("Orchard").name = name
    asked = [alice.id, invitation.id, post.id]
    database.session.commit()
    jobs.send_verification(asked[0])
    jobs.send_password_link(asked[0])
    jobs.send_invitation(asked[1])
    approval_jobs.tell_approvers(asked[2])
    assert len(mailing.messages) == 4
    check(mailing)
    for message in mailing.messages:
        lines = message.get_content().splitlines()
        named = [line for line in lines if "vil" in line or ":\u200b//1" in line]
        assert named, lines
        assert not [line for line in named if LINK.search(line)], named


def test_every_name_in_a_mail_is_unlinked() -> None:
    names = re.compile(r"{{ (?:name|actor|author|inviter|organization)\b(?!\|unlinked)[^}]*}}")
    folder = Path(mail.__file__).parent / "templates" / "mail"
    assert {path.name: found for path in folder.glob("*.txt")
            if (found := names.findall(path.read_text()))} == {}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Grace Birch", "Grace Birch"),
        ("Dr. G. Birch Jr.", "Dr. G. Birch Jr."),
        ("St.Gallen", "St.\u200bGallen"),
        ("https://evil.example", "https:\u200b//evil.\u200bexample"),
    ],
)
def test_a_name_looks_as_it_was_typed(name: str, shown: str) -> None:
    assert mail.unlinked(name) == shown
