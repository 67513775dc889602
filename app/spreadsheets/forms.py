"""What a person says about an uploaded file: which column holds what, and what becomes of rows that
leave something out."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.widgets import CheckboxInput, ListWidget

from app.channels.models import Channel
from app.scheduler.slot_forms import ZonedForm
from app.spreadsheets import columns as c
from app.spreadsheets.lines import DRAFT, SLOT, TELL, Choices
from app.spreadsheets.times import DAY_FIRST, MONTH_FIRST

LEFT_OUT = "Not in the file"


def _column(name: str) -> SelectField:
    return SelectField(c.FIELDS[name], default="")


class MappingForm(ZonedForm):
    """`header` are the names of the columns. Sent by GET, so that what one looks at has an address."""

    text = _column(c.TEXT)
    moment = _column(c.MOMENT)
    date = _column(c.DATE)
    clock = _column(c.CLOCK)
    zone = _column(c.ZONE)
    channels = _column(c.CHANNELS)
    labels = _column(c.LABELS)
    campaign = _column(c.CAMPAIGN)
    comment = _column(c.COMMENT)
    media = _column(c.MEDIA)
    alt = _column(c.ALT)
    own = _column(c.OWN)
    thread = _column(c.THREAD)
    order = RadioField(
        "In 3/4/2027, which one is the day?",
        choices=[Choice(DAY_FIRST, "The first"), Choice(MONTH_FIRST, "The second")],
        default=DAY_FIRST,
    )
    to = SelectMultipleField(
        "Where rows go that name no channel",
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    undated = RadioField(
        "Rows without a time",
        choices=[Choice(DRAFT, "Become drafts"), Choice(SLOT, "Take the next free slots")],
        default=DRAFT,
    )
    past = RadioField(
        "Rows whose time has passed",
        choices=[Choice(TELL, "Are a problem"), Choice(DRAFT, "Become drafts")],
        default=TELL,
    )

    def __init__(
        self,
        formdata: "MultiDict[str, str] | None",
        *,
        header: Iterable[str],
        channels_there: Iterable[Channel],
        guessed: Mapping[str, int],
        zone: str,
    ) -> None:
        own: dict[str, Any] = {name: str(place) for name, place in guessed.items()}
        super().__init__(formdata=formdata, data=own, timezone=zone, meta={"csrf": False})
        self.places_there = [
            Choice(str(place), name or f"Column {place + 1}") for place, name in enumerate(header)
        ]
        for name in c.FIELDS:
            self[name].choices = [Choice("", LEFT_OUT), *self.places_there]
        self.to.choices = [Choice(str(one.id), one.handle) for one in channels_there]

        self.timezone.label.text = "Whose clock"
        self.timezone.description = "For times that name no zone and no offset."

    def validate_text(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError("Choose the column that holds the words of the posts.")

    def validate_to(self, field: SelectMultipleField) -> None:
        if not self.channels.data and not field.data:
            raise ValidationError("No column names channels, so choose where the posts go.")

    @property
    def columns(self) -> list[SelectField]:
        return [self[name] for name in c.FIELDS]

    @property
    def choices(self) -> Choices:
        """Of a valid form."""
        chosen = {name: self[name].data for name in c.FIELDS}
        return Choices(
            places={name: int(place) for name, place in chosen.items() if place},
            zone=self.timezone.data,
            order=self.order.data,
            channels=frozenset(int(id) for id in self.to.data or []),
            home=current_app.config["SETTINGS"].base_url,
            undated=self.undated.data,
            past=self.past.data,
        )

    @property
    def sent(self) -> list[tuple[str, str]]:
        """All of it once more, for the form that confirms."""
        found = []
        for field in self:
            data = field.data if isinstance(field.data, list) else [field.data]
            found += [(field.name, one) for one in data if one]
        return found
