"""How posts do: overview, posts, one channel, one post; and how all of it is counted."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, g, request
from flask_login import current_user

from app import clock
from app.analytics import (
    choosing,
    followers,
    labelled,
    overview,
    pictures,
    post_life,
    posts_table,
    retention,
    sources,
    taking_up,
    trouble,
    wording,
)
from app.analytics.choosing import Asked
from app.analytics.followers import Followers
from app.analytics.posts_table import Wanted
from app.channels.models import Channel
from app.networks.registry import ALL
from app.origins import web_address
from app.scheduler.labels import Label
from app.web import allows, ids, page, page_asked

bp = Blueprint("analytics", __name__, url_prefix="/analytics")
bp.add_app_template_filter(wording.count, "figure")
bp.add_app_template_filter(wording.percent, "share")
bp.add_app_template_filter(wording.decimal, "mean")
bp.add_app_template_filter(retention.kept_words, "kept_words")


@bp.get("")
@allows("analytics.view")
def index() -> Response:
    asked, channels = asked_for(), overview.channels_of(g.member)
    only = _chosen(channels)
    return _shown("analytics/overview.html", asked, channels, only, path="/analytics")


@bp.get("/channels/<int:id>")
@allows("analytics.view")
def channel(id: int) -> Response:
    asked, channels = asked_for(), overview.channels_of(g.member)
    found = next((one for one in channels if one.id == id), None) or abort(404)
    path = f"/analytics/channels/{id}"
    days = followers.by_day(found, asked.period.with_before)
    last = followers.of_days(days, asked.period)
    return _shown(
        "analytics/channel.html",
        asked,
        channels,
        found,
        counted={id: last} if last else {},
        path=path,
        channel=found,
        followers_drawn=pictures.followers_drawn(days, asked.period),
        metrics=wording.METRICS,
    )


def _shown(
    template: str,
    asked: Asked,
    channels: Mapping[Channel, str],
    only: Channel | None,
    counted: Mapping[int, Followers] | None = None,
    **more: Any,
) -> Response:
    only_id = only.id if only else None
    found = overview.look(g.member, asked, channels, clock.now(), only_id, counted)
    return page(
        template,
        "analytics",
        200 if asked.is_fine else 422,
        asked=asked,
        channels=channels,
        by_id={one.id: one for one in channels},
        only=only,
        overview=found,
        troubles={one.id: trouble.WORDS[word] for one, word in channels.items() if word},
        **more,
    )


@bp.get("/posts")
@allows("analytics.view")
def posts() -> Response:
    asked, channels = asked_for(), overview.channels_of(g.member)
    only, wanted = _chosen(channels), _wanted()
    labels = labelled.labels_of(g.member)
    label = _label(labels)
    wanted = wanted._replace(only=only.id if only else None, label=label.id if label else None)
    rows, total = posts_table.rows(g.member, asked.period, wanted)
    pages = max(1, -(-total // posts_table.PER_PAGE))
    if wanted.page > pages:
        abort(404)
    return page(
        "analytics/posts.html",
        "analytics",
        200 if asked.is_fine else 422,
        asked=asked,
        channels=channels,
        only=only,
        by_id={one.id: one for one in channels},
        rows=rows,
        total=total,
        wanted=wanted,
        sorts=posts_table.SORTS,
        labels=labels,
        pages=pages,
        path="/analytics/posts",
    )


@bp.get("/posts/<int:id>")
@allows("analytics.view")
def post(id: int) -> Response:
    """`id` is a delivery's: a post on one channel."""
    known = post_life.find(g.member, id) or abort(404)
    looks, choices = post_life.looks(known.measure), post_life.told(known.measure.figures)
    by = request.args.get("by") or next(iter(choices), "")
    if by and by not in choices:
        abort(404)
    rests = trouble.resting(known.channel, taking_up.is_asked(known.channel.id))
    return page(
        "analytics/post.html",
        "analytics",
        known=known,
        place=post_life.place(g.member, known.measure),
        looks=looks,
        by=by,
        choices=choices,
        words=post_life.WORDS,
        metrics=wording.METRICS,
        url=web_address(known.delivery.external_url or ""),
        trouble=trouble.WORDS[rests or known.measure.trouble],
        rests=rests,
        curve=post_life.draw(known.measure, looks, by, current_user.zone) if looks and by else None,
        kept=post_life.kept(known.channel, looks),
    )


@bp.get("/counting")
@allows("analytics.view")
def counting() -> Response:
    networks = [
        {
            "name": one.name,
            "slug": one.slug,
            "told": sources.told_words(one),
            "untold": sources.untold_words(one),
            "why": one.why_untold,
            "kept": retention.kept_for(one).days,
            "tells_audience": one.tells_audience,
        }
        for one in sorted(ALL, key=lambda one: one.name.lower())
    ]
    return page(
        "analytics/counting.html",
        "counting",
        networks=networks,
        metrics=wording.METRICS,
        meaning=wording.MEANING,
    )


def asked_for() -> Asked:
    """What the address asks for; 404 for what there can't be."""
    return choosing.read(request.args, g.member, current_user.zone, clock.now()) or abort(404)


def _chosen(channels: Mapping[Channel, str]) -> Channel | None:
    """The one channel that is asked for; None for all of them."""
    if not (typed := request.args.get("channel")):
        return None
    wanted = ids([typed])
    return next((one for one in channels if one.id in wanted), None) or abort(404)


def _label(labels: list[Label]) -> Label | None:
    if not (typed := request.args.get("label")):
        return None
    wanted = ids([typed])
    return next((one for one in labels if one.id in wanted), None) or abort(404)


def _wanted() -> Wanted:
    sort = request.args.get("sort") or "published"
    if sort not in posts_table.SORTS:
        abort(404)
    is_rising = request.args.get("order") == "rising"
    text = request.args.get("text", "").strip()
    return Wanted(sort, is_rising, text=text, page=page_asked())
