"""One delivery from claim to record: keys, preparing, waiting for its time, and one request per part
that it says; or, when its outcome is not known, asking the network."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import clock, http
from app.media.child import BadMedia
from app.networks import (
    Grant,
    Partly,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.publishing import confirming, gaps, grants, pieces
from app.publishing.budgets import Meter, Told
from app.publishing.claiming import Claimed
from app.publishing.intents import Prepared
from app.publishing.outcomes import Outcome, is_last_step
from app.scheduler.saying import Saying
from app.scheduler.states import ASKING, RETRY

SEND_WITHIN = 5.0  # seconds from the committed intent to the first byte
LEAVE_WITHIN = 30.0  # and to that of a further request that it may take
TOO_SLOW = Refused("The machine was too slow to send in time.", not_sent=True)
UNREADABLE = Refused(
    "A picture or video of this post can't be read any more. Edit the post and add it again.",
    permanent=True,
    not_sent=True,
)
STOPPED = Unknown("The sender was told to stop before an answer came.")
OURS = (TOO_SLOW, UNREADABLE, STOPPED)  # what says nothing of the network
Opened = Grant | Refused | Unknown


@dataclass
class Carrier:
    """What carrying needs of the database, each asked in batches."""

    keys: grants.Look
    say: Callable[[Claimed], Awaitable[Saying]]
    intend: Callable[[Claimed], Awaitable[float | None]]
    record: Callable[[Outcome], Awaitable[None]]
    keep: Callable[[Prepared], Awaitable[None]]
    give_back: Callable[[Claimed], Awaitable[None]]
    hear: Callable[[Told], None]
    gap_ends: Sequence[datetime] = ()
    grants: dict[int, asyncio.Task[Opened]] = field(default_factory=dict)

    async def carry(self, web: http.Client, work: Claimed) -> None:
        meter = Meter(work.channel_id, self.hear)
        metered = web.heard_by(meter)
        opened = await self._grant(metered, work)
        if work.state in ASKING:
            await confirming.confirm(metered, work, opened, self.record)
            return
        if not isinstance(opened, Grant):
            await self.record(Outcome(work, _before_sending(opened)))
            return
        meter.action = "media"
        if not await self._prepare(metered, work, opened):
            return
        if work.not_before > clock.now():
            await self.give_back(work)
        elif gaps.asks_first(work, self.gap_ends):
            confirming.ask_first(work)
        else:
            meter.action = "post"
            await self._send(metered, work, opened)

    async def _grant(self, web: http.Client, work: Claimed) -> Opened:
        """Deliveries of one channel share one look at its keys."""
        known = self.grants.get(work.channel_id)
        if known is None or known.done():
            known = asyncio.create_task(grants.fresh(web, work.channel_id, work.account, self.keys))
            self.grants[work.channel_id] = known
        return await asyncio.shield(known)

    async def _prepare(self, web: http.Client, work: Claimed, opened: Grant) -> bool:
        """Upload and build what will be sent, a stretch at a time, unless that was done ahead."""
        if work.is_prepared:
            return True
        try:
            said = await pieces.cut(work, await self.say(work))
        except (BadMedia, FileNotFoundError):
            await self.record(Outcome(work, UNREADABLE))
            return False
        while len(work.pieces) < len(said):
            piece = said[len(work.pieces)]
            so_far = (work.record or {}).get("so_far", {})
            made = await work.adapter.prepare(web, work.account, opened, piece, work.due_at, so_far)
            if isinstance(made, Refused | Unknown):
                await self.record(Outcome(work, _before_sending(made)))
                return False
            again_at = made.again_at if isinstance(made, Partly) else None
            work.record = _with(work, made)
            is_whole = len(work.pieces) == len(said)
            await self.keep(Prepared(work, work.record, is_whole, again_at))
            if again_at:
                return False
        work.is_prepared = True
        return True

    async def _send(self, web: http.Client, work: Claimed, opened: Grant) -> None:
        """One request per part that is not up yet, each after its own intent."""
        while True:
            committed = await self.intend(work)
            if committed is None:
                return  # changed or cancelled in the last moment
            if clock.stopwatch() - committed > SEND_WITHIN:
                await self.record(Outcome(work, TOO_SLOW))
                return
            leaving = web.leaving_by(committed + LEAVE_WITHIN)
            result = await self._publish(leaving, work, opened)
            is_last = is_last_step(work)
            await self.record(Outcome(work, result))
            if is_last or not isinstance(result, Published):
                return
            work.steps, work.state = (*work.steps, result), RETRY
            work.remote_key = work.remote_at = None

    async def _publish(
        self, web: http.Client, work: Claimed, opened: Grant
    ) -> Published | Processing | Refused | Unknown:
        try:
            return await work.adapter.publish(web, work.account, opened, work.parcel())
        except asyncio.CancelledError:
            await self.record(Outcome(work, STOPPED))
            raise


def _with(work: Claimed, made: dict[str, Any] | Partly) -> dict[str, Any]:
    """What was prepared so far, with one more piece or one more stretch of it."""
    if isinstance(made, Partly):
        return {"hash": work.content_hash, "pieces": work.pieces, "so_far": made.so_far}
    return {"hash": work.content_hash, "pieces": [*work.pieces, made], "so_far": {}}


def _before_sending(answer: Refused | Unknown) -> Refused:
    """Nothing visible was sent yet, so not knowing is no danger: it is tried again."""
    if isinstance(answer, Refused):
        return answer
    return Refused(answer.reason, not_sent=True)
