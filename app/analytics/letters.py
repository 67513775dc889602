"""What a report by mail says."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from app import clock
from app.account.models import Membership
from app.analytics import report, subscriptions, wording
from app.analytics.report import Report, Span
from app.analytics.subscriptions import Days

SHOWN = 3  # posts
WORDS = 120  # characters of each


def letter(member: Membership, days: Days) -> dict[str, Any]:
    """For the template; days are those of the person's own zone."""
    zone, base_url = ZoneInfo(member.user.timezone), current_app.config["SETTINGS"].base_url
    span = Span("", days.first, days.last)
    drawn = report.draw(member.organization, span, None, zone, clock.now())
    assert drawn, "all channels of an organisation are its own"
    return {
        "name": member.user.name,
        "organization": member.organization.name,
        "period": drawn.asked.period.words,
        "cards": [
            (one.word, one.value, _change(one.change), one.untold) for one in drawn.overview.cards
        ],
        "source": _source(drawn, zone),
        "posts": _posts(drawn),
        "month": f"{days.first:%Y-%m}",
        "stop": f"{base_url}/reports/stop/{subscriptions.stop_token(member)}",
    }


def _source(drawn: Report, zone: ZoneInfo) -> str:
    """Who told it, and when; nothing when nobody did."""
    told = drawn.overview.source
    if told.fetched is None:
        return ""
    first, last = (_written(one.astimezone(zone)) for one in told.fetched)
    when = f"between {first} and {last}" if told.fetched.is_span else last
    return f"Fetched from {told.networks}, {when} ({zone.key})."


def _written(local: datetime) -> str:
    return f"{local.day} {local:%b %Y, %H:%M}"


def _posts(drawn: Report) -> list[tuple[str, str]]:
    """The best ones: how many engagements, and the first words on one line."""
    best = drawn.overview.ends.best[:SHOWN]
    return [(wording.count(one.value), " ".join(one.words.split())[:WORDS]) for one in best]


def _change(one: wording.Change) -> str:
    if one.kind == "none":
        return ""
    if one.kind == "same":
        return f"as before ({one.was})"
    return " ".join(filter(None, (one.kind, one.by, "from", one.was)))
