"""The composer's page around a sheet."""

from datetime import datetime
from typing import Any

from flask import Response, g, request
from flask_login import current_user

from app import clock
from app.db import db
from app.media.videos import most_bytes
from app.scheduler import composing, panels, templates
from app.scheduler.labels import Label
from app.scheduler.link_cards import UNSEEN, Looked
from app.scheduler.sheets import Sheet
from app.web import page

# Of a new post that nobody else writes at.
PLAIN = {"is_edit": False, "post": None, "brought": None, "meeting": None, "chosen": ""}


def when(sheet: Sheet, now: datetime) -> dict[str, Any]:
    """What the page says of when it goes out."""
    timing = sheet.timing
    timing.find_places(now)
    return {
        "clashes": sheet.clashes(),
        "places": timing.places,
        "repeat": timing.repeat,
        "is_in_series": timing.mine is not None,
        "coming": timing.coming(current_user.zone, now),
        "warnings": timing.warnings(),
    }


def show(sheet: Sheet, status: int = 200, looked: Looked = UNSEEN, **more: Any) -> Response:
    """The composer page around a sheet."""
    form, wording = sheet.form, sheet.wording
    longest = max(len(one.parts) for one in (wording.shared, *wording.own.values()))
    return page(
        "scheduler/composer.html",
        "composer",
        status,
        form=form,
        wording=wording,
        focus=sheet.focus,
        choices=panels.choices(form),
        panels=panels.panels(form, wording),
        tagging=sheet.tagging,
        shelf=sheet.shelf,
        shelved=templates.named(g.member),
        labels=list(db.session.scalars(Label.of(g.member))),
        kept=sheet.pictures.rows,
        part_count=longest,
        video_mb=most_bytes() // 1024 // 1024,
        previews=sheet.previews(looked.cards),
        looked=looked,
        **when(sheet, clock.now()),
        asks=g.member.organization.asks_for_approval,
        clears=composing.clears_own(g.member),
        **PLAIN | {"notes": form.notes, "is_unsaved": request.method == "POST"} | more,
    )
