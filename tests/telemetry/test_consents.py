"""Consents: asked with a text, recorded with its hash, taken back as easily as given."""

import hashlib
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.privacy import consents, notices
from app.privacy.consents import ANALYTICS, Consent
from tests import make
from tests.servers.capture import Capture
from tests.telemetry.conftest import KEY, allow, configure, ledger
from tests.times import Times

PAGE = "/settings/privacy/consents"
FORM = re.compile(r'<form method="post" action="/settings/privacy/consents/.*?</form>', re.S)


def buttons(html: str) -> list[str]:
    found = FORM.search(html)
    return re.findall(r"<button[^>]*>([^<]*)<", found[0]) if found else []


def history() -> list[Consent]:
    database.session.rollback()
    return consents.history(make.alice().id, ANALYTICS)


@pytest.mark.proves("P3.4")
def test_it_is_off_until_a_yes_and_the_answers_weigh_the_same(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    assert "Off: not asked yet" in page
    assert buttons(page) == ["Allow it", "Don't allow it"] or buttons(page) == [
        "Allow it",
        "Don&#39;t allow it",
    ]
    assert "checked" not in page, "nothing is ticked ahead"
    assert history() == []


@pytest.mark.proves("P3.4", "P8.7")
def test_a_no_takes_as_many_clicks_as_a_yes(client: FlaskClient) -> None:
    """One page, one button, either way; no page in between asks whether one is sure."""
    assert allow(client, "yes") == PAGE
    page = client.get(PAGE).text
    assert buttons(page) == ["Stop it"]
    assert allow(client, "no") == PAGE
    assert buttons(client.get(PAGE).text) == ["Allow it"]
    assert [one.state for one in history()] == ["requested", "given", "withdrawn"]


@pytest.mark.proves("P3.4")
def test_the_record_names_the_exact_text_that_was_shown(client: FlaskClient, times: Times) -> None:
    page = client.get(PAGE).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    asked_at = times.now
    times.go(minutes=3)
    sent = {"answer": "yes", "shown": shown}
    client.post(f"{PAGE}/{ANALYTICS}", data=sent)
    requested, given = history()
    text = notices.notices()[ANALYTICS].present.text
    assert text in unescape(page)
    assert given.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (given.version, given.method, given.variant) == (1, "button", "consents")
    assert (requested.state, requested.at) == ("requested", asked_at)
    assert (given.state, given.at, given.has_gpc) == ("given", times.now, False)


@pytest.mark.proves("P3.4")
def test_an_answer_to_another_text_is_no_answer(
    client: FlaskClient, times: Times, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get(PAGE).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    for odd in ("", "nonsense", shown + "x", shown[:-4]):
        client.post(f"{PAGE}/{ANALYTICS}", data={"answer": "yes", "shown": odd})
    times.go(days=1, seconds=1)
    client.post(f"{PAGE}/{ANALYTICS}", data={"answer": "yes", "shown": shown})
    assert "Read it again" in client.get(PAGE).text
    times.go(days=-1)
    configure(app, monkeypatch, posthog_api_key=KEY, posthog_host="https://elsewhere.example")
    client.post(f"{PAGE}/{ANALYTICS}", data={"answer": "yes", "shown": shown})
    assert history() == []


def test_only_yes_and_no_are_answers(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    for answer in ("", "maybe", "YES"):
        data = {"answer": answer, "shown": shown}
        assert client.post(f"{PAGE}/{ANALYTICS}", data=data).status_code == 422
    assert client.post(f"{PAGE}/nothing", data={"answer": "yes"}).status_code == 404
    assert client.get(f"{PAGE}/nothing/receipt").status_code == 404
    assert history() == []


@pytest.mark.proves("P3.4")
def test_a_text_that_allows_more_ends_earlier_consents_and_one_that_does_not_keeps_them(
    client: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    text = notices.SOURCE.read_text()
    more = (
        f"[[{ANALYTICS}.versions]]\nversion = 2\npublished_on = 2027-01-01\n"
        'widens = {}\ntext = "Now another text, {{host}}."\n'
    )
    same = notices.parse(text + more.format("false"))
    wider = notices.parse(text + more.format("true"))
    monkeypatch.setattr(consents, "notices", lambda: same)
    assert consents.is_given(make.alice().id, ANALYTICS)
    for module in ("consents", "consent_routes", "receipts"):
        monkeypatch.setattr(f"app.privacy.{module}.notices", lambda: wider)
    assert consents.state_of(make.alice().id, ANALYTICS) == "expired"
    assert not consents.allows_analytics(make.alice().id)
    page = client.get(PAGE).text
    assert "the text has changed" in page
    assert "Allow it" in buttons(page)
    assert "Now another text, 127.0.0.1." in page
    allow(client)
    assert consents.is_given(make.alice().id, ANALYTICS)
    states = [(one.state, one.version) for one in history()]
    assert states == [
        ("requested", 1),
        ("given", 1),
        ("expired", 2),
        ("requested", 2),
        ("given", 2),
    ]


@pytest.mark.proves("P3.4", "P5.6")
def test_a_yes_counts_for_the_host_that_was_named(
    client: FlaskClient, sending: Capture, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    assert consents.allows_analytics(make.alice().id)
    configure(app, monkeypatch, posthog_api_key=KEY, posthog_host="https://elsewhere.example")
    assert not consents.allows_analytics(make.alice().id)
    assert "elsewhere.example" in client.get(PAGE).text
    before = len(ledger())
    assert client.post("/channels/connect/sandbox").status_code == 303
    assert len(ledger()) == before, "nothing is noted for a server that nobody was asked about"


@pytest.mark.proves("P3.4")
def test_the_receipt_tells_all_and_is_downloaded(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(app, monkeypatch, operator_name="Orchard Ltd", operator_country="DE")
    allow(client)
    allow(client, "no")
    answer = client.get(f"{PAGE}/{ANALYTICS}/receipt")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.text)
    assert told["header"]["schema_version"] == "ISO/IEC TS 27560:2023"
    processing = told["processing"]
    assert processing["purposes"][0]["lawful_basis"] == "consent"
    assert processing["pii_controllers"][0]["name"] == "Orchard Ltd"
    assert processing["withdrawal_method"].endswith(PAGE)
    assert told["state"] == "withdrawn"
    assert [one["state"] for one in told["events"]] == ["requested", "given", "withdrawn"]
    for one in told["events"]:
        assert hashlib.sha256(one["notice_text"].encode()).hexdigest() == one["notice_sha256"]
    assert told["header"]["record_id"] == told["events"][-1]["event_id"]


def test_an_instance_that_nobody_signs_for_says_so_in_its_receipts(client: FlaskClient) -> None:
    told = json.loads(client.get(f"{PAGE}/{ANALYTICS}/receipt").text)
    assert "has not said who they are" in told["processing"]["pii_controllers"][0]["note"]
    assert (told["state"], told["events"]) == ("not asked", [])


@pytest.mark.proves("P3.4")
def test_a_consent_is_one_persons(app: Flask, client: FlaskClient) -> None:
    allow(client)
    other = app.test_client()
    make.sign_in(other, make.bob())
    assert "Off: not asked yet" in other.get(PAGE).text
    assert not consents.is_given(make.bob().id, ANALYTICS)


def test_pressing_twice_records_once(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    for answer in ("yes", "yes", "no", "no"):
        client.post(f"{PAGE}/{ANALYTICS}", data={"answer": answer, "shown": shown})
    assert [one.state for one in history()] == ["requested", "given", "withdrawn"]


def test_the_record_outlives_the_account_without_its_person(db: object) -> None:
    now = clock.now()
    consents.give(make.alice().id, consents.unread(ANALYTICS, now), now)
    database.session.delete(make.alice())
    database.session.commit()
    rows = database.session.scalars(database.select(Consent)).all()
    assert [(row.user_id, row.state) for row in rows] == [(None, "requested"), (None, "given")]


@pytest.mark.proves("P5.6", "P5.5")
def test_the_telemetry_page_says_what_is_set_up_and_where(
    client: FlaskClient, app: Flask, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/settings/privacy/telemetry").text
    assert "This instance has not set PostHog up" in page
    assert "This instance has not set Sentry up" in page
    configure(
        app,
        monkeypatch,
        sentry_dsn="https://key@errors.example/1",
        posthog_api_key=KEY,
        posthog_host="https://numbers.example",
    )
    page = client.get("/settings/privacy/telemetry").text
    assert "Sentry at <b>errors.example</b>" in page
    assert "PostHog at <b>numbers.example</b>" in page
    assert KEY not in page
    assert "key@" not in page


def test_both_switches_stand_on_the_telemetry_page(client: FlaskClient) -> None:
    path = "/settings/privacy/telemetry"
    page = client.get(path).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    sent = {"answer": "yes", "shown": shown, "back": "telemetry"}
    assert client.post(f"{PAGE}/{ANALYTICS}", data=sent).location == path
    assert buttons(client.get(path).text) == ["Stop it"]
    assert history()[-1].variant == "telemetry"


def test_a_page_left_open_still_says_no(client: FlaskClient, times: Times) -> None:
    """A no needs no fresh text: whoever wants out is let out."""
    allow(client)
    page = client.get(PAGE).text
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    times.now = clock.now() + timedelta(days=3)
    client.post(f"{PAGE}/{ANALYTICS}", data={"answer": "no", "shown": shown})
    assert not consents.is_given(make.alice().id, ANALYTICS)
