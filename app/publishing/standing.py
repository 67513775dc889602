"""What is known of a delivery: when it was due and sent, what was answered, what it waits for, when it
is looked at next. Only what the database knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.db import db
from app.networks import Idempotency
from app.publishing import rests
from app.publishing.models import OF_POSTS, Budget
from app.publishing.rests import Rest
from app.publishing.turns import SPACING
from app.publishing.welcome import OVERDUE
from app.scheduler.models import Delivery
from app.scheduler.states import (
    CONFIRMING,
    FAILED,
    HELD,
    NO_PLACE,
    PROCESSING,
    RETRY,
    SCHEDULED,
    SENDING,
    WAITING,
    may_be_out,
)
from app.scheduler.stopping import part_count

ASKABLE = {
    Idempotency.EXACT: "Yes: our own key names the post there",
    Idempotency.KEY: "Yes: it knows our key, and the account's posts can be read",
    Idempotency.HANDLE: "Yes: it gave us a name for what it took",
    Idempotency.LIST: "Yes: the account's own posts can be read",
    Idempotency.BLIND: "No: only somebody who looks there can tell",
}
SILENT = "{}’s server did not answer the last {} times; until then it is left alone"
ASKED = "{} takes nothing from this instance until then; we sent as much as it allows"
NEXT = {
    CONFIRMING: "Asking the network again",
    PROCESSING: "Looking how far it is",
    RETRY: "Trying again",
}


@dataclass(frozen=True)
class Fact:
    """`at` is shown in the reader's zone, `words` beside it."""

    title: str
    at: datetime | None = None
    words: str = ""


def of(deliveries: Iterable[Delivery], now: datetime) -> dict[int, list[Fact]]:
    """The facts of each, by its id."""
    chosen = list(deliveries)
    limits = _limits({one.channel_id for one in chosen}, now)
    resting = rests.known({_server(one) for one in chosen}, now)
    return {
        one.id: _facts(one, limits.get(one.channel_id), resting.get(_server(one)), now)
        for one in chosen
    }


def _server(one: Delivery) -> rests.Server:
    return one.channel.network, one.channel.host


def _limits(channels: set[int], now: datetime) -> dict[int, datetime]:
    """Until when a channel has used up what its network allows."""
    spent = select(Budget.channel_id, Budget.reset_at).where(
        Budget.channel_id.in_(channels),
        Budget.action.in_(OF_POSTS),
        Budget.remaining <= 0,
        Budget.reset_at > now,
    )
    spent = spent.order_by(Budget.reset_at)
    return {one.channel_id: one.reset_at for one in db.session.execute(spent)} if channels else {}


def _facts(one: Delivery, limit: datetime | None, rest: Rest | None, now: datetime) -> list[Fact]:
    facts = [Fact("Due", one.due_at)] if one.due_at else []
    facts += _last_attempt(one)
    if may_be_out(one.state, one.hold) or one.state in (CONFIRMING, PROCESSING):
        how = one.channel.adapter.idempotency_of(one.channel.account)
        facts.append(Fact("Can be asked", words=ASKABLE[how]))
    if one.steps and one.state not in (SCHEDULED, RETRY):
        facts.append(Fact("Up", words=f"{len(one.steps)} of {part_count(one)} are up"))
    return facts + _next(one, limit, rest, now)


def _last_attempt(one: Delivery) -> list[Fact]:
    if not one.attempts:
        return [Fact("Sent", words="Never")] if one.state in (HELD, FAILED) else []
    last = one.attempts[-1]
    number = f"attempt {last.n}" + (f", part {last.step + 1}" if last.step else "")
    sent = Fact("Sent", last.started_at, number)
    if not last.finished_at:
        return [sent, Fact("Answer", words="None yet")]
    return [sent, Fact("Answer", last.finished_at, last.answer or "None")]


def _next(one: Delivery, limit: datetime | None, rest: Rest | None, now: datetime) -> list[Fact]:
    """What it waits for, and until when."""
    if one.hold == NO_PLACE:
        return [Fact("Next", words="It goes on by itself once there is a place for its channel")]
    if one.state in (HELD, FAILED):
        return [Fact("Next", words="Nothing happens until somebody decides")]
    if one.state == SENDING or one.not_before is None:
        return []
    if rest and one.not_before < rest.until:
        words = (SILENT if rest.failures else ASKED).format(one.channel.network_name, rest.failures)
        return [Fact("Next try", rest.until, words)]
    if one.state in WAITING and limit and limit > one.not_before:
        return [Fact("Waits for the network's limit, until", limit)]
    turn = one.channel.sent_at and one.channel.sent_at + SPACING
    if one.state == SCHEDULED and one.not_before < now - OVERDUE:
        words = "after an outage one a minute leaves on this channel"
        return [Fact("Waits its turn", turn if turn and turn > now else None, words)]
    if one.state in WAITING and one.prepare_after and one.prepare_after > now:
        return [Fact("Getting ready again", one.prepare_after)]
    if one.state == SCHEDULED:
        return []
    return [Fact(NEXT[one.state], max(one.not_before, now))]
