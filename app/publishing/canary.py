"""A test post every few minutes through the whole engine: the clock rings for it, a publisher carries it
as it carries every delivery (keys, preparing, intent, one request, record), and the sandbox's own API
takes it over HTTP at this instance's address.

It has a row of its own and belongs to no organisation. So it does not prove the claim's UPDATE with
lease and fence, nor the rows of deliveries and attempts: those are proven by `make chaos`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, Label, and_, delete, func, select, update

from app import clock, http, vault
from app.channels.models import bound_to
from app.db import db, table
from app.networks import Account, Published, network
from app.publishing.carrying import Carrier
from app.publishing.claiming import Claimed
from app.publishing.grants import Kept
from app.publishing.intents import Prepared
from app.publishing.models import Canary
from app.publishing.outcomes import Outcome
from app.scheduler.saying import Part, Saying
from app.scheduler.states import SCHEDULED
from app.signing import mac

AHEAD = timedelta(seconds=3)
PATIENCE = timedelta(minutes=1)  # after which one that nobody took is let be
KEPT = timedelta(days=1)
LATE = 30.0  # seconds from which it is a sign of trouble
NOBODY = 0  # in place of an organisation, a channel and a post
SLUG = "canary"
row = table(Canary).c
log = structlog.get_logger(__name__)


def every() -> timedelta | None:
    """Between two of them; None when they are switched off. Tests plan their own."""
    settings = current_app.config["SETTINGS"]
    minutes = 0 if settings.app_env == "test" else settings.canary_minutes
    return timedelta(minutes=minutes) if minutes else None


def key() -> str:
    """Opens the wall; only this instance can make it."""
    return mac("canary", b"wall").hex()


def plan(now: datetime, pause: timedelta | None) -> None:
    """The next one, when the last is long enough ago; the old ones go. The caller commits."""
    last = db.session.scalar(select(func.max(row.due_at)))
    if pause and (last is None or last <= now - pause):
        db.session.add(Canary(due_at=now + AHEAD))
        db.session.execute(delete(Canary).where(Canary.due_at < now - KEPT))


def next_wake(now: datetime) -> datetime | None:
    """When one that nobody took is due."""
    return db.session.scalar(select(func.min(row.due_at)).where(_waits(now)))


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(row.began_at.is_(None), row.due_at > now - PATIENCE)


def take(now: datetime) -> list[Claimed]:
    """One that is due, taken by whoever is first, else none; the caller commits."""
    due = select(row.id).where(_waits(now), row.due_at <= now).limit(1).scalar_subquery()
    taken = (
        update(table(Canary))
        .where(row.id == due, row.began_at.is_(None))
        .values(began_at=now)
        .returning(row.id, row.due_at)
    )
    found = db.session.execute(taken).one_or_none()
    return [_as_claimed(found.id, found.due_at)] if found else []


def _as_claimed(id: int, due_at: datetime) -> Claimed:
    base = current_app.config["SETTINGS"].base_url
    return Claimed(
        id=id,
        fence=0,
        organization_id=NOBODY,
        post_id=NOBODY,
        author_id=None,
        channel_id=NOBODY,
        network="sandbox",
        account=Account("sandbox", base, SLUG, SLUG, SLUG, base),
        state=SCHEDULED,
        due_at=due_at,
        not_before=due_at,
        content_hash="",
        record=None,
        is_prepared=False,
        steps=(),
        handle="",
        remote_key=None,
        remote_at=None,
        tries=0,
        patience=1,
        reads=0,
        unknown_since=None,
    )


async def fly(web: http.Client, work: Claimed) -> None:
    """Carry it as every delivery is carried, with rows of its own to write to."""
    carrier = Carrier(
        keys=_keys, say=_say, intend=_intend, record=_record, keep=_keep, give_back=_give_back,
        hear=lambda told: None,
    )  # fmt: skip
    await carrier.carry(web, work)


async def _keys(channel_id: int) -> Kept:
    return Kept(channel_id, vault.seal({"token": key()}, bound_to=bound_to(channel_id)), None, 1)


async def _say(work: Claimed) -> Saying:
    return Saying((Part(str(work.id)),))


async def _keep(made: Prepared) -> None:
    """It is sent at once, so nothing of it is kept."""


async def _give_back(work: Claimed) -> None:
    """It is due when it is taken, so this is never asked."""


async def _intend(work: Claimed) -> float:
    work.remote_at = work.due_at
    work.remote_key = network(work.network).new_key(work.id, work.due_at)
    return clock.stopwatch()


async def _record(outcome: Outcome) -> None:
    if isinstance(outcome.result, Published):
        return  # the wall has written down when it came
    log.warning("canary.lost", canary=outcome.work.id, trouble=outcome.result.reason)
    changed = update(table(Canary)).where(row.id == outcome.work.id)
    db.session.execute(changed.values(trouble=outcome.result.reason[:300]))
    db.session.commit()


def arrived(id: int, now: datetime) -> bool:
    """The wall has it; False when there is none that is on its way. The caller commits."""
    changed = update(table(Canary)).where(row.id == id, row.seen_at.is_(None))
    return db.session.scalar(changed.values(seen_at=now).returning(row.id)) is not None


@dataclass(frozen=True)
class Seen:
    """How the last test post went, in words."""

    words: str
    is_well: bool


def seen(
    due_at: datetime | None, seen_at: datetime | None, trouble: str | None, now: datetime
) -> Seen | None:
    """Of the last one; None when there was none, or it is only about to be due."""
    if due_at is None or due_at > now:
        return None
    gone = int((now - due_at).total_seconds())
    ago = f"{gone} s ago" if gone < 120 else f"{gone // 60} min ago"
    if seen_at:
        late = max(0.0, (seen_at - due_at).total_seconds())
        return Seen(f"Test post {ago}, {late:.1f} s late", late < LATE)
    if trouble:
        return Seen(f"The test post {ago} did not arrive: {trouble}", is_well=False)
    return Seen(f"The test post {ago} has not arrived", gone < LATE)


def is_untaken(due_at: datetime | None, began_at: datetime | None, now: datetime) -> bool:
    """Was the last one due so long ago that its clock has given up ringing, and nobody took it? Never
    when they are switched off."""
    if due_at is None or began_at or not current_app.config["SETTINGS"].canary_minutes:
        return False
    return due_at <= now - PATIENCE


def _last() -> tuple[Label[Any], ...]:
    """What the newest row says, for a statement that asks more."""
    newest = select(func.max(row.id)).scalar_subquery()
    columns = {
        "test_due": row.due_at,
        "test_began": row.began_at,
        "test_seen": row.seen_at,
        "test_trouble": row.trouble,
    }
    return tuple(
        select(column).where(row.id == newest).scalar_subquery().label(name)
        for name, column in columns.items()
    )


LAST = _last()
