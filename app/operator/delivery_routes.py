"""The desk's page of deliveries in trouble: numbers and classes. Each look at it is on record."""

from urllib.parse import urlencode

from flask import Response, request

from app import audit, clock
from app.db import db, writing
from app.networks.registry import NETWORKS
from app.operator import deliveries
from app.operator.deliveries import Asked
from app.operator.routes import bp
from app.web import OPERATOR, allows, page, page_asked


@bp.get("/operator/deliveries")
@allows(OPERATOR)
def delivery_list() -> Response:
    with writing():
        db.session.rollback()
        audit.record("operator.listed")
        db.session.commit()
    asked, now = _asked(), clock.now()
    lines, has_more = deliveries.listed(asked, now)
    return page(
        "operator/deliveries.html",
        "deliveries",
        asked=asked,
        states=deliveries.STATES,
        networks={"": "All"} | {slug: one.name for slug, one in NETWORKS.items()},
        counts=deliveries.by_state(now),
        classes=deliveries.by_class(now),
        resting=deliveries.resting(now),
        lines=lines,
        turning={
            "newest_url": _url(asked, 1) if asked.page > 1 else None,
            "older_url": _url(asked, asked.page + 1) if has_more else None,
        },
        most=deliveries.MOST,
    )


def _asked() -> Asked:
    state, network = (request.args.get(name, "") for name in ("state", "network"))
    return Asked(state, network, page_asked())


def _url(asked: Asked, number: int) -> str:
    query = {"state": asked.state, "network": asked.network, "page": number}
    return f"?{urlencode(query)}#list"
