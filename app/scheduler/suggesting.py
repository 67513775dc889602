"""The time that the composer begins with."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def wall_time_in(at: str | None) -> datetime | None:
    """The wall time that a link names, to the minute."""
    try:
        found = datetime.fromisoformat(at or "")
    except ValueError:
        return None
    return found.replace(tzinfo=None, second=0, microsecond=0)


def suggest(on: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """The next full hour, on the wall; on another day that the calendar asked for, nine in the
    morning."""
    soon = now.astimezone(zone) + timedelta(hours=1)
    next_hour = soon.replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    try:
        asked = date.fromisoformat(on) if on else next_hour.date()
    except ValueError:
        asked = next_hour.date()
    morning = next_hour.replace(asked.year, asked.month, asked.day, 9)
    return morning if asked > next_hour.date() else next_hour
