"""The daily digest: one mail to a person, at eight on the clock of their own wall, with what they chose
to hear of so and have not read by then, from all their organisations.

A notice that waits says since when. Taking it says no more of it, in one statement and committed before
the mail leaves: of two clocks or two workers one finds it, and none tells it twice. A mail that no
server takes is given back and tried again. A crash between the two loses the mail and not what it told
of, which still stands unread in the product: rather that than the same mail each time that it crashes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import joinedload

from app import clock
from app.account.mailable import may_be_mailed
from app.account.models import Membership, Organization, User
from app.db import among, db
from app.scheduler import mail_choices
from app.scheduler.models import Post
from app.scheduler.notice_kinds import DIGEST, KINDS, NONE
from app.scheduler.notices import Notice, rows
from app.scheduler.wall_time import resolve
from app.scope import across_organizations

AT = time(8)
MOST = 50  # lines in one mail


@dataclass(frozen=True)
class Digest:
    """What was taken: ids of notices, the eight o'clock that they waited for, and the letter about
    them; empty words when nothing of it is wanted any more."""

    ids: list[int]
    at: datetime
    to: str
    words: dict[str, Any]


def last_eight(now: datetime, zone: ZoneInfo) -> datetime:
    """When it last was eight on that wall, also on days when the clocks change."""
    today = now.astimezone(zone).date()
    instant = resolve(datetime.combine(today, AT), zone).instant
    if instant <= now:
        return instant
    return resolve(datetime.combine(today - timedelta(days=1), AT), zone).instant


@across_organizations("the clock asks for everybody's digests")
def due(now: datetime) -> list[int]:
    """People for whom something has waited since before their last eight o'clock."""
    waiting = (
        select(User.id, User.timezone, func.min(rows.c.digest_since))
        .select_from(Notice)
        .join(Membership, Membership.id == rows.c.membership_id)
        .join(User, User.id == Membership.user_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(rows.c.digest_since.is_not(None), *may_be_mailed())
        .group_by(User.id, User.timezone)
    )
    found = [
        id
        for id, zone, since in db.session.execute(waiting)
        if since <= last_eight(now, ZoneInfo(zone))
    ]
    db.session.rollback()
    return sorted(found)


def is_wanted() -> bool:
    return bool(due(clock.now()))


def take(person_id: int, now: datetime) -> Digest | None:
    """Take what waits, and write the letter; None when there is nothing. The caller commits before it
    leaves."""
    if not (person := db.session.get(User, person_id)) or person.erased_at:
        return None
    at = last_eight(now, person.zone)
    ours = (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(Membership.user_id == person_id, *may_be_mailed())
    )
    waits = (rows.c.membership_id.in_(ours), rows.c.digest_since <= at)
    taken = update(rows).where(*waits).values(digest_since=None).returning(rows.c.id)
    if not (ids := list(db.session.scalars(taken))):
        return None
    return Digest(ids, at, person.email, _words(person, ids))


def give_back(digest: Digest) -> None:
    """No mail left: it waits on, but for what was read meanwhile. The caller commits."""
    untold = update(rows).where(among(rows.c.id, digest.ids), rows.c.read_at.is_(None))
    db.session.execute(untold.values(digest_since=digest.at))


def _words(person: User, ids: Sequence[int]) -> dict[str, Any]:
    how = mail_choices.of(person)
    chosen = (
        select(Notice, Organization.name)
        .join(Membership, Membership.id == Notice.membership_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(among(rows.c.id, ids), Notice.kind.in_([k for k in how if how[k] != NONE]))
        .order_by(Organization.name, Organization.id, Notice.at, Notice.id)
        .options(joinedload(Notice.post).selectinload(Post.deliveries), joinedload(Notice.channel))
    )
    found = db.session.execute(chosen).all()
    if not found:
        return {}
    return {
        "name": person.name,
        "homes": list(_homes(found[:MOST], person)),
        "more": max(0, len(found) - MOST),
        "zone": person.timezone,
        "stop": mail_choices.stop_address(person, DIGEST),
    }


def _homes(
    found: Sequence[Row[Notice, str]], reader: User
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    for name, lines in groupby(found, key=lambda row: row[1]):
        yield name, [_line(one, reader) for one, _ in lines]


def _line(one: Notice, reader: User) -> dict[str, str]:
    """Where it is about, and when it is due; no words of the post."""
    kind = KINDS[one.kind]
    about = [f"{one.channel.network_name}, {one.channel.handle}"] if one.channel else []
    if post := one.post:
        about += sorted({each.channel.network_name for each in post.deliveries})
        about += (
            [f"due {post.due_at.astimezone(reader.zone):%a %d %b %Y, %H:%M}"] if post.due_at else []
        )
    return {
        "title": kind.title,
        "about": ", ".join(about),
        "action": kind.action,
        "path": f"/notifications/{one.id}",
    }
