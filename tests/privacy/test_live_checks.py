"""What an instance sees of its own promises: each check sees order, and each sees when it is broken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from app import clock, live_checks, live_jobs, periodic
from app.audit.models import AuditEvent
from app.channels.models import ChannelGrant
from app.db import db as database
from app.operator import incidents
from app.privacy import documents, erasures, exports, holds, registers, sightings, versions
from app.privacy.holds import LegalHold
from app.privacy.promises import load_register
from app.privacy.sightings import Seen, Sighting
from app.telemetry.models import TelemetryRecord
from tests import make
from tests.guards import unguarded
from tests.times import Times

NAMES = sorted(live_checks.CHECKS)
LONG_AGO = timedelta(days=400)


def look(name: str) -> Seen:
    return live_checks.CHECKS[name].look(clock.now())


def test_the_register_names_each_check_and_no_other() -> None:
    assert {promise.live for promise in load_register().promises} - {None} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_in_order_it_is_seen_kept_with_a_figure(client: FlaskClient, name: str) -> None:
    make.channel(make.alice())
    seen = look(name)
    assert seen.is_kept, seen.figure
    assert any(character.isdigit() for character in seen.figure) or "one lock" in seen.figure


# Broken on purpose


def old_session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = clock.now() - LONG_AGO
    database.session.execute(text("UPDATE login_session SET used_at = :at"), {"at": long_ago})


def edited_event(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    database.session.rollback()
    with database.engine.begin() as connection, unguarded(connection):
        connection.execute(update(AuditEvent).values(action="account.changed"))


def unmarked_column(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    column = database.metadata.tables["wall"].columns["name"]
    monkeypatch.setattr(column, "info", {})


def birthday(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = live_checks.inspect

    class Inspector:
        def __init__(self, engine: object) -> None:
            self.real = real(engine)

        def get_table_names(self) -> list[str]:
            return list(self.real.get_table_names())

        def get_columns(self, table: str) -> list[dict[str, str]]:
            return [*self.real.get_columns(table), {"name": "birth_date"}]

    monkeypatch.setattr(live_checks, "inspect", Inspector)


def open_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make.channel(make.alice())
    grant = database.session.get_one(ChannelGrant, made.id)
    grant.sealed = '{"token": "t"}'
    database.session.flush()


def chatty_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer() -> str:
        from flask import session

        session["typed"] = "seen"
        return '<img src="https://tracker.example/x.gif">'

    monkeypatch.setitem(app.view_functions, "pages.home", _public(answer))


def _public(view: Callable[[], str]) -> Callable[[], str]:
    view.permission = None  # type: ignore[attr-defined]
    return view


def late_request(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = make.rights_request(make.alice())
    asked.due_at = clock.now() - timedelta(minutes=1)
    database.session.flush()


def late_copy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.order(make.alice(), clock.now() - timedelta(hours=25))


def late_deletion(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    erasures.begin(make.alice(), {}, clock.now() - timedelta(hours=25), clock.now() - LONG_AGO)


def silent_incident(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    found = clock.now() - timedelta(hours=73)
    incidents.open_incident(make.operator(), "Lost", "A laptop.", found, clock.now())
    database.session.flush()


def forgotten_hold(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, now = make.alice(), clock.now()
    held = holds.place(
        "user", alice.id, "A court", "A case", (now + timedelta(days=9)).date(), alice.id, now
    )
    other = make.operator()
    database.session.flush()
    holds.approve(held, other.id, now)
    database.session.flush()
    database.session.execute(update(LegalHold).values(review_on=(now - timedelta(days=1)).date()))


def edited_version(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "load", lambda: [])


def stale_document(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = documents.documents
    monkeypatch.setattr(
        documents, "documents", lambda metadata: dict.fromkeys(real(metadata), "old")
    )


def bare_provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"stripe_secret_key": "sk_x"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    bare = [replace(one, contract="") for one in registers.providers()]
    monkeypatch.setattr(registers, "providers", lambda: bare)


def unasked_event(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    record = TelemetryRecord(
        user_id=make.alice().id, recipient="posthog", host="x.example", name="n"
    )
    record.payload, record.state, record.made_at = "{}", "waiting", clock.now()
    database.session.add(record)
    database.session.flush()


BROKEN: dict[str, Callable[[Flask, pytest.MonkeyPatch], None]] = {
    "ageless": birthday,
    "chained": edited_version,
    "consented": unasked_event,
    "contracted": bare_provider,
    "cookieless": chatty_page,
    "copies_in_time": late_copy,
    "deletions_in_time": late_deletion,
    "documented": stale_document,
    "holds_reviewed": forgotten_hold,
    "incidents_in_time": silent_incident,
    "marked": unmarked_column,
    "overdue": old_session,
    "own_only": chatty_page,
    "requests_in_time": late_request,
    "sealed": open_key,
    "trail": edited_event,
}


def test_for_each_there_is_a_way_to_break_it() -> None:
    """`locked` is broken by dropping a policy: tests/tenants/test_running.py."""
    assert sorted([*BROKEN, "locked"]) == NAMES


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_it_is_seen(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    BROKEN[name](app, monkeypatch)
    assert not look(name).is_kept


# Kept, shown


def test_all_are_looked_at_by_the_clock_and_shown(client: FlaskClient, times: Times) -> None:
    assert [line for line in periodic.TABLE if line.job is live_jobs.look_at_all]
    seen = live_jobs.look_at_all()
    assert sorted(seen) == NAMES
    shown = client.get("/privacy/promises").text
    assert "Watched here: 0 rows overdue by more than a day" in shown
    assert "has not looked yet" not in shown
    times.go(minutes=30)
    assert live_jobs.look_at_all() == {}, "each at its own pace"
    times.go(minutes=30)
    assert sorted(live_jobs.look_at_all()) == [name for name in NAMES if name != "trail"]


def test_a_broken_one_is_shown_red_since_it_broke_even_with_passing_tests(
    client: FlaskClient, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_jobs.look_at_all()
    broke = times.go(hours=2)
    make.rights_request(make.alice()).due_at = times.now - timedelta(minutes=1)
    database.session.commit()
    live_jobs.look_at_all()
    times.go(hours=1)
    live_jobs.look_at_all()
    found = database.session.get_one(Sighting, "requests_in_time")
    assert (found.is_kept, found.since, found.seen_at) == (False, broke, times.now)
    shown = client.get("/privacy/promises").text
    assert "1 of 1 open requests past the law" in shown
    assert "state-red" in shown and "sees it broken" in shown


def test_a_check_that_breaks_down_has_not_seen_it_kept(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Seen:
        raise OSError("disk gone")

    monkeypatch.setitem(live_checks.CHECKS, "overdue", live_checks.Check(fail, timedelta(0)))
    live_jobs.look_at_all()
    found = sightings.latest()["overdue"]
    assert (found.is_kept, found.figure) == (False, "could not be looked at")
    assert "disk gone" not in client.get("/privacy/promises").text


def test_one_that_has_not_looked_for_long_says_so(client: FlaskClient, times: Times) -> None:
    live_jobs.look_at_all()
    times.go(hours=27)
    assert "its last look is too long ago" in client.get("/privacy/promises").text
