"""The words in the composer's form, as typed: the shared thread, threads of single channels, what
networks ask, and the buttons that change the shape of a thread."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.account.forms import normal
from app.channels.models import Channel
from app.networks import Limits, Network, Option
from app.scheduler.models import Post
from app.scheduler.saying import Words, options_of, own_words, shared_words
from app.scheduler.splitting import split
from app.web import ids

Fields = MultiDict[str, str]
MOST = 100  # parts that a form holds
DEED = re.compile(r"(add|remove|up|differ|same|split)\.([0-9]{1,3})\.([0-9]{1,9})")


@dataclass
class Thread:
    """Parts and first comment as they stand in their fields."""

    parts: list[str] = field(default_factory=lambda: [""])
    comment: str = ""

    @classmethod
    def of(cls, words: Words) -> "Thread":
        return cls(list(words.parts), words.comment)

    @classmethod
    def read(cls, fields: Fields, end: str = "") -> "Thread":
        further = [normal(text) for text in fields.getlist(f"part{end}")[: MOST - 1]]
        first, comment = fields.get(f"text{end}", ""), fields.get(f"comment{end}", "")
        return cls([normal(first), *further], normal(comment))

    def words(self, least: int) -> Words:
        """What is said. Empty fields at the end are none, but for the first `least` parts, in which
        pictures hang."""
        parts = [text.strip() for text in self.parts]
        while len(parts) > max(least, 1) and not parts[-1]:
            parts.pop()
        return Words(tuple(parts), self.comment.strip())

    def change(self, name: str, place: int) -> list[int]:
        """Add, remove or move up a part; where each part that was is now."""
        parts, where = self.parts, list(range(len(self.parts)))
        if name == "add" and len(parts) < MOST and place <= len(parts):
            parts.insert(place, "")
            return [old + (old >= place) for old in where]
        if name == "remove" and len(parts) > 1 and place < len(parts):
            del parts[place]
            return [max(old - 1, 0) if old >= place else old for old in where]
        if name == "up" and 0 < place < len(parts):
            parts[place - 1], parts[place] = parts[place], parts[place - 1]
            where[place - 1], where[place] = place, place - 1
        return where

    def split(self, rooms: list[tuple[Network, Limits]]) -> list[int]:
        """Cut what is too long for one of these networks; where each part that was begins now."""
        if not rooms:
            return list(range(len(self.parts)))
        segments = min(rooms, key=lambda room: room[1].graphemes)[0].segments

        def fits(text: str) -> bool:
            return all(network.count(text, most).problem is None for network, most in rooms)

        where, parts = [], list[str]()
        for number, text in enumerate(self.parts):
            where.append(len(parts))
            room = MOST - len(parts) - (len(self.parts) - number - 1)
            parts += [text] if fits(text) else split(text, fits, segments, room)
        self.parts = parts
        return where


@dataclass
class Wording:
    """`own` and `answers` are by the number of a channel."""

    shared: Thread = field(default_factory=Thread)
    own: dict[int, Thread] = field(default_factory=dict)
    answers: dict[int, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, post: Post, channels: Iterable[Channel]) -> "Wording":
        made = cls(Thread.of(shared_words(post)))
        for channel in channels:
            made.answers[channel.id] = options_of(post, channel.id)
            if words := own_words(post, channel.id):
                made.own[channel.id] = Thread.of(words)
        return made

    @classmethod
    def read(cls, fields: Fields, channels: Iterable[Channel]) -> "Wording":
        differing = set(ids(fields.getlist("differs")))
        made = cls(Thread.read(fields))
        for one in channels:
            made.answers[one.id] = {
                option.name: _answer(fields, one.id, option) for option in one.adapter.options
            }
            if one.id in differing:
                made.own[one.id] = Thread.read(fields, f"-{one.id}")
        return made

    def thread(self, channel_id: int) -> Thread:
        """The words that are said there."""
        return self.own.get(channel_id, self.shared)


def _answer(fields: Fields, channel_id: int, option: Option) -> str:
    """A switch that is off sends nothing, so the form says beside it that it asked."""
    was_asked = option.kind == "switch" and f"asked-{channel_id}" in fields
    unsaid = "" if was_asked else option.default
    return normal(fields.get(f"option-{channel_id}-{option.name}", unsaid)).strip()


@dataclass(frozen=True)
class Deed:
    """A button of the form that changes its shape: which thread, by its channel, and which part."""

    name: str
    place: int
    channel_id: int

    @classmethod
    def read(cls, action: str) -> "Deed | None":
        found = DEED.fullmatch(action)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    @property
    def field(self) -> str:
        """Where on the page the person goes on."""
        moved = self.place - 1 if self.name in ("up", "remove") else self.place
        return field_of(0 if self.name in ("differ", "same", "split") else moved, self.channel_id)


def field_of(part: int, channel_id: int) -> str:
    """The name of a part's field on the page; channel 0 for the shared words."""
    end = f"-{channel_id}" if channel_id else ""
    return f"part-{part}{end}" if part > 0 else f"text{end}"


def reshape(
    wording: Wording, deed: Deed, picked: Iterable[Channel], *, has_media: bool
) -> list[int]:
    """Do what the button says; answers where the pictures of each shared part hang from now on. A
    button of a form that is out of date does nothing."""
    stay, own = list(range(len(wording.shared.parts))), wording.own
    thread = own.get(deed.channel_id) if deed.channel_id else wording.shared
    if deed.name == "differ":
        shared = wording.shared
        own.setdefault(deed.channel_id, Thread(list(shared.parts), shared.comment))
    elif deed.name == "same":
        own.pop(deed.channel_id, None)
    elif thread and deed.name == "split":
        said_by = [one for one in picked if wording.thread(one.id) is thread]
        moved = thread.split(
            [
                (one.adapter, one.limits(wording.answers.get(one.id)).beside(has_media))
                for one in taking_threads(said_by)
            ]
        )
        return stay if deed.channel_id else moved
    elif thread:
        moved = thread.change(deed.name, deed.place)
        return stay if deed.channel_id else moved
    return stay


def taking_threads(channels: Iterable[Channel]) -> list[Channel]:
    return [one for one in channels if one.limits().thread > 1]
