"""An organisation whose last owner was erased: its people are told, and one of them takes it over."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, queue
from app.account import jobs
from app.account.models import Membership
from app.account.permissions import Role
from app.db import db as database
from app.privacy import erasure_jobs, erasures
from app.privacy.erasures import LEAVE
from tests import make
from tests.processes import of_its_own
from tests.servers.smtp import Sink

OWNERSHIP = "/organization/ownership"


@pytest.fixture
def left(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Alice is gone; Bob and two others belong to Orchard still. What was rung for."""
    rung: list[tuple[object, ...]] = []
    alice, now = make.alice(), clock.now()
    orchard = make.organization("Orchard")
    make.bob()
    make.person("ada@orchard.example", "Ada Ash", orchard, "admin")
    make.person("vic@orchard.example", "Vic Vine", orchard, "viewer")
    erasure = erasures.begin(alice, {str(orchard.id): LEAVE}, now, now)
    database.session.commit()
    monkeypatch.setattr(queue, "enqueue", lambda job, *args, on: rung.append((job, *args)))
    monkeypatch.setattr("app.mail.send", lambda *_, **__: None)
    erasure_jobs.erase(erasure.id)
    monkeypatch.undo()
    return rung


def client_of(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    client.post("/login", data={"email": email, "password": make.PASSWORD})
    return client


def role_of(email: str) -> str:
    database.session.expire_all()
    found = (
        database.select(Membership).join(Membership.user).where(Membership.user.has(email=email))
    )
    return database.session.scalars(found).one().role


def test_everybody_is_told_and_who_may_act_is_led_there(
    left: list[tuple[object, ...]], mailing: Sink
) -> None:
    id = make.organization("Orchard").id
    assert (jobs.tell_ownerless, id) in left
    make.charlie()
    database.session.rollback()
    with of_its_own():
        jobs.tell_ownerless(id)
    assert "/organization" in mailing.wait_for("ada@orchard.example").get_content()
    for email in ("bob@orchard.example", "vic@orchard.example"):
        assert "Its admins may take it over" in mailing.wait_for(email).get_content()
    assert "charlie@elsewhere.example" not in [letter["To"] for letter in mailing.messages]


def test_an_admin_takes_it_over_and_nobody_after_that(app: Flask, left: object) -> None:
    for email in ("bob@orchard.example", "vic@orchard.example"):
        other = client_of(app, email)
        assert "has no owner" not in other.get("/organization").text
        assert other.post(OWNERSHIP).status_code == 403
    ada = client_of(app, "ada@orchard.example")
    assert "This organisation has no owner" in ada.get("/organization").text
    assert ada.post(OWNERSHIP).status_code == 303
    assert role_of("ada@orchard.example") == Role.OWNER
    assert "has no owner" not in ada.get("/organization").text
    assert ada.post(OWNERSHIP).status_code == 403, "somebody owns it now"


def test_without_an_admin_anybody_who_belongs_may(app: Flask, left: object) -> None:
    database.session.execute(database.delete(Membership).where(Membership.role == "admin"))
    database.session.commit()
    assert client_of(app, "vic@orchard.example").post(OWNERSHIP).status_code == 303
    assert role_of("vic@orchard.example") == Role.OWNER
    assert client_of(app, "bob@orchard.example").post(OWNERSHIP).status_code == 403


def test_where_somebody_owns_it_nobody_takes_it(client: FlaskClient, app: Flask) -> None:
    make.person("ada@orchard.example", "Ada Ash", make.organization("Orchard"), "admin")
    assert client_of(app, "ada@orchard.example").post(OWNERSHIP).status_code == 403
