"""The desk of whoever runs this instance. What it shows of a person is on record first."""

from flask import Blueprint, Response
from flask_login import current_user

from app import audit, clock, doctor
from app.db import db, writing
from app.operator import looks, overview
from app.web import OPERATOR, allows, page

bp = Blueprint("operator", __name__)


@bp.get("/operator")
@allows(OPERATOR)
def home() -> Response:
    now = clock.now()
    return page(
        "operator/home.html", "desk", figures=overview.figures(now), signs=overview.signs(now)
    )


@bp.get("/operator/health")
@allows(OPERATOR)
def health() -> Response:
    """The doctor's look at every setting and service; takes a moment."""
    return page("operator/health.html", "health", findings=doctor.examine(clock.now()))


def note_look(user_id: int | None, reason: str, **what: int) -> None:
    """On record before anything is shown, also from a GET."""
    operator = current_user._get_current_object()
    with writing():
        db.session.rollback()
        if user_id:
            looks.note(operator, user_id, reason, clock.now())
        audit.record("operator.viewed", subject=user_id, **what)
        db.session.commit()
