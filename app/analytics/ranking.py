"""Which posts of a period did best and worst, with how they did on each channel."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)

from app.account.models import Membership
from app.analytics import fetched
from app.analytics.came_in import went_out
from app.analytics.fetched import Fetched
from app.analytics.models import Measure
from app.analytics.periods import Period
from app.analytics.sums import rated, value_of
from app.db import among, db, table
from app.networks.figures import METRICS, Figures
from app.scheduler.models import Delivery, Post

YOUNG = timedelta(days=1)  # a post is not called weak before
SHOWN = 5
WORDS = 160  # characters of a post that a list shows
COLUMNS = (
    Measure.delivery_id,
    Measure.channel_id,
    Measure.published_at,
    Measure.fetched_at,
    Measure.gone_at,
    *(getattr(Measure, name) for name in METRICS),
)


class Placed(NamedTuple):
    """A post on one channel, with its totals so far."""

    delivery_id: int
    post_id: int
    channel_id: int
    words: str
    published_at: datetime
    fetched_at: datetime | None
    is_gone: bool
    figures: Figures


class Ranked(NamedTuple):
    """A post with what it has on all channels of the period, and what is `usual` on these together."""

    words: str
    published_at: datetime
    value: float
    usual: float | None
    places: Sequence[Placed]

    @property
    def times(self) -> float | None:
        """How many times the usual it has; None where there is nothing to compare with."""
        return self.value / self.usual if self.usual else None

    @property
    def fetched(self) -> Fetched | None:
        """When its channels last told."""
        return fetched.of(one.fetched_at for one in self.places)


class Ends(NamedTuple):
    """The best first, and the weakest first; none is in both."""

    best: list[Ranked]
    weakest: list[Ranked]


@cache
def _together(by: str) -> ColumnElement[Any]:
    """Of all the rows: `engagements`, `impressions` or `rate`; NULL when not told."""
    if by == "rate":
        engaged, views = rated(Measure)
        return func.sum(engaged) * 1.0 / func.nullif(func.sum(views), 0)
    return func.sum(value_of(by))


def ends(
    member: Membership,
    period: Period,
    by: str,
    now: datetime,
    only: int | None = None,
    also: ColumnElement[bool] | None = None,
) -> Ends:
    """Up to five each, of the channel `only` and of what is `also` true of them: the best by what they
    have, the weakest by what is usual where they went out, since who posted on one small channel alone
    is not weak for that. Posts of the last day can be among the best, not among the weakest: most of
    what comes in for them is still to come."""
    post = _posts(member, period, by, now, only, true() if also is None else also).c
    every = select(post.post_id, post.value, post.usual)
    times = func.coalesce(post.value * 1.0 / func.nullif(post.usual, 0), 1.0)
    best = every.order_by(post.value.desc(), post.post_id)
    weakest = every.where(post.youngest <= now - YOUNG)
    weakest = weakest.order_by(times, post.value, post.post_id.desc())
    rows = db.session.execute(union_all(_half(best, 0), _half(weakest, 1))).all()
    return _apart(member, period, only, rows)


def _posts(
    member: Membership,
    period: Period,
    by: str,
    now: datetime,
    only: int | None,
    also: ColumnElement[bool],
) -> CTE:
    """Each with its `value`, what is `usual` on its channels, and when it last went out on one."""
    usual = _usual(member, period, by, now, only)
    youngest = func.max(Measure.published_at).label("youngest")
    return (
        select(Delivery.post_id, _together(by).label("value"), youngest)
        .add_columns(_beside(usual.c.value, by).label("usual"))
        .join(Delivery, Delivery.id == Measure.delivery_id)
        .outerjoin(usual, usual.c.channel_id == Measure.channel_id)
        .where(*went_out(member, period, only), also)
        .group_by(Delivery.post_id)
        .having(_together(by).is_not(None))
        .cte("posts")
    )


def _usual(
    member: Membership, period: Period, by: str, now: datetime, only: int | None
) -> Subquery:
    """Of each channel, what a grown post of the period has there on average."""
    value = _together(by) if by == "rate" else func.avg(value_of(by) * 1.0)
    return (
        select(Measure.channel_id, value.label("value"))
        .where(*went_out(member, period, only), Measure.published_at <= now - YOUNG)
        .group_by(Measure.channel_id)
        .subquery()
    )


def _beside(usual: ColumnElement[Any], by: str) -> ColumnElement[Any]:
    """What a post would have if it did as usual on each of its channels that tell it."""
    if by == "rate":
        _, views = rated(Measure)
        return func.sum(usual * views) / func.nullif(func.sum(views), 0)
    return func.sum(case((value_of(by).is_not(None), usual)))


def _half(chosen: Select[Any], place: int) -> Select[Any]:
    """As a subquery, so that each half keeps its own order and limit."""
    half = chosen.limit(SHOWN).subquery()
    return select(literal(place).label("place"), half.c.post_id, half.c.value, half.c.usual)


def _apart(member: Membership, period: Period, only: int | None, rows: Sequence[Row[Any]]) -> Ends:
    """In their order. Of those in both, where there are few, the half that is further above the usual
    is best."""
    top, low = ([row for row in rows if row.place == place] for place in (0, 1))
    among_best = {row.post_id for row in top}
    twice = [row.post_id for row in low if row.post_id in among_best]
    weak = set(twice[: len(twice) // 2])
    best = [row for row in top if row.post_id not in weak]
    weakest = [row for row in low if row.post_id in weak or row.post_id not in among_best]
    known = _known(member, period, only, (row.post_id for row in (*best, *weakest)))
    return Ends(
        [_ranked(known[row.post_id], row) for row in best],
        [_ranked(known[row.post_id], row) for row in weakest],
    )


def _known(
    member: Membership, period: Period, only: int | None, ids: Iterable[int]
) -> dict[int, list[Placed]]:
    """On which channels they went out in the period."""
    found: dict[int, list[Placed]] = {}
    if chosen := list(ids):
        rows = db.session.execute(
            placed().where(
                *went_out(member, period, only), among(table(Delivery).c.post_id, chosen)
            )
        )
        for row in rows:
            found.setdefault(row.post_id, []).append(place(row))
    return found


def _ranked(places: Sequence[Placed], row: Row[Any]) -> Ranked:
    usual = None if row.usual is None else float(row.usual)
    went_at = min(one.published_at for one in places)
    return Ranked(places[0].words, went_at, float(row.value), usual, places)


@cache
def placed() -> Select[*tuple[Any, ...]]:
    """What `place` makes a Placed of."""
    words = func.substr(Post.text, 1, WORDS).label("words")
    return (
        select(*COLUMNS, Delivery.post_id, words)
        .join(Delivery, Delivery.id == Measure.delivery_id)
        .join(Post, Post.id == Delivery.post_id)
    )


def place(row: Row[Any]) -> Placed:
    figures = Figures(*(getattr(row, name) for name in METRICS))
    return Placed(
        row.delivery_id,
        row.post_id,
        row.channel_id,
        row.words,
        row.published_at,
        row.fetched_at,
        row.gone_at is not None,
        figures,
    )
