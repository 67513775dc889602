"""What the engine saw and did about deliveries, beside its tries: put down in the same transaction,
and shown in the post's life."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, insert, literal, not_, select

from app.db import among, db, table
from app.scheduler.attempts import Attempt, DeliveryEvent
from app.scheduler.models import Delivery, Post

UNCLEAR, WORKING, ASKING = "unclear", "working", "asking"
LOOKED, FOUND = "looked", "found"
HELD, FAILED, GOING = "held", "failed", "going"
row, attempt, event = table(Delivery).c, table(Attempt).c, table(DeliveryEvent).c
COLUMNS = ("delivery_id", "kind", "at", "n", "detail")


def note(kind: str, ids: Collection[int], now: datetime, words: str | None = None) -> None:
    """Put it down for each of these deliveries, with `words` or the reason that its row gives by now;
    the caller commits."""
    if ids:
        note_where(kind, among(row.id, ids), now, words)


def note_unless_answered(kind: str, ids: Collection[int], now: datetime, words: str | None) -> None:
    """The same for those of them of which no try has ended at this very moment: its answer says it."""
    if ids:
        note_where(kind, and_(among(row.id, ids), unanswered(now)), now, words)


def unanswered(now: datetime) -> ColumnElement[bool]:
    """Of a delivery no try ended at this moment."""
    return not_(exists().where(attempt.delivery_id == row.id, attempt.finished_at == now))


def note_where(
    kind: str, which: ColumnElement[bool], now: datetime, words: str | None = None
) -> None:
    """The same for all that the condition chooses."""
    detail = row.reason if words is None else literal(words)
    said = select(row.id, literal(kind), literal(now, event.at.type), row.tries, detail)
    db.session.execute(insert(table(DeliveryEvent)).from_select(COLUMNS, said.where(which)))


def of(post: Post) -> Sequence[DeliveryEvent]:
    """Of all its deliveries, in order."""
    ids = [one.id for one in post.deliveries]
    chosen = select(DeliveryEvent).where(DeliveryEvent.delivery_id.in_(ids))
    return db.session.scalars(chosen.order_by(DeliveryEvent.at, DeliveryEvent.id)).all()
