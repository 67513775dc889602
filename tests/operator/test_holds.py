"""Holds and retention at the desk."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account.models import User
from app.db import db as database
from app.privacy import holds, retention_jobs, retention_runs
from app.privacy.holds import LegalHold
from app.privacy.retention_runs import RetentionRun
from tests import make
from tests.privacy.test_retention import invitations


@pytest.fixture
def operator(client: FlaskClient) -> User:
    """Alice runs this instance."""
    alice = make.alice()
    alice.is_operator = True
    database.session.commit()
    return alice


def asked(**other: object) -> dict[str, object]:
    day = (clock.now() + timedelta(days=60)).date().isoformat()
    return {"scope": "organization", "target": 1, "authority": "District court", "reason": "Case 12",
            "review_on": day} | other  # fmt: skip


@pytest.mark.proves("P6.3")
def test_a_hold_takes_two_people_and_ends_by_hand(client: FlaskClient, operator: User) -> None:
    assert client.post("/operator/holds", data=asked()).status_code == 303
    hold = database.session.scalars(database.select(LegalHold)).one()
    assert "Wants a second person" in client.get("/operator/holds").text
    refused = client.post(f"/operator/holds/{hold.id}/approval")
    assert (refused.status_code, "Another person has to approve" in refused.text) == (409, True)
    holds.approve(hold, make.bob().id, clock.now())
    database.session.commit()
    assert "Holds</span>" in client.get("/operator/holds").text
    client.post(f"/operator/holds/{hold.id}/release")
    assert holds.active() == []


def test_a_hold_that_is_too_long_is_refused_beside_the_field(
    client: FlaskClient, operator: User
) -> None:
    day = (clock.now() + timedelta(days=181)).date().isoformat()
    answer = client.post("/operator/holds", data=asked(review_on=day))
    assert (answer.status_code, "within 180 days" in answer.text) == (422, True)
    assert "Case 12" in answer.text


@pytest.mark.proves("P6.2")
def test_a_braked_run_is_let_go_at_the_desk(client: FlaskClient, operator: User) -> None:
    invitations(retention_runs.LARGE + 1, clock.now() - timedelta(days=31))
    [run] = retention_jobs.run_retention()
    page = client.get("/operator/retention").text
    assert "Stopped by the brake" in page
    assert "invitation.expires_at" in page
    client.post(f"/operator/retention/runs/{run.id}/release")
    retention_jobs.run_retention()
    states = database.session.scalars(database.select(RetentionRun.state)).all()
    assert sorted(states) == ["braked", "done"]
    assert "Nothing is overdue" in client.get("/operator/retention").text


def test_nobody_else_sees_that_there_is_a_desk(client: FlaskClient) -> None:
    for path in ("/operator/holds", "/operator/retention"):
        assert client.get(path).status_code == 404
