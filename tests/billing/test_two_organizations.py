"""Two organisations that pay: plan, invoices, pages to pay on and letters of one are not the other's."""

import pytest
from flask import Flask

from app.account.models import Membership, User
from app.billing import buying, closing, dunning, settling, usage
from app.billing.models import BillingAccount, Invoice, Subscription, account_of
from app.billing.plans import LADDER
from app.billing.stripe_facts import Standing
from app.db import db as database
from tests import make

DATABASES = ("sqlite",)

NOW = make.NOON


@pytest.fixture
def charlie(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> User:
    """First of all, where plans are sold."""
    monkeypatch.setitem(app.extensions, "ladder", LADDER)
    return make.charlie()


def home(user: User) -> int:
    return make.member(user).organization_id


def customer(user: User) -> BillingAccount:
    buying.keep_customer(home(user), f"cus_{user.id}", NOW)
    found = account_of(home(user))
    assert found
    return found


def plan(user: User, **more: object) -> Subscription:
    made = Subscription(
        organization_id=home(user), stripe_id=f"sub_{user.id}", item_id=f"si_{user.id}", quantity=1,
        state="active", lookup_key="allstac_solo_monthly", currency="eur", began_at=NOW, **more,
    )  # fmt: skip
    database.session.add(made)
    database.session.flush()
    return made


def invoice(user: User, remaining: int) -> None:
    made = Invoice(
        organization_id=home(user), stripe_id=f"in_{user.id}", number=f"{user.id}", state="open",
        currency="eur", total=remaining, remaining=remaining, issued_at=NOW,
    )  # fmt: skip
    database.session.add(made)
    database.session.flush()


def test_what_another_bought_makes_no_other_page_to_pay_on(alice: User, charlie: User) -> None:
    account = customer(alice)
    before = buying.checkout_key(account, "solo")
    plan(charlie)
    assert buying.checkout_key(account, "solo") == before
    plan(alice)
    assert buying.checkout_key(account, "solo") != before


def test_of_two_that_are_to_be_deleted_each_ends_its_own_plan(alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        plan(user)
        make.member(user).organization.closing_at = NOW
    database.session.flush()
    assert closing.wishes(home(alice)) == [(f"sub_{alice.id}", True)]
    assert closing.wishes(home(charlie)) == [(f"sub_{charlie.id}", True)]


def test_who_is_about_to_go_is_shown_what_they_owe_and_not_what_others_do(
    alice: User, charlie: User
) -> None:
    plan(alice)
    invoice(charlie, 700)
    [shown] = closing.plans_of([home(alice)])
    assert shown["open"] == []
    invoice(alice, 900)
    [shown] = closing.plans_of([home(alice)])
    assert shown["open"] == ["€9"]


def test_an_owner_elsewhere_is_told_nothing_of_the_plan_of_an_organisation_where_they_edit(
    alice: User, charlie: User
) -> None:
    edits = Membership(
        user_id=charlie.id, organization_id=home(alice), role="editor", joined_at=NOW
    )
    database.session.add(edits)
    late = plan(alice, unpaid_since=NOW)
    late.state = "past_due"
    database.session.flush()
    letters = dunning.take(home(alice), NOW).letters
    assert [address for _, address, _ in letters] == [alice.email]


def test_a_customer_who_is_gone_at_stripe_leaves_the_other_one(alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        customer(user)
    number = settling.begin(home(alice))
    assert number
    assert settling.write_down(home(alice), number, Standing(is_deleted=True), NOW) == [
        settling.GONE
    ]
    database.session.expire_all()
    assert account_of(home(alice)) is None
    assert account_of(home(charlie))


def test_people_of_another_organisation_use_up_nothing(alice: User, charlie: User) -> None:
    make.bob()
    counts = {
        user: {one.name: one.count for one in usage.used(home(user))} for user in (alice, charlie)
    }
    assert (counts[alice]["members"], counts[charlie]["members"]) == (2, 1)
