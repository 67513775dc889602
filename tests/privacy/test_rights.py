"""Restriction, objection and correction: with a button where a machine can decide."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.privacy import consents, restriction
from app.privacy.request_models import RightsRequest
from app.publishing import claiming, sweeping
from app.scheduler.models import Delivery
from tests import make


@pytest.mark.proves("P8.5")
def test_while_restricted_nothing_goes_out_and_nothing_is_changed(client: FlaskClient) -> None:
    alice = make.alice()
    channel = make.channel(alice)
    post = make.post(alice, channel, due_at=clock.now() + timedelta(seconds=1))
    client.post("/settings/privacy/restriction")
    soon = clock.now() + timedelta(minutes=5)
    assert claiming.claim(soon, timedelta(seconds=90), 10) == []
    sweeping.hold_back(soon)
    database.session.commit()
    held = database.session.scalars(database.select(Delivery)).one()
    assert (held.state, held.hold) == ("held", "reconnect")
    refused = client.post("/posts/new", data={"text": "x", "channels": [channel.id], "when": "now"})
    assert (refused.status_code, "are kept and not used" in refused.text) == (403, True)
    assert client.post(f"/posts/{post.id}/cancellation").status_code == 403
    for path in ("/calendar", f"/posts/{post.id}", "/settings/privacy", "/settings/privacy/data"):
        assert client.get(path).status_code == 200, path
    assert client.post("/settings/privacy/exports").status_code == 303


@pytest.mark.proves("P8.5")
def test_it_is_lifted_by_the_person_and_only_by_them(client: FlaskClient) -> None:
    alice = make.alice()
    client.post("/settings/privacy/restriction")
    assert restriction.is_restricted(alice.id)
    client.post("/settings/privacy/restriction/lifting")
    assert not restriction.is_restricted(alice.id)
    answer = client.post("/account", data={"name": "Al", "timezone": "UTC", "theme": "auto"})
    assert answer.status_code == 303


@pytest.mark.proves("P8.5", "P8.7")
def test_a_consent_counts_for_nothing_while_restricted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = make.alice()
    monkeypatch.setattr(consents, "is_given", lambda *_: True)
    assert consents.allows_analytics(alice.id)
    client.post("/settings/privacy/restriction")
    assert not consents.allows_analytics(alice.id)


def test_of_somebody_unknown_nothing_is_sent(db: object) -> None:
    assert restriction.is_restricted(10**6)


@pytest.mark.proves("P8.6", "P8.2")
@pytest.mark.parametrize(
    ("path", "kind"), [("objections", "objection"), ("corrections", "correction")]
)
def test_what_a_person_has_to_decide_becomes_a_request_with_a_date(
    client: FlaskClient, path: str, kind: str
) -> None:
    empty = client.post(f"/settings/privacy/{path}", data={"details": ""})
    assert (empty.status_code, "Say it in a few words." in empty.text) == (422, True)
    answer = client.post(f"/settings/privacy/{path}", data={"details": "The device is wrong"})
    assert answer.status_code == 303
    opened = database.session.scalars(database.select(RightsRequest)).one()
    assert (opened.kind, opened.details, opened.is_active) == (kind, "The device is wrong", True)
    assert f"/settings/privacy/requests/{opened.id}" in client.get(f"/settings/privacy/{path}").text


def test_the_column_in_question_is_filled_in(client: FlaskClient) -> None:
    page = client.get("/settings/privacy/corrections?about=login_session.device").text
    assert "login_session.device: </textarea>" in page


@pytest.mark.proves("P8.0", "P8.6")
def test_every_right_is_two_clicks_away(client: FlaskClient) -> None:
    page = client.get("/settings/privacy").text
    for name in (
        "data",
        "exports",
        "corrections",
        "restriction",
        "objections",
        "deletion",
        "consents",
    ):
        assert f'href="/settings/privacy/{name}"' in page
        assert client.get(f"/settings/privacy/{name}").status_code == 200, name
