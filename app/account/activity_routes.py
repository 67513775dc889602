"""What was done with an account, for its owner."""

from flask import Response
from flask_login import current_user

from app import clock
from app.account import activity
from app.account.routes import bp
from app.web import allows, page


@bp.get("/account/security/activity")
@allows("self")
def own_activity() -> Response:
    entries = activity.of(current_user, clock.now())
    return page("account/activity.html", "activity", entries=entries)
