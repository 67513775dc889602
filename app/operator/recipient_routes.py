"""The desk's page of who receives data, and of the next change of the policy. It changes nothing: what is
on follows from the settings, and a change is announced by a version of the policy in the code."""

from flask import Response

from app import clock
from app.operator import recipients
from app.operator.routes import bp
from app.privacy.versions import AHEAD
from app.web import OPERATOR, allows, page


@bp.get("/operator/subprocessors")
@allows(OPERATOR)
def recipient_list() -> Response:
    now = clock.now()
    return page(
        "operator/recipients.html",
        "recipients",
        uses=recipients.uses(),
        ways=recipients.ways(),
        look=recipients.last_look(),
        coming=recipients.coming(now),
        ahead=AHEAD.days,
        now=now,
    )
