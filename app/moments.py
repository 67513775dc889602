"""Instants as people read them, in their own zone: the filters of all templates."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from app import clock
from app.viewer import zone_name


def init_app(app: Flask) -> None:
    for name in (day, hour, both, dated, exact, iso, ago):
        app.jinja_env.filters[name.__name__] = name


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(zone_name()))


def day(moment: datetime) -> str:
    return f"{_local(moment):%a} {_local(moment).day} {_local(moment):%b %Y}"


def hour(moment: datetime) -> str:
    return f"{_local(moment):%H:%M}"


def both(moment: datetime) -> str:
    """With its year where that is another than now."""
    at = _local(moment)
    if at.year != _local(clock.now()).year:
        return dated(moment)
    return f"{at:%a} {at.day} {at:%b}, {at:%H:%M}"


def dated(moment: datetime) -> str:
    """Always with its year: where money is concerned."""
    return f"{day(moment)}, {hour(moment)}"


def exact(moment: datetime) -> str:
    return f"{both(moment)}:{_local(moment):%S}.{_local(moment).microsecond // 100_000}"


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def ago(moment: datetime) -> str:
    gone = clock.now() - moment
    if gone < timedelta(seconds=10):
        return "just now"
    for unit, seconds in (("s", 60), ("min", 3600), ("h", 86_400)):
        if gone.total_seconds() < seconds:
            size = {"s": 1, "min": 60, "h": 3600}[unit]
            return f"{int(gone.total_seconds() // size)} {unit} ago"
    return f"{gone.days} day{'s' if gone.days != 1 else ''} ago"
