"""From the time on a person's wall to an instant, through the gaps and folds of summer time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Resolved:
    """The instant of a wall time; `note` tells a person when the clock plays a trick."""

    instant: datetime
    note: str = ""
    is_doubled: bool = False


def resolve(wall: datetime, zone: ZoneInfo, *, second: bool = False) -> Resolved:
    """`wall` is naive. In a gap the time shifts forward by the gap (as PEP 495's fold=0 and
    RFC 5545 3.3.5 do); in a fold the first one counts unless `second` is asked for."""
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no zone of its own")
    first, later = (_instant(wall, zone, fold) for fold in (0, 1))
    if _returns(first, wall, zone):
        if later == first or not _returns(later, wall, zone):
            return Resolved(first)
        return _doubled(wall, zone, first, later, second)
    moved = first.astimezone(zone)
    other_day = f" on {moved.day} {moved:%B}" if moved.date() != wall.date() else ""
    note = f"{wall:%H:%M} does not exist that night in {zone.key}; we use {moved:%H:%M}{other_day}."
    return Resolved(first, note)


def _instant(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _returns(instant: datetime, wall: datetime, zone: ZoneInfo) -> bool:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(fold=0)


def _doubled(
    wall: datetime, zone: ZoneInfo, first: datetime, later: datetime, second: bool
) -> Resolved:
    chosen, word = (later, "second") if second else (first, "first")
    offset = _offset(chosen.astimezone(zone).utcoffset() or timedelta())
    note = f"{wall:%H:%M} happens twice that night in {zone.key}; we use the {word} ({offset})."
    return Resolved(chosen, note, is_doubled=True)


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def on_the_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time, to the minute, for a form field."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0, second=0, microsecond=0)
