"""Posts by their labels: those of a period, with all that they have so far."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from app.account.models import Membership
from app.analytics import fetched
from app.analytics.came_in import went_out, went_out_in
from app.analytics.fetched import Fetched
from app.analytics.models import Measure
from app.analytics.periods import Period
from app.analytics.sums import Sum, engagements, read, sums
from app.db import db
from app.scheduler.labels import Label, PostLabel
from app.scheduler.models import Delivery


class Labelled(NamedTuple):
    """Posts of one label that went out, each on one channel; of how many of them engagements are told."""

    posts: int
    told: int
    sum: Sum

    @property
    def each(self) -> float | None:
        """Engagements of one post on average, among those of which they are told."""
        return (self.sum.engagements or 0) / self.told if self.told else None


NONE = Labelled(0, 0, Sum())


def labels_of(member: Membership) -> list[Label]:
    """Campaigns last."""
    return list(db.session.scalars(Label.of(member)))


def find(member: Membership, id: int) -> Label | None:
    return db.session.scalar(Label.of(member).where(Label.id == id))


def carries(member: Membership, label_id: int) -> ColumnElement[bool]:
    """That the post of a measure has the label."""
    delivery = aliased(Delivery)
    return Measure.delivery_id.in_(
        select(delivery.id)
        .join(PostLabel, PostLabel.post_id == delivery.post_id)
        .where(delivery.organization_id == member.organization_id, PostLabel.label_id == label_id)
        .correlate(None)
    )


def fetched_by_channel(
    member: Membership, period: Period, label_id: int | None = None
) -> dict[int, Fetched | None]:
    """Of the channels on which posts of the label, or of any, went out in the period: when these posts
    were last told."""
    has_label = Measure.delivery_id.in_(
        select(Delivery.id)
        .join(PostLabel, PostLabel.post_id == Delivery.post_id)
        .where(Delivery.organization_id == member.organization_id)
        .where(true() if label_id is None else PostLabel.label_id == label_id)
    )
    rows = db.session.execute(
        select(Measure.channel_id, *fetched.columns())
        .where(*went_out(member, period), has_label)
        .group_by(Measure.channel_id)
    )
    return {row.channel_id: fetched.read(row) for row in rows}


def by_label(member: Membership, period: Period) -> dict[tuple[int, bool], Labelled]:
    """Of the period (True) and of the one it is compared with (False), by label. A post with two labels counts
    for both."""
    is_now = case((Measure.published_at >= period.begin, 1), else_=0).label("is_now")
    rows = db.session.execute(
        select(PostLabel.label_id, is_now, func.count().label("posts"), *sums(Measure))
        .add_columns(func.count(engagements(Measure)).label("told"))
        .join(Delivery, Delivery.id == Measure.delivery_id)
        .join(PostLabel, PostLabel.post_id == Delivery.post_id)
        .where(*went_out(member, period.with_before))
        .where(or_(went_out_in(period), went_out_in(period.before)))
        .group_by(PostLabel.label_id, literal_column("is_now"))
    )
    return {
        (row.label_id, bool(row.is_now)): Labelled(row.posts, row.told, read(row)) for row in rows
    }
