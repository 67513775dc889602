"""Signs of life of the engine, its gaps, and what the networks let us do."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import plain
from app.db import Model

WAIT = " wait"  # behind an action: what a 429 asked for, beside the window that it fell into
OF_POSTS = ("post", f"post{WAIT}")


class Heartbeat(Model):
    """When a part of the engine was last seen: clock or publisher."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True, info=plain())
    at: Mapped[datetime] = mapped_column(info=plain())
    skew: Mapped[float] = mapped_column(
        default=0.0,
        server_default="0",
        info=plain("seconds that its machine's clock is ahead of the database's"),
    )


class EngineGap(Model):
    """A time in which the engine was away, or which a restored database knows nothing of."""

    __tablename__ = "engine_gap"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    began_at: Mapped[datetime] = mapped_column(index=True, info=plain())
    ended_at: Mapped[datetime] = mapped_column(info=plain())
    kind: Mapped[str] = mapped_column(info=plain("outage | restore"))


class Instance(Model):
    """Which instance this database belongs to: a copy of it must not post."""

    __tablename__ = "instance"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain("always 1"))
    name: Mapped[str] = mapped_column(info=plain("INSTANCE_ID when it was first seen"))


class Budget(Model):
    """What a network lets an account do until a time, from the headers of its answers."""

    __tablename__ = "budget"

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=plain()
    )
    action: Mapped[str] = mapped_column(
        primary_key=True, info=plain("post | read, and with wait: until when a 429 asked for one")
    )
    most: Mapped[int] = mapped_column(info=plain("requests in the window"))
    remaining: Mapped[int] = mapped_column(info=plain("of them left, as we count"))
    reset_at: Mapped[datetime] = mapped_column(info=plain("when the window ends"))


class ServerRest(Model):
    """A server that is left alone for a while, since it did not answer again and again."""

    __tablename__ = "server_rest"

    server: Mapped[str] = mapped_column(
        primary_key=True, info=plain("a digest of network and host; the host is not kept")
    )
    network: Mapped[str] = mapped_column(info=plain())
    failures: Mapped[int] = mapped_column(info=plain("times in a row that it did not answer"))
    began_at: Mapped[datetime] = mapped_column(info=plain())
    until: Mapped[datetime] = mapped_column(info=plain("when it is tried next"))


class Canary(Model):
    """A test post of the engine's own, to a wall that nobody sees. Kept for a day."""

    __tablename__ = "canary"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    due_at: Mapped[datetime] = mapped_column(index=True, info=plain())
    began_at: Mapped[datetime | None] = mapped_column(info=plain("when a publisher took it"))
    seen_at: Mapped[datetime | None] = mapped_column(info=plain("when the wall had it"))
    trouble: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("what the wall or the way to it answered")
    )
