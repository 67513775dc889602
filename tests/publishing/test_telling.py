"""Who hears of what needs eyes: one mail, once, with the one thing to do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.channels import connecting
from app.networks import Grant, Idempotency, Refused
from app.publishing import jobs, telling
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.servers.smtp import Sink
from tests.times import Times

Act = Callable[[], None]
Deliver = Callable[..., Delivery]


def letters(sink: Sink) -> dict[str, str]:
    found = {str(one["To"]): one.get_content().replace("\u200b", "") for one in sink.messages}
    assert len(found) == len(sink.messages), "one mail for each person"
    sink.messages.clear()
    return found


def test_an_outage_is_told_in_one_mail_and_told_once(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, db: Any
) -> None:
    one, two = deliver(times.now), deliver(times.now, text="Other")
    bob = make.bob()
    his = make.post(bob, one.channel, text="His", due_at=times.now).deliveries[0]
    times.go(hours=3)
    sweep()
    assert {d.hold for d in (one, two, his)} == {"late"}
    assert telling.is_wanted()
    jobs.tell()
    found = letters(mailing)
    assert set(found) == {"alice@orchard.example", "bob@orchard.example"}
    assert "2 posts need your eyes" in found["alice@orchard.example"]
    assert "its time passed" in found["alice@orchard.example"]
    for delivery in (one, two):
        assert f"/attention#delivery-{delivery.id}" in found["alice@orchard.example"]
    assert f"#delivery-{his.id}" in found["bob@orchard.example"]
    jobs.tell()
    assert letters(mailing) == {}
    assert not telling.is_wanted()


def test_what_comes_soon_after_a_mail_waits_for_the_next_one(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, mailing: Sink, db: Any
) -> None:
    network.faults.extend([Refused("Too long for us.", permanent=True)] * 3)
    deliver(times.now)
    publish()
    jobs.tell()
    [first] = letters(mailing).values()
    assert "it was refused. Too long for us." in first
    for text in ("Two", "Three"):
        deliver(times.now, text=text)
        publish()
        jobs.tell()
    assert letters(mailing) == {}
    times.go(minutes=11)
    jobs.tell()
    [rest] = letters(mailing).values()
    assert "2 posts need your eyes" in rest


def test_what_was_released_and_is_held_again_is_told_again(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, client: Any, db: Any
) -> None:
    delivery = deliver(times.now)
    times.go(hours=3)
    sweep()
    jobs.tell()
    letters(mailing)
    client.post(f"/deliveries/{delivery.id}/decision", data={"decision": "again"})
    times.go(hours=3)
    sweep()
    jobs.tell()
    assert len(letters(mailing)) == 1


def test_when_the_author_is_gone_owners_and_admins_hear_of_it(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, db: Any
) -> None:
    delivery = deliver(times.now)
    bob = make.bob("admin")
    delivery.post.author_id = None
    db.session.commit()
    times.go(hours=3)
    sweep()
    jobs.tell()
    assert set(letters(mailing)) == {"alice@orchard.example", bob.email}


def test_a_channel_that_wants_reconnecting_is_one_notice_for_all_its_posts(
    times: Times, deliver: Deliver, publish: Act, sweep: Act, network: DoubleNetwork, mailing: Sink, db: Any
) -> None:  # fmt: skip
    network.faults.append(Refused("Revoked.", permanent=True, reconnect=True))
    first = deliver(times.now)
    for minutes in (10, 20, 2000):
        deliver(times.now + timedelta(minutes=minutes), text=f"In {minutes}")
    publish()
    assert (first.state, first.hold) == ("held", "reconnect")
    jobs.tell()
    [letter] = letters(mailing).values()
    assert "does not let us publish any more" in letter
    assert "3 scheduled posts fall after that" in letter
    assert f"/channels/{first.channel_id}" in letter
    for _ in range(2):
        times.go(minutes=15)
        sweep()
        jobs.tell()
    assert letters(mailing) == {}, "the channel was told of"


def test_a_channel_whose_keys_are_gone_is_told_of_once_too(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, db: Any
) -> None:
    channel = deliver(times.now).channel
    channel.grant, channel.state = None, "needs_reconnect"
    db.session.commit()
    told = []
    for text in ("Two", "Three"):
        sweep()
        jobs.tell()
        told.append(list(letters(mailing)))
        times.go(minutes=20)
        deliver(times.now, text=text, channel=channel)
    assert told == [["alice@orchard.example"], []]
    grant, account = Grant({"token": "t"}, None), channel.account
    connecting.attach(make.member(make.alice()), account, grant, times.now)
    channel.grant, channel.state = None, "needs_reconnect"
    db.session.commit()
    deliver(times.go(minutes=20), text="Four", channel=channel)
    sweep()
    jobs.tell()
    assert list(letters(mailing)) == ["alice@orchard.example"]


def test_that_keys_end_is_told_a_week_ahead_and_that_they_ended_again(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, mailing: Sink, db: Any
) -> None:
    delivery = deliver(times.now + timedelta(days=12))
    delivery.channel.grant.ends_at = times.now + timedelta(days=10)
    db.session.commit()
    jobs.tell()
    assert letters(mailing) == {}
    times.go(days=3, minutes=1)
    jobs.tell()
    [letter] = letters(mailing).values()
    assert "1 scheduled post falls after that" in letter
    times.go(days=9)
    network.faults.append(Refused("Ended.", reconnect=True))
    publish()
    jobs.tell()
    [letter] = letters(mailing).values()
    assert "does not let us publish any more" in letter


def test_a_mail_server_that_is_away_is_tried_again(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:  # fmt: skip
    deliver(times.now)
    times.go(hours=3)
    sweep()
    with monkeypatch.context() as away:
        away.setattr("app.mail._deliver", _refuse)
        with pytest.raises(ExceptionGroup):
            jobs.tell()
    jobs.tell()
    assert len(letters(mailing)) == 1


def _refuse(*_: object) -> None:
    raise ConnectionRefusedError


def test_an_unknown_outcome_of_a_blind_network_is_told(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, mailing: Sink, db: Any
) -> None:
    network.idempotency = Idempotency.BLIND
    network.faults.append("lose")
    deliver(times.now)
    publish()
    jobs.tell()
    [letter] = letters(mailing).values()
    assert "nobody can tell whether it went out" in letter


def test_what_a_network_said_adds_no_link_to_the_mail(
    times: Times, deliver: Deliver, publish: Act, network: DoubleNetwork, mailing: Sink, db: Any
) -> None:
    network.faults.append(Refused("See https://evil.example now.\r\n\r\nPay", permanent=True))
    deliver(times.now).channel.handle = "www.evil.example"
    db.session.commit()
    publish()
    jobs.tell()
    [message] = mailing.messages
    said = message.get_content()
    assert "https://evil" not in said
    assert "evil.example" not in said
    assert "\n\nPay" not in said.replace("\r", "")
