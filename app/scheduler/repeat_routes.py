"""Series: what comes again, its next dates, skipping one, and ending it."""

from datetime import date
from itertools import islice
from typing import Any

from flask import Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.db import db
from app.queue import wake_clock
from app.scheduler import recurrence, repeating
from app.scheduler.composing import Leaving
from app.scheduler.lists import first_words, wordless
from app.scheduler.post_routes import NOT_YOURS, author
from app.scheduler.recurrence import SKIPPED, Recurrence
from app.scheduler.routes import bp
from app.scheduler.rules import SLOT
from app.scheduler.rules_in_words import in_words
from app.web import allows, page, see

SHOWN = 10


@bp.get("/repeats")
@allows("organization.view")
def repeats() -> Response:
    found = db.session.scalars(Recurrence.of(g.member).limit(200))
    return page("scheduler/repeats.html", "repeats", rows=[_row(one) for one in found])


def _row(found: Recurrence) -> dict[str, Any]:
    pattern = found.pattern
    return {
        "id": found.id,
        "words": (first_words(pattern.text) or wordless(pattern)) if pattern else "A deleted post",
        "rule": in_words(found.rule),
        "author": author(pattern) if pattern else "",
        "channels": [one.channel for one in pattern.deliveries] if pattern else [],
        "is_over": found.ended_at is not None,
        "trouble": found.trouble,
    }


def _mine(id: int) -> Recurrence:
    return recurrence.find(g.member, id) or abort(404)


def _changeable(id: int) -> Recurrence:
    found = _mine(id)
    if found.pattern and not found.pattern.may_be_moved_by(g.member):
        abort(403, NOT_YOURS.format(author(found.pattern)))
    return found


@bp.get("/repeats/<int:id>")
@allows("organization.view")
def series(id: int) -> Response:
    found = _mine(id)
    may = found.pattern is None or found.pattern.may_be_moved_by(g.member)
    return page(
        "scheduler/series.html",
        "series",
        series=_row(found),
        dates=_dates(found),
        may_change=may and not found.ended_at and g.member.may("post.reschedule"),
        form=BlankForm(),
    )


def _dates(found: Recurrence) -> list[dict[str, Any]]:
    """The next ones, with what became of each so far."""
    if found.ended_at:
        return []
    known, rule = {one.occurs_on: one for one in found.occurrences}, found.rule
    rows = []
    for on in islice(rule.upcoming(clock.now()), SHOWN):
        one, is_slot = known.get(on), rule.unit == SLOT
        post = one.post if one else None
        at = post.due_at if post and post.due_at else rule.begins(on)
        rows.append(
            {
                "on": on.isoformat(),
                "at": at if is_slot else (post and post.due_at) or rule.instant(on),
                "is_day": is_slot and not post,
                "note": "" if is_slot else rule.resolved(on).note,
                "post": post,
                "is_own": one.is_own if one else False,
                "is_skipped": one is not None and one.state == SKIPPED,
            }
        )
    return rows


@bp.post("/repeats/<int:id>/dates")
@allows("post.reschedule")
def change_date(id: int) -> BaseResponse:
    """`skip` or `back` names a date."""
    found, now = _changeable(id), clock.now()
    skipped, back = (_date(request.form.get(name)) for name in ("skip", "back"))
    on = skipped or back
    if on is None or on not in set(islice(found.rule.upcoming(now), 500)):
        abort(422, "Choose one of its dates.")
    try:
        if skipped:
            repeating.skip(found, on, g.member, now)
        else:
            repeating.put_back(found, on, now)
    except Leaving as trouble:
        db.session.rollback()
        abort(409, str(trouble))
    action = "series.date_skipped" if skipped else "series.date_put_back"
    audit.record(action, series=id, date=on.isoformat())
    db.session.commit()
    wake_clock()
    flash("Skipped. Nothing goes out then." if skipped else "Put back.", "message")
    return see("scheduler.series", id=id)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


@bp.post("/repeats/<int:id>/end")
@allows("post.reschedule")
def end_series(id: int) -> BaseResponse:
    found = _changeable(id)
    if found.ended_at:
        audit.unchanged()
        return see("scheduler.series", id=id)
    try:
        count = repeating.end(
            found, g.member, clock.now(), cancel=request.form.get("waiting") == "cancel"
        )
    except Leaving as trouble:
        db.session.rollback()
        abort(409, str(trouble))
    audit.record("series.ended", series=id, cancelled=count)
    db.session.commit()
    flash(f"Ended. {count} cancelled." if count else "Ended. No more are made.", "message")
    return see("scheduler.series", id=id)
