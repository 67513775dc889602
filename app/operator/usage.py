"""How the instance is used: counts from its own tables by week, of nobody and of no small group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.account.models import Membership, Organization, User
from app.channels.models import Channel
from app.db import db
from app.networks.registry import NETWORKS
from app.operator.hiding import Group, Shown, alone, people, share, together
from app.scheduler.models import Delivery, Post
from app.scheduler.words import COMMENT, PART, PostPicture, PostWords
from app.scope import across_organizations

WEEKS = 12
WAITS = (
    ("within an hour", timedelta(hours=1)),
    ("within a day", timedelta(days=1)),
    ("within a week", timedelta(days=7)),
    ("within a month", timedelta(days=31)),
)
LATER, NOT_YET = "later", "not yet"
SEVERAL_PEOPLE = (
    select(Membership.organization_id).group_by(Membership.organization_id).having(func.count() > 1)
)
FEATURES: tuple[tuple[str, ColumnElement[bool]], ...] = (
    ("Pictures or videos", exists().where(PostPicture.post_id == Post.id)),
    ("Threads", exists().where(PostWords.post_id == Post.id, PostWords.kind == PART)),
    ("First comments", exists().where(PostWords.post_id == Post.id, PostWords.kind == COMMENT)),
    (
        "Other words for a channel",
        exists().where(PostWords.post_id == Post.id, PostWords.channel_id.is_not(None)),
    ),
    ("Approvals", Post.asked_at.is_not(None)),
    ("More than one person", Post.organization_id.in_(SEVERAL_PEOPLE)),
)


@dataclass(frozen=True)
class Week:
    """None where a group is too small; `posts` by network, in the order of `Usage.networks`."""

    begins_at: datetime
    people: int | None
    organizations: int | None
    posts: Shown


@dataclass(frozen=True)
class Usage:
    """The last whole weeks, the newest first."""

    weeks: list[Week]
    networks: list[str]
    waits: list[tuple[str, int | None]]
    writing: int | None
    features: list[tuple[str, int | None]]


@across_organizations("the desk counts everybody's use")
def count(now: datetime) -> Usage:
    """Weeks are whole ones in UTC, from Monday on: the one that runs would show each newcomer."""
    bounds = _bounds(now)
    names, posts = _posts(bounds)
    signed_up = _by_week(User.created_at, func.count(), bounds, User.restricted_at.is_(None))
    active = _by_week(
        Delivery.published_at, func.count(Delivery.organization_id.distinct()), bounds
    )
    weeks = [
        Week(bounds[n], alone(signed_up.get(n, 0)), alone(active.get(n, 0)), posts[n])
        for n in reversed(range(WEEKS))
    ]
    writing, features = _features(bounds)
    return Usage(weeks, names, _waits(bounds), writing, features)


def _bounds(now: datetime) -> list[datetime]:
    """Where the weeks begin, and where the last one ends."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(WEEKS + 1))]


Instant = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


def _week(column: Instant, bounds: Sequence[datetime]) -> ColumnElement[int]:
    return case(*((column < end, n) for n, end in enumerate(bounds[1:])), else_=WEEKS)


def _within(column: Instant, bounds: Sequence[datetime]) -> ColumnElement[bool]:
    return (column >= bounds[0]) & (column < bounds[-1])


def _by_week(
    column: Instant,
    counted: ColumnElement[int],
    bounds: Sequence[datetime],
    *conditions: ColumnElement[bool],
) -> dict[int, int]:
    week = _week(column, bounds).label("week")
    rows = (
        select(week, counted.label("counted"))
        .where(_within(column, bounds), *conditions)
        .group_by(week)
    )
    return {row.week: row.counted for row in db.session.execute(rows)}


def _posts(bounds: Sequence[datetime]) -> tuple[list[str], list[Shown]]:
    """The networks that anything went out to, and for each week the posts on each."""
    week = _week(Delivery.published_at, bounds).label("week")
    rows = (
        select(week, Channel.network, func.count(), func.count(Delivery.organization_id.distinct()))
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(_within(Delivery.published_at, bounds))
        .group_by(week, Channel.network)
    )
    found = {(n, slug): Group(posts, by) for n, slug, posts, by in db.session.execute(rows)}
    slugs = [slug for slug in NETWORKS if any(slug == known for _, known in found)]
    none = Group(0, 0)
    shown = [together([found.get((n, slug), none) for slug in slugs]) for n in range(WEEKS)]
    return [NETWORKS[slug].name for slug in slugs], shown


def _waits(bounds: Sequence[datetime]) -> list[tuple[str, int | None]]:
    """From founding to the first post that went out, of the organisations founded in these weeks."""
    first = (
        select(Organization.created_at, func.min(Delivery.published_at).label("first"))
        .outerjoin(Delivery, Delivery.organization_id == Organization.id)
        .where(_within(Organization.created_at, bounds))
        .group_by(Organization.id, Organization.created_at)
    )
    counts = dict.fromkeys((*(words for words, _ in WAITS), LATER, NOT_YET), 0)
    for founded_at, published_at in db.session.execute(first):
        counts[_wait(published_at - founded_at if published_at else None)] += 1
    shown = together([people(number) for number in counts.values()])
    return [*zip(counts, shown.values, strict=True), ("founded in all", shown.total)]


def _wait(gone: timedelta | None) -> str:
    if gone is None:
        return NOT_YET
    return next((words for words, most in WAITS if gone <= most), LATER)


def _features(bounds: Sequence[datetime]) -> tuple[int | None, list[tuple[str, int | None]]]:
    """How many organisations wrote posts, and how many of these used what."""
    whole = select(func.count(Post.organization_id.distinct()))
    wrote = whole.where(_within(Post.created_at, bounds))
    base = db.session.scalar(wrote) or 0
    used = [(words, db.session.scalar(wrote.where(use)) or 0) for words, use in FEATURES]
    return alone(base), [(words, share(number, base)) for words, number in used]
