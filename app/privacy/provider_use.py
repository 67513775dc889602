"""Since when this instance uses a service provider, or no longer does: noted by the clock, for settings
have no date. The first look can't tell what was before it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import plain
from app.db import Model, db
from app.privacy import registers


class ProviderUse(Model):
    """A row for each provider of the register that was looked at."""

    __tablename__ = "provider_use"

    provider: Mapped[str] = mapped_column(primary_key=True, info=plain("its id in the register"))
    is_on: Mapped[bool] = mapped_column(info=plain("its setting was there"))
    since: Mapped[datetime] = mapped_column(info=plain("when it was first seen so"))
    seen_at: Mapped[datetime] = mapped_column(info=plain("when it was last looked at"))


def note(now: datetime) -> None:
    """Look at the settings, and put down what changed; the caller commits."""
    known = latest()
    for one in registers.providers():
        found = known.get(one.id)
        if found is None:
            found = ProviderUse(provider=one.id, is_on=one.is_used, since=now)
            db.session.add(found)
        elif found.is_on != one.is_used:
            found.is_on, found.since = one.is_used, now
        found.seen_at = now


def latest() -> dict[str, ProviderUse]:
    """By the provider's id."""
    return {found.provider: found for found in db.session.scalars(select(ProviderUse))}
