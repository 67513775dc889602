"""Keys: renewed before they are needed, one renewal at a time, never overwritten by nothing, lost only
when the network says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.channels.models import Channel, ChannelGrant
from app.networks import Grant, Refused, Unknown
from app.publishing import grants, jobs
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.times import Times

Deliver = Callable[..., Delivery]


@pytest.fixture
def kept(db: Any, times: Times, network: DoubleNetwork) -> Callable[..., ChannelGrant]:
    """The keys to a channel of Alice's, given now."""

    def made(lives: timedelta, **facts: Any) -> ChannelGrant:
        channel = make.channel(make.alice(), "double", access="old", refresh="old-refresh")
        grant = db.session.get_one(ChannelGrant, channel.id)
        grant.expires_at, grant.refreshed_at = times.now + lives, times.now
        for name, value in facts.items():
            setattr(grant, name, value)
        db.session.commit()
        return grant

    return made


def fresh_for(times: Times, lives: timedelta, **secrets: str) -> Grant:
    return Grant({"access": "new"} | secrets, times.now + lives)


def test_long_lived_keys_are_renewed_when_most_of_their_life_is_gone(
    times: Times, kept: Callable[..., ChannelGrant], network: DoubleNetwork, db: Any
) -> None:
    grant = kept(timedelta(days=60))
    times.go(days=41)
    jobs.renew_worn()
    assert network.calls == []
    times.go(days=2)
    network.grant_faults.append(fresh_for(times, timedelta(days=60)))
    jobs.renew_worn()
    jobs.renew_worn()
    assert network.calls == ["refresh"]
    db.session.expire_all()
    assert grant.open().secrets == {"access": "new", "refresh": "old-refresh"}
    assert grant.refreshed_at == times.now


def test_short_lived_keys_are_renewed_only_when_a_post_is_due_soon(
    times: Times, kept: Callable[..., ChannelGrant], deliver: Deliver, network: DoubleNetwork
) -> None:
    grant = kept(timedelta(hours=1))
    channel = grant.channel
    times.go(minutes=50)
    jobs.renew_worn()
    assert network.calls == []
    deliver(times.now + timedelta(minutes=40), channel=channel)
    network.grant_faults.append(fresh_for(times, timedelta(hours=1)))
    jobs.renew_worn()
    assert network.calls == ["refresh"]


def test_nothing_overwrites_a_key(
    times: Times, kept: Callable[..., ChannelGrant], network: DoubleNetwork, db: Any
) -> None:
    grant = kept(timedelta(days=60))
    network.grant_faults.append(fresh_for(times, timedelta(days=60), refresh=""))
    grants.renew(grant.channel_id)
    db.session.expire_all()
    assert grant.open().secrets == {"access": "new", "refresh": "old-refresh"}


def test_a_lost_answer_keeps_the_keys_and_says_so(
    times: Times, kept: Callable[..., ChannelGrant], network: DoubleNetwork, db: Any
) -> None:
    grant = kept(timedelta(hours=1))
    network.grant_faults.append(Unknown("Lost."))
    grants.renew(grant.channel_id)
    db.session.expire_all()
    assert grant.is_uncertain and grant.open().secrets["access"] == "old"
    assert grant.channel.state == "active"
    network.grant_faults.append(fresh_for(times, timedelta(hours=1)))
    grants.renew(grant.channel_id)
    db.session.expire_all()
    assert not grant.is_uncertain


def test_only_the_networks_own_word_disconnects(
    times: Times, kept: Callable[..., ChannelGrant], network: DoubleNetwork, db: Any
) -> None:
    grant = kept(timedelta(hours=1))
    network.grant_faults.append(Refused("Busy."))
    grants.renew(grant.channel_id)
    db.session.expire_all()
    assert db.session.get_one(Channel, grant.channel_id).state == "active"
    network.grant_faults.append(Refused("Taken back.", reconnect=True))
    grants.renew(grant.channel_id)
    db.session.expire_all()
    channel = db.session.get_one(Channel, grant.channel_id)
    assert (channel.state, channel.problem) == ("needs_reconnect", "Taken back.")
