"""Deliveries in trouble at the desk: numbers, classes and times, of everybody, and nothing they say."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.account.models import User
from app.audit.models import AuditEvent
from app.db import db as database
from app.operator import deliveries
from app.operator.deliveries import Asked
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CONFIRMING, FAILED, HELD, RETRY, SENDING
from tests import make
from tests.times import Times

TOLD = "charlie@secret.example says no"


def trouble(user: User, name: str, network: str, state: str, hold: str = "", ago: int = 60) -> int:
    """A delivery that was due so many minutes ago and stands so now."""
    post = make.post(user, make.channel(user, network, name), text=f"Secret words of {name}")
    [one] = post.deliveries
    one.state, one.hold, one.reason = state, hold, TOLD
    one.due_at = one.not_before = clock.now() - timedelta(minutes=ago)
    database.session.commit()
    return one.id


def tried(id: int, state: str) -> None:
    one = database.session.get_one(Delivery, id)
    one.tries = 1
    now = clock.now()
    made = Attempt(delivery_id=id, n=1, fence=1, state=state, key="k", content_hash="h")
    made.started_at, made.finished_at, made.answer = now, now, TOLD
    database.session.add(made)
    database.session.commit()


def ids(**asked: str) -> list[int]:
    found, _ = deliveries.listed(Asked(**asked), clock.now())
    return [one.id for one in found]


def test_each_is_listed_where_it_belongs_the_longest_due_first(db: object, times: Times) -> None:
    alice, charlie = make.alice(), make.charlie()
    late = trouble(alice, "a", "sandbox", RETRY, ago=5)
    asked = trouble(charlie, "b", "mastodon", CONFIRMING, ago=9)
    blind = trouble(charlie, "c", "telegram", HELD, "needs_decision", ago=30)
    held = trouble(alice, "d", "sandbox", HELD, "reconnect", ago=90)
    failed = trouble(alice, "e", "mastodon", FAILED, ago=20)
    trouble(alice, "f", "mastodon", RETRY, ago=1)  # not yet worth a look
    trouble(alice, "g", "mastodon", SENDING, ago=1)  # on its way
    silent = trouble(alice, "h", "mastodon", SENDING, ago=2)
    database.session.get_one(Delivery, silent).lease_until = clock.now() - timedelta(minutes=1)
    database.session.commit()
    assert ids() == [blind, asked, late, silent]
    assert ids(state="late") == [late]
    assert ids(state="unconfirmed") == [blind, asked, silent]
    assert ids(state="held") == [held]
    assert ids(state="failed") == [failed]
    assert ids(network="mastodon") == [asked, silent]
    assert ids(state="elsewhere") == ids(network="elsewhere") == []


@pytest.mark.parametrize(
    ("attempt", "word"),
    [
        ("rejected", "The network refused it"),
        ("not_sent", "The network was not reached"),
        ("absent", "Each answer was lost"),
        ("", "It could not be made ready"),
    ],
)
def test_what_failed_is_classed_by_what_its_last_try_came_to(
    db: object, times: Times, attempt: str, word: str
) -> None:
    id = trouble(make.alice(), "a", "mastodon", FAILED)
    if attempt:
        tried(id, attempt)
    assert deliveries.by_class(clock.now()) == [("Mastodon", word, 1)]


def test_what_is_long_ago_is_counted_by_state_and_no_more_by_class(
    db: object, times: Times
) -> None:
    trouble(make.alice(), "a", "sandbox", HELD, "late", ago=60 * 24 * 8)
    assert deliveries.by_class(clock.now()) == []
    counts = deliveries.by_state(clock.now())
    assert ("Held", "Too late by its organisation's rule", 1) in counts
    assert counts[-1] == ("Published in the last day", "", 0)


def test_the_page_names_no_words_no_account_and_nobody_and_each_look_is_on_record(
    desk: FlaskClient, times: Times
) -> None:
    failed = trouble(make.charlie(), "c", "mastodon", FAILED)
    tried(failed, "rejected")
    shown = desk.get("/operator/deliveries?state=failed").text
    assert f'<th scope="row" class="number">{failed}</th>' in shown
    assert "The network refused it" in shown and "Mastodon" in shown
    for secret in ("Secret words", TOLD, "c.test", "Charlie", "charlie@", "Elsewhere"):
        assert secret not in shown, secret
    looked = database.select(AuditEvent.action).where(AuditEvent.action == "operator.listed")
    assert len(database.session.scalars(looked).all()) == 1


def test_pages_follow_each_other_with_the_same_question(
    desk: FlaskClient, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST", 2)
    known = [trouble(make.alice(), f"c{n}", "sandbox", HELD, "late", 60 - n) for n in range(3)]
    first = desk.get("/operator/deliveries?state=held&network=sandbox").text
    assert "?state=held&amp;network=sandbox&amp;page=2#list" in first
    assert f">{known[2]}</th>" not in first
    second = desk.get("/operator/deliveries?state=held&network=sandbox&page=2").text
    assert f">{known[2]}</th>" in second and "First page" in second
    assert desk.get("/operator/deliveries?page=0").status_code == 200
    for odd in ("-1", "x", "9" * 400, "²", ""):
        assert desk.get(f"/operator/deliveries?page={odd}").status_code == 404


def test_the_overview_leads_there(desk: FlaskClient) -> None:
    assert 'href="/operator/deliveries"' in desk.get("/operator").text
