"""What a page of figures is asked to show, read from its address and written back into addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.account import allowances
from app.account.models import Membership
from app.analytics import periods
from app.analytics.forms import RangeForm
from app.analytics.periods import YEAR, Period

USUAL = 30  # days, when nothing is asked for
AGAINST = {"": "The time just before", YEAR: "A year before"}
GIVEN = ("days", "from", "to", "against", "channel", "label", "by", "text", "sort", "order")
BY = ("engagements", "impressions", "rate", "posts")


@dataclass(frozen=True)
class Asked:
    """`given`: what the address says, by name, so that links can change one thing and keep the others.
    `before` is None where the plan's history doesn't reach back so far. `month` is the last whole one."""

    period: Period
    before: Period | None
    by: str
    form: RangeForm
    given: Mapping[str, str]
    days: int | None
    month: Period
    shortened: str = ""

    @property
    def ranked_by(self) -> str:
        """What posts are compared by; their number is none of theirs."""
        return "engagements" if self.by == "posts" else self.by

    @property
    def is_fine(self) -> bool:
        return not self.form.errors

    @property
    def is_against_year(self) -> bool:
        return self.period.against == YEAR

    def against_other(self, path: str) -> str:
        """The same beside the other thing that it can be compared with."""
        return self.address(path, against=None if self.is_against_year else YEAR, page=None)

    def address(self, path: str, **changes: str | int | None) -> str:
        """`path` with what is asked for; a change to None leaves it out."""
        wanted = {**self.given, **changes}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return f"{path}?{query}" if query else path

    def of_month(self, path: str) -> str:
        """The same for the last whole month."""
        first, last = self.month.first.isoformat(), self.month.last.isoformat()
        return self.address(path, **{"from": first, "to": last}, days=None, page=None)

    def lasting(self, path: str, days: int) -> str:
        """The same for the last so many days."""
        ranged = {"from": None, "to": None, "page": None}
        return self.address(path, **ranged, days=days)


def read(
    fields: "MultiDict[str, str]", member: Membership, zone: ZoneInfo, now: datetime
) -> Asked | None:
    """None when the address names what there can't be. A range that is none leaves its words in the
    form, and the last thirty days are shown."""
    today, by = now.astimezone(zone).date(), fields.get("by", BY[0])
    days, form = _days(fields), RangeForm(None, today=today)
    against = fields.get("against", "")
    if days is None or by not in BY or against not in AGAINST:
        return None
    period = periods.lately(days, today, zone)
    if "from" in fields or "to" in fields:
        form = RangeForm(fields, today=today)
        if form.validate() and form.first.data and form.last.data:
            days, period = 0, Period(form.first.data, form.last.data, zone)
    period = replace(period, against=against)
    given = {name: fields[name] for name in GIVEN if fields.get(name)}
    asked = Asked(
        period, period.before, by, form, given, days or None, periods.month_before(today, zone)
    )
    return _within_plan(asked, member, today)


def _days(fields: "MultiDict[str, str]") -> int | None:
    """None for what is no number of days."""
    typed = fields.get("days", str(USUAL))
    fits = typed.isascii() and typed.isdecimal() and len(typed) < 4
    return int(typed) if fits and 0 < int(typed) <= periods.LONGEST else None


def _within_plan(asked: Asked, member: Membership, today: date) -> Asked:
    """Cut to what the plan's history holds; what it is compared with has to be whole."""
    room = allowances.of(member.organization_id)
    whole, most = asked.period, room.history_days
    period = periods.within_history(whole, most, today)
    held = periods.within_history(period.before, most, today)
    before = period.before if held == period.before else None
    cut = replace(asked, period=period, before=before)
    return cut if period == whole else replace(cut, shortened=_shortened(room, whole, today))


def _shortened(room: allowances.Room, wanted: Period, today: date) -> str:
    """Said kindly: what is kept, and which plan shows more."""
    words = (
        f"{room.plan} shows the last {room.history_days} days, so these begin later than you asked."
    )
    needed = (today - wanted.first).days + 1
    helping = [one for one in allowances.ladder() if one.holds("history_days", needed)]
    if not helping:
        return words
    most = helping[0].history_days
    reach = f"the last {most:,} days" if most is not None else "all of it"
    return (
        f"{words} {helping[0].plan} shows {reach}; an owner can change the plan {allowances.WHERE}."
    )
