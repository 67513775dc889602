"""What the live checks saw last on this very instance; /privacy/promises shows it to everybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import plain
from app.db import Model, db

STALE = timedelta(hours=26)  # the slowest of them looks once a day


@dataclass(frozen=True)
class Seen:
    """Whether what was looked at is as promised, and a figure in words, without names."""

    is_kept: bool
    figure: str


class Sighting(Model):
    """The last look of one live check."""

    __tablename__ = "sighting"

    name: Mapped[str] = mapped_column(primary_key=True, info=plain("of the check"))
    is_kept: Mapped[bool] = mapped_column(info=plain("false is shown red"))
    figure: Mapped[str] = mapped_column(info=plain("what was counted, in words without names"))
    seen_at: Mapped[datetime] = mapped_column(info=plain())
    since: Mapped[datetime] = mapped_column(
        info=plain("when it last turned from kept to not, or back")
    )

    def is_stale(self, now: datetime) -> bool:
        return now - self.seen_at > STALE


def keep(name: str, seen: Seen, now: datetime) -> None:
    """Put down a look; `since` stays while the answer is the same."""
    found = db.session.get(Sighting, name)
    if found is None:
        found = Sighting(name=name, is_kept=seen.is_kept, since=now)
        db.session.add(found)
    elif found.is_kept != seen.is_kept:
        found.is_kept, found.since = seen.is_kept, now
    found.figure, found.seen_at = seen.figure, now


def latest() -> dict[str, Sighting]:
    """By the name of the check."""
    return {found.name: found for found in db.session.scalars(select(Sighting))}
