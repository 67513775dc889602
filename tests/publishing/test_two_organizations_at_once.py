"""Two organisations, each with a channel and a post: what one of them is told, decides or lets go is
nothing to the other's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.account.models import Membership, Organization, User
from app.db import db as database
from app.publishing import claiming, farewell, forecast, intents, late, telling, turns, welcome
from app.scheduler.models import Delivery
from tests import make
from tests.times import Times

DATABASES = ("sqlite",)  # two at once
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def theirs(db: object, network: object, times: Times) -> Delivery:
    """Charlie's, due now; his organisation is the first of the table, so what asks for none finds it."""
    return due_of(make.charlie(), times)


@pytest.fixture
def ours(theirs: Delivery, times: Times) -> Delivery:
    """Alice's, due now."""
    return due_of(make.alice(), times)


def due_of(user: User, times: Times) -> Delivery:
    [one] = make.post(user, make.channel(user, "double"), due_at=times.now).deliveries
    return one


def hold(kind: str, *deliveries: Delivery) -> None:
    for one in deliveries:
        one.state, one.hold = "held", kind
    database.session.commit()


def troubled(id: int, times: Times) -> int:
    """The shell of every page has this within the statement that it builds once."""
    asked = {"organization_id": id, "soon": times.now + forecast.AHEAD}
    return database.session.scalar(select(forecast._troubled()), asked) or 0


def test_a_channel_that_is_broken_troubles_its_own(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    theirs.channel.state = "needs_reconnect"
    database.session.commit()
    assert troubled(theirs.organization_id, times) == 1
    assert troubled(ours.organization_id, times) == 0


def test_posts_that_fall_after_the_end_of_keys_trouble_their_own(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    assert theirs.channel.grant
    theirs.channel.grant.ends_at = times.now + 2 * forecast.AHEAD
    theirs.due_at = times.now + 3 * forecast.AHEAD
    database.session.commit()
    assert troubled(theirs.organization_id, times) == 1
    assert troubled(ours.organization_id, times) == 0


def test_a_mail_to_another_organisation_keeps_nobody_waiting(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    theirs.told_at = times.now
    hold("late", theirs, ours)
    assert telling.organizations(times.now) == [ours.organization_id]


def test_each_is_told_of_its_own_posts_and_channels(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    for one in (theirs, ours):
        assert one.channel.grant
        one.channel.grant.ends_at = times.now + timedelta(days=1)
    hold("late", theirs, ours)
    told = telling.take(ours.organization_id, times.now)
    assert (told.deliveries, told.channels) == ([ours.id], [ours.channel_id])
    assert [address for address, _ in told.letters] == ["alice@orchard.example"]


def test_who_owns_another_organisation_decides_nothing_here(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    """Bob edits at Alice's, and who edits connects no channel."""
    bob, grant = make.bob(), ours.channel.grant
    assert grant
    grant.ends_at = times.now + timedelta(days=1)
    elsewhere = {"organization_id": theirs.organization_id, "role": "owner"}
    database.session.add(Membership(user_id=bob.id, joined_at=times.now, **elsewhere))
    database.session.commit()
    told = telling.take(ours.organization_id, times.now)
    assert [address for address, _ in told.letters] == ["alice@orchard.example"]


def test_what_is_ready_is_so_by_its_own_organisation(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    make.organization("Elsewhere").closing_at = times.now + timedelta(days=14)
    database.session.commit()
    ready = database.session.execute(turns.ready(times.now, [theirs.id, ours.id]))
    assert [one.id for one in ready] == [ours.id]


def test_an_organisation_that_rests_holds_its_own(
    theirs: Delivery, ours: Delivery, times: Times, sweep: Callable[[], None]
) -> None:
    make.organization("Elsewhere").paused_at = times.now
    database.session.commit()
    assert list(database.session.scalars(welcome.paused_channels())) == [theirs.channel_id]
    sweep()
    assert (theirs.state, theirs.hold, ours.state) == ("held", "paused", "scheduled")


def test_a_row_of_another_that_names_our_channel_stays_as_it_is_when_the_channel_goes(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    """Nothing writes such a row; whatever did, it is not ours to change."""
    theirs.channel_id, ours.channel.grant = ours.channel_id, None
    stood: dict[str, Any] = {"external_id": "far-1", "handle": "charlie", "prepared_hash": "p"}
    for name, value in stood.items():
        setattr(theirs, name, value)
    hold("billing", theirs, ours)
    farewell.say(ours.channel, farewell.ANONYMISE, times.now)
    database.session.commit()
    assert (ours.hold, theirs.hold) == ("reconnect", "billing")
    assert {name: getattr(theirs, name) for name in stood} == stood


def test_a_row_of_another_that_names_our_channel_takes_no_hour_of_it(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    hour = times.now.replace(minute=0, second=0, microsecond=0) + late.HOUR
    theirs.channel_id, theirs.due_at = ours.channel_id, hour
    hold("late", ours)
    late.decide([ours], make.member(make.alice()), late.HOURS, ZoneInfo("Europe/Berlin"), times.now)
    assert ours.due_at == hour


def test_what_closes_once_it_is_taken_up_stays_whatever_the_other_does(
    theirs: Delivery, ours: Delivery, times: Times
) -> None:
    taken = claiming.claim(times.now, timedelta(seconds=90), 10)
    assert {one.id for one in taken} == {theirs.id, ours.id}
    database.session.get_one(Organization, ours.organization_id).closing_at = times.now
    database.session.commit()
    assert [one.id for one in intents.intend(taken, times.now)] == [theirs.id]
