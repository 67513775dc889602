"""Product events: noted beside what they tell of, in the same transaction, and only by consent."""

import json
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from flask import current_app

from app import clock
from app.db import db
from app.telemetry import gates, outbox, people, registry
from app.telemetry.models import POSTHOG, WAITING, TelemetryRecord

log = structlog.get_logger(__name__)
dropped: Counter[str] = Counter()  # by reason, since this process began


def tell(name: str, person_id: int, /, **properties: str) -> None:
    """Note that a person did something; a worker sends it. The caller commits.

    An event or a value that is not in the registry raises, except in production, where it is
    counted and dropped: a slip of ours must not cost somebody their post."""
    try:
        event = registry.find(name, properties)
    except registry.Unregistered:
        if not current_app.config["SETTINGS"].is_production:
            raise
        _drop("unregistered")
        return
    now = clock.now()
    if not event.is_live(now):
        _drop("expired")
        return
    distinct_id = is_wanted_by(person_id)
    if distinct_id is None:
        return
    wire = json.dumps(as_sent(name, properties, distinct_id, now))
    db.session.add(
        TelemetryRecord(
            user_id=person_id,
            recipient=POSTHOG,
            host=gates.recipients().product,
            name=name,
            payload=wire,
            state=WAITING,
            made_at=now,
        )
    )


def is_wanted_by(person_id: int) -> str | None:
    """The random name under which this may be told about the person, None when it may not: nothing
    configured, no consent, or a browser that says no."""
    if not gates.is_telling() or gates.refuses_tracking():
        return None
    return people.distinct_id_of(person_id) if gates.state().consents(person_id) else None


def as_sent(
    name: str, properties: dict[str, Any], distinct_id: str, now: datetime
) -> dict[str, Any]:
    """The event as PostHog reads it: no profile, no place, no address, time to the minute."""
    fixed = {"$process_person_profile": False, "$geoip_disable": True, "$ip": None}
    return {
        "event": name,
        "distinct_id": distinct_id,
        "properties": properties | fixed,
        "timestamp": now.replace(second=0, microsecond=0).isoformat(),
        "uuid": str(uuid4()),
    }


def _drop(reason: str) -> None:
    dropped[reason] += 1
    log.warning("telemetry.dropped", reason=reason, count=dropped[reason])


def begin(person_id: int) -> None:
    """The person allows product analytics: a random name that nobody had before."""
    people.set_for(person_id, distinct_id=str(uuid4()))


def end(person_id: int) -> None:
    """The person does not, or no more: what waits is dropped, the name forgotten."""
    outbox.drop_waiting(person_id)
    people.set_for(person_id, distinct_id=None)


def age(since: datetime, now: datetime) -> str:
    """How long ago, in the words of the registry."""
    days = (now - since).days
    spans = (("day", 1), ("week", 7), ("month", 31))
    return next((word for word, most in spans if days < most), "longer")


def amount(number: int) -> str:
    """How many, in the words of the registry."""
    return ("none", "one")[number] if number < 2 else "several"
