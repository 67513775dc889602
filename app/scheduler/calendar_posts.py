"""Which posts stand in which stretch of time: the first few of each, and how many there are. The
database counts, so that a month of thousands costs about what one of hundreds does."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text
from sqlalchemy.orm import lazyload

from app.account.models import Membership, User
from app.channels.models import Channel
from app.db import among, db, listed, spans
from app.scheduler.calendar_asked import Asked
from app.scheduler.events import PostEvent
from app.scheduler.labels import Label, PostLabel
from app.scheduler.lists import states_of
from app.scheduler.models import Delivery, Post
from app.scheduler.states import CANCELLED, IN_A_SLOT, can_move

MOST_APART = 2000  # further times of posts whose channels go out in slots of their own


@dataclass(frozen=True, order=True)
class Standing:
    """A post at a time: its own, or that of channels in another slot."""

    due_at: datetime
    id: int
    state: str = field(compare=False)


@dataclass
class Stretch:
    shown: list[Standing] = field(default_factory=list)
    total: int = 0


@dataclass
class Detail:
    """What a chip says of a post; `on` are its channels' networks with the time of each."""

    words: str
    author_id: int | None
    author: str
    due_at: datetime | None
    may_move: bool = False
    on: list[tuple[datetime | None, str]] = field(default_factory=list)

    def networks(self, at: datetime) -> list[str]:
        return sorted({network for due_at, network in self.on if due_at in (at, None)})


def standing(
    member: Membership, edges: Sequence[datetime], asked: Asked, channels: Iterable[int], most: int
) -> list[Stretch]:
    """A stretch for each pair of neighbouring edges, with at most that many posts of it."""
    found = [Stretch() for _ in edges[1:]]
    if len(found) == 0:
        return found
    for row in db.session.execute(_ranked(member, edges, asked, most)):
        found[row.n].shown.append(Standing(row.due_at, row.id, row.state))
        found[row.n].total = row.total
    known = list(channels)
    for row in db.session.execute(_apart(member, edges, asked, known)) if known[1:] else ():
        stretch = found[bisect_right(edges, row.due_at) - 1]
        stretch.total += 1
        standings = [*stretch.shown, Standing(row.due_at, row.post_id, row.state)]
        stretch.shown = sorted(standings)[:most]
    return found


def _ranked(member: Membership, edges: Sequence[datetime], asked: Asked, most: int) -> Any:
    """The outer join keeps SQLite to the order in which the index of posts serves each stretch."""
    span = spans(edges)
    within = [Post.due_at >= span.c.begin, Post.due_at < span.c.end]
    same = Post.due_at == Delivery.due_at
    chosen = and_(*within, *_conditions(member, asked, or_(~Delivery.in_slot, same)))
    place = func.row_number().over(partition_by=span.c.n, order_by=(Post.due_at, Post.id))
    total = func.count(Post.id).over(partition_by=span.c.n)
    columns = (span.c.n, Post.id, Post.due_at, Post.state)
    joined = select(*columns, place.label("place"), total.label("total")).select_from(
        span.outerjoin(Post, chosen)
    )
    rows = joined.subquery()
    ordered = select(rows).where(rows.c.place <= most, rows.c.id.is_not(None))
    return ordered.order_by(rows.c.n, rows.c.place)


def _conditions(
    member: Membership, asked: Asked, there: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """What was asked for; `there` says which delivery puts a channel's post at its time."""
    found = [Post.organization_id == member.organization_id]
    state = asked.filters.get("state")
    found.append(Post.state.in_(states_of(state)) if state else Post.state != CANCELLED)
    if author := asked.chosen("author"):
        found.append(Post.author_id == author)
    if label := asked.chosen("label"):
        found.append(exists().where(PostLabel.post_id == Post.id, PostLabel.label_id == label))
    if channel := asked.chosen("channel"):
        on = (Delivery.post_id == Post.id, Delivery.channel_id == channel)
        found.append(exists().where(*on, there))
    return found


def _apart(
    member: Membership, edges: Sequence[datetime], asked: Asked, channels: Iterable[int]
) -> Any:
    """Channels in other slots than the first; found by the index of slots, whose condition has to
    stand here as it stands there."""
    chosen = asked.chosen("channel")
    row = Delivery.__table__.c
    slots = select(row.post_id, row.due_at).where(
        row.organization_id == member.organization_id,
        among(row.channel_id, [chosen] if chosen else channels),
        row.due_at >= edges[0],
        row.due_at < edges[-1],
        text(IN_A_SLOT),
    )
    one = slots.distinct().subquery()
    conditions = _conditions(member, asked, one.c.due_at.is_not(None))
    joined = select(one.c.post_id, one.c.due_at, Post.state).join(Post, Post.id == one.c.post_id)
    return joined.where(one.c.due_at != Post.due_at, *conditions).limit(MOST_APART)


def details(member: Membership, ids: Iterable[int]) -> dict[int, Detail]:
    """Of the posts that are shown, with where they go and whether this person may move them."""
    chosen = set(ids)
    found: dict[int, Detail] = {}
    states: dict[int, list[tuple[str, str]]] = {}
    for row in db.session.execute(_details(member, chosen)) if chosen else ():
        if row.id is None:  # another organisation's
            continue
        known = found.setdefault(row.id, Detail(row.words, row.author_id, row.name, row.due_at))
        if row.network:
            known.on.append((row.own_due if row.in_slot else row.due_at, row.network))
            states.setdefault(row.id, []).append((row.state, row.hold))
    movable = {id for id, rows in states.items() if can_move(rows)}
    for id in _theirs(member, movable, found):
        found[id].may_move = True
    return found


def _details(member: Membership, ids: set[int]) -> Any:
    home = member.organization_id
    columns = (
        *(Post.id, Post.due_at, Post.author_id, func.substr(Post.text, 1, 160).label("words")),
        *(User.name, Delivery.due_at.label("own_due"), Delivery.in_slot, Delivery.state),
        *(Delivery.hold, Channel.network),
    )
    one = listed(ids)
    ours = and_(Post.id == one.c.id, Post.organization_id == home)
    joined = select(*columns).select_from(one.outerjoin(Post, ours))
    joined = joined.outerjoin(User, User.id == Post.author_id)
    joined = joined.outerjoin(Delivery, Delivery.post_id == Post.id)
    return joined.outerjoin(Channel, Channel.id == Delivery.channel_id)


def _theirs(member: Membership, ids: set[int], found: dict[int, Detail]) -> set[int]:
    """Those of these posts that the person may move: see `Post.may_be_moved_by`."""
    if not ids or not member.may("post.reschedule") or member.may_to_all("post.reschedule"):
        return ids if member.may("post.reschedule") else set()
    one = listed(ids)
    ours = and_(Post.id == one.c.id, Post.organization_id == member.organization_id)
    events = select(PostEvent).select_from(one.outerjoin(Post, ours))
    events = events.join(PostEvent, PostEvent.post_id == Post.id)
    events = events.options(lazyload(PostEvent.actor)).order_by(PostEvent.at, PostEvent.id)
    writers = {id: found[id].author_id for id in ids}
    for event in db.session.scalars(events):
        if event.is_of_words:
            writers[event.post_id] = event.actor_id
    me = member.user_id
    return {id for id in ids if me in (found[id].author_id, writers[id])}


def labels(member: Membership, ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of each post's labels, campaigns too."""
    chosen, found = set(ids), dict[int, list[str]]()
    if not chosen:
        return found
    one, home = listed(chosen), member.organization_id
    rows = select(PostLabel.post_id, Label.name).select_from(
        one.outerjoin(PostLabel, PostLabel.post_id == one.c.id)
    )
    rows = rows.join(Label, and_(Label.id == PostLabel.label_id, Label.organization_id == home))
    for post_id, name in db.session.execute(rows.order_by(Label.folded)):
        found.setdefault(post_id, []).append(name)
    return found
