"""Dates of series become posts, a while ahead."""

from app import clock
from app.db import db
from app.scheduler import repeating
from app.scheduler.recurrence import Recurrence
from app.scope import across_organizations, within_organization


def extend_all() -> None:
    """Running this twice, or twice at once, makes each date's post once: a constraint says so."""
    with across_organizations("every organisation's posts come again"):
        going_on = repeating.going_on()
        db.session.rollback()
    for id, home in going_on:
        with within_organization(home):
            repeating.extend(db.session.get_one(Recurrence, id, with_for_update=True), clock.now())
            db.session.commit()
