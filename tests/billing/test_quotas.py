"""A plan that is full says what, how many and which plan helps; what is there stays."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import allowances
from app.account.allowances import Room
from app.account.models import User
from app.account.permissions import Role
from app.billing.models import Subscription
from app.billing.plans import FREE, LADDER, TEAM
from app.billing.settling import room_of
from app.channels.models import Channel
from app.db import db as database
from app.scheduler.models import Post
from tests import make
from tests.billing.steps import buy, later
from tests.media.test_pictures import encoded
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def organization_id() -> int:
    return make.member(make.alice()).organization_id


def count(model: type[Channel] | type[Post]) -> int:
    database.session.expire_all()
    return len(database.session.scalars(database.select(model)).all())


def test_each_quota_says_what_how_many_and_which_plan_helps(stripe: StripeStandIn) -> None:
    make.alice()
    words = allowances.refuse(organization_id(), "channels", 4)
    assert words == (
        "Free holds 3 connected channels, and this would be more. Solo holds 10; an owner can change"
        " the plan on the page Plan."
    )
    assert allowances.refuse(organization_id(), "channels", 3) == ""
    assert "more than once" in allowances.refuse(organization_id(), "channels", 101)


def test_a_full_plan_connects_no_more_channels_and_keeps_those(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    for name in ("one", "two", "three"):
        make.channel(make.alice(), name=name)
    for answer in (
        client.get("/channels/connect/sandbox"),
        client.post("/channels/connect/sandbox"),
    ):
        assert answer.status_code == 303
    assert "Solo holds 10" in client.get("/channels").text
    assert count(Channel) == 3
    buy(client, stripe)
    assert client.post("/channels/connect/sandbox").status_code == 303
    assert count(Channel) == 4


def test_a_connected_channel_comes_back_also_when_the_plan_is_full(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    alice = make.alice()
    for name in ("one", "two", "three"):
        make.channel(alice, name=name)
    assert make.channel(alice, name="two").id
    assert count(Channel) == 3


def test_a_full_plan_invites_nobody(stripe: StripeStandIn, client: FlaskClient) -> None:
    make.alice().email_verified_at = clock.now()
    database.session.commit()
    sent = {"email": "dora@new.example", "role": Role.EDITOR}
    answer = client.post("/organization/invitations", data=sent)
    assert answer.status_code == 422
    assert "Free holds 1 person" in answer.text and "Team holds 5" in answer.text
    buy(client, stripe, plan="team")
    assert client.post("/organization/invitations", data=sent).status_code == 303


def test_who_was_invited_joins_only_while_the_plan_holds_another(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe, plan="team")
    made = make.invitation(make.alice(), "dora@new.example")
    token = made.renew(clock.now())
    allowances.write(organization_id(), FREE.room, clock.now())
    database.session.commit()
    new = {"name": "Dora Dale", "password": make.PASSWORD, "birth_month": "5", "birth_year": "1990",
           "accept": "y"}  # fmt: skip
    stranger = client.application.test_client()
    answer = stranger.post(f"/invitations/{token}", data=new)
    assert answer.status_code == 409
    assert "holds no further person just now" in answer.text and "Dora Dale" in answer.text
    assert database.session.scalars(database.select(User.id)).all() == [make.alice().id]
    allowances.write(organization_id(), TEAM.room, clock.now())
    database.session.commit()
    assert stranger.post(f"/invitations/{token}", data=new).status_code == 303
    assert client.get("/organization/members").text.count("Dora Dale")


def test_a_full_plan_schedules_no_more_and_keeps_what_was_typed(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    alice = make.alice()
    channel = make.channel(alice)
    allowances.write(organization_id(), Room("Free", scheduled_posts=1), clock.now())
    make.post(alice, channel)
    sent = {"text": "One too many", "when": "at", "channels": [channel.id], "nonce": "n"}
    sent["due_at"] = f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 422
    assert "One too many" in answer.text
    assert "Free holds 1 post that waits" in answer.text
    assert count(Post) == 1


def test_a_full_plan_takes_no_more_pictures(stripe: StripeStandIn, client: FlaskClient) -> None:
    channel = make.channel(make.alice())
    allowances.write(organization_id(), Room("Free", storage=0), clock.now())
    database.session.commit()
    sent = {"text": "With a picture", "when": "now", "action": "draft", "channels": [channel.id], "nonce": "n",
            "media": (BytesIO(encoded("PNG")), "a.png")}  # fmt: skip
    answer = client.post("/posts/new", data=sent, content_type="multipart/form-data")
    assert "MB of pictures and videos" in answer.text


def test_a_plan_that_ends_deletes_nothing(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe)
    channels = [make.channel(make.alice(), name=f"c{n}") for n in range(5)]
    make.post(make.alice(), channels[4], due_at=times.now + timedelta(days=60))
    client.post("/billing/cancellation")
    later(client, stripe, times, days=31)
    assert allowances.of(organization_id()).plan == "Free"
    assert (count(Channel), count(Post)) == (5, 1)
    shown = client.get("/billing").text
    assert "There is more here than the plan holds. Nothing is deleted" in shown
    buy(client, stripe)
    assert "There is more here" not in client.get("/billing").text


def test_who_is_handed_the_organisation_has_its_plan(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe)
    bob = make.bob("owner")
    make.member(make.alice()).role = "editor"
    database.session.commit()
    make.sign_in(client, bob)
    assert client.get("/billing/invoices").status_code == 200
    assert client.post("/billing/portal").status_code == 200
    make.sign_in(client, make.alice())
    assert client.post("/billing/portal").status_code == 403


def test_quantity_multiplies_and_what_is_no_plan_is_free(app: Flask) -> None:
    assert TEAM.room.times(3).channels == 75
    assert TEAM.room.times(3).history_days == TEAM.room.history_days
    assert room_of(None, clock.now()) == FREE.room
    unknown = Subscription(state="active", lookup_key="something_else", quantity=2)
    assert room_of(unknown, clock.now()) == FREE.room


@pytest.mark.parametrize("name", ["channels", "members", "scheduled_posts", "storage"])
def test_each_plan_holds_no_less_than_the_one_before(name: str) -> None:
    sizes = [getattr(room, name) for room in LADDER]
    assert sizes == sorted(sizes)
