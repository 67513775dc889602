"""Links that open something for whoever has them, without an account. Each kind has a table of its own
with `organization_id`, `token_hash` and `expires_at`; of the link only a hash is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update

from app.account.models import Membership
from app.db import Model, db, table

# What an answer to one carries: no search engine keeps it, and no other site learns its address.
HIDDEN = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
MOST = 50  # open ones of a kind per organisation
Link = TypeVar("Link", bound=Model)


class Full(Exception):
    """More open links than an organisation may have; the text says so."""


def check_room(kind: type[Model], member: Membership, now: datetime) -> None:
    """Raises Full."""
    if len(open_ones(kind, member, now)) >= MOST:
        raise Full(f"There are {MOST} open links. Take one back first.")


def open_ones(kind: type[Link], member: Membership, now: datetime) -> Sequence[Link]:
    """The newest first."""
    row = table(kind).c
    ours = row.organization_id == member.organization_id
    chosen = select(kind).where(ours, row.expires_at > now).order_by(row.id.desc())
    return db.session.scalars(chosen).all()


def take_back(kind: type[Model], member: Membership, id: int, now: datetime) -> bool:
    """It opens nothing from here on; False when there is no such open link."""
    row = table(kind).c
    ours = row.id == id, row.organization_id == member.organization_id, row.expires_at > now
    ended = update(table(kind)).where(*ours).values(expires_at=now).returning(row.id)
    return db.session.scalar(ended) is not None
