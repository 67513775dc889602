"""The trail as people see it: an organisation's, filtered and as CSV, and one's own."""

import csv
import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import audit
from app.account.alerts import Alert
from app.audit.models import AuditEvent
from app.db import db as database
from app.trail import reading
from tests import make
from tests.processes import of_its_own
from tests.times import Times


def home() -> int:
    return make.member(make.alice()).organization_id


@pytest.fixture
def filled(client: FlaskClient, times: Times) -> FlaskClient:
    """Three days of Orchard, one event of Elsewhere, Alice looking on from Berlin."""
    alice, bob, charlie = make.alice(), make.bob(), make.charlie()
    here, there = home(), make.member(charlie).organization_id
    for day, action, actor, subject, organization in (
        (20, "channel.connected", alice.id, None, here),
        (21, "member.role_changed", alice.id, bob.id, here),
        (22, "post.created", bob.id, None, here),
        (22, "organization.changed", charlie.id, None, there),
    ):
        times.now = datetime(2026, 11, day, 23, 30, tzinfo=UTC)
        audit.record(action, actor=actor, subject=subject, organization=organization, n=day)
    database.session.commit()
    return client


def listed(client: FlaskClient, **asked: object) -> str:
    answer = client.get("/organization/audit", query_string=asked)
    assert answer.status_code == 200
    rows = answer.text.partition('<ul class="rows"')[2]
    return rows.partition("</ul>")[0]


@pytest.mark.proves("P7.4")
def test_an_organization_sees_its_own_events_in_words(filled: FlaskClient) -> None:
    text = listed(filled)
    assert "<b>Changed a person&#39;s role: Bob Birch</b>" in text
    assert "Alice Ash" in text
    assert "n 21" in text
    assert "organization.changed" not in text
    assert "settings" not in text, "that was Elsewhere's"
    assert "Signed in" not in text, "signing in is nobody's business but the person's"


def test_times_are_in_the_zone_of_the_reader(filled: FlaskClient) -> None:
    assert "Sun 22 Nov 2026, 00:30" in listed(filled)


def test_the_filter_takes_person_action_and_dates_in_the_readers_zone(filled: FlaskClient) -> None:
    bob = make.bob().id
    by_bob = listed(filled, person=bob)
    assert "Wrote a post" in by_bob
    assert "Changed a person" in by_bob, "done to him"
    assert "Connected" not in by_bob
    assert "Wrote a post" not in listed(filled, action="channel.connected")
    on_22 = listed(filled, since="2026-11-22", until="2026-11-22")
    assert "Changed a person" in on_22
    assert "Wrote a post" not in on_22
    assert "Connected" not in on_22
    both = listed(filled, person=bob, action="post.created", until="2026-11-22")
    assert both == ""


@pytest.mark.parametrize("asked", [{"person": "999999"}, {"action": "x"}, {"since": "yesterday"}])
def test_a_filter_that_makes_no_sense_is_told(filled: FlaskClient, asked: dict[str, str]) -> None:
    answer = filled.get("/organization/audit", query_string=asked)
    assert answer.status_code == 422
    assert 'class="problem"' in answer.text


def test_pages_go_on_where_the_last_one_ended(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 2)
    for n in range(5):
        audit.record("post.created", actor=make.alice().id, organization=home(), n=n)
    database.session.commit()
    seen, path = [], "/organization/audit?action=post.created"
    for _ in range(3):
        text = client.get(path).text
        seen.append([n for n in range(5) if f"n {n}</span>" in text])
        _, _, rest = text.partition('<nav class="row spread pages"')
        links = [part.split('"')[0] for part in rest.split('href="')[1:] if "older_than" in part]
        path = "/organization/audit" + links[0].replace("&amp;", "&") if links else ""
    assert seen == [[3, 4], [1, 2], [0]]
    assert path == ""
    for absurd in ("x", "-1", "9" * 30):
        assert client.get(f"/organization/audit?older_than={absurd}").status_code == 404


def table_of(client: FlaskClient, **asked: object) -> list[dict[str, str]]:
    answer = client.post("/organization/audit/export", data=asked)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    with of_its_own():  # a server reads on when the request itself is over
        return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_csv_holds_what_the_filter_lets_through_and_is_recorded(filled: FlaskClient) -> None:
    rows = table_of(filled, since="2026-11-22")
    assert [row["what"] for row in rows] == [
        "Changed a person's role",
        "Wrote a post",
        "Exported the audit trail",
    ]
    assert rows[0]["time"] == "2026-11-22T00:30:00+01:00"
    assert rows[0]["concerning"] == "Bob Birch"
    assert "Exported the audit trail" in listed(filled)


def test_a_long_csv_comes_in_pieces(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 3)
    for n in range(8):
        audit.record("post.created", actor=make.alice().id, organization=home(), n=n)
    database.session.commit()
    rows = table_of(client, action="post.created")
    assert [row["details"] for row in rows] == [f"n {n}" for n in range(8)]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_a_formula_is_made_harmless(client: FlaskClient, sign: str) -> None:
    bob = make.bob()
    bob.name = f"{sign}cmd|' /C calc'!A0"
    audit.record("member.removed", actor=make.alice().id, subject=bob.id, organization=home())
    database.session.commit()
    [row] = table_of(client, action="member.removed")
    assert row["concerning"].startswith("'")


def test_names_are_escaped_and_the_erased_have_none(client: FlaskClient) -> None:
    bob, organization = make.bob(), home()
    bob.name = "<script>alert(1)</script>"
    audit.record("member.removed", actor=make.alice().id, subject=bob.id, organization=organization)
    database.session.commit()
    assert "<script>alert" not in listed(client)
    audit.erase_person(bob.id)
    database.session.commit()
    text = listed(client)
    assert "Removed a person: Somebody who was erased" in text
    assert "Details erased" in text


def test_own_events_are_those_by_and_about_the_person(app: Flask, filled: FlaskClient) -> None:
    text = filled.get("/account/security/events").text
    assert "Signed in" in text
    assert "Changed a person&#39;s role: Bob Birch" in text
    assert "Wrote a post" not in text
    other = app.test_client()
    make.sign_in(other, make.bob())
    text = other.get("/account/security/events").text
    assert "Wrote a post" in text
    assert "Changed a person&#39;s role: Bob Birch" in text
    assert "Connected a channel" not in text


def test_looking_records_nothing(filled: FlaskClient) -> None:
    def count() -> int:
        database.session.rollback()
        return database.session.query(AuditEvent).count()

    before = count()
    listed(filled)
    filled.get("/account/security/events")
    assert count() == before


@pytest.mark.proves("P7.5")
def test_the_fourth_download_in_a_day_is_told_as_a_mass_export(client: FlaskClient) -> None:
    for _ in range(4):
        assert client.post("/organization/audit/export", data={}).status_code == 200
    told = database.session.scalars(database.select(Alert.kind)).all()
    assert told.count("exports") == 1
