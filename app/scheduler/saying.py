"""What a post says on one channel: the one place that composer, previews, approval and the engine ask.

The shared words go everywhere; a channel with words of its own says those and nothing of the shared
ones. Pictures are the same everywhere: one that hangs in a part which a channel's own thread does not
have hangs in its last part there."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import select

from app.channels.models import Channel
from app.db import among, db, table
from app.media.models import Asset
from app.media.renditions import Original
from app.networks import Network, network
from app.scheduler.models import Delivery, Post
from app.scheduler.words import COMMENT, PART, PostOption, PostPicture, PostWords

FILE = ("id", "type", "sha256", "storage_key")  # of an asset, in the order of `Shown`
MEASURES = ("organization_id", "size", "width", "height", "seconds")


@dataclass(frozen=True)
class Words:
    """The parts of a thread, of which there is always one, and the first comment, '' for none."""

    parts: tuple[str, ...] = ("",)
    comment: str = ""


class Hung(NamedTuple):
    """A picture where it hangs."""

    asset: Asset
    alt: str
    part: int = 0


class Shown(NamedTuple):
    """A picture or video as it is used, without its row. `storage_key` names the file, `type` is its
    media type; size in bytes, sides in pixels."""

    asset_id: int
    type: str
    sha256: str
    storage_key: str
    alt: str
    organization_id: int = 0
    size: int = 0
    width: int = 0
    height: int = 0
    seconds: float = 0

    @property
    def original(self) -> Original:
        """What it is made to fit from."""
        named = (self.asset_id, self.organization_id, self.storage_key, self.type)
        return Original(*named, self.size, self.width, self.height, self.seconds)

    @property
    def is_video(self) -> bool:
        return self.type.startswith("video/")


@dataclass(frozen=True)
class Part:
    """One post of the thread."""

    text: str
    pictures: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Saying:
    """All that goes out on one channel. `options` are the answers that differ from the network's
    own defaults; `answers` has them all."""

    parts: tuple[Part, ...]
    comment: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Of all of it. A single post without anything beside it hashes as it always did."""
        parts = [[one.text, [(p.sha256, p.alt) for p in one.pictures]] for one in self.parts]
        is_plain = len(parts) == 1 and not self.comment and not self.options
        said = parts[0] if is_plain else [parts, self.comment, sorted(self.options.items())]
        return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def answers(self, adapter: Network) -> dict[str, str]:
        """To every question of the network, as a `Piece` wants them."""
        return {one.name: self.options.get(one.name, one.default) for one in adapter.options}


def shown(hung: Hung) -> Shown:
    asset = hung.asset
    file: Iterable[Any] = [getattr(asset, name) for name in FILE]
    measures: Iterable[Any] = [getattr(asset, name) for name in MEASURES]
    return Shown._make([*file, hung.alt, *measures])


def say(
    adapter: Network,
    words: Words,
    pictures: Iterable[tuple[Shown, int]],
    options: Mapping[str, str],
) -> Saying:
    """Put together what is said; `pictures` come with the part that they hang in."""
    return Saying(
        lay_out(words.parts, pictures),
        words.comment,
        {
            one.name: options[one.name]
            for one in adapter.options
            if options.get(one.name, one.default) != one.default
        },
    )


def lay_out(texts: tuple[str, ...], pictures: Iterable[tuple[Shown, int]]) -> tuple[Part, ...]:
    hung: list[list[Shown]] = [[] for _ in texts]
    for picture, part in pictures:
        hung[min(part, len(hung) - 1)].append(picture)
    return tuple(Part(text, tuple(found)) for text, found in zip(texts, hung, strict=True))


def hung_on(post: Post) -> list[tuple[Shown, int]]:
    return [(shown(Hung(one.asset, one.alt)), one.part) for one in post.pictures]


def shared_words(post: Post) -> Words:
    return words_of(post.text, post.words, None) or Words((post.text,))


def own_words(post: Post, channel_id: int) -> Words | None:
    """The channel's own, None when it says the shared ones."""
    return words_of(None, post.words, channel_id)


def options_of(post: Post, channel_id: int) -> dict[str, str]:
    return {one.name: one.value for one in post.options if one.channel_id == channel_id}


def saying(post: Post, channel: Channel) -> Saying:
    """What the post says there."""
    words = own_words(post, channel.id) or shared_words(post)
    return say(channel.adapter, words, hung_on(post), options_of(post, channel.id))


def sayings_of(ids: Iterable[int]) -> dict[int, Saying]:
    """What each of these deliveries says; four statements, however many they are."""
    d = table(Delivery).c
    chosen = (
        select(d.id, d.post_id, d.channel_id, Post.text, Channel.network)
        .join(Post, Post.id == d.post_id)
        .join(Channel, Channel.id == d.channel_id)
    )
    rows = db.session.execute(chosen.where(among(d.id, ids))).all()
    beside = _Beside({row.post_id for row in rows})
    return {
        row.id: beside.say(row.post_id, row.channel_id, row.text, network(row.network))
        for row in rows
    }


class _Beside:
    """What stands beside the texts of these posts."""

    def __init__(self, posts: set[int]) -> None:
        w, o, p = table(PostWords).c, table(PostOption).c, table(PostPicture).c
        self.words: dict[int, list[Row]] = {}
        self.options: dict[tuple[int, int], dict[str, str]] = {}
        self.pictures: dict[int, list[tuple[Shown, int]]] = {}
        said = select(w.post_id, w.channel_id, w.kind, w.text).order_by(w.place, w.id)
        for id, *row in db.session.execute(said.where(among(w.post_id, posts))):
            self.words.setdefault(id, []).append(Row(*row))
        asked = select(o.post_id, o.channel_id, o.name, o.value).order_by(o.id)
        for id, channel, name, value in db.session.execute(asked.where(among(o.post_id, posts))):
            self.options.setdefault((id, channel), {})[name] = value
        file, measures = ([getattr(Asset, name) for name in names] for names in (FILE, MEASURES))
        hung = select(p.post_id, p.part, *file, p.alt, *measures).join(
            Asset, Asset.id == p.asset_id
        )
        for id, part, *picture in db.session.execute(
            hung.where(among(p.post_id, posts)).order_by(p.position)
        ):
            self.pictures.setdefault(id, []).append((Shown(*picture), part))

    def say(self, post: int, channel: int, text: str, adapter: Network) -> Saying:
        rows = self.words.get(post, [])
        words = words_of(None, rows, channel) or words_of(text, rows, None) or Words((text,))
        options = self.options.get((post, channel), {})
        return say(adapter, words, self.pictures.get(post, ()), options)


class Row(NamedTuple):
    channel_id: int | None
    kind: str
    text: str


def words_of(
    first: str | None, rows: Iterable[PostWords | Row], channel_id: int | None
) -> Words | None:
    """Of the rows in their order, those of one channel, or the shared ones; None without a part."""
    found = [one for one in rows if one.channel_id == channel_id]
    parts = [] if first is None else [first]
    parts += [one.text for one in found if one.kind == PART]
    comment = next((one.text for one in found if one.kind == COMMENT), "")
    return Words(tuple(parts), comment) if parts else None
