"""An outcome that nobody knows: ask the network, twice before believing in absence where a late
effect is possible; never guess. And what a network is still working on: ask how far it is."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update

from app import clock, http
from app.db import db, table
from app.networks import (
    Absent,
    Grant,
    Idempotency,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.publishing import grants
from app.publishing.claiming import Claimed
from app.publishing.outcomes import Outcome, backoff, with_steps
from app.publishing.writing import attempt, row
from app.scheduler import noting
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CONFIRMING, FAILED, HELD, PATIENCE, PROCESSING, RETRY
from app.scheduler.summing import sum_up_posts

READS = (60, 300, 1800)  # seconds to the next look, the last one repeated
LOOKS = (3, 5, 10, 30, 60, 300)  # the same while the network is working on it
GIVE_UP = timedelta(hours=24)
NEIGHBOURS = timedelta(days=2)  # posts of ours that could be taken for this one
GONE_ASTRAY = "Not on the network: it never arrived."
HARMLESS = "Not known to be there. Under the same key, sending it again can't make a second one."
ASK_A_PERSON = "The network could not tell us for a day whether it took the post. Please look."
CANT_ASK = "The network does not let us look whether it took the post ({}). Please look."
NEVER = "Sent {} times. Each time the answer was lost, and nothing of it is on the network."
NOT_YET = "Not there yet. Looking again."
POISONED = "Our sender stopped again and again over this one. "
TOLD_AS = {HELD: noting.HELD, FAILED: noting.FAILED}  # in the post's life, others as a look
FIRST = "We were away when it was due: asking the network first whether it went out."


async def confirm(
    web: http.Client,
    work: Claimed,
    opened: Grant | Refused | Unknown,
    record: Callable[[Outcome], Awaitable[None]],
) -> None:
    """Read back and act on what was found."""
    if not isinstance(opened, Grant):
        _ask_again(work, opened.reason)
        return
    found = await work.adapter.find(web, work.account, opened, work.parcel(_neighbours(work)))
    if isinstance(found, Published):
        await record(Outcome(work, found))
    elif isinstance(found, Absent):
        _absent(work)
    elif isinstance(found, Processing):
        _still_at_work(work, found)
    elif isinstance(found, Refused) and found.stale_token:
        grants.expire(work.channel_id)
        _ask_again(work, found.reason, within=1)
    elif isinstance(found, Refused) and found.permanent:
        await _refused(work, found, record)
    else:
        _ask_again(work, found.reason, until=found.retry_at if isinstance(found, Refused) else None)


def ask_first(work: Claimed) -> None:
    """Its time fell into a gap of ours, so it may have gone out before: read back, then send."""
    now = clock.now()
    work.remote_key = work.remote_key or work.adapter.new_key(work.id, work.step_at)
    work.remote_at = work.step_at
    _move(
        work,
        state=CONFIRMING,
        reads=0,
        wait=0,
        reason=FIRST,
        kind=noting.ASKING,
        remote_key=work.remote_key,
        remote_at=work.remote_at,
        unknown_since=now,
    )


def _neighbours(work: Claimed) -> frozenset[str]:
    """Ids on this channel that belong to other deliveries of ours, or to other parts of this one."""
    assert work.remote_at
    rows = db.session.execute(
        select(row.external_id, row.steps).where(
            row.channel_id == work.channel_id,
            row.id != work.id,
            row.external_id.is_not(None),
            row.due_at > work.remote_at - NEIGHBOURS,
        )
    ).all()
    db.session.rollback()
    ids = {part.external_id for part in work.steps}
    for external_id, steps in rows:
        ids |= {external_id, *(part["id"] for part in steps)}
    return frozenset(ids)


def _absent(work: Claimed) -> None:
    """With an exact key one clean look is enough: sending again can't make a second post."""
    is_exact = work.idempotency is Idempotency.EXACT
    if not is_exact and work.reads == 0:
        _move(work, state=CONFIRMING, reads=1, wait=READS[0], reason=NOT_YET)
        return
    of_this_try = (attempt.delivery_id == work.id, attempt.n == work.tries)
    db.session.execute(
        update(table(Attempt))
        .where(*of_this_try, attempt.state == "unknown")
        .values(
            state="absent", finished_at=clock.now(), answer=HARMLESS if is_exact else GONE_ASTRAY
        )
    )
    if work.patience <= 0:
        _move(work, state=FAILED, reads=0, wait=0, reason=poisoned(len(work.steps)), hold="poison")
        return
    if work.tries and work.patience == 1:
        reason = with_steps(work, NEVER.format(PATIENCE))
        _move(work, state=FAILED, reads=0, wait=0, reason=reason)
        return
    wait = backoff(work.tries).total_seconds() if work.tries > 3 else 0.0
    patience = work.patience - bool(work.tries)
    again = "Not found there. Sending again."
    _move(work, state=RETRY, reads=0, wait=wait, reason=again, handle="", patience=patience)


def poisoned(steps: int) -> str:
    """What is told of a post that kills its sender; `steps` of its parts are up."""
    return POISONED + (
        f"{steps} of its parts are up." if steps else "Nothing of it is on the network."
    )


def _still_at_work(work: Claimed, found: Processing) -> None:
    if _is_long_ago(work):
        _give_up(work, ASK_A_PERSON)
        return
    wait = LOOKS[min(work.reads, len(LOOKS) - 1)]
    reads, reason = work.reads + 1, found.reason
    _move(work, state=PROCESSING, reads=reads, wait=wait, reason=reason, handle=found.handle)


async def _refused(
    work: Claimed, found: Refused, record: Callable[[Outcome], Awaitable[None]]
) -> None:
    """Of what it was working on, a network's no is an answer. Of reading back it says nothing."""
    if work.state == PROCESSING or work.idempotency is Idempotency.HANDLE:
        await record(Outcome(work, replace(found, stale_token=False)))
    else:
        _give_up(work, CANT_ASK.format(found.reason))


def _ask_again(
    work: Claimed, reason: str, within: float | None = None, until: datetime | None = None
) -> None:
    """`within` seconds instead of the usual wait; not before `until`, when the network named it."""
    if _is_long_ago(work):
        _give_up(work, ASK_A_PERSON)
        return
    wait: float = READS[min(work.reads, len(READS) - 1)] if within is None else within
    wait = max(wait, (until - clock.now()).total_seconds()) if until else wait
    state = PROCESSING if work.state == PROCESSING else CONFIRMING
    _move(work, state=state, reads=work.reads + 1, wait=wait, reason=reason)


def _is_long_ago(work: Claimed) -> bool:
    return bool(work.unknown_since and clock.now() - work.unknown_since > GIVE_UP)


def _give_up(work: Claimed, reason: str) -> None:
    _move(work, state=HELD, reads=work.reads, wait=0, reason=reason, hold="needs_decision")


def _move(
    work: Claimed,
    *,
    state: str,
    reads: int,
    wait: float,
    reason: str,
    hold: str = "",
    kind: str = noting.LOOKED,
    **more: Any,
) -> None:
    """Its own taking up is over; those that a sender died of still count."""
    now = clock.now()
    moved = db.session.scalars(
        update(table(Delivery))
        .where(row.id == work.id, row.lease_token == work.fence)
        .values(
            state=state,
            reads=reads,
            reason=reason,
            hold=hold,
            not_before=now + timedelta(seconds=wait),
            lease_until=None,
            claims=case((row.claims > 0, row.claims - 1), else_=0),
            **more,
        )
        .returning(row.id)
    ).all()
    noting.note(TOLD_AS.get(state, kind), moved, now)
    sum_up_posts({work.post_id})
    db.session.commit()
