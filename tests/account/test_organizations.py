"""People come and go, roles change at once, and an owner always remains."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import jobs
from app.account.invitations import Invitation, accept, by_token
from app.account.models import Membership, User
from app.db import db as database
from tests import make
from tests.mailing import link_in
from tests.servers.smtp import Sink

BORN = {"birth_month": "5", "birth_year": "1990", "accept": "y", "timezone": "Europe/Paris"}


def roles(name: str = "Orchard") -> dict[str, str]:
    database.session.rollback()
    rows = database.session.scalars(database.select(Membership))
    return {row.user.name: row.role for row in rows if row.organization.name == name}


def invite(client: FlaskClient, email: str, role: str = "editor") -> Invitation:
    alice = make.alice()
    alice.email_verified_at = clock.now()
    database.session.commit()
    answer = client.post("/organization/invitations", data={"email": email, "role": role})
    assert answer.status_code == 303, answer.text
    return database.session.scalars(database.select(Invitation)).one()


def test_a_newcomer_joins_by_the_mailed_link_once(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    jobs.send_invitation(invite(client, "Dora@New.example", "approver").id)
    message = mailing.wait_for("dora@new.example")
    assert message["Subject"] == "You are invited - AllStac"
    assert "Alice Ash invites you to join Orchard" in message.get_content()
    path, other = link_in(mailing, "dora@new.example"), app.test_client()
    shown = other.get(path)
    assert "Join Orchard" in shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert roles() == {"Alice Ash": "owner"}, "looking at a link joins nothing"
    short = other.post(path, data=BORN | {"name": "Dora Dogwood", "password": "short"})
    assert short.status_code == 422
    assert "Dora Dogwood" in short.text
    sent = BORN | {"name": "Dora Dogwood", "password": "nine loud magpies"}
    assert other.post(path, data=sent).status_code == 303
    assert other.get("/calendar").status_code == 200
    assert roles() == {"Alice Ash": "owner", "Dora Dogwood": "approver"}
    dora = User.by_email("dora@new.example")
    assert dora and dora.email_verified_at, "the link came to that address"
    assert app.test_client().get(path).status_code == 404, "good once"


def test_only_the_invited_address_can_accept(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    charlie = make.charlie()
    jobs.send_invitation(invite(client, charlie.email).id)
    path, other = link_in(mailing, charlie.email), app.test_client()
    assert f"/login?next={path}" in other.get(path).text
    assert other.post(path, data=BORN | {"name": "X", "password": "p" * 20}).status_code == 403
    assert client.post(path).status_code == 403, "signed in as somebody else"
    make.sign_in(other, charlie)
    assert other.post(path).status_code == 303
    assert roles()["Charlie Cedar"] == "editor"
    assert "Orchard" in other.get("/organization").text, "acts in the new one"
    here = database.session.scalars(
        database.select(Membership).where(Membership.user_id == charlie.id)
    ).all()
    elsewhere = next(row for row in here if row.organization.name == "Elsewhere")
    chosen = {"organization": elsewhere.organization_id}
    assert other.post("/organization/switch", data=chosen).status_code == 303
    assert "<h1>Elsewhere</h1>" in other.get("/organization").text
    assert other.post("/organization/switch", data={"organization": "999"}).status_code == 404


def test_an_invitation_ends_by_age_by_a_newer_link_and_by_being_taken_back(
    client: FlaskClient, db: object
) -> None:
    invitation, now = invite(client, "dora@new.example"), clock.now()
    first = invitation.renew(now)
    database.session.commit()
    assert by_token(first, now + timedelta(days=7, seconds=-1))
    assert not by_token(first, now + timedelta(days=7))
    second = invitation.renew(now)
    database.session.commit()
    assert not by_token(first, now)
    assert by_token(second, now)
    client.post(f"/organization/invitations/{invitation.id}/revocation")
    assert not by_token(second, now)


def test_of_two_that_accept_at_once_one_wins(client: FlaskClient, db: object) -> None:
    invitation, charlie = invite(client, "charlie@elsewhere.example"), make.charlie()
    invitation.renew(clock.now())
    database.session.commit()
    assert accept(invitation, charlie, clock.now())
    assert not accept(invitation, charlie, clock.now())


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("nonsense", "This does not look like an e-mail address."),
        ("BOB@orchard.example", "This person belongs to the organisation already."),
    ],
)
def test_an_invitation_that_cannot_be_sent_says_why_and_keeps_the_address(
    client: FlaskClient, email: str, words: str
) -> None:
    make.bob().email_verified_at = make.alice().email_verified_at = clock.now()
    database.session.commit()
    answer = client.post("/organization/invitations", data={"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert words in answer.text
    assert email in answer.text


def test_a_person_whose_address_is_not_confirmed_invites_nobody(client: FlaskClient) -> None:
    sent = {"email": "dora@new.example", "role": "viewer"}
    answer = client.post("/organization/invitations", data=sent)
    assert answer.status_code == 422
    assert "Confirm your own address first" in answer.text


def test_a_role_counts_from_the_next_request(client: FlaskClient, app: Flask) -> None:
    bob, other = make.bob("editor"), app.test_client()
    make.sign_in(other, bob)
    assert other.get("/posts/new").status_code == 200
    path = f"/organization/members/{make.member(bob).id}"
    assert client.post(f"{path}/role", data={"role": "viewer"}).status_code == 303
    assert other.get("/posts/new").status_code == 403
    assert client.post(f"{path}/role", data={"role": "emperor"}).status_code == 422
    assert client.post(f"{path}/removal").status_code == 303
    assert other.get("/calendar").location == "/organization/new"
    assert other.get("/organization/new").status_code == 200
    assert other.get("/account").status_code == 200
    assert other.post("/organization/new", data={"organization": ""}).status_code == 422
    assert other.post("/organization/new", data={"organization": "Bobs"}).status_code == 303
    assert other.get("/calendar").status_code == 200
    assert roles("Bobs") == {"Bob Birch": "owner"}


def test_the_last_owner_stays(client: FlaskClient) -> None:
    alice = make.member(make.alice())
    path = f"/organization/members/{alice.id}"
    for answer in (
        client.post(f"{path}/role", data={"role": "admin"}),
        client.post(f"{path}/removal"),
    ):
        assert answer.status_code == 409
        assert "An organisation needs an owner." in answer.text
    left = client.post("/organization/leaving", data={"name": "Orchard"})
    assert left.status_code == 422
    assert "An organisation needs an owner." in left.text
    assert client.post("/organization/leaving", data={"name": "orchid"}).status_code == 422
    bob = make.member(make.bob())
    client.post(f"/organization/members/{bob.id}/role", data={"role": "owner"})
    assert client.post("/organization/leaving", data={"name": "Orchard"}).status_code == 303
    assert roles() == {"Bob Birch": "owner"}


def test_an_admin_neither_makes_nor_unmakes_owners(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    bob = make.bob("admin")
    bob.email_verified_at = clock.now()
    database.session.commit()
    anonymous.post("/logout")
    make.sign_in(anonymous, bob)
    alice, own = make.member(make.alice()), make.member(bob)
    for path, data in (
        (f"/organization/members/{alice.id}/role", {"role": "viewer"}),
        (f"/organization/members/{alice.id}/removal", {}),
        (f"/organization/members/{own.id}/role", {"role": "owner"}),
    ):
        answer = anonymous.post(path, data=data)
        assert answer.status_code == 409
        assert "Only an owner can change" in answer.text
    sent = {"email": "dora@new.example", "role": "owner"}
    assert anonymous.post("/organization/invitations", data=sent).status_code == 422
    assert roles() == {"Alice Ash": "owner", "Bob Birch": "admin"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Name your organisation."),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice."),
        ({"late_after": "-1"}, "From 0 to 10080 minutes."),
        ({"late_after": "soon"}, "Not a valid integer value."),
    ],
)
def test_settings_are_kept_or_the_mistake_is_named(
    client: FlaskClient, change: dict[str, str], words: str
) -> None:
    good = {"name": "Orchard & Sons", "timezone": "Europe/Paris", "late_after": "30"}
    answer = client.post("/organization", data=good | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert client.post("/organization", data=good).status_code == 303
    kept = make.member(make.alice()).organization
    assert (kept.name, kept.timezone, kept.late_after) == ("Orchard & Sons", "Europe/Paris", 30)
