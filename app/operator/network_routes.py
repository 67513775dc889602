"""The desk's page of networks: which developer app each one wants."""

from flask import Response, current_app

from app.operator import developer_apps
from app.operator.routes import bp
from app.web import OPERATOR, allows, page


@bp.get("/operator/networks")
@allows(OPERATOR)
def networks() -> Response:
    settings = current_app.config["SETTINGS"]
    name = settings.operator_name or "This instance"
    rows = developer_apps.all_of(settings.base_url, name)
    return page("operator/networks.html", "networks", networks=rows)
