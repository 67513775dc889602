"""Who hears of what needs eyes: one mail for each person, never one for each post, and of a channel
that wants reconnecting one notice, however many posts wait for it. Who chose another way than a mail
at once is told by that one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, select, update

from app import clock
from app.account.models import Membership, User
from app.channels.models import Channel, ChannelGrant
from app.db import db, table
from app.publishing import forecast
from app.publishing.forecast import Outlook
from app.scheduler import notices
from app.scheduler.models import Delivery
from app.scheduler.states import FAILED, HELD, NO_PLACE, PAUSED
from app.scope import across_organizations

QUIET = timedelta(minutes=10)  # between two mails about the posts of one organisation
MOST = 20  # posts that one mail names
REASON = 200  # characters of the network's own words
LOOK = "Look there, then say what you saw"
MATTERS = {  # why it stands still, and the one thing to do
    "late": ("its time passed before it could go out", "Publish it now or choose another time"),
    "needs_decision": ("nobody can tell whether it went out", LOOK),
    "restore": ("it may have gone out before a backup was put back", LOOK),
    "poison": ("our sender stopped over it again and again", "Look at it"),
    "reconnect": ("its channel could not be used", "Publish it now or choose another time"),
    NO_PLACE: (
        "its channel is set aside, since the plan holds fewer",
        "It goes on by itself when an owner takes a bigger plan or chooses this channel to stay. Look at it",
    ),
    "not_approved": ("nobody approved it in time", "Choose another time"),
    "": ("it was refused", "Edit it or publish it again"),
}
Words = tuple[str, dict[str, Any]]  # an address, and what the letter to it says
row, channel, grant = table(Delivery).c, table(Channel).c, table(ChannelGrant).c
UNTOLD = and_(row.state.in_((HELD, FAILED)), row.hold != PAUSED, row.told_at.is_(None))


@dataclass
class Letter:
    """What one person is told; the times as the clock on that person's wall shows them."""

    to: User
    posts: list[Delivery] = field(default_factory=list)
    channels: list[Outlook] = field(default_factory=list)

    def words(self) -> dict[str, Any]:
        return {
            "name": self.to.name,
            "posts": [_post(one, self.to) for one in self.posts[:MOST]],
            "count": len(self.posts),
            "more": max(0, len(self.posts) - MOST),
            "channels": [_channel(one, self.to) for one in self.channels],
        }


@dataclass(frozen=True)
class Told:
    """What was taken to be told: ids of deliveries and of channels, with keys and without, and the
    letters about them."""

    deliveries: list[int]
    channels: list[int]
    keyless: list[int]
    letters: list[Words]


@across_organizations("whoever was not told, wherever that is")
def organizations(now: datetime) -> list[int]:
    """Those that have something to be told of."""
    recent = table(Delivery).alias()
    lately = exists().where(
        recent.c.organization_id == row.organization_id, recent.c.told_at > now - QUIET
    )
    posts = select(row.organization_id).where(UNTOLD, ~lately)
    channels = select(channel.organization_id).where(
        channel.id.in_(forecast.ends_soon(now).where(grant.told_at.is_(None)))
    )
    ids = list(db.session.scalars(posts.union(channels)))
    db.session.rollback()
    return sorted(ids)


def is_wanted() -> bool:
    return bool(organizations(clock.now()))


def take(organization_id: int, now: datetime) -> Told:
    """Take what was not told, and write the letters; the caller commits before one leaves."""
    ids = list(db.session.scalars(
        update(table(Delivery))
        .where(row.organization_id == organization_id, UNTOLD)
        .values(told_at=now)
        .returning(row.id)
    ))  # fmt: skip
    ours = select(channel.id).where(channel.organization_id == organization_id)
    ending = forecast.ends_soon(now).where(channel.id.in_(ours))
    ended = list(db.session.scalars(
        update(table(ChannelGrant))
        .where(grant.channel_id.in_(ending), grant.told_at.is_(None))
        .values(told_at=now)
        .returning(grant.channel_id)
    ))  # fmt: skip
    chosen = select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.due_at, Delivery.id)
    letters = _write(organization_id, db.session.scalars(chosen).all(), ended)
    named = {one.channel_id for letter in letters for one in letter.channels}
    _note_keyless(named - set(ended), now)
    words = [(one.to.email, one.words()) for one in _note(letters, now)]
    return Told(ids, ended, sorted(named - set(ended)), words)


def _note(letters: Iterable[Letter], now: datetime) -> Iterator[Letter]:
    """The same in the product, where each line leads to the one thing to do; and what is left for a
    mail at once, by what each person chose."""
    for letter in letters:
        left, at_once = Letter(letter.to), set()
        for post in {one.post for one in letter.posts}:
            mine = [one for one in letter.posts if one.post_id == post.id]
            kind = "failed" if any(map(_is_failed, mine)) else "eyes"
            if notices.tell([letter.to], kind, now, post=post):
                at_once.add(post.id)
        left.posts = [one for one in letter.posts if one.post_id in at_once]
        for outlook in letter.channels:
            broken = db.session.get_one(Channel, outlook.channel_id)
            if notices.tell([letter.to], "reconnect", now, channel=broken):
                left.channels.append(outlook)
        if left.posts or left.channels:
            yield left


def _note_keyless(ids: Iterable[int], now: datetime | None) -> None:
    """Channels whose keys are gone have no row of keys that could say that it was told."""
    changed = update(table(Channel)).where(channel.id.in_(list(ids)))
    db.session.execute(changed.values(told_at=now))


def give_back(told: Told) -> None:
    """No mail left: it is told the next time. The caller commits."""
    untold: dict[str, Any] = {"told_at": None}
    db.session.execute(update(table(Delivery)).where(row.id.in_(told.deliveries)).values(untold))
    db.session.execute(
        update(table(ChannelGrant)).where(grant.channel_id.in_(told.channels)).values(untold)
    )
    _note_keyless(told.keyless, None)


def _write(
    organization_id: int, deliveries: Sequence[Delivery], ended: Sequence[int]
) -> list[Letter]:
    here = select(Membership).where(Membership.organization_id == organization_id)
    members = {one.user_id: one for one in db.session.scalars(here.order_by(Membership.id))}
    deciders = [one.user for one in members.values() if one.may("channel.connect")]
    letters: dict[int, Letter] = {}
    for one in deliveries:
        author = members.get(one.post.author_id or 0)
        for person in [author.user] if author else deciders:
            if not _waits_for_keys(one):
                letters.setdefault(person.id, Letter(person)).posts.append(one)
    outlooks = forecast.of_organization(organization_id)
    for id in sorted(_to_reconnect(deliveries, ended) & outlooks.keys()):
        authors = {one.post.author_id for one in deliveries if one.channel_id == id}
        concerned = {one.user for one in members.values() if one.user_id in authors}
        for person in {*deciders, *concerned}:
            letters.setdefault(person.id, Letter(person)).channels.append(outlooks[id])
    return [letters[id] for id in sorted(letters)]


def _waits_for_keys(one: Delivery) -> bool:
    """Told of with its channel, which is what somebody has to act on."""
    return one.hold == "reconnect" and one.channel.state == "needs_reconnect"


def _to_reconnect(deliveries: Iterable[Delivery], ended: Sequence[int]) -> set[int]:
    """Channels to tell of: each once, so not those that were told of when they broke."""
    untold = {
        one.channel_id
        for one in deliveries
        if _waits_for_keys(one) and not (one.channel.grant or one.channel).told_at
    }
    return untold | set(ended)


def _when(moment: datetime | None, reader: User) -> str:
    return f"{moment.astimezone(reader.zone):%a %d %b %Y, %H:%M}" if moment else ""


def _post(one: Delivery, reader: User) -> dict[str, Any]:
    what, action = MATTERS.get(one.hold, MATTERS[""])
    is_failed = _is_failed(one)
    return {
        "due": _when(one.due_at, reader),
        "network": one.channel.network_name,
        "handle": one.channel.handle,
        "what": what,
        "reason": one.reason[:REASON] if one.state == FAILED else "",
        "action": action,
        "path": f"/posts/{one.post_id}" if is_failed else f"/attention#delivery-{one.id}",
    }


def _is_failed(one: Delivery) -> bool:
    """Its own page is where it is mended."""
    return one.state == FAILED or one.hold == "not_approved"


def _channel(one: Outlook, reader: User) -> dict[str, Any]:
    return {
        "network": one.network,
        "handle": one.name,
        "is_broken": one.is_broken,
        "until": _when(one.until, reader),
        "posts": one.posts,
        "first": _when(one.first_at, reader),
        "path": f"/channels/{one.channel_id}",
    }
