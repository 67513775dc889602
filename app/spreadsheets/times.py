"""Times as people and other programs write them in cells."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from app.scheduler.wall_time import on_the_wall, resolve

DAY_FIRST, MONTH_FIRST = "day", "month"
DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\6(\d{4}|\d{2})")
TIME = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?(?::(\d{2})(?:\.\d{1,9})?)?\s*([ap])?\.?(?:m\.?)?", re.I
)
OFFSET = re.compile(r"\s*(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2}))$", re.I)
SLOT = {"next slot", "next free slot", "next_slot", "queue", "slot"}
NO_TIME = "{} is no date and time, like 2026-11-24 14:05."
NO_DATE = "{} is no date, like 2026-11-24."
NO_CLOCK = "{} is no time, like 14:05."


class Unclear(ValueError):
    """The cell is no time; the text says so."""


@dataclass(frozen=True)
class Asked:
    """When a row is due. `wall` is the naive local time in `zone`; None asks for the next free slot.
    `is_second`: of a time that happens twice that night the later one."""

    wall: datetime | None
    zone: ZoneInfo
    is_second: bool = False

    @property
    def instant(self) -> datetime | None:
        """Raises OverflowError for what is out of reach."""
        return resolve(self.wall, self.zone, second=self.is_second).instant if self.wall else None


def read_moment(cell: str, zone: ZoneInfo, order: str) -> Asked:
    """Date and time in one cell, with an offset or on the zone's clock. Raises Unclear."""
    text = " ".join(cell.split())
    if text.lower() in SLOT:
        return Asked(None, zone)
    offset = OFFSET.search(text)
    if offset and DATE.fullmatch(text[: offset.start()]):  # 24-11-2026 ends like an offset
        offset = None
    bare = text[: offset.start()] if offset else text
    day, clock = (*re.split(r"[T,\s]\s*", bare.strip(), maxsplit=1, flags=re.I), "")[:2]
    if not clock:
        raise Unclear(NO_TIME.format(_short(cell)))
    try:
        wall = datetime.combine(read_date(day, order), read_clock(clock))
    except Unclear:
        raise Unclear(NO_TIME.format(_short(cell))) from None
    return on_wall(wall, offset, zone) if offset else Asked(wall, zone)


def on_wall(wall: datetime, offset: "re.Match[str]", zone: ZoneInfo) -> Asked:
    """The instant that an offset fixes, as the zone's clock shows it. Raises Unclear."""
    sign = -1 if offset[2] == "-" else 1
    away = sign * timedelta(hours=int(offset[3] or 0), minutes=int(offset[4] or 0))
    try:
        instant = wall.replace(tzinfo=timezone(away)).astimezone(UTC)
        local = on_the_wall(instant, zone).replace(second=instant.second)
    except (ValueError, OverflowError):
        raise Unclear(NO_TIME.format(wall.isoformat() + offset[0])) from None
    return Asked(local, zone, is_second=resolve(local, zone).instant != instant)


def read_date(cell: str, order: str) -> date:
    """Year first; else `order` decides where the cell itself does not. Raises Unclear."""
    found = DATE.fullmatch(cell.strip())
    if not found:
        raise Unclear(NO_DATE.format(_short(cell)))
    if found[1]:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        first, other, year = int(found[5]), int(found[7]), int(found[8])
        year += 2000 if year < 100 else 0
        is_day_first = found[6] == "." or order == DAY_FIRST
        is_day_first = (is_day_first or first > 12) and other <= 12
        day, month = (first, other) if is_day_first else (other, first)
    try:
        return date(year, month, day)
    except ValueError:
        raise Unclear(NO_DATE.format(_short(cell))) from None


def read_clock(cell: str) -> time:
    """14:05, 14.05, 14h05, 2:05 pm. Raises Unclear."""
    found = TIME.fullmatch(cell.strip())
    half = (found[4] or "").lower() if found else ""
    if not found or not (found[2] or half):
        raise Unclear(NO_CLOCK.format(_short(cell)))
    hour = int(found[1])
    if half:
        if not 1 <= hour <= 12:
            raise Unclear(NO_CLOCK.format(_short(cell)))
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0))
    except ValueError:
        raise Unclear(NO_CLOCK.format(_short(cell))) from None


def _short(cell: str) -> str:
    text = " ".join(cell.split())
    return text if len(text) <= 40 else f"{text[:40]}…"
