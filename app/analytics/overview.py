"""The four figures with their chart, map and lists: of all channels, or of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup
from sqlalchemy import case, select

from app.account.models import Membership, Organization, User
from app.analytics import came_in, followers, pictures, ranking, sources, trouble, week, wording
from app.analytics.came_in import Posts
from app.analytics.charts.bars import bar
from app.analytics.choosing import BY, Asked
from app.analytics.followers import Followers
from app.analytics.models import ChannelLook
from app.analytics.pictures import Picture
from app.analytics.ranking import Ends
from app.analytics.sources import Source
from app.analytics.sums import Sum, total
from app.analytics.week import WeekMap
from app.analytics.wording import Change
from app.channels.models import Channel
from app.db import db
from app.publishing.welcome import works

NO_POSTS = Posts(0, 0, None)
WEEK = {
    "engagements": "Engagements of a post",
    "impressions": "Impressions of a post",
    "rate": "Engagement rate",
}


class Card(NamedTuple):
    """One of the four figures."""

    by: str
    word: str
    value: str
    change: Change
    untold: str


class Audience(NamedTuple):
    """How many follow: on which days that was told, and of which channels it is not."""

    now: int | None
    change: Change
    told: str
    untold: str


class Line(NamedTuple):
    """One channel of the list."""

    channel: Channel
    posts: Posts
    sum: Sum
    followers: Followers | None
    bar: Markup


@dataclass(frozen=True)
class Overview:
    cards: list[Card]
    picture: Picture
    ends: Ends
    unranked: str
    week: WeekMap
    lines: list[Line]
    audience: Audience

    @property
    def total(self) -> Sum:
        return total([one.sum for one in self.lines])

    @property
    def posts(self) -> int:
        return sum(one.posts.published for one in self.lines)

    @property
    def source(self) -> Source:
        """Of all that stands here: what came in during the period, and the posts of it."""
        return sources.of({one.channel: one.posts.fetched for one in self.lines})


class Found(NamedTuple):
    """What the database says, of the chosen channels alone."""

    channels: Sequence[Channel]
    now: Mapping[int, Sum]
    before: Mapping[int, Sum]
    posts: Mapping[int, Posts]
    followers: Mapping[int, Followers]


def channels_of(member: Membership) -> dict[Channel, str]:
    """All that ever were, since a disconnected one has a history; each with why it is not asked, or why
    the last look at it told nothing: a word of `trouble`."""
    chosen = (
        select(Channel, ChannelLook.trouble, case((works(), 1), else_=0))
        .select_from(Channel)
        .join(Organization, Organization.id == Channel.organization_id)
        .outerjoin(User, User.id == Channel.connected_by_id)
        .outerjoin(ChannelLook, ChannelLook.channel_id == Channel.id)
        .where(Channel.organization_id == member.organization_id)
        .order_by(Channel.id)
    )
    return {
        channel: trouble.resting(channel, bool(is_working)) or word or ""
        for channel, word, is_working in db.session.execute(chosen).all()
    }


def look(
    member: Membership,
    asked: Asked,
    channels: Iterable[Channel],
    now: datetime,
    only: int | None = None,
    counted: Mapping[int, Followers] | None = None,
) -> Overview:
    """`only`: the id of one channel. `counted`: the followers by channel, where they are known."""
    if counted is None:
        counted = followers.by_channel(member, asked.period)
    chosen = [one for one in channels if only in (None, one.id)]
    found = _find(member, asked, chosen, counted)
    lines, by, period = _lines(found), asked.ranked_by, asked.period
    return Overview(
        cards=[_card(found, asked, one) for one in BY],
        picture=_picture(member, asked, only),
        ends=ranking.ends(member, period, by, now, only),
        unranked=sources.untold_by([one.channel for one in lines if one.posts.published], by),
        week=week.draw(week.by_hour(member, period, by, only), f"{WEEK[by]}, by hour", by),
        lines=lines,
        audience=_audience(lines),
    )


def _find(
    member: Membership,
    asked: Asked,
    channels: Sequence[Channel],
    counted: Mapping[int, Followers],
) -> Found:
    sums = came_in.by_channel(member, asked.period)
    ids = [one.id for one in channels]
    posts = came_in.posts_by_channel(member, asked.period)
    return Found(
        channels,
        {id: sums[id, True] for id in ids if (id, True) in sums},
        {id: sums[id, False] for id in ids if (id, False) in sums and asked.before},
        {id: posts.get(id, NO_POSTS) for id in ids},
        {id: counted[id] for id in ids if id in counted},
    )


def _card(found: Found, asked: Asked, by: str) -> Card:
    word, speak = pictures.WORDS[by], pictures.say(by)
    if by == "posts":
        posts = found.posts.values()
        count = sum(one.published for one in posts)
        was = sum(one.before for one in posts) if asked.before else None
        return Card(by, word, wording.count(count), wording.change(count, was), "")
    now, before = (
        pictures.value_of(total(list(those.values())), by) for those in (found.now, found.before)
    )
    compare = wording.change_of_rate if by == "rate" else wording.change
    busy = [one for one in found.channels if found.posts[one.id].published or one.id in found.now]
    return Card(by, word, speak(now), compare(now, before), sources.untold_by(busy, by))


def _picture(member: Membership, asked: Asked, only: int | None) -> Picture:
    period, before = asked.period, asked.before
    whole = period.with_before if before else period
    if asked.by == "posts":
        return pictures.posts_drawn(came_in.posts_by_day(member, whole, only), period, before)
    return pictures.figures_drawn(came_in.by_day(member, whole, only), asked.by, period, before)


def _lines(found: Found) -> list[Line]:
    """The busiest first; of the disconnected only those with something to show."""
    shown = [
        one
        for one in found.channels
        if one.state != "disconnected" or found.posts[one.id].published or one.id in found.now
    ]
    sums = {one.id: found.now.get(one.id, Sum()) for one in shown}
    most = max((one.engagements or 0 for one in sums.values()), default=0)
    lines = [
        Line(
            one,
            found.posts[one.id],
            sums[one.id],
            found.followers.get(one.id),
            bar(sums[one.id].engagements, most),
        )
        for one in shown
    ]
    return sorted(lines, key=lambda one: (-(one.sum.engagements or 0), -one.posts.published))


def _audience(lines: Sequence[Line]) -> Audience:
    """Of the channels that tell it; compared when what it was before is told of all of these."""
    told = [one.followers for one in lines if one.followers]
    untold = sources.audience_untold_by(one.channel for one in lines if not one.followers)
    if not told:
        return Audience(None, Change("none"), "", untold)
    now, before = sum(one.now for one in told), [one.before for one in told]
    known = [was for was in before if was is not None]
    was = sum(known) if len(known) == len(told) else None
    return Audience(now, wording.change(now, was), followers.counted_on(told), untold)
