"""What Stripe tells us: only Stripe, only once, in any order, and the end is the same."""

import hashlib
import hmac
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.account.allowances import Allowance
from app.billing import events, jobs
from app.billing.models import BillingAccount, BillingDifference, Invoice, StripeEvent, Subscription
from app.db import db as database
from app.db import table
from tests import make
from tests.billing.steps import (
    SOLO,
    buy,
    hear,
    page_to_pay,
    portal,
    post,
    press,
    tell,
    work_off,
)
from tests.servers.stripe import WEBHOOK_SECRET, StripeStandIn
from tests.times import Times


def state() -> list[Any]:
    """All that is held of billing, but when we looked."""
    database.session.rollback()
    found: list[Any] = []
    for model in (BillingAccount, Subscription, Invoice, Allowance):
        shown = [
            column
            for column in table(model).columns
            if column.name not in ("id", "fence", "settled_at", "written_at")
        ]
        rows = database.session.execute(select(*shown)).all()
        found.append(sorted(map(str, rows)))
    return found


def life(client: FlaskClient, stripe: StripeStandIn) -> Iterator[None]:
    """A purchase, a declined renewal and a way back: 12 events or more; pauses after each step."""
    press(page_to_pay(client), card="ok")
    client.get("/billing/return")
    yield
    portal(client, "declined")
    yield
    stripe.books.advance(34)
    yield
    portal(client, "ok")
    yield
    portal(client, "cancel")
    yield


def history(client: FlaskClient, stripe: StripeStandIn) -> list[dict[str, Any]]:
    """All of it, none told yet."""
    for _ in life(client, stripe):
        pass
    return list(stripe.books.events)


def shuffled(
    client: FlaskClient, stripe: StripeStandIn, told: list[dict[str, Any]], seed: int
) -> None:
    """Some twice, some never, in any order, worked off in another one."""
    chance = random.Random(seed)
    heard = [one for one in told for _ in range(chance.choice((0, 1, 1, 2)))] or told[:1]
    chance.shuffle(heard)
    for event in heard:
        assert tell(client, stripe, event) == 200
        if chance.random() < 0.4:
            work_off()
    work_off()


@pytest.mark.parametrize("seeds", [range(4)])
def test_any_order_repeated_or_lost_the_end_is_the_same(
    stripe: StripeStandIn, client: FlaskClient, times: Times, seeds: range
) -> None:
    compare(client, stripe, history(client, stripe), seeds)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_same_when_life_goes_on_between_the_tellings(
    stripe: StripeStandIn, client: FlaskClient, times: Times, seed: int
) -> None:
    """What is fetched for an event is then the state of that day: past due, with an invoice open."""
    chance, seen = random.Random(seed), set[str]()
    for _ in life(client, stripe):
        shuffled(client, stripe, list(stripe.books.events), chance.randrange(1000))
        seen |= set(database.session.scalars(select(Subscription.state)))
    assert {"active", "past_due"} <= seen
    jobs.settle(
        make.member(make.alice()).organization_id
    )  # as each night: the last one may be lost
    gone_through = state()
    for model in (StripeEvent, Subscription, Invoice, Allowance):
        database.session.execute(database.delete(model))
    database.session.commit()
    hear(client, stripe)
    assert gone_through == state()


@pytest.mark.security_long
def test_a_thousand_shuffles(stripe: StripeStandIn, client: FlaskClient, times: Times) -> None:
    compare(client, stripe, history(client, stripe), range(1000))


def compare(
    client: FlaskClient, stripe: StripeStandIn, told: list[dict[str, Any]], seeds: range
) -> None:
    assert len(told) == 12
    hear(client, stripe)
    wanted = state()
    assert "past_due" not in str(wanted[1]) and len(wanted[2]) == 2
    for seed in seeds:
        for model in (StripeEvent, Subscription, Invoice, Allowance):
            database.session.execute(database.delete(model))
        database.session.commit()
        shuffled(client, stripe, told, seed)
        assert state() == wanted, seed


def test_a_look_that_began_earlier_does_not_overwrite_a_later_one(
    stripe: StripeStandIn, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(client, stripe)
    real, seen = jobs.stripe_api.standing, []

    def slow(customer: str) -> Any:
        """While it looks, the plan ends, and that is looked at and written down."""
        before = real(customer)
        if not seen:
            seen.append(before)
            [sub] = stripe.books.subscriptions.values()
            stripe.books.cancel(sub)
            hear(client, stripe)
        return before if len(seen) == 1 else real(customer)

    monkeypatch.setattr(jobs.stripe_api, "standing", slow)
    jobs.settle(make.member(make.alice()).organization_id)
    assert "canceled" in str(state()[1])


def forged(count: int, body: bytes, now: int) -> list[tuple[bytes, str]]:
    """Altered bodies, stale and future times, other secrets, other schemes, nonsense."""
    chance = random.Random(count)

    def sign(what: bytes, at: int, secret: str, scheme: str = "v1") -> str:
        digest = hmac.new(secret.encode(), f"{at}.".encode() + what, hashlib.sha256).hexdigest()
        return f"t={at},{scheme}={digest}"

    made = []
    for number in range(count):
        good = sign(body, now, WEBHOOK_SECRET)
        place = chance.randrange(len(body))
        altered = (
            body[:place] + bytes([body[place] ^ (1 << chance.randrange(8))]) + body[place + 1 :]
        )
        cut = good[: chance.randrange(len(good))]
        late = chance.choice((-1, 1)) * chance.randrange(302, 10**8)
        made.append(
            [
                (altered, good),
                (body, sign(body, now + late, WEBHOOK_SECRET)),
                (body, sign(body, now, chance.choice(("", "whsec_other", "WHSEC_STAND_IN")))),
                (body, sign(body, now, WEBHOOK_SECRET, chance.choice(("v0", "v2", "V1")))),
                (body, cut),
                (body + b" ", good),
                (body, good.replace("t=", "t=0")),
                (
                    body,
                    chance.choice(("", "t=,v1=", "v1=a", "t=1", "\u00e9", "t=1,v1=" + "0" * 64)),
                ),
            ][number % 8]
        )
    return made


@pytest.mark.parametrize("count", [96, pytest.param(2000, marks=pytest.mark.security_long)])
def test_forged_and_altered_events_are_refused(
    stripe: StripeStandIn, client: FlaskClient, times: Times, count: int
) -> None:
    page_to_pay(client)
    [event] = stripe.books.events
    body, good = stripe.signed(event)
    for wrong, signature in forged(count, body, int(times.now.timestamp())):
        assert post(client, wrong, signature).status_code == 400, (wrong, signature)
    assert database.session.scalars(select(StripeEvent)).all() == []
    assert post(client, body, good).status_code == 200


def test_an_empty_secret_opens_nothing_and_time_counts_both_ways(times: Times) -> None:
    now, body = times.now, b"{}"
    for secret, seconds, is_good in (("s", 0, True), ("", 0, False), ("s", 299, True),
                                     ("s", -301, False), ("s", 301, False)):  # fmt: skip
        at = int(now.timestamp()) + seconds
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
        assert events.is_signed(body, f"t={at},v1={digest}", secret, now) is is_good


def test_signed_nonsense_is_refused(stripe: StripeStandIn, client: FlaskClient) -> None:
    whole = {"id": "evt_1", "type": "a.b", "created": 1}
    about = {"data": {"object": {"object": "invoice"}}}
    nonsense: list[Any] = [
        {}, [], whole, about, whole | about | {"id": "x"}, whole | about | {"type": "A"},
        whole | about | {"created": 10**20}, whole | {"data": {"object": []}},
    ]  # fmt: skip
    for event in nonsense:
        assert tell(client, stripe, event) == 400, event


def test_one_event_told_many_times_at_once_is_one(
    stripe: StripeStandIn, client: FlaskClient, app: Flask
) -> None:
    page_to_pay(client)
    body, signature = stripe.signed(stripe.books.events[0])

    def ring(_: int) -> int:
        with app.app_context():
            return post(app.test_client(), body, signature).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ring, range(24))) == {200}
    database.session.rollback()
    assert len(database.session.scalars(select(StripeEvent)).all()) == 1


def test_somebody_elses_customer_is_nobody_here(stripe: StripeStandIn, client: FlaskClient) -> None:
    buy(client, stripe)
    before = state()
    stranger = stripe.make_customer({}, "")
    stripe.books.cards[stranger["id"]] = "ok"
    price = next(iter(stripe.books.prices.values()))
    stripe.books.subscribe(stranger["id"], price, 1, "eur")
    hear(client, stripe)
    assert state() == before
    outcomes = set(database.session.scalars(select(StripeEvent.outcome)))
    assert outcomes == {events.SETTLED, events.UNKNOWN}


def test_stripe_away_leaves_the_event_for_the_next_ring(
    stripe: StripeStandIn, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(page_to_pay(client), card="ok")
    stripe.is_down = True
    hear(client, stripe)
    assert len(database.session.scalars(StripeEvent.unsettled()).all()) > 0
    stripe.is_down = False
    rung: list[str] = []
    monkeypatch.setattr("app.queue.enqueue", lambda job, *ids, on: rung.extend(ids))
    jobs.ring_for_events()
    for id in rung:
        jobs.settle_event(id)
    assert database.session.scalars(StripeEvent.unsettled()).all() == []
    assert "active" in str(state()[1])


def test_reconciling_finds_what_nobody_told(
    stripe: StripeStandIn, client: FlaskClient, app: Flask
) -> None:
    buy(client, stripe)
    run = app.test_cli_runner().invoke
    assert "1 customers looked at, 0 differed" in run(args=["billing", "reconcile"]).output
    [sub] = stripe.books.subscriptions.values()
    stripe.books.cancel(sub)
    told = run(args=["billing", "reconcile"]).output
    assert "state active > canceled" in told and "1 differed" in told
    assert len(database.session.scalars(select(BillingDifference)).all()) >= 1
    stripe.is_down = True
    assert run(args=["billing", "reconcile"]).exit_code == 1


def test_a_customer_who_is_gone_at_stripe_is_on_the_free_plan(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe)
    stripe.delete_customer({}, next(iter(stripe.books.customers)))
    hear(client, stripe)
    assert "Free" in str(state()[3])
    buy(client, stripe)
    assert "Solo" in str(state()[3])


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.security_long)])
def test_checkouts_at_once_make_one_customer_and_one_subscription(
    stripe: StripeStandIn, client: FlaskClient, app: Flask, count: int
) -> None:
    cookie = client.get_cookie("allstac")
    assert cookie

    def go(number: int) -> int:
        with app.app_context():
            own = app.test_client()
            own.set_cookie("allstac", cookie.value)
            plan = ("solo", "team")[number % 2]
            return own.post("/billing/checkout", data=SOLO | {"plan": plan}).status_code

    with ThreadPoolExecutor(count) as pool:
        assert set(pool.map(go, range(count))) <= {200, 303}
    database.session.rollback()
    open_ones = [one for one in stripe.books.sessions.values() if one["status"] == "open"]
    assert len(open_ones) == 1
    statuses = [press(f"{stripe.url}/c/pay/{id}", card="ok") for id in list(stripe.books.sessions)]
    assert statuses.count(303) == 1
    hear(client, stripe)
    assert stripe.books.state() == {"customers": 1, "subscriptions": 1}
