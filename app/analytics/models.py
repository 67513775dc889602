"""How posts do: what a network last said of each, what it said before, and what came in by the hour.

A figure that the network does not tell is empty, never 0. Instants are UTC."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import plain
from app.db import Model, index_of
from app.networks.figures import METRICS, Figures

HOUR = 3600  # seconds


def _count() -> Mapped[int | None]:
    return mapped_column(
        BigInteger, sort_order=1, info=plain("empty: the network does not tell it")
    )


class Counts:
    """The metrics that all networks share; NULL is not told."""

    impressions: Mapped[int | None] = _count()
    reach: Mapped[int | None] = _count()
    likes: Mapped[int | None] = _count()
    replies: Mapped[int | None] = _count()
    reposts: Mapped[int | None] = _count()
    clicks: Mapped[int | None] = _count()
    saves: Mapped[int | None] = _count()
    follows: Mapped[int | None] = _count()
    video_views: Mapped[int | None] = _count()

    @property
    def figures(self) -> Figures:
        return Figures(*(getattr(self, name) for name in METRICS))


class Measure(Counts, Model):
    """One per published delivery: the latest totals, and when the network is asked again."""

    __tablename__ = "measure"
    __table_args__ = (
        Index("ix_measure_period", "organization_id", "published_at"),
        Index("ix_measure_channel", "channel_id", "next_at"),
        index_of("ix_measure_due", "next_at", "next_at IS NOT NULL"),
    )

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), info=plain()
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), info=plain()
    )
    published_at: Mapped[datetime] = mapped_column(info=plain())
    fetched_at: Mapped[datetime | None] = mapped_column(info=plain("when it was last told"))
    next_at: Mapped[datetime | None] = mapped_column(info=plain("empty: it is not asked again"))
    unchanged: Mapped[int] = mapped_column(
        default=0, server_default="0", info=plain("looks in a row that told nothing new")
    )
    gone_at: Mapped[datetime | None] = mapped_column(
        info=plain("since when the network says that it is not there")
    )
    trouble: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("why the last look told nothing: trouble.WORDS")
    )


class Reading(Counts, Model):
    """What a network told at one time: totals since the post is up. A look that told nothing new adds
    none. Kept for as long as the network lets us, 13 months at most."""

    __tablename__ = "reading"
    __table_args__ = ({"sqlite_with_rowid": False},)

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("measure.delivery_id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    at: Mapped[datetime] = mapped_column(primary_key=True, info=plain())


class Tally(Counts, Model):
    """What came in on a channel in one hour: gains, below 0 where a network took something back.
    Over all time they add up to the totals of `Measure`."""

    __tablename__ = "channel_tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    hour: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=plain("UTC hours since 1970")
    )


class Audience(Model):
    """How many follow a channel, as the network said on that day (UTC)."""

    __tablename__ = "audience"
    __table_args__ = ({"sqlite_with_rowid": False},)

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    on: Mapped[date] = mapped_column(primary_key=True, info=plain("UTC"))
    followers: Mapped[int] = mapped_column(BigInteger, info=plain())


class ChannelLook(Model):
    """How the looks at a channel go: one at a time, and not before the network lets us."""

    __tablename__ = "channel_look"

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    lease_until: Mapped[datetime | None] = mapped_column(info=plain("somebody is looking"))
    not_before: Mapped[datetime | None] = mapped_column(info=plain("the network asked us to wait"))
    followers_at: Mapped[datetime | None] = mapped_column(
        info=plain("when it was last asked how many follow")
    )
    trouble: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("why the last look told nothing: trouble.WORDS")
    )


def hour_of(moment: datetime) -> int:
    """UTC hours since 1970: the `hour` of a tally."""
    return int(moment.timestamp() // HOUR)
