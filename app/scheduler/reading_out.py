"""A post as people read it: the shared words once, then each channel that says or answers something of
its own."""

from dataclasses import dataclass

from app.channels.models import Channel
from app.scheduler.models import Post
from app.scheduler.preview import answers_in_words, pictures_of
from app.scheduler.saying import Saying, hung_on, lay_out, own_words, saying, shared_words


@dataclass(frozen=True)
class Version:
    """`channel` is None for the shared words. Each part is its text with its pictures; a channel that
    only answers otherwise has none."""

    channel: Channel | None
    parts: list[tuple[str, list[dict[str, str]]]]
    comment: str
    answers: list[tuple[str, str]]


def read_out(post: Post) -> list[Version]:
    channels = [one.channel for one in post.deliveries]
    own = [one for one in channels if own_words(post, one.id)]
    versions = []
    if not channels or len(own) < len(channels):
        words = shared_words(post)
        versions.append(_version(None, Saying(lay_out(words.parts, hung_on(post)), words.comment)))
    for channel in channels:
        said = saying(post, channel)
        if channel in own:
            versions.append(_version(channel, said))
        elif said.options:
            versions.append(Version(channel, [], "", answers_in_words(channel, said)))
    return versions


def _version(channel: Channel | None, said: Saying) -> Version:
    parts = [(part.text, pictures_of(part)) for part in said.parts]
    return Version(channel, parts, said.comment, answers_in_words(channel, said) if channel else [])
