"""/calendar/<day>/move: all that waits on a day goes to another one."""

from datetime import date

from flask import Response, abort, flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, ValidationError
from wtforms.validators import InputRequired

from app import audit, clock
from app.db import db
from app.forms import Form
from app.scheduler import calendar_routes
from app.scheduler.calendar import YEARS
from app.scheduler.calendar_asked import Asked
from app.scheduler.day_moving import move_day
from app.scheduler.lists import first_words
from app.scheduler.ringing import ring
from app.scheduler.routes import bp
from app.web import allows, see


class DayForm(Form):
    to = DateField("To", [InputRequired("Choose a day.")])

    def validate_to(self, field: DateField) -> None:
        if field.data and field.data < clock.now().astimezone(current_user.zone).date():
            raise ValidationError("That day has passed.")
        if field.data and field.data.year not in YEARS:
            raise ValidationError("That day is out of reach.")


@bp.post("/calendar/<day>/move")
@allows("post.reschedule")
def move_a_day(day: str) -> BaseResponse:
    now, form = clock.now(), DayForm()
    today = now.astimezone(current_user.zone).date()
    asked = Asked.read(request.args, today, day) or abort(404)
    if not form.validate():
        return _not_moved(asked, form)
    moved, stayed = move_day(g.member, asked.on, form.to.data, current_user.zone, now)
    for post in moved:
        audit.record("post.moved", post=post.id)
    if not moved:
        audit.unchanged()
    db.session.commit()
    for post in moved:
        ring(post)
    flash(_told(len(moved), asked.on, form.to.data), "message")
    for one in stayed:
        flash(f"{first_words(one.post.text, 40) or 'A picture'} stayed: {one.reason}", "notice")
    return see("scheduler.day", day=form.to.data.isoformat())


def _not_moved(asked: Asked, form: DayForm) -> Response:
    return calendar_routes.show(asked, 422, day_form=form)


def _told(count: int, was: date, to: date) -> str:
    if not count:
        return f"Nothing waits on {was:%a} {was.day} {was:%b} that you may move."
    posts = "1 post" if count == 1 else f"{count} posts"
    return f"{posts} moved to {to:%a} {to.day} {to:%b}, each at its time."
