"""Product events: by consent, from the server, out of a closed list, and every one can be looked at."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, telemetry
from app.db import db as database
from app.privacy import consents, retention_jobs
from app.telemetry import gates, outbox, product, registry
from app.telemetry.models import TelemetryPerson, TelemetryRecord
from tests import make
from tests.servers.capture import Capture
from tests.telemetry.conftest import KEY, allow, configure, ledger, send
from tests.times import Times

WIRE = {"event", "distinct_id", "properties", "timestamp", "uuid"}
FIXED = {"$process_person_profile": False, "$geoip_disable": True, "$ip": None}


def connect(client: FlaskClient, **headers: str) -> None:
    """Do something that an event tells of."""
    answer = client.post("/channels/connect/sandbox", headers=headers)
    assert answer.status_code == 303, answer.text


def distinct_id() -> str | None:
    database.session.rollback()
    found = database.session.get(TelemetryPerson, make.alice().id)
    return found.distinct_id if found else None


@pytest.mark.proves("P5.6", "P2.1", "P3.4")
def test_nothing_is_noted_or_sent_before_a_person_says_yes(
    client: FlaskClient, sending: Capture
) -> None:
    connect(client)
    send()
    assert ledger() == []
    assert sending.connections == 0


@pytest.mark.proves("P5.6")
def test_a_yes_counts_at_once_and_an_event_says_what_the_registry_lists_and_no_more(
    client: FlaskClient, sending: Capture
) -> None:
    allow(client)
    connect(client)
    send()
    [batch] = sending.wait_for(1)
    body = json.loads(batch.body)
    assert batch.path == "/batch/"
    assert body.keys() == {"batch", "api_key", "sent_at"}
    assert [event["event"] for event in body["batch"]] == ["analytics_allowed", "channel_connected"]
    for event in body["batch"]:
        assert event.keys() == WIRE
        own = {name: v for name, v in event["properties"].items() if name not in FIXED}
        assert event["properties"] == own | FIXED
        registry.find(event["event"], own)
        assert event["distinct_id"] == distinct_id()
        assert re.fullmatch(r"[0-9a-f-]{36}", event["distinct_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\+00:00", event["timestamp"])


@pytest.mark.proves("P5.6", "P1.3")
def test_the_ledger_holds_what_was_received_byte_for_byte(
    client: FlaskClient, sending: Capture
) -> None:
    allow(client)
    connect(client)
    waiting = [row.payload for row in ledger()]
    assert [row.state for row in ledger()] == ["waiting", "waiting"]
    send()
    [batch] = sending.wait_for(1)
    rows = ledger()
    assert [(row.state, row.host, row.recipient) for row in rows] == [
        ("sent", "127.0.0.1", "posthog")
    ] * 2
    assert [row.payload for row in rows] == waiting, "what waited is what left"
    sent_at = json.loads(batch.body)["sent_at"]
    whole = f'{{"batch": [{", ".join(waiting)}], "sent_at": "{sent_at}", "api_key": "{KEY}"}}'
    assert batch.body == whole.encode()
    assert rows[0].payload in _unescaped(client.get("/settings/privacy/telemetry").text)


def _unescaped(html: str) -> str:
    from html import unescape

    return unescape(html)


@pytest.mark.proves("P5.6", "P2.1")
def test_a_withdrawal_stops_new_events_drops_waiting_ones_and_forgets_the_name(
    client: FlaskClient, sending: Capture
) -> None:
    allow(client)
    connect(client)
    first = distinct_id()
    assert len(ledger()) == 2
    allow(client, "no")
    assert ledger() == []
    assert distinct_id() is None
    connect(client)
    send()
    assert ledger() == []
    assert sending.connections == 0
    allow(client)
    assert distinct_id() not in (None, first), "never the same name again"


@pytest.mark.proves("P5.6")
def test_an_event_that_waits_is_asked_about_again_before_it_is_sent(
    client: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    """Even if a withdrawal did not drop it: the worker asks for itself."""
    allow(client)
    connect(client)
    monkeypatch.setattr(app.extensions[gates.KEY], "consents", lambda _: False)
    send()
    assert ledger() == []
    assert sending.connections == 0


@pytest.mark.proves("P5.6")
def test_only_the_person_who_allowed_it_is_told_about(
    client: FlaskClient, sending: Capture, app: Flask
) -> None:
    bob, other = make.bob("admin"), app.test_client()
    allow(client)
    make.sign_in(other, bob)
    connect(other)
    connect(client)
    send()
    [batch] = sending.wait_for(1)
    assert {one["distinct_id"] for one in json.loads(batch.body)["batch"]} == {distinct_id()}
    assert ledger(bob) == []


@pytest.mark.proves("P5.6", "P3.4")
@pytest.mark.parametrize("signal", ["1", "1, 1", " 1 "])
def test_a_browser_that_says_no_is_not_asked_and_nothing_is_noted(
    client: FlaskClient, sending: Capture, signal: str
) -> None:
    headers = {"Sec-GPC": signal}
    for path in ("/settings/privacy/consents", "/settings/privacy/telemetry"):
        page = client.get(path, headers=headers)
        assert "Allow it" not in page.text
        assert "Global Privacy Control" in page.text
        assert "Sec-GPC" in page.headers["Vary"]
    allow(client)
    assert len(ledger()) == 1
    connect(client, **headers)
    send()
    assert ledger() == [], "the earlier yes ended, and what waited is gone"
    assert sending.connections == 0
    last = consents.history(make.alice().id, "product_analytics")[-1]
    assert (last.state, last.method, last.has_gpc) == ("withdrawn", "signal of the browser", True)
    connect(client)
    assert ledger() == [], "also for the next request without the signal"


@pytest.mark.proves("P5.6")
def test_a_request_that_says_no_notes_nothing_whatever_the_record_says(
    client: FlaskClient, sending: Capture, app: Flask
) -> None:
    allow(client)
    alice_id, before = make.alice().id, len(ledger())
    for signal, noted in (("1", 0), ("0", 1)):
        with app.test_request_context(headers={"Sec-GPC": signal}):
            telemetry.tell("delivery_decided", alice_id, decision="up")
            database.session.commit()
        assert len(ledger()) == before + noted


@pytest.mark.proves("P5.6")
def test_a_yes_can_not_be_given_while_the_browser_says_no(
    client: FlaskClient, sending: Capture
) -> None:
    allow(client, **{"Sec-GPC": "1"})
    assert consents.state_of(make.alice().id, "product_analytics") is None
    assert "counts as a no" in client.get("/settings/privacy/consents").text


@pytest.mark.parametrize("value", ["0", "true", "", "2", "11"])
def test_any_other_value_is_no_signal(client: FlaskClient, sending: Capture, value: str) -> None:
    allow(client, **{"Sec-GPC": value})
    connect(client, **{"Sec-GPC": value})
    assert len(ledger()) == 2


@pytest.mark.proves("P5.7", "P1.3")
def test_what_the_registry_does_not_list_raises_here(client: FlaskClient, sending: Capture) -> None:
    for name, properties in (
        ("page_viewed", {}),
        ("channel_connected", {"network": "alice@orchard.example"}),
        ("channel_connected", {"network": "sandbox", "email": "x"}),
        ("channel_connected", {}),
    ):
        with pytest.raises(registry.Unregistered) as raised:
            telemetry.tell(name, make.alice().id, **properties)
        assert "alice" not in str(raised.value)


@pytest.mark.proves("P5.7", "P1.3")
def test_in_production_it_is_dropped_and_counted(
    app: Flask, client: FlaskClient, sending: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    before = len(ledger())
    configure(app, monkeypatch, app_env="production")
    product.dropped.clear()
    telemetry.tell("page_viewed", make.alice().id, path="/calendar")
    telemetry.tell("channel_connected", make.alice().id, network="alice@orchard.example")
    database.session.commit()
    assert product.dropped == {"unregistered": 2}
    assert len(ledger()) == before


@pytest.mark.proves("P5.7")
def test_an_event_stops_at_its_date(
    client: FlaskClient, sending: Capture, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    connect(client)
    assert len(ledger()) == 2
    today = times.now.date()
    ended = registry.parse(
        registry.SOURCE.read_text().replace("2027-06-30", (today + timedelta(days=1)).isoformat())
    )
    monkeypatch.setattr(registry, "events", lambda: ended)
    product.dropped.clear()
    times.go(days=1)
    connect(client)
    assert product.dropped == {"expired": 1}
    assert len(ledger()) == 2
    send()
    assert ledger() == [], "what waited was not sent after its date either"
    assert sending.connections == 0


def test_an_event_lives_until_the_last_moment_before_its_date() -> None:
    event = registry.events()["channel_connected"]
    first_moment = datetime.combine(event.expires_on, time(), UTC)
    assert event.is_live(first_moment - timedelta(microseconds=1))
    assert not event.is_live(first_moment)


@pytest.mark.proves("P5.7")
def test_every_event_has_a_question_an_owner_an_end_and_closed_values() -> None:
    today = date.today()  # noqa: DTZ011  # the build breaks on the day itself
    events = registry.events()
    assert events
    for event in events.values():
        assert event.question.endswith("?")
        assert event.owner
        assert today < event.expires_on, f"{event.name} has expired: take it out or ask anew"
        assert event.expires_on < today + timedelta(days=2 * 366), "an end that nobody awaits"
        assert all(event.properties.values())


@pytest.mark.proves("P5.7")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('question = "Which?"\n', "needs exactly"),
        ('owner = "product"\n', "needs exactly"),
        ("expires_on = 2027-06-30\n", "needs exactly"),
        ("Which?", "asks no question"),
        ("2027-06-30", "must be a date"),
        ('"sandbox"', "plain lower-case word"),
        ('"product"', "plain lower-case word"),
    ],
)
def test_a_registry_with_a_hole_is_refused(change: str, words: str) -> None:
    good = (
        '[seen]\nquestion = "Which?"\nowner = "product"\nexpires_on = 2027-06-30\n'
        'properties.network = ["sandbox"]\n'
    )
    assert registry.parse(good)["seen"].properties == {"network": ("sandbox",)}
    spoilt = {"Which?": "Which", "2027-06-30": '"2027-06-30"', '"sandbox"': '"a@b.example"'}
    spoilt['"product"'] = '"Jane Doe"'
    with pytest.raises(registry.BadRegistry, match=words):
        registry.parse(good.replace(change, spoilt.get(change, "")))


def test_the_registry_knows_every_network() -> None:
    from app.networks.registry import NETWORKS

    for name in ("channel_connected", "first_post_published"):
        assert set(registry.events()[name].properties["network"]) == set(NETWORKS)


def test_a_refusal_waits_and_no_answer_is_not_repeated(
    client: FlaskClient, sending: Capture, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    sending.status = 503
    send()
    sending.wait_for(1)
    assert [row.state for row in ledger()] == ["waiting"]
    sending.status = 200
    send()
    sending.wait_for(2)
    assert [row.state for row in ledger()] == ["sent"]
    send()
    sending.wait_for(2)
    connect(client)
    configure(
        app, monkeypatch, posthog_api_key=KEY, posthog_host="http://127.0.0.1:1", sentry_dsn=None
    )
    send()
    configure(
        app, monkeypatch, posthog_api_key=KEY, posthog_host=sending.url, sentry_dsn=sending.dsn
    )
    send()
    assert [row.state for row in ledger()] == ["sent", "unsure"]
    sending.wait_for(2)


def test_the_database_is_let_go_while_posthog_is_awaited(
    client: FlaskClient, sending: Capture, app: Flask
) -> None:
    """Somebody else writes while the request is under way."""
    allow(client)
    wrote: list[bool] = []

    def write() -> None:
        with app.app_context(), database.engine.begin() as connection:
            connection.execute(database.text("UPDATE \"user\" SET theme = 'dark'"))
        wrote.append(True)

    sending.before_answer = write
    send()
    sending.wait_for(1)
    assert wrote == [True]
    assert [row.state for row in ledger()] == ["sent"]


def test_what_could_not_be_sent_for_a_day_is_not_sent_any_more(
    client: FlaskClient, sending: Capture, times: Times
) -> None:
    allow(client)
    times.go(hours=25)
    send()
    assert ledger() == []
    assert sending.connections == 0


@pytest.mark.proves("P5.6")
def test_what_waits_when_the_operator_takes_posthog_away_is_dropped(
    client: FlaskClient, sending: Capture, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(client)
    configure(app, monkeypatch, posthog_api_key=None, sentry_dsn=None)
    send()
    assert ledger() == []
    assert sending.connections == 0


def test_the_clock_rings_when_something_waits_and_retention_forgets_after_thirty_days(
    client: FlaskClient, sending: Capture, app: Flask, times: Times
) -> None:
    allow(client)
    assert outbox.tend(clock.now()) is True
    assert outbox.tend(clock.now()) is False, "not at every tick"
    send()
    times.go(days=29)
    app.extensions[gates.KEY].tended_at = None
    assert outbox.tend(clock.now()) is False
    database.session.commit()
    assert len(ledger()) == 1
    times.go(days=1, seconds=1)
    retention_jobs.run_retention()
    assert ledger() == []
    assert database.session.query(TelemetryRecord).count() == 0
