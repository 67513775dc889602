"""Which channels stay when the plan holds fewer than there are: those that an owner chose, or, when nobody
chose in time, those most used lately. The others are set aside, and come back with a bigger plan."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.account import allowances
from app.account.allowances import Allowance
from app.channels.models import Channel
from app.db import db
from app.scheduler import setting_aside
from app.scheduler.setting_aside import Use

TO_CHOOSE = timedelta(days=7)
FRESH = timedelta(days=1)  # a choice that was made for a change which comes in a moment


@dataclass(frozen=True)
class Place:
    """A channel, how much it is used, and whether it would keep its place."""

    channel: Channel
    use: Use
    stays: bool


def places(organization_id: int, most: int | None, now: datetime) -> list[Place]:
    """All connected channels, those first that keep their place. Who has a place keeps it before who
    has none: else the two would change about as their use does."""
    use = setting_aside.use_of(organization_id, now)

    def order(one: Channel) -> tuple[object, ...]:
        used = use.get(one.id, Use())
        return (not one.chosen_at, bool(one.set_aside_at), -used.lately, -used.waiting, one.id)

    found = sorted(_connected(organization_id), key=order)
    most = len(found) if most is None else most
    return [Place(one, use.get(one.id, Use()), n < most) for n, one in enumerate(found)]


def _connected(organization_id: int) -> Sequence[Channel]:
    ours = (Channel.organization_id == organization_id, Channel.state != "disconnected")
    return db.session.scalars(select(Channel).where(*ours)).all()


def choose(organization_id: int, ids: Collection[int], now: datetime) -> None:
    """These stay whenever the plan holds fewer, or none in particular; the next `fit` goes by it."""
    for one in _connected(organization_id):
        one.chosen_at = now if one.id in ids else None
    db.session.flush()


def fit(
    organization_id: int, now: datetime, ends_at: datetime | None, *, was_told: bool = False
) -> None:
    """Set aside what the plan does not hold, once somebody chose or the time to choose is over, and
    bring back what it holds again. `ends_at`: a choice made ahead is kept until then. `was_told`: the
    time to choose was before."""
    allowances.stand_in_line(organization_id)
    found = places(organization_id, allowances.of(organization_id).channels, now)
    if all(one.stays for one in found):
        keeps_choice = ends_at is not None and ends_at > now
        _all_fit(organization_id, found, now, keeps_choice=keeps_choice)
    elif any(one.channel.chosen_at for one in found):
        _until(organization_id, None, now)
        _move(organization_id, found, now)
    elif _time_is_over(organization_id, found, now, was_told=was_told):
        _move(organization_id, found, now)


def _all_fit(
    organization_id: int, found: Sequence[Place], now: datetime, *, keeps_choice: bool
) -> None:
    chosen = [one.channel.chosen_at for one in found if one.channel.chosen_at]
    if chosen and not keeps_choice and max(chosen) < now - FRESH:
        choose(organization_id, (), now)
    _until(organization_id, None, now)
    if aside := [one.channel.id for one in found if one.channel.set_aside_at]:
        setting_aside.bring_back(organization_id, aside, now)


def _time_is_over(
    organization_id: int, found: Sequence[Place], now: datetime, *, was_told: bool
) -> bool:
    """Nobody chose. What was set aside before stays so; else there is time, counted from now on."""
    if all(one.stays or one.channel.set_aside_at for one in found):
        return True
    row = db.session.get(Allowance, organization_id)
    ends = row.choose_by if row else None
    if ends is None:
        ends = now if was_told else now + TO_CHOOSE
        _until(organization_id, ends, now)
    return ends <= now


def _until(organization_id: int, moment: datetime | None, now: datetime) -> None:
    row = db.session.get(Allowance, organization_id)
    if row is None and moment:
        allowances.write(organization_id, allowances.of(organization_id), now)
        row = db.session.get_one(Allowance, organization_id)
    if row and row.choose_by != moment:
        row.choose_by, row.told = moment, ""
        db.session.flush()


def _move(organization_id: int, found: Sequence[Place], now: datetime) -> None:
    back = [one.channel.id for one in found if one.stays and one.channel.set_aside_at]
    rest = [one.channel.id for one in found if not one.stays and not one.channel.set_aside_at]
    if rest:
        setting_aside.set_aside(organization_id, rest, now)
    if back:
        setting_aside.bring_back(organization_id, back, now)
