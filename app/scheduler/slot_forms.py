"""Weekly slots as they are typed: days, times and whose clock they are read on."""

import re
from datetime import time
from typing import Any

from wtforms import SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.account.forms import zones
from app.forms import Form
from app.scheduler.calendar import LONG_WEEKDAYS

TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?")
MOST_TIMES = 24


def read_time(text: str) -> str | None:
    """'9', '9:05', '09.05' or '9h05' as HH:MM; None when it is none of them."""
    found = TIME.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return f"{time(int(found[1]), int(found[2] or 0)):%H:%M}"


class ZonedForm(Form):
    timezone = SelectField("Time zone", description="The times stay on this zone's clock all year.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = zones()
        own = kwargs.get("timezone") or (
            self.timezone.data if self.timezone.data in names else None
        )
        known = names if own is None or own in names else [own, *names]
        self.timezone.choices = [Choice(name, name) for name in known]


class SlotsForm(ZonedForm):
    """Several at once: each time on each day."""

    weekdays = SelectMultipleField(
        "Days",
        choices=[Choice(str(n), day) for n, day in enumerate(LONG_WEEKDAYS)],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    times = StringField(
        "Times",
        [InputRequired("Write at least one time, like 9:30.")],
        description="One or more, like 9:30, 12:00, 17:15.",
    )

    def validate_weekdays(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError("Choose at least one day.")

    def validate_times(self, field: StringField) -> None:
        words = self._words
        for one in words:
            if read_time(one) is None:
                raise ValidationError(f"{one[:20]} is not a time, like 9:30.")
        if len(words) > MOST_TIMES:
            raise ValidationError(f"At most {MOST_TIMES} times at once.")

    @property
    def _words(self) -> list[str]:
        return [one for one in re.split(r"[,;\s]+", self.times.data or "") if one]

    @property
    def wall_times(self) -> list[str]:
        return sorted({found for one in self._words if (found := read_time(one))})

    @property
    def days(self) -> list[int]:
        return sorted(int(one) for one in self.weekdays.data or [])


class SlotForm(ZonedForm):
    weekday = SelectField("Day", choices=[Choice(str(n), d) for n, d in enumerate(LONG_WEEKDAYS)])
    time = StringField("Time", [InputRequired("Write a time, like 9:30.")])

    def validate_time(self, field: StringField) -> None:
        if read_time((field.data or "").strip()) is None:
            raise ValidationError("This is not a time, like 9:30.")

    @property
    def wall_time(self) -> str:
        return read_time((self.time.data or "").strip()) or ""
