"""What the composer shows of each channel: a box to tick, and what is said or asked only there."""

from dataclasses import dataclass
from typing import Any

from app.channels.models import Channel
from app.networks import Option
from app.scheduler.checking import option_field
from app.scheduler.forms import PostForm
from app.scheduler.wording import Thread, Wording, field_of


def choices(form: PostForm) -> list[dict[str, Any]]:
    """The channels as check boxes."""
    picked = set(form.picked)
    return [
        {
            "id": channel.id,
            "network": channel.network,
            "network_name": channel.network_name,
            "handle": channel.handle,
            "checked": channel in picked,
            "is_set_aside": channel.set_aside_at is not None,
        }
        for channel in form.known
    ]


@dataclass(frozen=True)
class Asked:
    """A question of the network with its answer; `field` names it on the page."""

    option: Option
    answer: str
    field: str


@dataclass(frozen=True)
class Panel:
    """One channel; `thread` are its own words, None when it says the shared ones."""

    channel: Channel
    thread: Thread | None
    asked: list[Asked]
    is_picked: bool
    is_open: bool

    @property
    def field(self) -> str:
        return field_of(0, self.channel.id)


def panels(form: PostForm, wording: Wording) -> list[Panel]:
    picked = set(form.picked)
    return [_panel(one, form, wording, is_picked=one in picked) for one in form.known]


def _panel(channel: Channel, form: PostForm, wording: Wording, *, is_picked: bool) -> Panel:
    """Open when there is something to look at."""
    answers = wording.answers.get(channel.id, {})
    asked = [
        Asked(one, answers.get(one.name, one.default), option_field(channel.id, one.name))
        for one in channel.adapter.options
    ]
    thread = wording.own.get(channel.id)
    is_answered = any(one.answer != one.option.default for one in asked)
    wants = any(one.option.required or one.field in form.troubles for one in asked)
    is_open = thread is not None or is_answered or wants
    return Panel(channel, thread, asked, is_picked, is_open)
