"""What the engine did about a delivery, try by try."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.datamap import part, plain
from app.db import Model


class Attempt(Model):
    """One try to send a delivery, written before the first byte leaves."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("delivery_id", "n"),
        Index(
            "uq_attempt_open",
            "delivery_id",
            unique=True,
            sqlite_where=text("state IN ('sending','unknown')"),
            postgresql_where=text("state IN ('sending','unknown')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("delivery.id", ondelete="CASCADE"), info=part()
    )
    n: Mapped[int] = mapped_column(info=plain())
    step: Mapped[int] = mapped_column(
        default=0, server_default="0", info=plain("which part of a thread, from 0")
    )
    fence: Mapped[int] = mapped_column(info=plain())
    state: Mapped[str] = mapped_column(
        info=plain("sending | unknown | accepted | rejected | not_sent | absent")
    )
    key: Mapped[str] = mapped_column(info=plain("idempotency key"))
    content_hash: Mapped[str] = mapped_column(info=plain())
    started_at: Mapped[datetime] = mapped_column(info=plain())
    finished_at: Mapped[datetime | None] = mapped_column(info=plain())
    answer: Mapped[str] = mapped_column(default="", info=plain("what the network answered"))


class DeliveryEvent(Model):
    """What the engine saw or did about a delivery beside its tries: an answer that was not clear, which
    the try's own row forgets once more is known; each look at the network; holds and their end."""

    __tablename__ = "delivery_event"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("delivery.id", ondelete="CASCADE"), index=True, info=part()
    )
    kind: Mapped[str] = mapped_column(
        info=plain(
            "unclear | working | asking | looked | found | held | failed | going: app/scheduler/noting.py"
        )
    )
    at: Mapped[datetime] = mapped_column(info=plain())
    n: Mapped[int] = mapped_column(info=plain("the number of the last try by then, 0 before any"))
    detail: Mapped[str] = mapped_column(
        info=plain("what the network answered, what was found, or why it is held")
    )
