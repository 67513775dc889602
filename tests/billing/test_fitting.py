"""A plan that holds fewer channels: people choose which stay, the others wait with all that is theirs, and
everything comes back."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.account import allowances
from app.account.allowances import Room
from app.billing import fitting, jobs, settling
from app.channels.models import Channel
from app.db import db as database
from app.publishing.claiming import claim
from app.scheduler.models import Delivery
from app.scheduler.states import HELD, PUBLISHED, SCHEDULED
from tests import make
from tests.billing.steps import TEAM, buy, later
from tests.mailing import Sink
from tests.servers.stripe import StripeStandIn
from tests.times import Times

LEASE = timedelta(seconds=60)


DATABASES = ("sqlite",)


def channels(count: int) -> list[Channel]:
    """Connected while there was room for all of them."""
    if not allowances.of(organization_id()).holds("channels", count):
        allowances.write(organization_id(), Room("Before", channels=count), clock.now())
    return [make.channel(make.alice(), name=f"c{n}") for n in range(count)]


def organization_id() -> int:
    return make.member(make.alice()).organization_id


def aside() -> set[str]:
    database.session.expire_all()
    chosen = select(Channel.name).where(Channel.set_aside_at.is_not(None))
    return set(database.session.scalars(chosen))


def deliveries() -> dict[str, tuple[str, str]]:
    """State and reason of the only delivery of each channel, by the channel's name."""
    database.session.expire_all()
    found = database.session.scalars(select(Delivery)).all()
    return {one.channel.name: (one.state, one.hold) for one in found}


def letter(sink: Sink, number: int) -> str:
    """The words of the last mail, the one of that number."""
    assert len(sink.messages) == number
    words: str = sink.messages[-1].get_content()
    return words


def choose(client: FlaskClient, *picked: Channel) -> int:
    sent = {"channels": [str(one.id) for one in picked]}
    return client.post("/billing/channels", data=sent).status_code


def end(client: FlaskClient, stripe: StripeStandIn, times: Times) -> None:
    client.post("/billing/cancellation")
    later(client, stripe, times, days=31)


def test_a_lapse_with_a_choice_and_a_return_lose_nothing(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe)
    alice, five = make.alice(), channels(5)
    for one in five:
        make.post(alice, one, text=f"For {one.name}", due_at=times.now + timedelta(days=90))
    before = [(one.channel_id, one.due_at, one.content_hash) for one in rows()]
    client.post("/billing/cancellation")
    shown = client.get("/billing/channels").text
    assert "Free holds 3 of your 5 channels; it counts from" in shown
    assert "For c4" in shown and "1 waits, the first due" in shown
    assert "/settings/privacy/exports" in shown
    assert choose(client, *five[:2]) == 422
    assert choose(client, five[0], five[3], five[4]) == 303
    assert aside() == set(), "the plan counts yet"
    later(client, stripe, times, days=31)
    assert aside() == {"c1", "c2"}
    assert deliveries() == {
        "c0": (SCHEDULED, ""), "c1": (HELD, "billing"), "c2": (HELD, "billing"),
        "c3": (SCHEDULED, ""), "c4": (SCHEDULED, ""),
    }  # fmt: skip
    due = before[0][1] or times.now
    assert {one.channel_id for one in claim(due, LEASE, 10)} == {five[n].id for n in (0, 3, 4)}
    database.session.rollback()
    buy(client, stripe)
    assert aside() == set()
    assert set(deliveries().values()) == {(SCHEDULED, "")}
    assert [(one.channel_id, one.due_at, one.content_hash) for one in rows()] == before
    assert all(not one.chosen_at for one in database.session.scalars(select(Channel))), "used up"


def rows() -> list[Delivery]:
    return list(database.session.scalars(select(Delivery).order_by(Delivery.id)))


def test_who_does_not_choose_has_a_week_and_a_mail_and_keeps_what_is_used_most(
    stripe: StripeStandIn, client: FlaskClient, times: Times, mailing: Sink
) -> None:
    buy(client, stripe)
    five = channels(5)
    for one in five[2:]:
        post = make.post(make.alice(), one)
        [delivery] = post.deliveries
        delivery.state, delivery.published_at = PUBLISHED, times.now + timedelta(days=29)
    database.session.commit()
    end(client, stripe, times)
    jobs.end_graces()
    assert aside() == set()
    mail = mailing.wait_for("alice@orchard.example")
    assert "Choose which channels stay" in mail["Subject"] and ", c0" in mail.get_content()
    assert "/billing/channels" in mail.get_content() and ", c2" not in mail.get_content()
    assert "choose which stay until" in client.get("/billing").text
    assert "Your plan holds fewer channels than you have" in client.get("/queue").text
    times.go(days=6.5)
    jobs.end_graces()
    jobs.end_graces()
    assert "one more day" in letter(mailing, 2)
    times.go(days=1)
    jobs.end_graces()
    assert aside() == {"c0", "c1"}
    assert "are set aside" in letter(mailing, 3)
    times.go(days=60)
    jobs.end_graces()
    assert aside() == {"c0", "c1"}, "use changes, places don't"
    assert len(mailing.messages) == 3


def test_a_smaller_plan_is_taken_after_a_choice(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe, plan="team")
    many = channels(12)
    smaller = TEAM | {"plan": "solo"}
    seen = client.get("/billing/change", query_string=smaller).text
    assert "Solo holds 10 channels, and you have more" in seen
    sent = smaller | {"channels": [str(one.id) for one in many[2:]]}
    answer = client.post("/billing/channels", data=sent)
    assert answer.status_code == 303 and "/billing/change?plan=solo" in answer.location
    assert aside() == set()
    assert client.post("/billing/change", data=smaller).location == "/billing"
    assert aside() == {"c0", "c1"}
    assert client.post("/billing/change", data=TEAM).status_code == 303
    assert aside() == set()


def test_without_a_choice_a_change_leads_to_it(stripe: StripeStandIn, client: FlaskClient) -> None:
    buy(client, stripe, plan="team")
    channels(12)
    answer = client.post("/billing/change", data=TEAM | {"plan": "solo"})
    assert answer.location == "/billing/channels"
    assert aside() == set()


def test_what_waits_says_why_and_what_helps_wherever_it_stands(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    alice, four = make.alice(), None
    buy(client, stripe)
    four = channels(4)
    post = make.post(alice, four[3], due_at=times.now + timedelta(days=60))
    fitting.choose(organization_id(), [one.id for one in four[:3]], times.now)
    database.session.commit()
    end(client, stripe, times)
    assert aside() == {"c3"}
    why, helps = "Its channel is set aside", "once an owner takes a bigger plan"
    for path in (f"/posts/{post.id}", "/attention"):
        shown = client.get(path).text
        assert why in shown and helps in shown and 'href="/billing/channels"' in shown, path
    assert "1 post is held: the plan holds fewer channels" in client.get("/queue").text
    assert "Publish now" not in client.get(f"/posts/{post.id}").text
    assert "Set aside" in client.get("/channels").text
    assert "c3.test <span" in client.get("/posts/new").text, "the composer says so"
    sent = {"text": "New", "when": "at", "channels": [four[3].id], "nonce": "n",
            "due_at": f"{times.now + timedelta(days=9):%Y-%m-%dT%H:%M}"}  # fmt: skip
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 422 and "c3.test is set aside" in answer.text
    edited = client.post(f"/posts/{post.id}/edit", data=sent | {"version": str(post.version)})
    assert edited.status_code == 303, "what is there already may be mended"
    assert deliveries() == {"c3": (HELD, "billing")}
    written = make.post(make.alice(), database.session.get_one(Channel, four[3].id), text="Between")
    assert written.state == HELD, "whoever wrote it before the channel was set aside"
    client.post(f"/posts/{written.id}/cancellation")
    client.post(f"/posts/{written.id}/deletion")
    moved = client.post(
        f"/posts/{post.id}/move", data={"due_at": sent["due_at"]}, follow_redirects=True
    )
    assert "Noted." in moved.text and deliveries() == {"c3": (HELD, "billing")}


def test_who_disconnects_makes_room_and_what_was_held_wants_keys(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    five = channels(5)
    make.post(make.alice(), five[4])
    fitting.choose(organization_id(), [one.id for one in five[:3]], times.now)
    settling.allow(organization_id(), times.now)
    database.session.commit()
    assert aside() == {"c3", "c4"}
    assert client.post(f"/channels/{five[4].id}/disconnection").status_code == 303
    assert deliveries() == {"c4": (HELD, "reconnect")}
    assert client.post(f"/channels/{five[0].id}/disconnection").status_code == 303
    jobs.end_graces()
    assert aside() == set()


def test_where_nothing_is_sold_any_more_everything_comes_back(
    stripe: StripeStandIn, client: FlaskClient, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    five = channels(5)
    fitting.choose(organization_id(), [one.id for one in five[:3]], times.now)
    settling.allow(organization_id(), times.now)
    database.session.commit()
    assert aside() == {"c3", "c4"}
    monkeypatch.setitem(client.application.extensions, "ladder", ())
    jobs.end_graces()
    assert aside() == set()
    assert "nothing to choose" in client.post("/billing/channels", follow_redirects=True).text
