"""The publisher: takes what is due, sends many at once, writes down what came of it.

A delivery is carried by one coroutine from claim to record (`carrying`); the database is asked in
batches between the awaits, and no transaction is open while a network is awaited. See
docs/decisions/0001.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from flask import current_app

from app import clock, http, telemetry
from app.db import db
from app.networks import Published, Refused
from app.publishing import (
    budgets,
    canary,
    clocks,
    clones,
    gaps,
    grants,
    intents,
    milestones,
    outcomes,
)
from app.publishing.batches import Batch
from app.publishing.breaker import Breaker
from app.publishing.budgets import Told
from app.publishing.carrying import OURS, Carrier
from app.publishing.claiming import Claimed, claim, renew
from app.publishing.intents import Prepared
from app.publishing.outcomes import Outcome
from app.scheduler.saying import Saying, sayings_of
from app.scope import across_organizations

WINDOW = 400  # deliveries in flight
ROOM = 100  # of them that must have landed before more are claimed, when the window was full
GATHER = 0.01  # seconds in which several land together
SHIFT = 60.0  # seconds after which a shift goes on only while something is being uploaded
LONGEST = 1800.0  # and after which it claims no more
PATIENT, HURRIED = 30, 2  # times that an answer is written again when the database is away
LOOK_AROUND = 5.0  # seconds between two signs of life
PAUSE = 0.25  # seconds between looks at the database while something is in flight
TEST_POST = 1.0  # seconds between looks for one of our own
LAST_KEYS = 4.0  # and what keys that are being renewed may take after that
LAST = 18.0  # seconds that what is in flight may take once we are told to stop

ENGINE = f"{__name__}.run_shift"
BREAKER = Breaker()
log = structlog.get_logger(__name__)


class Shift:
    """One stretch of publishing: until nothing is due and nothing in flight, or its time is up.
    `meanwhile` is done now and then, in a transaction of its own."""

    def __init__(
        self, stopping: Callable[[], bool], meanwhile: Callable[[datetime], object]
    ) -> None:
        self.stopping, self.meanwhile = stopping, meanwhile
        self.lease = timedelta(seconds=current_app.config["SETTINGS"].publish_lease_seconds)
        self.flying: dict[asyncio.Task[None], Claimed] = {}
        self.was_suspect = False
        self.told: Batch[Told, None] = Batch(_keep_budgets)
        self.record: Batch[Outcome, None] = Batch(_write_outcomes, again=PATIENT)
        self.carrier = Carrier(
            keys=Batch(grants.read),
            say=Batch(_say),
            intend=Batch(_write_intents),
            record=self.record,
            keep=Batch(self._keep_records),
            give_back=Batch(_give_back),
            hear=self._hear,
        )
        self.hearing: set[asyncio.Task[None]] = set()
        self.looked_at = 0.0  # for a test post
        self.started = self.looked_around_at = clock.stopwatch()

    async def work(self) -> int:
        """Carry everything that wants work; how many were taken."""
        taken, told_at = 0, None
        self.carrier.gap_ends = gaps.ends_of_late(clock.now())
        async with http.client() as web:
            while True:
                is_stopped = self.stopping()
                self._look_around()
                works = [] if is_stopped or self._is_over() else self._claim()
                taken += len(works)
                for work in works:
                    self.flying[asyncio.create_task(self._safely(web, work))] = work
                if not self.flying:
                    await asyncio.gather(*self.hearing)
                    return taken
                told_at = (told_at or clock.stopwatch()) if is_stopped else None
                if told_at and clock.stopwatch() - told_at > LAST:
                    await self._let_go()
                    return taken
                await self._wait()

    def _is_over(self) -> bool:
        """A long upload keeps nobody waiting: while one is out, what is due is claimed beside it."""
        is_uploading = any(not work.is_prepared for work in self.flying.values())
        return self._seconds > LONGEST or (self._seconds > SHIFT and not is_uploading)

    @property
    def _seconds(self) -> float:
        """Since the shift began."""
        return clock.stopwatch() - self.started

    def _look_around(self) -> None:
        """What a long shift must not forget: signs of life, leases of uploads, gaps found since."""
        if clock.stopwatch() - self.looked_around_at > LOOK_AROUND:
            self.looked_around_at, now = clock.stopwatch(), clock.now()
            self.meanwhile(now)
            renew((work for work in self.flying.values() if not work.is_prepared), now + self.lease)
            self.carrier.gap_ends = gaps.ends_of_late(now)
            db.session.commit()

    async def _wait(self) -> None:
        """Until something has landed, and while much is out until there is room for many again: the
        database is asked for many at once."""
        until, left = clock.stopwatch() + PAUSE, PAUSE
        while left > 0:
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait(self.flying, timeout=left, return_when=first)
            for task in done:
                del self.flying[task]
            if len(self.flying) <= WINDOW - ROOM:
                return
            await asyncio.sleep(GATHER)
            left = until - clock.stopwatch()

    async def _let_go(self) -> None:
        """Our time is up: what is still out becomes an unknown outcome, and is asked about later."""
        self.record.again = HURRIED
        for task in self.flying:
            task.cancel()
        await asyncio.gather(*self.flying, return_exceptions=True)
        renewing = [task for task in self.carrier.grants.values() if not task.done()]
        if renewing:  # a rotating key whose answer nobody reads is a connection lost
            await asyncio.wait(renewing, timeout=LAST_KEYS)

    def _claim(self) -> list[Claimed]:
        """As many as there is room for, and by turns with them one alone that others may have died
        of."""
        if self.was_suspect and self.flying:
            return []
        for is_suspect in (not self.was_suspect, self.was_suspect):
            works = self._claim_suspect() if is_suspect else self._claim_many()
            if works:
                break
        db.session.commit()
        self.was_suspect = is_suspect and bool(works)
        return works

    def _claim_suspect(self) -> list[Claimed]:
        if self.flying:
            return []
        now = clock.now()
        return claim(now, self.lease, 1, resting=BREAKER.resting(now), suspect=True)

    def _claim_many(self) -> list[Claimed]:
        now, room, works = clock.now(), WINDOW - len(self.flying), list[Claimed]()
        if room > 0:
            flying = Counter(work.channel_id for work in self.flying.values())
            resting, heavy = BREAKER.resting(now), self._seconds <= SHIFT
            works = claim(now, self.lease, room, resting=resting, flying=flying, heavy=heavy)
        if clock.stopwatch() - self.looked_at > TEST_POST:
            self.looked_at = clock.stopwatch()
            works += canary.take(now)
        return works

    async def _safely(self, web: http.Client, work: Claimed) -> None:
        """A bug with one delivery stops that one; its lease ends and the sweeper looks at it."""
        try:
            is_test = work.channel_id == canary.NOBODY
            await (canary.fly(web, work) if is_test else self.carrier.carry(web, work))
        except Exception as trouble:
            db.session.rollback()
            log.exception("delivery.crashed", delivery=work.id, post=work.post_id)
            telemetry.report(trouble, "engine", ENGINE, concerns=work.author_id)

    def _hear(self, told: Told) -> None:
        task = asyncio.create_task(self.told(told))
        self.hearing.add(task)
        task.add_done_callback(self.hearing.discard)

    def _keep_records(self, made: Sequence[Prepared]) -> list[None]:
        intents.keep_records(made, clock.now(), self.lease)
        return [None] * len(made)


def _say(works: Sequence[Claimed]) -> list[Saying]:
    said = sayings_of([work.id for work in works])
    return [said[work.id] for work in works]


def _write_intents(works: Sequence[Claimed]) -> list[float | None]:
    """Who stood still may meet here whoever took the same delivery since: it is the last one's."""
    last = {work.id: work for work in sorted(works, key=lambda work: work.fence)}
    ours = {(work.id, work.fence) for work in intents.intend([*last.values()], clock.now())}
    db.session.commit()
    committed = clock.stopwatch()
    return [committed if (work.id, work.fence) in ours else None for work in works]


def _write_outcomes(found: Sequence[Outcome]) -> list[None]:
    now = clock.now()
    outcomes.record(found, now)
    milestones.note_first(o.work for o in found if isinstance(o.result, Published))
    for outcome in found:
        work, result = outcome.work, outcome.result
        if result not in OURS:
            BREAKER.note((work.network, work.account.host), result, now)
        if isinstance(result, Refused) and result.reconnect:
            grants.lose(work.channel_id, result.reason)
        elif isinstance(result, Refused) and result.stale_token:
            grants.expire(work.channel_id)
    return [None] * len(found)


def _keep_budgets(told: Sequence[Told]) -> list[None]:
    budgets.keep(told, clock.now())
    return [None] * len(told)


def _give_back(works: Sequence[Claimed]) -> list[None]:
    intents.give_back(works)
    return [None] * len(works)


@across_organizations("the publisher carries everybody's deliveries")
def run_shift(
    stopping: Callable[[], bool] = lambda: False,
    meanwhile: Callable[[datetime], object] = lambda now: None,
) -> int:
    """Publish what is due, from ordinary code. Running this twice, or twice at once, is harmless.
    On a copy of another instance's database, or by a clock that is far off, nothing leaves.
    `meanwhile` is called every few seconds of a long shift, and what it writes is committed."""
    if clones.is_foreign() or clocks.is_astray(clocks.skew()):
        return 0
    return asyncio.run(Shift(stopping, meanwhile).work())
