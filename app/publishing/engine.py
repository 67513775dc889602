"""The publisher: takes what is due, sends many at once, writes down what came of it.

A delivery is carried by one coroutine from claim to record; the database is asked in batches
between the awaits, and no transaction is open while a network is awaited. See docs/decisions/0001.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

import structlog
from flask import current_app

from app import clock, http, telemetry
from app.db import db
from app.networks import (
    Grant,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
    network,
)
from app.publishing import cards, confirming, grants, milestones, pictures, recording
from app.publishing.claiming import Claimed, claim
from app.publishing.recording import Outcome
from app.scheduler.states import CONFIRMING
from app.scope import across_organizations

WINDOW = 200  # deliveries in flight
SEND_WITHIN = 5.0  # seconds from the committed intent to the first byte
SHIFT = 60.0  # seconds after which a shift claims no more
PAUSE = 0.25  # seconds between looks at the database while something is in flight

ENGINE = f"{__name__}.run_shift"
log = structlog.get_logger(__name__)
In = TypeVar("In")
Out = TypeVar("Out")
TOO_SLOW = Refused("The machine was too slow to send in time.", permanent=False, not_sent=True)


class Batch(Generic[In, Out]):
    """Collects what several coroutines ask for in the same moment into one transaction."""

    def __init__(self, write: Callable[[Sequence[In]], Sequence[Out]]) -> None:
        self.write = write
        self.waiting: list[tuple[In, asyncio.Future[Out]]] = []

    async def __call__(self, item: In) -> Out:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Out] = loop.create_future()
        self.waiting.append((item, future))
        if len(self.waiting) == 1:
            loop.call_later(0.004, self._flush)
        return await future

    def _flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        self._write(waiting)

    def _write(self, waiting: list[tuple[In, asyncio.Future[Out]]]) -> None:
        """All in one transaction; where that fails each in its own, so that one can't spoil all."""
        try:
            answers = self.write([item for item, _ in waiting])
            db.session.commit()
        except Exception as trouble:
            db.session.rollback()
            if len(waiting) == 1:
                waiting[0][1].set_exception(trouble)
                return
            for one in waiting:
                self._write([one])
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            future.set_result(answer)


class Shift:
    """One stretch of publishing: until nothing is due and nothing in flight, or its time is up."""

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self.stopping = stopping
        self.lease = timedelta(seconds=current_app.config["SETTINGS"].publish_lease_seconds)
        self.intend: Batch[Claimed, float | None] = Batch(_write_intents)
        self.record: Batch[Outcome, None] = Batch(_write_outcomes)
        self.keep: Batch[tuple[Claimed, dict[str, Any]], None] = Batch(_keep_records)
        self.give_back: Batch[Claimed, None] = Batch(_give_back)
        self.grants: dict[int, asyncio.Task[Grant | Refused | Unknown]] = {}

    async def work(self) -> int:
        """Carry everything that wants work; how many were taken."""
        started, taken = clock.stopwatch(), 0
        flying: set[asyncio.Task[None]] = set()
        async with http.client() as web:
            self.web = web
            while True:
                on_shift = not self.stopping() and clock.stopwatch() - started < SHIFT
                works = self._claim(WINDOW - len(flying)) if on_shift else []
                taken += len(works)
                flying |= {asyncio.create_task(self._safely(self._carry(w), w)) for w in works}
                if not flying:
                    return taken
                _, flying = await asyncio.wait(
                    flying, timeout=PAUSE, return_when=asyncio.FIRST_COMPLETED
                )

    def _claim(self, most: int) -> list[Claimed]:
        works = claim(clock.now(), self.lease, most) if most else []
        db.session.commit()
        return works

    async def _safely(self, carrying: Coroutine[Any, Any, None], work: Claimed) -> None:
        """A bug with one delivery stops that one; its lease ends and the sweeper looks at it."""
        try:
            await carrying
        except Exception as trouble:
            db.session.rollback()
            log.exception("delivery.crashed", delivery=work.id, post=work.post_id)
            telemetry.report(trouble, "engine", ENGINE, concerns=work.author_id)

    async def _carry(self, work: Claimed) -> None:
        opened = await self._grant(work)
        if work.state == CONFIRMING:
            await confirming.confirm(self.web, work, opened, self.record)
            return
        if not isinstance(opened, Grant):
            await self.record(Outcome(work, _before_sending(opened)))
            return
        if not await self._prepare(work, opened):
            return
        if work.not_before > clock.now():
            await self.give_back(work)
            return
        await self._send(work, opened)

    async def _grant(self, work: Claimed) -> Grant | Refused | Unknown:
        """Deliveries of one channel share one look at its keys."""
        known = self.grants.get(work.channel_id)
        if known is None or known.done():
            known = asyncio.create_task(grants.fresh(self.web, work.channel_id, work.account))
            self.grants[work.channel_id] = known
        return await known

    async def _prepare(self, work: Claimed, opened: Grant) -> bool:
        """Upload and build what will be sent, unless that was done ahead of time."""
        if work.record is not None:
            return True
        fitted = await pictures.fitted(work)
        card = not fitted and cards.may_look_up(work, clock.now())
        piece = Piece(work.text, fitted, link_card=card)
        made = await network(work.network).prepare(
            self.web, work.account, opened, piece, work.due_at, {}
        )
        assert not isinstance(made, Partly)
        if isinstance(made, Refused | Unknown):
            await self.record(Outcome(work, _before_sending(made)))
            return False
        work.record = made
        await self.keep((work, made))
        return True

    async def _send(self, work: Claimed, opened: Grant) -> None:
        committed = await self.intend(work)
        if committed is None:
            return  # changed or cancelled in the last moment
        if clock.stopwatch() - committed > SEND_WITHIN:
            await self.record(Outcome(work, TOO_SLOW))
            return
        assert work.remote_key and work.remote_at and work.record is not None
        parcel = Parcel(work.remote_key, work.remote_at, work.record)
        result = await network(work.network).publish(self.web, work.account, opened, parcel)
        assert not isinstance(result, Processing)
        await self.record(Outcome(work, result))


def _before_sending(answer: Refused | Unknown) -> Refused:
    """Nothing visible was sent yet, so not knowing is no danger: it is tried again."""
    if isinstance(answer, Refused):
        return answer
    return Refused(answer.reason, permanent=False, not_sent=True)


def _write_intents(works: Sequence[Claimed]) -> list[float | None]:
    ours = {work.id for work in recording.intend(works, clock.now())}
    db.session.commit()
    committed = clock.stopwatch()
    return [committed if work.id in ours else None for work in works]


def _write_outcomes(outcomes: Sequence[Outcome]) -> list[None]:
    recording.record(outcomes, clock.now())
    milestones.note_first(o.work for o in outcomes if isinstance(o.result, Published))
    for outcome in outcomes:
        result = outcome.result
        if isinstance(result, Refused) and result.reconnect:
            grants.lose(outcome.work.channel_id, result.reason)
        elif isinstance(result, Refused) and result.stale_token:
            grants.expire(outcome.work.channel_id)
    return [None] * len(outcomes)


def _keep_records(made: Sequence[tuple[Claimed, dict[str, Any]]]) -> list[None]:
    recording.keep_records(made, clock.now())
    return [None] * len(made)


def _give_back(works: Sequence[Claimed]) -> list[None]:
    recording.give_back(works)
    return [None] * len(works)


@across_organizations("the publisher carries everybody's deliveries")
def run_shift(stopping: Callable[[], bool] = lambda: False) -> int:
    """Publish what is due, from ordinary code. Running this twice, or twice at once, is harmless."""
    return asyncio.run(Shift(stopping).work())
