"""A plan in a real browser without JavaScript: bought, changed, lapsed, chosen for, bought again, left. The
stand-in for Stripe is at its other end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import clock, create_app
from app.billing import jobs
from tests import make
from tests.browser.conftest import Visit, sign_in
from tests.browser.rules import look
from tests.browser.sites import Site, site
from tests.conftest import settings
from tests.servers.stripe import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn

CHANGE = "/billing/change?plan=team&cycle=monthly&quantity=1&currency=eur"
BOUGHT = ("/billing", "/billing/invoices", CHANGE)


@pytest.fixture
def stripe() -> Iterator[StripeStandIn]:
    stand_in = StripeStandIn()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def shop(tmp_path: Path, stripe: StripeStandIn) -> Iterator[Site]:
    """An instance that sells; Orchard has five channels, and a post waits for each."""
    sells = {"stripe_secret_key": SECRET_KEY, "stripe_webhook_secret": WEBHOOK_SECRET}
    with site(tmp_path, stripe_api_base=stripe.url, **sells) as made:
        with made.inside():
            jobs.refresh_prices()
        with replace(made, app=create_app(**settings(tmp_path, made.database_url))).inside():
            plant()
        yield made


def plant() -> None:
    """Where nothing is sold, so that all have room."""
    make.operator()
    for n in range(5):
        channel = make.channel(make.alice(), name=f"c{n}")
        due = clock.now() + timedelta(days=n + 1)
        make.post(make.alice(), channel, text=f"For orchard {n}", due_at=due)


def buy(page: Page, plan: str) -> None:
    page.goto("/billing")
    page.select_option("#plan", plan)
    page.click("text=Go on to pay")
    page.click("main a.button.primary")
    page.click("button[value=ok]")
    expect(page.locator("#flashes")).to_contain_text(f"Your plan is {plan.capitalize()}.")


def tick(page: Page, *names: str) -> None:
    for box in page.locator("#stay input[type=checkbox]").all():
        box.uncheck()
    for name in names:
        page.check(f"label:has-text('{name}.test') input")
    page.click("text=These stay")


@pytest.mark.proves("P5.8")
def test_a_plan_is_bought_changed_lost_chosen_for_returned_to_and_left(
    shop: Site, stripe: StripeStandIn, visit: Visit
) -> None:
    visitor = visit(shop.url, js=False)
    page = visitor.page
    sign_in(page, "alice@orchard.example", make.PASSWORD)
    buy(page, "team")
    page.select_option("#plan", "agency")
    page.click("text=Show what it costs")
    expect(page.locator("main")).to_contain_text("Due today: €70")
    page.click("text=Change over now")
    expect(page.locator("#flashes")).to_contain_text("Your plan is Agency now.")
    [bought] = stripe.books.subscriptions.values()
    stripe.books.cancel(bought)
    page.goto("/billing/return")
    expect(page.locator("main")).to_contain_text("Free holds 3 channels, and you have more")
    page.click("#billing >> text=Choose which stay")
    tick(page, "c0", "c1")
    expect(page.locator("#stay-problem")).to_contain_text("Tick 3; there are 2 ticked.")
    tick(page, "c0", "c1", "c4")
    expect(page.locator("#flashes")).to_contain_text("These stay; the others are set aside.")
    page.goto("/attention")
    expect(page.locator("main")).to_contain_text("Its channel is set aside")
    other = swapping(visit, shop)
    assert look(other, {"": "/billing/channels"}) == []
    buy(page, "solo")
    assert look(other, {path: path for path in BOUGHT}) == []
    page.goto("/channels")
    expect(page.locator("main")).not_to_contain_text("Set aside")
    page.goto("/posts?state=scheduled")
    expect(page.locator("main")).to_contain_text("For orchard 2")
    page.goto("/billing")
    page.click("text=End the plan")
    expect(page.locator("#flashes")).to_contain_text("Your plan ends with what is paid.")
    other.context.clear_cookies()
    sign_in(other, "olga@allstac.example", make.PASSWORD)
    assert look(other, {"": "/operator/billing"}) == []
    visitor.slips[:] = [slip for slip in visitor.slips if stripe.url not in slip]


def swapping(visit: Visit, shop: Site) -> Page:
    """With JavaScript another choice is made."""
    page = visit(shop.url).page
    sign_in(page, "alice@orchard.example", make.PASSWORD)
    page.goto("/billing/channels")
    tick(page, "c1", "c2", "c4")
    expect(page.locator("#flashes")).to_contain_text("These stay; the others are set aside.")
    page.goto("/channels")
    expect(page.locator("a.card:has-text('c0.test')")).to_contain_text("Set aside")
    expect(page.locator("a.card:has-text('c2.test')")).not_to_contain_text("Set aside")
    return page
