"""What a post will look like on each channel, counted and linked as the network does it."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from app.channels.models import Channel
from app.networks import Limits, Segment
from app.scheduler import link_cards, media
from app.scheduler.cautions import Caution
from app.scheduler.checking import problems
from app.scheduler.saying import Part, Saying

YES = "Yes"


@dataclass
class PartView:
    """One post of the thread, or its first comment. Pictures and videos are as `media.shown` has them."""

    used: int
    limit: int
    segments: list[Segment]
    pictures: list[dict[str, str]]
    card: link_cards.Shown | None = None
    label: str = ""

    @property
    def left(self) -> int:
        return self.limit - self.used

    @property
    def is_over(self) -> bool:
        return self.left < 0


@dataclass
class Preview:
    """One channel's view of what is said there. `cover` stands in front of the words until a reader
    opens them; `answers` are what else was chosen for this network."""

    network: str
    network_name: str
    handle: str
    name: str
    parts: list[PartView]
    comment: PartView | None
    is_media_first: bool
    title: str = ""
    cover: str = ""
    answers: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    plays: bool = False
    cautions: list[Caution] = field(default_factory=list)


def previews(
    said: Iterable[tuple[Channel, Saying]],
    own: Container[int] = frozenset(),
    cautions: Mapping[int, list[Caution]] | None = None,
    cards: link_cards.Cards | None = None,
) -> list[Preview]:
    """`own`: the channels that say words of their own, by their numbers, as the cautions are. `cards`:
    what was read of the pages that are linked to; None where nobody can ask for that."""
    made = []
    for channel, saying in said:
        one = _preview(channel, saying, cards, is_own=channel.id in own)
        one.cautions = (cautions or {}).get(channel.id, [])
        made.append(one)
    return made


def _preview(
    channel: Channel, said: Saying, cards: link_cards.Cards | None, *, is_own: bool
) -> Preview:
    limits = channel.limits(said.answers(channel.adapter))
    parts = _parts(channel, said, limits)
    for place, part in enumerate(parts):
        if not part.pictures:
            part.card = link_cards.card(channel, said, part.segments, place, cards)
    comment = Part(said.comment)
    drawn = _drawn(channel, said)
    return Preview(
        network=channel.network,
        network_name=channel.network_name,
        handle=channel.handle,
        name=channel.name,
        parts=parts,
        comment=_part(channel, comment, channel.limits(), "") if said.comment else None,
        is_media_first=limits.needs_media,
        title=drawn.get("title", ""),
        cover=drawn.get("cover", ""),
        answers=answers_in_words(channel, said, drawn=False),
        problems=list(dict.fromkeys(words for _, words in problems(channel, said, is_own=is_own))),
    )


def _parts(channel: Channel, said: Saying, limits: Limits) -> list[PartView]:
    is_thread = len(said.parts) > 1
    return [
        _part(channel, part, limits, f"Post {number}" if is_thread else "")
        for number, part in enumerate(said.parts, 1)
    ]


def _part(channel: Channel, part: Part, limits: Limits, label: str) -> PartView:
    count = channel.adapter.count(part.text, limits.beside(part.pictures))
    return PartView(
        used=count.used,
        limit=count.limit,
        segments=channel.adapter.segments(part.text),
        pictures=pictures_of(part),
        label=label,
    )


def pictures_of(part: Part) -> list[dict[str, str]]:
    return [media.shown(one) for one in part.pictures]


def _drawn(channel: Channel, said: Saying) -> dict[str, str]:
    """What has a place of its own in the picture of a post."""
    return {
        one.drawn: said.options[one.name]
        for one in channel.adapter.options
        if one.drawn and one.name in said.options
    }


def answers_in_words(
    channel: Channel, said: Saying, *, drawn: bool = True
) -> list[tuple[str, str]]:
    """What was answered otherwise than the network would have it; without what is `drawn` else."""
    found = []
    for one in channel.adapter.options:
        if one.name in said.options and (drawn or not one.drawn):
            answer = said.options[one.name]
            words = dict(one.choices).get(answer, answer)
            found.append((one.label, YES if one.kind == "switch" else words))
    return found
