"""When what is composed goes out: now, at a time, in slots, and again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.scheduler import free_slots, quotas
from app.scheduler.forms import PostForm
from app.scheduler.free_slots import Place
from app.scheduler.models import Post
from app.scheduler.recurrence import Occurrence
from app.scheduler.repeat_forms import ONE, RepeatForm
from app.scheduler.rules import SLOT, Rule
from app.scheduler.wall_time import on_the_wall

SHOWN = 5  # dates
NEEDS_TIME = "Pick a time for what comes again, or choose free slots."


@dataclass(frozen=True)
class Coming:
    """A date of a series; `at` is None where a slot is found later."""

    on: datetime
    at: datetime | None
    note: str = ""


@dataclass
class Timing:
    """`post` is the one that is edited, `mine` its date in a series; `places` are where deliveries go
    when the next free slots are asked for."""

    form: PostForm
    repeat: RepeatForm
    post: Post | None = None
    mine: Occurrence | None = None
    places: list[Place] = field(default_factory=list)
    planned: quotas.Planned | None = None  # where many posts are written at once

    def find_places(self, now: datetime, *, hold: bool = False) -> None:
        """`hold`: the slots are ours until the commit."""
        if self.form.when.data == "next_slot":
            self.places = free_slots.places(self.form.picked, now, post=self.post, hold=hold)

    @property
    def slots(self) -> dict[int, datetime]:
        return {one.channel.id: one.at for one in self.places if one.at}

    def first(self, now: datetime) -> datetime | None:
        return min(self.slots.values(), default=None) or self.form.moment(now)

    def check(self, member: Membership, zone: ZoneInfo, now: datetime) -> None:
        """Problems stand beside their fields."""
        self._check_repeat()
        besides = self.post.id if self.post else None
        slots, at_once = self.slots, self.form.moment(now)
        for place in self.places:
            if place.at is None:
                self.form.trouble("when", no_slot(place))
        for channel in self.form.picked:
            if at := slots.get(channel.id, at_once):
                home, planned = member.organization_id, self.planned
                full = quotas.refuse(home, [channel], at, zone, besides=besides, planned=planned)
                for words in full:
                    self.form.trouble("channels", words)

    def _check_repeat(self) -> None:
        if not self.repeat.is_ready():
            self.form.trouble("repeat", "Something about how it comes again is not right yet.")
        elif self.repeat.is_on and self.repeat.repeat.data != SLOT and self.form.when.data != "at":
            self.form.trouble("when", NEEDS_TIME)

    def rule(self, zone: ZoneInfo, now: datetime) -> Rule | None:
        """What was asked for, when it can be read."""
        first = self.first(now)
        if not self.repeat.is_on or not first or not self.repeat.is_ready():
            return None
        wall = self.form.due_at.data if self.form.when.data == "at" else on_the_wall(first, zone)
        return self.repeat.rule(wall, zone)

    @property
    def is_for_one(self) -> bool:
        return self.mine is not None and self.repeat.scope.data == ONE

    def coming(self, zone: ZoneInfo, now: datetime) -> list[Coming]:
        """The first dates of the series, as they would be."""
        rule = None if self.form.due_at.errors else self.rule(zone, now)
        if rule is None or self.is_for_one:
            return []
        if rule.unit == SLOT:
            return [Coming(rule.begins(on), None) for on in islice(rule.dates(), SHOWN)]
        before = now - timedelta(minutes=1)
        found = [(on, rule.resolved(on)) for on in islice(rule.upcoming(before), SHOWN)]
        return [Coming(one.instant, one.instant, one.note) for _, one in found]

    def warnings(self) -> list[str]:
        """Where equal texts are not wanted."""
        if not self.repeat.is_on or self.is_for_one:
            return []
        found = {one.adapter.name: one.adapter.equal_texts for one in self.form.picked}
        return [words for words in found.values() if words]


def no_slot(place: Place) -> str:
    if not place.has_slots:
        return f"{place.channel.handle} has no weekly slots yet. Add some, or pick a time."
    return f"{place.channel.handle} has no free slot within two years. Pick a time."
