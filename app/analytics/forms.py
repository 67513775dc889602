"""Which days are looked at, typed by hand."""

from datetime import date
from typing import Any

from wtforms import DateField, ValidationError
from wtforms.validators import InputRequired

from app.analytics.periods import LONGEST
from app.forms import Form

NO_DATE = "This is not a date, like 2026-11-24."
FIRST_YEAR = 2000


class RangeForm(Form):
    """`from` and `to`, both included, as days of the person's zone. Sent by GET; changes nothing."""

    class Meta:
        csrf = False

    first = DateField(
        "From", [InputRequired("Choose the first day.")], name="from", invalid_value_message=NO_DATE
    )
    last = DateField(
        "To", [InputRequired("Choose the last day.")], name="to", invalid_value_message=NO_DATE
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_first(self, field: DateField) -> None:
        if field.data and field.data.year < FIRST_YEAR:
            raise ValidationError(f"Choose a day from {FIRST_YEAR} on.")
        if field.data and field.data > self.today:
            raise ValidationError("This day is still to come.")

    def validate_last(self, field: DateField) -> None:
        first = self.first.data
        if not field.data or not first:
            return
        if field.data < first:
            raise ValidationError("This is before the first day.")
        if (field.data - first).days >= LONGEST:
            raise ValidationError("Choose two years or less.")
