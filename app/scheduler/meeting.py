"""Two versions of one post that meet: what an open form says, and what was saved meanwhile."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.account.models import Membership
from app.scheduler import versions
from app.scheduler.comparing import Around, Text, step
from app.scheduler.composition import Composition
from app.scheduler.labels import tidy
from app.scheduler.models import Post
from app.scheduler.states import WORDS
from app.scheduler.tagging import Tagging
from app.scheduler.versions import Standing
from app.scheduler.word_diff import diff

CHOICE = re.compile(r"keep\.(mine|theirs|both)\.([0-9]{1,9})")


@dataclass(frozen=True)
class Choice:
    """A button: which of the two stays, and the number of the other one as it was shown."""

    name: str
    number: int

    @classmethod
    def read(cls, action: str) -> Self | None:
        found = CHOICE.fullmatch(action)
        return cls(found[1], int(found[2])) if found else None


@dataclass(frozen=True)
class Meeting:
    """`texts` are those that differ: what only theirs says was removed, what only this form says was
    added. `due_at`: when theirs goes out; `state` is of theirs, in words; `is_mine`: the
    same person wrote both."""

    post_id: int
    number: int
    writer: str
    is_mine: bool
    written_at: datetime
    state: str
    due_at: datetime | None
    texts: list[Text]
    hung: str


def meet(post: Post, made: Composition, me: Membership, now: datetime, around: Around) -> Meeting:
    theirs = versions.standing(post)
    mine = Standing(0, me.user, now, versions.said_by(made))
    found = step(mine, theirs, around, is_current=False)
    return Meeting(
        post_id=post.id,
        number=post.version,
        writer=theirs.writer.name if theirs.writer else "Former member",
        is_mine=theirs.writer == me.user,
        written_at=theirs.written_at,
        state=WORDS[post.state],
        due_at=post.due_at,
        texts=[*(found.changes or []), *_beside(post, made)],
        hung=found.hung,
    )


def _beside(post: Post, made: Composition) -> list[Text]:
    """What differs beside the words."""
    tags = Tagging.of(post)
    pairs = (
        ("Where", [one.channel.handle for one in post.deliveries], _handles(made)),
        ("Labels", tags.names, made.labels),
        ("Campaign", [tags.campaign], [tidy(made.campaign)]),
    )
    found = [
        Text(None, label, diff(", ".join(sorted(theirs)), ", ".join(sorted(mine))))
        for label, theirs, mine in pairs
    ]
    return [one for one in found if one.is_changed]


def _handles(made: Composition) -> list[str]:
    return [one.handle for one in made.channels]
