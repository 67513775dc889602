"""How often a post comes again, as it is typed in the composer."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms import Form
from app.scheduler.calendar import LONG_WEEKDAYS
from app.scheduler.recurrence import Occurrence
from app.scheduler.repeating import remaining
from app.scheduler.rules import DAY, LAST, MONTH, SLOT, WEEK, Rule

NEVER = "no"
WAYS = [
    Choice(NEVER, "Does not come again"),
    Choice(DAY, "Every day, or every few days"),
    Choice(WEEK, "Weekly, on weekdays"),
    Choice(MONTH, "Monthly"),
    Choice(SLOT, "In a free slot, every few days"),
]
NO_END = "Say how many times, or until when: this needs an end."
ONE, FOLLOWING, ALL = "one", "following", "all"
SCOPES = [
    Choice(ONE, "Only this one"),
    Choice(FOLLOWING, "This and what follows"),
    Choice(ALL, "All to come"),
]


class RepeatForm(Form):
    repeat = SelectField("Comes again", choices=WAYS, default=NEVER)
    every = IntegerField("Every", [Optional(), NumberRange(1, 365, "From 1 to 365.")], default=1)
    repeat_days = SelectMultipleField(
        "On",
        choices=[Choice(str(n), day) for n, day in enumerate(LONG_WEEKDAYS)],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    month_on = RadioField(
        "On",
        choices=[Choice("day", "The same day of the month"), Choice("last", "The last day")],
        default="day",
    )
    repeat_until = DateField("Until, and with", [Optional()])
    repeat_times = IntegerField(
        "Times at most", [Optional(), NumberRange(1, 1000, "From 1 to 1000.")]
    )
    scope = RadioField("What you change counts for", choices=SCOPES, default=ONE)

    @property
    def is_on(self) -> bool:
        return bool(self.repeat.data and self.repeat.data != NEVER)

    def is_ready(self) -> bool:
        """Nothing is asked of fields that don't count."""
        if not self.is_on and self.scope.data == ONE and not self.repeat.raw_data:
            return True
        valid, times = bool(self.validate()), self.repeat_times
        if self.repeat.data == SLOT and not self.repeat_until.data and times.data is None:
            times.errors = [*times.errors, NO_END][:1]
            return False
        return valid

    def rule(self, wall: datetime, zone: ZoneInfo) -> Rule:
        """Beginning at that time on the wall."""
        days = frozenset(int(one) for one in self.repeat_days.data or ()) or {wall.weekday()}
        return Rule(
            self.repeat.data,
            self.every.data or 1,
            wall.time().replace(second=0, microsecond=0),
            zone,
            wall.date(),
            frozenset(days) if self.repeat.data == WEEK else frozenset(),
            LAST if self.month_on.data == "last" else wall.day,
            self.repeat_until.data,
            self.repeat_times.data,
        )


def form_of(mine: Occurrence | None) -> RepeatForm:
    """As the series of a post stands."""
    if mine is None:
        return RepeatForm(formdata=None)
    rule = mine.recurrence.rule
    given: dict[str, Any] = {
        "repeat": rule.unit,
        "every": rule.every,
        "repeat_days": [str(day) for day in sorted(rule.weekdays)],
        "month_on": "last" if rule.unit == MONTH and rule.month_day == LAST else "day",
        "repeat_until": rule.ends_on,
        "repeat_times": remaining(mine),
    }
    return RepeatForm(formdata=None, **given)
