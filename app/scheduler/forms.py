"""The composer: wall time in, instant out; each problem beside the field that it belongs to."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateTimeLocalField, HiddenField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import Optional

from app import clock
from app.account.forms import normal
from app.channels.models import Channel
from app.forms import Form
from app.scheduler.wall_time import Resolved, on_the_wall, resolve

FARTHEST = timedelta(days=731)
NO_PLACE_FOR = (
    "{} is set aside: the plan holds fewer channels. Leave it out here; an owner can take a bigger plan,"
    " or choose it to stay, under Plan."
)
WHEN = [
    Choice("next_slot", "Next free slot"),
    Choice("at", "At a time"),
    Choice("now", "Now"),
]
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class WallTimeField(DateTimeLocalField):
    """A local time that is turned into an instant by the person's zone."""

    def __init__(self, label: str, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=FORMATS, **kwargs)


class TimedForm(Form):
    """Any form with a `due_at` in the person's zone."""

    due_at = WallTimeField("When?", [Optional()])
    fold = RadioField(
        "Which of the two?",
        choices=[Choice("0", "The first"), Choice("1", "The second")],
        default="0",
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    @property
    def resolved(self) -> Resolved | None:
        wall = self.due_at.data
        return resolve(wall, self.zone, second=self.fold.data == "1") if wall else None

    def validate_due_at(self, field: WallTimeField) -> None:
        if field.raw_data and field.raw_data[0] and field.data is None:
            raise ValidationError("This is not a date and time, like 2026-11-24T14:05.")
        if not field.data:
            return
        try:
            instant = self.resolved.instant  # type: ignore[union-attr]
        except (OverflowError, ValueError):
            raise ValidationError("This date is out of reach.") from None
        now = clock.now()
        if instant < now - timedelta(minutes=1):
            place = self.zone.key.rsplit("/", 1)[-1].replace("_", " ")
            raise ValidationError(
                f"That time has passed ({field.data:%H:%M} {place}). Publish now?"
            )
        if instant > now + FARTHEST:
            raise ValidationError("That is more than two years ahead.")


class MoveForm(TimedForm):
    def validate_due_at(self, field: WallTimeField) -> None:
        super().validate_due_at(field)
        if not field.data:
            raise ValidationError("Choose a time.")


class PostForm(TimedForm):
    """`choices` are the channels that the organisation has; `picked` those that were ticked."""

    when = RadioField("When", choices=WHEN, default="at")
    nonce = HiddenField()
    version = HiddenField()
    asks_alt = HiddenField(default="yes")  # until it was asked

    def __init__(
        self, *args: Any, channels: Iterable[Channel], picked: set[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(channels)
        self.picked = [channel for channel in self.known if channel.id in picked]
        self.nonce.data = normal(self.nonce.data)[:64] or secrets.token_hex(16)
        self.troubles: dict[str, list[str]] = {}

    def is_ready(self, *, draft: bool, there: Collection[int] = ()) -> bool:
        """Valid for saving (`draft`) or for scheduling; problems stand beside their fields. `there`:
        channels that the post is on already."""
        valid = bool(self.validate())
        if not draft:
            self._check_channels(there)
            if self.when.data == "at" and not self.due_at.data and not self.due_at.errors:
                self.due_at.errors = ["Choose a time, or publish now."]
        return valid and not self.due_at.errors and not self.troubles

    def trouble(self, field: str, words: str) -> None:
        """A problem to stand beside a field that no class declares; told once."""
        known = self.troubles.setdefault(field, [])
        if words not in known:
            known.append(words)

    def validate_due_at(self, field: WallTimeField) -> None:
        if self.when.data not in ("now", "next_slot"):
            super().validate_due_at(field)

    def _check_channels(self, there: Collection[int]) -> None:
        if not self.picked:
            self.trouble("channels", "Choose where it goes.")
        for channel in self.picked:
            if channel.set_aside_at and channel.id not in there:
                self.trouble("channels", NO_PLACE_FOR.format(channel.handle))
            elif not channel.is_usable and not channel.set_aside_at:
                self.trouble("channels", f"Reconnect {channel.handle} first; nothing is lost.")

    def moment(self, now: datetime) -> datetime | None:
        """When it is due: an instant, or None for a draft without a time. Slots: `sheets.Sheet`."""
        if self.when.data == "now":
            return now
        if self.when.data == "next_slot":
            return None
        return self.resolved.instant if self.resolved else None

    @property
    def is_doubled(self) -> bool:
        """Does the picked time happen twice that night?"""
        usable = self.when.data == "at" and not self.due_at.errors
        return bool(usable and self.resolved and self.resolved.is_doubled)

    @property
    def wall_time(self) -> str:
        return self.due_at.data.strftime("%Y-%m-%dT%H:%M") if self.due_at.data else ""

    @property
    def notes(self) -> list[str]:
        """What a person should know about the clock that night."""
        if self.when.data != "at" or self.due_at.errors or not self.resolved:
            return []
        return [self.resolved.note] if self.resolved.note else []

    def show_time(self, instant: datetime | None) -> None:
        if instant:
            self.due_at.data = on_the_wall(instant, self.zone)
