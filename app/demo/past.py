"""Half a year of the demo organisation: what went out, and what the networks told of it since."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from app.account.models import Membership
from app.analytics import advising, timetable
from app.analytics.models import Audience, Measure
from app.analytics.recording import Look, record
from app.analytics.taking_up import CHUNK, take_up
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db
from app.demo import wall
from app.demo.audience import BEGAN, CROWDS, Crowd, told
from app.demo.people import ZONE
from app.demo.texts import CAMPAIGN, IN_CAMPAIGN, TAKEN_DOWN, TEXTS, labels_of
from app.networks import Account, Grant
from app.sandbox.models import Wall, WallPost
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from app.scheduler.states import PUBLISHED, sum_up
from app.scheduler.wall_time import on_the_wall, resolve

WEEKLY = (3, time(17, 40))  # Thursdays, and one of these by turns
ALSO = (
    *((1, time(12, 25)), (0, time(20, 5)), (1, time(8, 10))),
    *((6, time(10, 30)), (1, time(12, 25)), (4, time(18, 15))),
)
YOUNGEST = timedelta(days=1, hours=12)
STOOD = timedelta(days=5)  # what was taken down


def plant(member: Membership, here: Channel, on: Wall, now: datetime) -> None:
    """Through the verbs that real figures are written down by. Each text is on the wall, every third
    is on Telegram."""
    *usual, telegram = _elsewhere(member, now)
    for n, due in enumerate(dues(len(TEXTS), now)):
        _post(member, (*usual, here, *([telegram] if n % 3 == 0 else ())), on, n, due)
    db.session.flush()
    while take_up(None, now) == CHUNK:
        db.session.flush()
    for channel, crowd in zip((*usual, telegram, here), CROWDS, strict=True):
        _tell(channel, crowd, now)
    _take_down(here)
    _hang_likes(on, here)
    advising.advise(member.organization, now)


def _elsewhere(member: Membership, now: datetime) -> list[Channel]:
    """Accounts that exist nowhere: without keys, so that no network is asked about them."""
    made = []
    for crowd in CROWDS[:-1]:
        account = Account(
            crowd.network, "https://social.example", crowd.handle, crowd.handle, crowd.handle, ""
        )
        channel = attach(member, account, Grant({}, None), now - BEGAN)
        channel.grant, channel.state, channel.disconnected_at = None, "disconnected", now
        made.append(channel)
    db.session.flush()
    return made


def dues(count: int, now: datetime) -> list[datetime]:
    """When so many posts were due, two a week, the oldest first."""
    youngest, found, week = now - YOUNGEST, list[datetime](), 0
    today = on_the_wall(now, ZONE).date()
    while len(found) < count:
        monday = today - timedelta(days=today.weekday(), weeks=week)
        for weekday, at in (WEEKLY, ALSO[week % len(ALSO)]):
            local = datetime.combine(monday + timedelta(days=weekday), at)
            found.append(resolve(local, ZONE).instant)
        found = [due for due in found if due < youngest]
        week += 1
    return sorted(found)[-count:]


def _post(member: Membership, there: Sequence[Channel], on: Wall, n: int, due: datetime) -> None:
    made = Composition(
        TEXTS[n],
        tuple(there),
        (),
        due,
        f"{on_the_wall(due, ZONE):%Y-%m-%dT%H:%M}",
        ZONE.key,
        labels=labels_of(TEXTS[n]),
        campaign=CAMPAIGN if TEXTS[n] in IN_CAMPAIGN else "",
    )
    post = write(member, made, f"past{n}", due - timedelta(days=2))
    for delivery in post.deliveries:
        if delivery.channel.network == "sandbox":
            wall.stand(delivery, on)
        else:
            delivery.state, delivery.published_at = PUBLISHED, due + timedelta(milliseconds=420)
            delivery.external_id = f"past{n}"
    post.state = sum_up([PUBLISHED])


def _tell(channel: Channel, crowd: Crowd, now: datetime) -> None:
    """What was told of the posts of a channel since, and how many followed it day by day."""
    if channel.adapter.tells:
        looks = [
            Look(delivery.id, at, figures)
            for delivery, text, went_at in _published(channel)
            for at, figures in told(crowd, channel.adapter, text, went_at, now)
        ]
        record(looks, timetable.of(channel.adapter))
    if channel.adapter.tells_audience:
        days = (now - timedelta(days=n) for n in range(BEGAN.days))
        db.session.add_all(
            Audience(channel_id=channel.id, on=day.date(), followers=crowd.at(day, now))
            for day in days
        )


def _published(channel: Channel) -> list[tuple[Delivery, str, datetime]]:
    whole = (
        select(Delivery)
        .where(Delivery.organization_id == channel.organization_id)
        .where(Delivery.channel_id == channel.id)
        .options(joinedload(Delivery.post))
    )
    every = db.session.scalars(whole).unique()
    return [(one, one.post.text, one.published_at) for one in every if one.published_at]


def _take_down(here: Channel) -> None:
    """One that somebody took from the wall by hand some days later."""
    for delivery, text, _ in _published(here):
        if text == TAKEN_DOWN:
            db.session.execute(delete(WallPost).where(WallPost.key == delivery.external_id))
            measure = db.session.get_one(Measure, delivery.id)
            measure.gone_at, measure.next_at = measure.published_at + STOOD, None


def _hang_likes(on: Wall, here: Channel) -> None:
    """What the wall tells at the next look is what it told at the last."""
    told_last = select(Delivery.external_id, Measure.likes).join(
        Measure, Measure.delivery_id == Delivery.id
    )
    whole = told_last.where(
        Delivery.organization_id == here.organization_id, Delivery.channel_id == here.id
    )
    likes = {row.external_id: row.likes for row in db.session.execute(whole)}
    for post in db.session.scalars(select(WallPost).where(WallPost.wall_id == on.id)):
        post.likes = likes[post.key] or 0
