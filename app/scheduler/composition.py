"""What the composer hands over, and how it becomes rows: what stays is changed in place, so that a row
goes only when what it holds is taken away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.channels.models import Channel
from app.media.models import Asset
from app.scheduler.labels import CAMPAIGN, LABEL, PostLabel, named
from app.scheduler.models import Post
from app.scheduler.saying import Hung, Words
from app.scheduler.words import COMMENT, PART, PostOption, PostPicture, PostWords

Key = tuple[int | None, str, int]  # channel, kind, place


@dataclass(frozen=True)
class Composition:
    """Domain values only. `text` is the first part for all channels, `further` the parts after it;
    `variants` and `options` are by channel. A picture comes with its alt text and its part."""

    text: str
    channels: tuple[Channel, ...]
    pictures: tuple[tuple[Asset, str] | Hung, ...]
    due_at: datetime | None
    wall_time: str
    zone: str
    asks: bool = False  # for another's yes, though the writer's own would do
    slots: Mapping[int, datetime] = field(default_factory=dict)  # by channel, in place of due_at
    further: tuple[str, ...] = ()
    comment: str = ""
    variants: Mapping[int, Words] = field(default_factory=dict)
    options: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    campaign: str = ""
    is_rough: bool = False  # saved by itself while somebody writes


def put_down(post: Post, made: Composition, now: datetime) -> None:
    """The post says this now."""
    post.text = made.text
    post.wall_time, post.zone = made.wall_time, made.zone
    post.updated_at = now
    _put_words(post, made)
    _put_options(post, made)
    _hang(post, made)
    _sort(post, made, now)


def _put_words(post: Post, made: Composition) -> None:
    known = {(row.channel_id, row.kind, row.place): row for row in post.words}
    rows = []
    for (channel_id, kind, place), text in texts(made):
        row = known.pop((channel_id, kind, place), None)
        row = row or PostWords(channel_id=channel_id, kind=kind, place=place)
        row.text = text
        rows.append(row)
    post.words = rows


def texts(made: Composition) -> Iterator[tuple[Key, str]]:
    """Every text beside the first one, with its place."""
    yield from (((None, PART, place), text) for place, text in enumerate(made.further, 1))
    if made.comment:
        yield (None, COMMENT, 0), made.comment
    for id, words in made.variants.items():
        yield from (((id, PART, place), text) for place, text in enumerate(words.parts))
        if words.comment:
            yield (id, COMMENT, 0), words.comment


def _put_options(post: Post, made: Composition) -> None:
    known = {(row.channel_id, row.name): row for row in post.options}
    rows = []
    for id, answers in made.options.items():
        for name, value in answers.items():
            row = known.pop((id, name), None) or PostOption(channel_id=id, name=name)
            row.value = value
            rows.append(row)
    post.options = rows


def _hang(post: Post, made: Composition) -> None:
    known = {row.asset_id: row for row in post.pictures}
    rows = []
    for position, one in enumerate(made.pictures):
        asset, alt, part = Hung(*one)
        row = known.pop(asset.id, None) or PostPicture(asset_id=asset.id)
        row.position, row.alt, row.part = position, alt, part
        if not made.is_rough:
            asset.alt = asset.alt or alt  # offered when it is used again
        rows.append(row)
    post.pictures = rows


def _sort(post: Post, made: Composition, now: datetime) -> None:
    """Under these labels, and this campaign."""
    home = post.organization_id
    wanted = named(home, LABEL, made.labels, now) + named(home, CAMPAIGN, [made.campaign], now)
    known = {one.label_id: one for one in post.labels}
    post.labels = [known.get(one.id) or PostLabel(label=one) for one in wanted]
