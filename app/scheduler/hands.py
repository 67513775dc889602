"""Who may save next: whoever began from the version that stands, or the open form that saved it."""

import re
from dataclasses import dataclass
from typing import Self

from app.db import db
from app.scheduler.models import Post

WRITTEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})(\+?)")


class Stale(Exception):
    """Somebody saved another version since the form was opened."""


@dataclass(frozen=True)
class Hand:
    """One open form: a key that its page makes when it is loaded, and a count of what it sent. `wrote`:
    the words that stand are its own, and not only saved once more."""

    key: str = ""
    count: int = 0
    wrote: bool = False

    @classmethod
    def read(cls, typed: str) -> Self:
        found = WRITTEN.fullmatch(typed)
        return cls(found[1], int(found[2]), found[3] == "+") if found else cls()

    def __str__(self) -> str:
        return f"{self.key}.{self.count}{'+' if self.wrote else ''}" if self.key else ""

    def goes_on(self, post: Post) -> bool:
        """Was the version that stands saved by this form, by something that it sent earlier? An
        answer may be lost on its way, and what was sent first may arrive last."""
        last = Hand.read(post.typed_in)
        return self.key != "" and self.key == last.key and self.count > last.count


NOBODY = Hand()


def take(post: Post, version: int, hand: Hand = NOBODY) -> None:
    """Lock the post as it stands now; deliveries are locked before, never after. Raises Stale."""
    db.session.flush()  # a refresh forgets what its deliveries were given and nobody wrote yet
    db.session.refresh(post, with_for_update=True)
    if post.version != version and not hand.goes_on(post):
        raise Stale
