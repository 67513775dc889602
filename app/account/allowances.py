"""How much of everything an organisation may have. Billing writes the row, whoever makes something asks
here; where nothing is sold there is no ladder of plans, and so no limit."""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import current_app
from markupsafe import Markup, escape
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import Organization
from app.datamap import plain
from app.db import Model, db

MEGABYTE = 1_000_000
WHERE = "on the page Plan"  # pages make a link of these words
PAGE = "/billing"
QUOTAS = ("channels", "members", "scheduled_posts", "storage", "history_days", "exports")
WORDS = {
    "channels": "connected channels",
    "members": "people",
    "scheduled_posts": "posts that wait to go out",
    "storage": "MB of pictures and videos",
    "history_days": "days of figures",
    "exports": "reports to hand on a month",
}
ONE = {
    "channels": "connected channel",
    "members": "person",
    "scheduled_posts": "post that waits",
    "exports": "report to hand on a month",
}


@dataclass(frozen=True)
class Room:
    """What a plan holds; `storage` in MB, `exports` are reports a month. None is no limit."""

    plan: str
    channels: int | None = None
    members: int | None = None
    scheduled_posts: int | None = None
    storage: int | None = None
    history_days: int | None = None
    exports: int | None = None

    def times(self, quantity: int) -> "Room":
        """That many of the plan at once: history is no longer for it, all else is."""
        grown = {
            name: most * quantity
            for name in QUOTAS
            if name != "history_days" and (most := getattr(self, name)) is not None
        }
        return replace(self, **grown)

    def holds(self, what: str, wanted: int) -> bool:
        most = getattr(self, what)
        return most is None or wanted <= most


UNLIMITED = Room("AllStac")


class Allowance(Model):
    """What the plan of an organisation holds, as billing last wrote it."""

    __tablename__ = "allowance"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    plan: Mapped[str] = mapped_column(info=plain("name of the plan"))
    channels: Mapped[int | None] = mapped_column(info=plain())
    members: Mapped[int | None] = mapped_column(info=plain())
    scheduled_posts: Mapped[int | None] = mapped_column(info=plain())
    storage: Mapped[int | None] = mapped_column(info=plain("MB"))
    history_days: Mapped[int | None] = mapped_column(info=plain("days of analytics"))
    exports: Mapped[int | None] = mapped_column(info=plain("reports a month"))
    written_at: Mapped[datetime] = mapped_column(info=plain())
    choose_by: Mapped[datetime | None] = mapped_column(
        info=plain("until when it can be chosen which channels stay")
    )
    told: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("what its owners were last told of that")
    )

    @property
    def room(self) -> Room:
        return Room(self.plan, **{name: getattr(self, name) for name in QUOTAS})


class NoRoom(Exception):
    """The plan is full; the text says of what, and which plan helps."""


def amount(what: str, most: int) -> str:
    """So many of something, as people say it."""
    return f"{most:,} {ONE.get(what, WORDS[what]) if most == 1 else WORDS[what]}"


def ladder() -> tuple[Room, ...]:
    """The plans that are sold here, the free one first; empty where nothing is sold."""
    plans: tuple[Room, ...] = current_app.extensions.get("ladder", ())
    return plans


def of(organization_id: int) -> Room:
    """What the organisation may have now."""
    if not ladder():
        return UNLIMITED
    found = db.session.get(Allowance, organization_id)
    return found.room if found else ladder()[0]


def to_plan(words: str) -> Markup:
    """Words of a refusal, with the way to the page that they name: a filter of templates."""
    link = Markup('<a href="{}">{}</a>').format(PAGE, WHERE)
    return link.join(escape(words).split(WHERE))


def write(organization_id: int, room: Room, now: datetime) -> None:
    """Billing alone calls this."""
    row = db.session.get(Allowance, organization_id) or Allowance(organization_id=organization_id)
    row.plan, row.written_at = room.plan, now
    for name in QUOTAS:
        setattr(row, name, getattr(room, name))
    db.session.add(row)
    db.session.flush()


def stand_in_line(organization_id: int) -> None:
    """Whether there is room for one more, and who belongs here, is decided one after the other: who comes
    next sees what those before wrote. It ends with the transaction."""
    here = select(Organization.id).where(Organization.id == organization_id)
    db.session.execute(here.with_for_update(key_share=True))


def refuse(organization_id: int, what: str, wanted: int) -> str:
    """Why so many of something don't fit, how many do and which plan helps; empty when they fit."""
    room = of(organization_id)
    if room.holds(what, wanted):
        return ""
    words = f"{room.plan} holds {amount(what, getattr(room, what))}, and this would be more."
    higher = [one for one in ladder() if one.holds(what, wanted)]
    if not higher:
        return f"{words} An owner can take the plan more than once {WHERE}."
    most = getattr(higher[0], what)
    holds = f"holds {most:,}" if most is not None else "has no limit"
    return f"{words} {higher[0].plan} {holds}; an owner can change the plan {WHERE}."
