"""Deliveries in trouble, over all organisations: how many and of which class, and each by its number.
Never what a post says, on which account, or the network's own words, which may repeat either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, false, func, not_, or_, select, text

from app.channels.models import Channel
from app.db import db
from app.networks.registry import NETWORKS
from app.publishing import rests
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import (
    CONFIRMING,
    FAILED,
    HELD,
    NEEDS_EYES,
    PENDING,
    PROCESSING,
    SENDING,
    TAKEN_UP,
    WAITING,
    WORDS,
)
from app.scope import across_organizations

MOST = 50  # on a page
LAST_PAGE = 10_000
OVERDUE = timedelta(minutes=2)  # from which what still waits is a sign of trouble
RECENT = timedelta(days=7)
LATE, UNCONFIRMED = "late", "unconfirmed"
STATES = {
    "": "Late or unconfirmed",
    LATE: "Late",
    UNCONFIRMED: "Unconfirmed",
    HELD: "Held",
    FAILED: "Failed",
}
# Why it stands there: the hold, else what the last try came to. The reason itself is its author's.
CLASSES = {
    "late": "Too late by its organisation's rule",
    "reconnect": "Its channel has to be reconnected",
    "paused": "Publishing is paused there",
    "needs_decision": "Nobody knows whether it is out",
    "restore": "May be out since before a restore",
    "billing": "Its channel has no place in the plan",
    "not_approved": "Nobody said yes in time",
    "poison": "Our sender stopped over it each time",
    "refused": "The network refused it",
    "unreached": "The network was not reached",
    "unanswered": "Each answer was lost",
    "unready": "It could not be made ready",
    "overdue": "Its time has passed and it waits",
    "silent": "Its sender fell silent",
    "asked": "The network is asked whether it is there",
    "worked_on": "The network is working on it",
}
MAY_BE_OUT = and_(Delivery.state == HELD, Delivery.hold.in_(("needs_decision", "restore")))
LAST_TRY = (
    select(Attempt.state)
    .where(Attempt.delivery_id == Delivery.id)
    .order_by(Attempt.n.desc())
    .limit(1)
    .scalar_subquery()
)
CLASS = case(
    (Delivery.state == CONFIRMING, "asked"),
    (Delivery.state == PROCESSING, "worked_on"),
    (Delivery.state == SENDING, "silent"),
    (Delivery.state.in_(WAITING), "overdue"),
    (Delivery.hold != "", Delivery.hold),
    (LAST_TRY == "rejected", "refused"),
    (LAST_TRY == "not_sent", "unreached"),
    (LAST_TRY.in_(("absent", "unknown")), "unanswered"),
    else_="unready",
)
DUE = func.coalesce(Delivery.due_at, Delivery.not_before)
PENDING_ONES = Delivery.state == PENDING


@dataclass(frozen=True)
class Asked:
    """What is to be listed; '' in a filter is all, an unknown word finds nothing."""

    state: str = ""
    network: str = ""
    page: int = 1


@dataclass(frozen=True)
class Line:
    """One delivery, by numbers, times and words of ours. `sent_at`: its last try."""

    id: int
    organization_id: int
    network: str
    word: str
    trouble: str
    due_at: datetime | None
    sent_at: datetime | None
    next_at: datetime | None
    tries: int


@across_organizations("the desk counts everybody's deliveries")
def by_state(now: datetime) -> list[tuple[str, str, int]]:
    """State in words, class of the hold in words or '', and how many; of what is out only the last
    day's."""
    found: list[tuple[str, str, int]] = []
    for stands in (text(f"delivery.{TAKEN_UP}"), text(f"delivery.{NEEDS_EYES}"), PENDING_ONES):
        held = case((Delivery.state == HELD, Delivery.hold), else_="")
        rows = (
            select(Delivery.state, held, func.count()).where(stands).group_by(Delivery.state, held)
        )
        found += [
            (WORDS[state], CLASSES.get(hold, hold), count)
            for state, hold, count in db.session.execute(rows.order_by(Delivery.state, held))
        ]
    out = select(func.count()).where(Delivery.published_at > now - timedelta(days=1))
    return [*found, ("Published in the last day", "", db.session.scalar(out) or 0)]


@across_organizations("the desk counts everybody's deliveries")
def by_class(now: datetime) -> list[tuple[str, str, int]]:
    """Network, class and how many of what was due in the last week, or has no time, and is held or
    failed now; the most first."""
    lately = or_(Delivery.due_at > now - RECENT, Delivery.due_at.is_(None))
    why, count = CLASS.label("why"), func.count().label("count")
    rows = select(Channel.network, why, count).join(Channel, Channel.id == Delivery.channel_id)
    rows = rows.where(text(f"delivery.{NEEDS_EYES}"), lately).group_by(Channel.network, why)
    found = db.session.execute(rows.order_by(count.desc(), Channel.network, why))
    return [(_name(slug), CLASSES.get(why, why), count) for slug, why, count in found]


@across_organizations("the desk lists everybody's deliveries")
def listed(asked: Asked, now: datetime) -> tuple[Sequence[Line], bool]:
    """One page of what is in trouble, the longest due first; is there another page after it?"""
    sent = select(func.max(Attempt.started_at)).where(Attempt.delivery_id == Delivery.id)
    columns = (
        *(Delivery.id, Delivery.organization_id, Channel.network, Delivery.state),
        *(Delivery.due_at, Delivery.not_before, Delivery.tries),
        *(CLASS.label("why"), sent.scalar_subquery().label("sent_at")),
    )
    rows = select(*columns).join(Channel, Channel.id == Delivery.channel_id)
    rows = rows.where(_chosen(asked.state, now))
    if asked.network:
        known = asked.network if asked.network in NETWORKS else ""
        rows = rows.where(Channel.network == known)
    first = (min(max(asked.page, 1), LAST_PAGE) - 1) * MOST
    found = db.session.execute(rows.order_by(DUE, Delivery.id).offset(first).limit(MOST + 1)).all()
    return [_line(one) for one in found[:MOST]], len(found) > MOST


def resting(now: datetime) -> list[tuple[str, int, datetime]]:
    """Network, how many of its servers did not answer and are left alone, and the next try."""
    return [(_name(slug), count, until) for slug, count, until in rests.by_network(now)]


def _line(one: Row[Any]) -> Line:
    return Line(
        one.id,
        one.organization_id,
        _name(one.network),
        WORDS[one.state],
        CLASSES.get(one.why, one.why),
        one.due_at,
        one.sent_at,
        one.not_before if one.state not in (HELD, FAILED) else None,
        one.tries,
    )


def _name(slug: str) -> str:
    return NETWORKS[slug].name if slug in NETWORKS else slug


def _chosen(state: str, now: datetime) -> ColumnElement[bool]:
    """The condition of one of STATES."""
    pending, eyes = text(f"delivery.{TAKEN_UP}"), text(f"delivery.{NEEDS_EYES}")
    late = and_(pending, Delivery.state.in_(WAITING), Delivery.not_before <= now - OVERDUE)
    silent = and_(Delivery.state == SENDING, Delivery.lease_until < now)
    asking = or_(Delivery.state.in_((CONFIRMING, PROCESSING)), silent)
    unconfirmed = or_(and_(pending, asking), and_(eyes, MAY_BE_OUT))
    conditions: dict[str, ColumnElement[bool]] = {
        "": or_(late, unconfirmed),
        LATE: late,
        UNCONFIRMED: unconfirmed,
        HELD: and_(eyes, Delivery.state == HELD, not_(MAY_BE_OUT)),
        FAILED: and_(eyes, Delivery.state == FAILED),
    }
    return conditions.get(state, false())
