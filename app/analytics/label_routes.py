"""How posts do by their labels and campaigns."""

from flask import Response, abort, g

from app import clock
from app.analytics import labelled, pictures, ranking, sources, week, wording
from app.analytics.charts.bars import bar
from app.analytics.choosing import BY, Asked
from app.analytics.labelled import NONE, Labelled
from app.analytics.overview import WEEK, Card, channels_of
from app.analytics.routes import asked_for, bp
from app.scheduler.labels import Label
from app.web import allows, page


@bp.get("/labels")
@allows("analytics.view")
def labels() -> Response:
    asked, known, channels = asked_for(), labelled.labels_of(g.member), channels_of(g.member)
    found = labelled.by_label(g.member, asked.period)
    lines = [(one, found.get((one.id, True), NONE)) for one in known]
    lines.sort(key=lambda line: -(line[1].sum.engagements or -1))
    told = labelled.fetched_by_channel(g.member, asked.period)
    most = max((one.sum.engagements or 0 for _, one in lines), default=0)
    return page(
        "analytics/labels.html",
        "analytics",
        200 if asked.is_fine else 422,
        asked=asked,
        channels=channels,
        source=sources.of({one: told[one.id] for one in channels if one.id in told}),
        there=[one for one in channels if one.id in told],
        path="/analytics/labels",
        lines=[(label, one, bar(one.sum.engagements, most)) for label, one in lines],
    )


@bp.get("/labels/<int:id>")
@allows("analytics.view")
def label(id: int) -> Response:
    asked, found = asked_for(), labelled.find(g.member, id) or abort(404)
    return page(
        "analytics/label.html",
        "analytics",
        200 if asked.is_fine else 422,
        asked=asked,
        label=found,
        only=None,
        path=f"/analytics/labels/{id}",
        **_shown(asked, found),
    )


def _shown(asked: Asked, found: Label) -> dict[str, object]:
    by, carries = asked.ranked_by, labelled.carries(g.member, found.id)
    sums, channels = labelled.by_label(g.member, asked.period), channels_of(g.member)
    now, before = (sums.get((found.id, is_now), NONE) for is_now in (True, False))
    hours = week.by_hour(g.member, asked.period, by, also=carries)
    told = labelled.fetched_by_channel(g.member, asked.period, found.id)
    there = [one for one in channels if one.id in told]
    return {
        "channels": channels,
        "by_id": {one.id: one for one in channels},
        "cards": [
            _card(one, now, before if asked.before else None)._replace(
                untold=sources.untold_by(there, one)
            )
            for one in BY
        ],
        "ends": ranking.ends(g.member, asked.period, by, clock.now(), also=carries),
        "week": week.draw(hours, f"{WEEK[by]}, by hour", by),
        "posts": now.posts,
        "source": sources.of({one: told[one.id] for one in there}),
        "there": there,
        "unranked": sources.untold_by(there, by),
    }


def _card(by: str, now: Labelled, before: Labelled | None) -> Card:
    word = pictures.WORDS[by]
    if by == "posts":
        change = wording.change(now.posts, None if before is None else before.posts)
        return Card(by, word, wording.count(now.posts), change, "")
    value = pictures.value_of(now.sum, by)
    was = None if before is None else pictures.value_of(before.sum, by)
    compare = wording.change_of_rate if by == "rate" else wording.change
    return Card(by, word, pictures.say(by)(value), compare(value, was), "")
