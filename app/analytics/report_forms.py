"""Handing on: who gets a link to what, and for how long; and whether a report comes by mail."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice as Choice

from app.analytics import report
from app.analytics.links import DAYS, ROLLING
from app.analytics.subscriptions import RHYTHMS
from app.channels.models import Channel
from app.forms import Form

ALL = ""


class LinkForm(Form):
    month = SelectField("What it shows", default=ROLLING)
    channel = SelectField("Channels", default=ALL)
    days = SelectField(
        "How long the link is good",
        choices=[Choice(str(n), f"{n} days") for n in DAYS],
        default="30",
    )

    def __init__(self, *args: Any, today: date, channels: Iterable[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rolling = Choice(ROLLING, f"The last {report.LASTING} days, whenever it is read")
        self.month.choices = [rolling, *(Choice(*one) for one in report.months(today))]
        names = [Choice(str(one.id), f"{one.network_name}: {one.handle}") for one in channels]
        self.channel.choices = [Choice(ALL, "All channels"), *names]

    @property
    def channel_id(self) -> int | None:
        return int(self.channel.data) if self.channel.data else None


class MailForm(Form):
    rhythm = RadioField(
        "A report by mail", choices=[Choice(name, words) for name, words in RHYTHMS.items()]
    )
