"""Letting a channel go: what of its history stays, and what a legal hold keeps whatever is chosen."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update

from app.channels.connecting import disconnect
from app.channels.models import Channel
from app.db import db, table
from app.publishing.sweeping import RECONNECT
from app.scheduler import noting
from app.scheduler.models import Delivery, Post
from app.scheduler.states import LEAVING, NO_PLACE, OPEN, PENDING, WAITING, sum_up

KEEP, ANONYMISE, ERASE = "keep", "anonymise", "erase"
CHOICES = {
    KEEP: (
        "Keep the history",
        "The posts and what became of them stay here, under the account's name.",
    ),
    ANONYMISE: (
        "Keep the posts, forget the account",
        "Handle, name, server and the links to the posts are taken out; the posts stay.",
    ),
    ERASE: (
        "Erase the channel",
        "The channel goes, with all that was noted about posts on it. Texts stay as posts or drafts.",
    ),
}
TOLD = {
    KEEP: "Its history stays here.",
    ANONYMISE: "The account is forgotten here; the posts stay.",
    ERASE: "The channel and what was noted about posts on it are erased here.",
}
WAITS = (*WAITING, PENDING)
# Which rows of a table a legal hold names; filled where features are put together.
HELD: list[Callable[[Table], ColumnElement[bool]]] = []
channel, row, post = table(Channel).c, table(Delivery).c, table(Post).c


def waiting_on(id: int) -> int:
    """Posts that would be held, since they wait for this channel."""
    chosen = select(func.count()).select_from(table(Delivery))
    return db.session.scalar(chosen.where(row.channel_id == id, row.state.in_(WAITS))) or 0


def is_leaving(id: int) -> bool:
    """Is a post on its way out at this very moment?"""
    going = exists().where(row.channel_id == id, row.state.in_(LEAVING))
    return bool(db.session.scalar(select(going)))


def is_kept(id: int) -> bool:
    """Does a legal hold name the channel, or something that was published on it?"""
    [held] = HELD
    own = exists().where(channel.id == id, held(table(Channel)))
    of_it = exists().where(row.channel_id == id, held(table(Delivery)))
    return bool(db.session.scalar(select(own | of_it)))


def say(found: Channel, choice: str, now: datetime) -> str:
    """Revoke at the network first, destroy the keys whatever it answers, then do as was chosen;
    what to tell."""
    id, organization_id = found.id, found.organization_id
    words = disconnect(id, now)
    _want_keys(id, organization_id, now)
    if choice == ANONYMISE:
        _forget_account(id, organization_id)
    elif choice == ERASE:
        _erase(id, organization_id)
    return f"{words} {TOLD[choice]}"


def _want_keys(id: int, organization_id: int, now: datetime) -> None:
    """What was held since the plan had no place for the channel is held for its keys from now on."""
    held = (row.organization_id == organization_id, row.channel_id == id, row.hold == NO_PLACE)
    values = {"hold": "reconnect", "reason": RECONNECT}
    changed = update(table(Delivery)).where(*held).values(values)
    noting.note(noting.HELD, db.session.scalars(changed.returning(row.id)).all(), now)


def _forget_account(id: int, organization_id: int) -> None:
    """Tombstones, as an erased person has them; the same account connected again is a new channel."""
    nameless = {"handle": "forgotten account", "name": "", "url": "", "host": "", "facts": {}}
    ours = channel.organization_id == organization_id
    db.session.execute(
        update(table(Channel))
        .where(ours, channel.id == id)
        .values(account_id=f"forgotten-{id}", **nameless)
    )
    links: dict[str, Any] = {
        "external_id": None,
        "external_url": None,
        "record": None,
        "steps": [],
        "handle": "",
    }
    db.session.execute(
        update(table(Delivery))
        .where(row.organization_id == organization_id, row.channel_id == id)
        .values(prepared_hash="", **links)
    )
    db.session.expire_all()


def _erase(id: int, organization_id: int) -> None:
    """With the channel go its deliveries and their attempts. The database refuses it for the sake of
    a legal hold. A post that only waited for this channel becomes a draft."""
    theirs = row.organization_id == organization_id
    posts = set(db.session.scalars(select(row.post_id).where(theirs, row.channel_id == id)))
    ours = channel.organization_id == organization_id
    db.session.execute(delete(table(Channel)).where(ours, channel.id == id))
    left: dict[int, list[str]] = {one: [] for one in posts}
    elsewhere = select(row.post_id, row.state).where(theirs, row.post_id.in_(posts))
    for one in db.session.execute(elsewhere):
        left[one.post_id].append(one.state)
    for post_id, states in left.items():
        now = sum_up(states)
        alone: dict[str, Any] = {"due_at": None} if not states else {}
        open_ones = (post.organization_id == organization_id) & (post.id == post_id)
        if not states:
            open_ones &= post.state.in_(OPEN)
        db.session.execute(update(table(Post)).where(open_ones).values(state=now, **alone))
    db.session.expire_all()
