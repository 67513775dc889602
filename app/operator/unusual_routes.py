"""What is unusual on the instance: guessing, takeovers, many copies. No names, coarse networks."""

from flask import Response

from app.account import alerts
from app.operator.routes import bp
from app.web import OPERATOR, allows, page

MOST = 200


@bp.get("/operator/activity")
@allows(OPERATOR)
def activity() -> Response:
    return page("operator/activity.html", "activity", alerts=alerts.for_operators(MOST))
