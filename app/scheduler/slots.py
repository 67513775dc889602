"""Weekly slots: the times of the week at which a channel publishes what asks for the next free one."""

from collections.abc import Collection, Iterable

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import Membership
from app.channels.models import Channel
from app.coming_back import text as text_of
from app.coming_back import whole, zone
from app.datamap import plain
from app.db import Model, db, inserting, table

MOST = 150  # of one channel


class Full(Exception):
    """More slots than a channel holds; the text says so."""


class Slot(Model):
    """A weekday, a time on the wall and whose wall; the instant is worked out late, so that a slot
    stays where it is when the clocks change."""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("channel_id", "weekday", "wall_time", "zone"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), info=plain()
    )
    weekday: Mapped[int] = mapped_column(info=plain("from 0, a Monday", back=whole(0, 6)))
    wall_time: Mapped[str] = mapped_column(info=plain("HH:MM there", back=text_of(5)))
    zone: Mapped[str] = mapped_column(info=plain("whose wall", back=zone))

    channel: Mapped[Channel] = relationship()

    @classmethod
    def of(cls, member: Membership) -> Select["Slot"]:
        """In the order of the week."""
        ours = select(cls).where(cls.organization_id == member.organization_id)
        return ours.order_by(cls.channel_id, cls.weekday, cls.wall_time, cls.id)


def find(member: Membership, id: int) -> Slot | None:
    return db.session.scalar(Slot.of(member).where(Slot.id == id))


def stand_for(channels: Collection[Channel]) -> bool:
    """Does each of these channels, of which there is one at least, have a slot?"""
    chosen = select(func.count(Slot.channel_id.distinct()))
    found = db.session.scalar(chosen.where(Slot.channel_id.in_([one.id for one in channels])))
    return bool(channels) and found == len(channels)


def add(
    member: Membership,
    channels: Iterable[Channel],
    weekdays: Collection[int],
    times: Collection[str],
    zone: str,
) -> int:
    """Every time on every day on every channel; how many of them are new. Raises Full."""
    wanted = [(day, wall, zone) for day in weekdays for wall in times]
    return sum(_add(member, channel, wanted) for channel in channels)


def copy(member: Membership, source: Channel, channels: Iterable[Channel]) -> int:
    """The slots of one channel for others too; how many of them are new. Raises Full."""
    there = db.session.scalars(Slot.of(member).where(Slot.channel_id == source.id))
    wanted = [(one.weekday, one.wall_time, one.zone) for one in there]
    return sum(_add(member, channel, wanted) for channel in channels)


def change(slot: Slot, weekday: int, wall_time: str, zone: str) -> bool:
    """Did it move? Not to where the channel has one already."""
    same = select(Slot.id).where(
        Slot.channel_id == slot.channel_id,
        Slot.weekday == weekday,
        Slot.wall_time == wall_time,
        Slot.zone == zone,
        Slot.id != slot.id,
    )
    if db.session.scalar(same) is not None:
        return False
    slot.weekday, slot.wall_time, slot.zone = weekday, wall_time, zone
    return True


def _add(member: Membership, channel: Channel, wanted: list[tuple[int, str, str]]) -> int:
    """Two people who add the same at once make it once."""
    there = select(func.count()).where(Slot.channel_id == channel.id)
    if (db.session.scalar(there) or 0) + len(wanted) > MOST:
        raise Full(f"{channel.handle} can have {MOST} slots a week at most.")
    if not wanted:
        return 0
    home = {"organization_id": member.organization_id, "channel_id": channel.id}
    rows = [home | {"weekday": day, "wall_time": wall, "zone": zone} for day, wall, zone in wanted]
    new = inserting(table(Slot)).values(rows).on_conflict_do_nothing()
    return len(db.session.execute(new.returning(table(Slot).c.id)).all())
