"""Looking at a channel: one at a time, behind publishing, and within what the network allows."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from app import clock, http, telemetry
from app.analytics import timetable, trouble
from app.analytics.models import Audience, ChannelLook, Measure
from app.analytics.recording import Look, record
from app.analytics.taking_up import A_DAY
from app.channels.models import Channel
from app.db import among, db, inserting, table
from app.networks import Absent, Account, Figures, Grant, Network, Refused, Unknown
from app.publishing import budgets, grants
from app.publishing.budgets import Meter, Told
from app.scheduler.models import Delivery
from app.scheduler.states import LIVE

LEASE = timedelta(minutes=5)
SOON = timedelta(minutes=10)  # what is due within this is asked for along with the rest
QUIET = timedelta(minutes=10)  # no looks while something is to leave within this
MOST = 200  # posts of a channel in one look
WAITS = {
    trouble.WAIT: timedelta(minutes=15),
    trouble.SILENT: timedelta(hours=1),
    trouble.KEYS: timedelta(hours=6),
    trouble.REFUSED: timedelta(days=1),
}
log = structlog.get_logger(__name__)
measures, looks, audiences = table(Measure), table(ChannelLook), table(Audience)
Answer = dict[str, Figures | Absent] | Refused | Unknown


@dataclass
class Visit:
    """A channel that we look at now. `ids`: deliveries by the network's names for them."""

    channel_id: int
    adapter: Network
    account: Account
    ids: dict[str, int]
    asks_audience: bool
    heard: list[Told] = field(default_factory=list)

    @property
    def batches(self) -> Iterator[list[str]]:
        size, every = self.adapter.measure_batch, list(self.ids)
        return (every[start : start + size] for start in range(0, len(every), size))


def begin(channel_id: int, now: datetime) -> Visit | None:
    """Take the channel to look at; None when somebody else has it or it is no time for it. The
    caller commits."""
    if not _take(channel_id, now):
        return None
    channel = db.session.get_one(Channel, channel_id)
    if _is_busy(channel_id, now) or not budgets.may_read(channel_id, now):
        _give_back(channel_id, not_before=now + QUIET)
        return None
    chosen = (
        select(Delivery.external_id, Delivery.id)
        .join(Measure, Measure.delivery_id == Delivery.id)
        .where(Measure.channel_id == channel_id, Measure.next_at <= now + SOON)
        .where(Delivery.external_id.is_not(None))
        .order_by(Measure.next_at, Delivery.id)
        .limit(MOST)
    )
    ids = {found.external_id: found.id for found in db.session.execute(chosen)}
    last = db.session.get_one(ChannelLook, channel_id).followers_at
    asks = channel.adapter.tells_audience and (last is None or last <= now - A_DAY + SOON)
    return Visit(channel_id, channel.adapter, channel.account, ids, asks)


def _take(channel_id: int, now: datetime) -> bool:
    new = inserting(looks).values(channel_id=channel_id, lease_until=now + LEASE)
    free = or_(looks.c.lease_until.is_(None), looks.c.lease_until <= now)
    allowed = or_(looks.c.not_before.is_(None), looks.c.not_before <= now)
    taken = new.on_conflict_do_update(
        index_elements=["channel_id"], set_={"lease_until": now + LEASE}, where=free & allowed
    )
    return db.session.execute(taken.returning(looks.c.channel_id)).first() is not None


def _is_busy(channel_id: int, now: datetime) -> bool:
    """Is something about to leave, or leaving, on this channel?"""
    soon = select(Delivery.id).where(
        Delivery.channel_id == channel_id,
        Delivery.state.in_(LIVE),
        Delivery.not_before <= now + QUIET,
    )
    return db.session.scalar(soon.limit(1)) is not None


def _give_back(channel_id: int, **values: object) -> None:
    _note(channel_id, lease_until=None, **values)


def _note(channel_id: int, **values: object) -> None:
    mine = update(looks).where(looks.c.channel_id == channel_id)
    db.session.execute(mine.values(**values))


async def look_at(web: http.Client, channel_id: int) -> int:
    """Look at one channel; how many posts told something new. Nothing is open in the database while
    the network is asked."""
    visit = begin(channel_id, clock.now())
    db.session.commit()
    if visit is None:
        return 0
    metered = web.heard_by(Meter(channel_id, visit.heard.append))
    opened = await grants.fresh_of(metered, channel_id, visit.account)
    if not isinstance(opened, Grant):
        return _end(visit, 0, opened)
    new, refusal = await _measure(metered, visit, opened)
    if refusal is None and visit.asks_audience and _may_go_on(visit):
        refusal = await _ask_audience(metered, visit, opened)
    return _end(visit, new, refusal)


async def _measure(
    web: http.Client, visit: Visit, opened: Grant
) -> tuple[int, Refused | Unknown | None]:
    """Batch by batch, each written down at once; up to the first refusal, or until publishing needs the
    channel. What is left over is due at the next look."""
    new = 0
    for number, ids in enumerate(visit.batches):
        if number and not _may_go_on(visit):
            break
        answer = await visit.adapter.measure(web, visit.account, opened, ids)
        if isinstance(answer, Refused | Unknown):
            return new, answer
        new += _write_down(visit, ids, answer, clock.now())
        db.session.commit()
    return new, None


def _may_go_on(visit: Visit) -> bool:
    """Asked again between two questions, with what the answers until now said of the budget: a visit
    takes minutes, in which a post may be planned, and can use up what is kept for publishing. While it
    goes on, nobody else begins one."""
    now = clock.now()
    budgets.keep(visit.heard, now)
    visit.heard.clear()
    is_free = not _is_busy(visit.channel_id, now) and budgets.may_read(visit.channel_id, now)
    _note(visit.channel_id, lease_until=now + LEASE)
    db.session.commit()
    return is_free


def _write_down(
    visit: Visit, ids: Sequence[str], answer: dict[str, Figures | Absent], now: datetime
) -> int:
    rungs = timetable.of(visit.adapter)
    told = {id: answer.get(id, Figures()) for id in ids}
    gone = [visit.ids[id] for id, one in told.items() if isinstance(one, Absent)]
    found = {visit.ids[id]: one for id, one in told.items() if isinstance(one, Figures)}
    if gone:
        _mark_gone(gone, rungs, now)
    return record([Look(id, now, one) for id, one in found.items()], rungs)


def _mark_gone(ids: Sequence[int], rungs: Sequence[timetable.Rung], now: datetime) -> None:
    """It may come back, as after a mistake of the network's: it is asked about again, ever less."""
    chosen = select(Measure).where(among(measures.c.delivery_id, ids)).with_for_update()
    for measure in db.session.scalars(chosen.execution_options(populate_existing=True)):
        measure.gone_at, measure.trouble = measure.gone_at or now, ""
        measure.unchanged += 1
        since = (measure.published_at, now, measure.unchanged)
        measure.next_at = timetable.next_look(rungs, *since)
    db.session.flush()


async def _ask_audience(web: http.Client, visit: Visit, opened: Grant) -> Refused | Unknown | None:
    answer = await visit.adapter.audience(web, visit.account, opened)
    if isinstance(answer, Refused | Unknown):
        return answer
    now = clock.now()
    if answer is not None:
        row = {"channel_id": visit.channel_id, "on": now.date(), "followers": answer}
        new = inserting(audiences).values(row)
        again = new.on_conflict_do_update(
            index_elements=["channel_id", "on"], set_={"followers": answer}
        )
        db.session.execute(again)
    _note(visit.channel_id, followers_at=now)
    db.session.commit()
    return None


def _end(visit: Visit, new: int, refusal: Refused | Unknown | None) -> int:
    """Let the channel go, with what the network said of its budget and of our asking."""
    now = clock.now()
    if isinstance(refusal, Refused) and refusal.stale_token:
        grants.expire(visit.channel_id)
    budgets.keep(visit.heard, now)
    word = trouble.of(refusal) if refusal else ""
    waits = (refusal.retry_at if isinstance(refusal, Refused) else None) or (
        now + WAITS[word] if word else None
    )
    _give_back(visit.channel_id, trouble=word, not_before=waits)
    if word:
        due = update(measures).where(
            measures.c.channel_id == visit.channel_id, measures.c.next_at <= now + SOON
        )
        db.session.execute(due.values(trouble=word))
    db.session.commit()
    return new


async def look_at_all(ids: Sequence[int]) -> int:
    """Look at these channels at the same time; a bug with one stops that one alone."""
    async with http.client() as web:
        return sum(await asyncio.gather(*(_safely(web, id) for id in ids)))


async def _safely(web: http.Client, channel_id: int) -> int:
    try:
        return await look_at(web, channel_id)
    except Exception as bug:
        db.session.rollback()
        log.exception("channel.look_crashed", channel=channel_id)
        telemetry.report(bug, "job", "analytics.collect")
        return 0
