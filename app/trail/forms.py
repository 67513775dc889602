"""The filter of the organisation's trail: a form that is sent by GET and changes nothing."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import Optional

from app.audit.actions import ORGANIZATION
from app.forms import Form
from app.trail.reading import Wanted


class FilterForm(Form):
    class Meta:
        csrf = False

    person = SelectField("Person", default="")
    action = SelectField("What", default="")
    since = DateField("From", [Optional()])
    until = DateField("To", [Optional()])

    def __init__(self, *args: Any, people: dict[int, str], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.person.choices = [
            Choice("", "Everybody"),
            *(Choice(str(id), name) for id, name in people.items()),
        ]
        self.action.choices = [
            Choice("", "Everything"),
            *(Choice(name, words) for name, words in ORGANIZATION.items()),
        ]

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            person=int(self.person.data) if self.person.data else None,
            action=self.action.data or None,
            since=self._midnight(self.since.data) if self.since.data else None,
            until=self._midnight(self.until.data + timedelta(days=1)) if self.until.data else None,
        )

    def _midnight(self, day: Any) -> datetime:
        return datetime.combine(day, time(), self.zone)
