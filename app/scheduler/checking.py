"""Can a channel take what is said there? Each problem with the name of the field that it stands
beside, as `wording.field_of` and the composer's templates name them."""

from collections.abc import Iterator

from app.channels.models import Channel
from app.networks import Limits, Option
from app.networks.text import graphemes
from app.scheduler.media import media_problems
from app.scheduler.saying import Saying
from app.scheduler.wording import field_of

Problem = tuple[str, str]  # field, words
MEDIA = "media"


def problems(channel: Channel, said: Saying, *, is_own: bool) -> Iterator[Problem]:
    """What the network would refuse. `is_own`: these are the channel's own words."""
    limits = channel.limits(said.answers(channel.adapter))
    fields = channel.id if is_own else 0
    yield from _shape(channel, said, limits, fields)
    for place, part in enumerate(said.parts):
        if found := channel.adapter.count(part.text, limits.beside(part.pictures)).problem:
            yield field_of(place, fields), _whose(channel, found)
    yield from _media(channel, said, limits)
    comment = said.comment if limits.comment else ""
    if found := channel.adapter.count(comment, channel.limits()).problem:
        yield comment_field(fields), _whose(channel, found)
    for option in channel.adapter.options:
        if found := wrong_answer(option, said.options.get(option.name, option.default)):
            yield option_field(channel.id, option.name), found


def _whose(channel: Channel, words: str) -> str:
    """Beside words for several channels a problem says whose it is."""
    return words if channel.network_name in words else f"{channel.handle}: {words}"


def comment_field(channel_id: int) -> str:
    return f"comment-{channel_id}" if channel_id else "comment"


def option_field(channel_id: int, name: str) -> str:
    return f"option-{channel_id}-{name}"


def _shape(channel: Channel, said: Saying, limits: Limits, fields: int) -> Iterator[Problem]:
    """Threads and first comments are not for every network."""
    name, count = channel.network_name, len(said.parts)
    helps = (
        "Take it out of these words."
        if fields
        else f"Write different words for {channel.handle}, or leave it out."
    )
    if count > limits.thread:
        words = f"{name} takes {limits.thread} posts in a row; these are {count}. {helps}"
        if limits.thread == 1:
            words = f"{name} takes no threads. {helps}"
        yield field_of(max(limits.thread, 1), fields), words
    if said.comment and not limits.comment:
        yield comment_field(fields), f"{name} takes no first comment. {helps}"


def _media(channel: Channel, said: Saying, limits: Limits) -> Iterator[Problem]:
    """Part by part. A network that wants a picture wants it in the first."""
    for number, part in enumerate(said.parts, 1):
        if number > 1 and not part.pictures:
            continue
        where = f"Post {number}: " if len(said.parts) > 1 else ""
        for words in media_problems(channel.network_name, limits, part.pictures):
            yield MEDIA, where + words
        for place, one in enumerate(part.pictures, 1):
            if 0 < limits.alt_graphemes < (used := graphemes(one.alt)):
                most = (
                    f"{channel.network_name} takes {limits.alt_graphemes:,} characters of alt text"
                )
                yield MEDIA, f"{where}{most}; that of picture {place} has {used:,}."


def wrong_answer(option: Option, answer: str) -> str:
    """What is wrong with it; '' when nothing is."""
    if option.kind == "text":
        if option.required and not answer:
            return "This is needed here."
        used = graphemes(answer)
        return f"At most {option.most} characters; this has {used}." if used > option.most else ""
    known = ("", "yes") if option.kind == "switch" else tuple(value for value, _ in option.choices)
    if option.kind == "choice" and option.required and not answer:
        return "Choose one."
    return "" if answer in known or not answer else "Choose one of these."
