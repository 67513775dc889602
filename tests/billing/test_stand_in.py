"""The stand-in for Stripe refuses what Stripe's SDK doesn't know, and its things have Stripe's shape."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk
from stripe import params
from stripe.params import checkout

from tests.billing.steps import press
from tests.servers.stripe import SECRET_KEY, StripeStandIn
from tests.servers.stripe.params import typed, unflatten

DATABASES = ("sqlite",)
FIXTURES = Path(os.environ.get("STRIPE_FIXTURES", "../shared/data/stripe/fixtures3.json"))


def client(stripe: StripeStandIn, key: str = SECRET_KEY) -> Any:
    return sdk.StripeClient(key, base_addresses={"api": stripe.url}, max_network_retries=0).v1


def problems(kind: Any, body: str) -> list[str]:
    found: list[str] = []
    typed(kind, unflatten(body), found)
    return found


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        (checkout.SessionCreateParams, "mode=subscription&sucess_url=x", "sucess_url: unknown"),
        (checkout.SessionCreateParams, "line_items[0][quantity]=many", "quantity"),
        (params.PriceCreateParams, "product=p", ".currency: missing"),
        (params.InvoiceCreatePreviewParams, "subscription_details[item][0][id]=x", "item: unknown"),
        (params.CustomerCreateParams, "metadata=x", "metadata"),
    ],
)
def test_a_parameter_that_the_sdk_does_not_know_is_refused(
    kind: Any, body: str, wrong: str
) -> None:
    assert wrong in " ".join(problems(kind, body))


def test_texts_get_the_types_of_the_parameters() -> None:
    found: list[str] = []
    body = "customer=cus_1&items[0][price]=p&items[0][quantity]=2&metadata[organization]=7&off_session=true"
    made = typed(params.SubscriptionCreateParams, unflatten(body), found)
    assert found == []
    assert made["items"] == [{"price": "p", "quantity": 2}]
    assert made["metadata"] == {"organization": "7"} and made["off_session"] is True


def test_idempotency_keys_give_the_same_answer_and_refuse_another_question(
    stripe: StripeStandIn,
) -> None:
    api, key = client(stripe), {"idempotency_key": "k"}
    first = api.customers.create({"metadata": {"organization": "1"}}, key)
    assert api.customers.create({"metadata": {"organization": "1"}}, key).id == first.id
    with pytest.raises(sdk.IdempotencyError):
        api.customers.create({"metadata": {"organization": "2"}}, key)
    assert len(stripe.books.customers) == 1


def test_a_wrong_key_and_a_missing_thing_are_told_as_stripe_tells(stripe: StripeStandIn) -> None:
    with pytest.raises(sdk.AuthenticationError):
        client(stripe, "sk_test_other").customers.retrieve("cus_1")
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client(stripe).customers.retrieve("cus_1")
    assert refusal.value.code == "resource_missing"


def test_lists_are_turned_page_by_page(stripe: StripeStandIn) -> None:
    books = stripe.books
    customer = client(stripe).customers.create({})
    books.cards[customer.id] = "ok"
    price = next(iter(books.prices.values()))
    for _ in range(5):
        books.subscribe(customer.id, price, 1, "eur")
    listed = client(stripe).subscriptions.list(
        {"customer": customer.id, "status": "all", "limit": 2}
    )
    assert len({one.id for one in listed.auto_paging_iter()}) == 5


def test_its_signatures_are_taken_by_the_official_sdk(stripe: StripeStandIn) -> None:
    client(stripe).customers.create({})
    body, signature = stripe.signed(stripe.books.events[0])
    event = sdk.Webhook.construct_event(body, signature, stripe.secret)
    assert event.type == "customer.created"


def test_everything_has_the_shape_of_the_official_fixtures(stripe: StripeStandIn) -> None:
    if not FIXTURES.exists():
        pytest.skip(
            "Stripe's fixtures3.json (stripe/openapi) is not here; STRIPE_FIXTURES names it"
        )
    known = json.loads(FIXTURES.read_text())["resources"]
    known["price"]["currency_options"] = {}  # only there when it is asked for
    customer = client(stripe).customers.create({})
    books = stripe.books
    books.cards[customer.id] = "ok"
    price = next(iter(books.prices.values()))
    books.subscribe(customer.id, price, 1, "eur")
    client(stripe).checkout.sessions.create(
        {"mode": "subscription", "customer": customer.id, "currency": "eur", "cancel_url": "http://a",
         "success_url": "http://a", "line_items": [{"price": price["id"], "quantity": 1}]}
    )  # fmt: skip
    back = {"customer": customer.id, "return_url": "http://a"}
    client(stripe).billing_portal.sessions.create(back)
    assert books.sessions and books.portals and books.invoices
    for kind, things in (("customer", books.customers), ("subscription", books.subscriptions),
                         ("invoice", books.invoices), ("price", books.prices),
                         ("checkout.session", books.sessions),
                         ("billing_portal.session", books.portals)):  # fmt: skip
        for thing in things.values():
            assert strange(thing, known[kind]) == [], kind
    for event in books.events:
        assert strange(event, known["event"] | {"data": {"object": {}}}) == []


def strange(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Fields that Stripe's own object doesn't have, and values of another kind."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        free = not theirs  # metadata, and objects of many kinds
        found = [] if free else [f"{path}.{key}" for key in ours if key not in theirs]
        shared = [key for key in ours if key in theirs]
        return found + [
            one for key in shared for one in strange(ours[key], theirs[key], f"{path}.{key}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list):
        return [one for item in ours if theirs for one in strange(item, theirs[0], f"{path}[]")]
    if ours is None or theirs is None or isinstance(ours, type(theirs)):
        return []
    return [f"{path}: {type(ours).__name__}, not {type(theirs).__name__}"]


def test_every_request_is_checked_against_typed_parameters(stripe: StripeStandIn) -> None:
    for method, path in (("GET", "/customers/cus_1"), ("GET", "/invoices/in_1"), ("POST", "/customers"),
                         ("GET", "/subscriptions"), ("DELETE", "/subscriptions/sub_1"),
                         ("GET", "/prices"), ("POST", "/billing_portal/sessions"),
                         ("POST", "/invoices/create_preview"), ("POST", "/subscriptions")):  # fmt: skip
        with pytest.raises(sdk.InvalidRequestError) as refusal:
            sdk.StripeClient(SECRET_KEY, base_addresses={"api": stripe.url}).raw_request(
                method.lower(), f"/v1{path}", invented="x"
            )
        assert "invented: unknown parameter" in str(refusal.value), path


def test_what_was_bought_outlives_the_process_and_an_open_invoice_is_paid_on_its_page(
    tmp_path: Path,
) -> None:
    first = StripeStandIn(keep_in=tmp_path / "books.json")
    customer = client(first).customers.create({})
    books = first.books
    books.cards[customer.id] = "ok"
    made = books.subscribe(customer.id, next(iter(books.prices.values())), 1, "eur")
    books.cards[customer.id] = "declined"
    books.advance(31)
    first.save()
    first.stop()
    second = StripeStandIn(keep_in=tmp_path / "books.json")
    found = client(second).subscriptions.list({"customer": customer.id, "status": "all"}).data[0]
    assert (found.id, found.status) == (made["id"], "past_due")
    assert press(f"{second.url}/i/{found.latest_invoice}") == 303
    assert second.books.subscriptions[made["id"]]["status"] == "active"
    second.stop()
