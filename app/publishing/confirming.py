"""An outcome that nobody knows: ask the network, twice before believing in absence where a late
effect is possible; never guess."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import bindparam, update

from app import clock, http
from app.db import db, table
from app.networks import (
    Absent,
    Grant,
    Idempotency,
    Parcel,
    Processing,
    Published,
    Refused,
    Unknown,
    network,
)
from app.publishing.claiming import Claimed
from app.publishing.recording import Outcome, attempt, row, sum_up_posts
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CONFIRMING, HELD, RETRY

READS = (60, 300, 1800)  # seconds to the next look, the last one repeated
GIVE_UP = timedelta(hours=24)
ASK_A_PERSON = "The network could not tell us for a day whether it took the post. Please look."


async def confirm(
    web: http.Client,
    work: Claimed,
    opened: Grant | Refused | Unknown,
    record: Callable[[Outcome], Awaitable[None]],
) -> None:
    """Read back and act on what was found."""
    found: Published | Processing | Absent | Refused | Unknown
    if isinstance(opened, Grant):
        assert work.remote_key and work.remote_at
        parcel = Parcel(work.remote_key, work.remote_at, work.record or {})
        found = await network(work.network).find(web, work.account, opened, parcel)
    else:
        found = opened
    assert not isinstance(found, Processing)
    if isinstance(found, Published):
        await record(Outcome(work, found))
    elif isinstance(found, Absent):
        _absent(work)
    else:
        _ask_again(work, found.reason)


def _absent(work: Claimed) -> None:
    """With an exact key one clean look is enough: sending again can't make a second post."""
    exact = network(work.network).idempotency is Idempotency.EXACT
    if not exact and work.reads == 0:
        _move(
            work, state=CONFIRMING, reads=1, wait=READS[0], reason="Not there yet. Looking again."
        )
        return
    now = clock.now()
    db.session.execute(
        update(table(Attempt))
        .where(attempt.delivery_id == bindparam("b_id"), attempt.state == "unknown")
        .values(state="absent", finished_at=now, answer="Not on the network: it never arrived."),
        [{"b_id": work.id}],
    )
    _move(work, state=RETRY, reads=0, wait=0, reason="It did not arrive. Sending again.")


def _ask_again(work: Claimed, reason: str) -> None:
    if work.unknown_since and clock.now() - work.unknown_since > GIVE_UP:
        _move(
            work, state=HELD, reads=work.reads, wait=0, reason=ASK_A_PERSON, hold="needs_decision"
        )
        return
    wait = READS[min(work.reads, len(READS) - 1)]
    _move(work, state=CONFIRMING, reads=work.reads + 1, wait=wait, reason=reason)


def _move(
    work: Claimed, *, state: str, reads: int, wait: float, reason: str, hold: str = ""
) -> None:
    now = clock.now()
    db.session.execute(
        update(table(Delivery))
        .where(row.id == work.id, row.lease_token == work.fence)
        .values(
            state=state,
            reads=reads,
            reason=reason,
            hold=hold,
            not_before=now + timedelta(seconds=wait),
            lease_until=None,
        )
    )
    sum_up_posts({work.post_id})
    db.session.commit()
