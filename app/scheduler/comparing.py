"""Versions of a post side by side, as its page of versions shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.channels.models import Channel
from app.media.models import Asset
from app.scheduler.versions import KINDS, OPTION, PICTURE, Said, Standing
from app.scheduler.word_diff import SAME, Piece, diff
from app.scheduler.words import COMMENT

Key = tuple[int, int, int, str]


@dataclass(frozen=True)
class Text:
    """One text, compared with the version before. `picture` is the address of what it describes."""

    channel: Channel | None
    label: str
    pieces: list[Piece]
    picture: str = ""

    @property
    def is_changed(self) -> bool:
        return any(one.kind != SAME for one in self.pieces)


@dataclass(frozen=True)
class Step:
    """A version; `changes` are None for the first one. `hung` says how pictures came and went."""

    number: int
    writer: str
    written_at: datetime
    is_current: bool
    texts: list[Text]
    changes: list[Text] | None
    hung: str


@dataclass(frozen=True)
class Around:
    """What the texts name by number: channels, and the addresses of pictures that are still here."""

    channels: Mapping[int, Channel] = field(default_factory=dict)
    pictures: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, channels: Iterable[Channel], assets: Iterable[Asset]) -> "Around":
        """A video is shown by its poster."""
        return cls(
            {one.id: one for one in channels},
            {one.id: f"/media/{one.id}{'/poster' if one.is_video else ''}" for one in assets},
        )

    def text(self, said: Said, old: str, new: str) -> Text:
        channel = self.channels.get(said.channel_id or 0)
        picture = self.pictures.get(said.asset_id or 0, "")
        return Text(channel, _label(said, channel), diff(old, new), picture)


def step(this: Standing, before: Standing | None, around: Around, *, is_current: bool) -> Step:
    texts = [around.text(one, one.text, one.text) for one in this.words]
    changes = None if before is None else list(_changes(this, before, around))
    return Step(
        this.number,
        this.writer.name if this.writer else "Former member",
        this.written_at,
        is_current,
        [one for one in texts if one.pieces or one.picture],
        changes,
        "" if before is None else _hung(this, before),
    )


def _changes(this: Standing, before: Standing, around: Around) -> Iterable[Text]:
    old, new = _by_key(before), _by_key(this)
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        shown = new.get(key) or old[key]
        found = around.text(shown, was.text if was else "", now.text if now else "")
        if found.is_changed:
            yield found


def _by_key(standing: Standing) -> dict[Key, Said]:
    return {_key(one): one for one in standing.words}


def _key(one: Said) -> Key:
    """The same in two versions: pictures by what they are, other texts by where they stand."""
    place = (one.asset_id or 0) if one.kind == PICTURE else one.place
    return one.channel_id or 0, KINDS.index(one.kind), place, one.name


def _label(said: Said, channel: Channel | None) -> str:
    if said.kind == COMMENT:
        return "First comment"
    if said.kind == PICTURE:
        return "Alt text"
    if said.kind == OPTION:
        options = channel.adapter.options if channel else ()
        return next((one.label for one in options if one.name == said.name), said.name)
    return f"Post {said.place + 1}"


def _hung(this: Standing, before: Standing) -> str:
    """What happened to the pictures beside their alt texts."""
    old, new = (
        [(one.asset_id, one.part) for one in each.words if one.kind == PICTURE]
        for each in (before, this)
    )
    came = {id for id, _ in new} - {id for id, _ in old}
    went = {id for id, _ in old} - {id for id, _ in new}
    words = [
        f"{len(found)} {noun}" for found, noun in ((came, "added"), (went, "taken out")) if found
    ]
    if words:
        return f"Pictures: {', '.join(words)}."
    return "Pictures: in another order." if old != new else ""
