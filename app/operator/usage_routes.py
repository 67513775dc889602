"""The desk's page of use. Nothing of anybody is on it, and each look at it is on record all the same."""

from flask import Response

from app import audit, clock
from app.db import db, writing
from app.operator import usage
from app.operator.hiding import FEWEST
from app.operator.routes import bp
from app.web import OPERATOR, allows, page


@bp.get("/operator/usage")
@allows(OPERATOR)
def figures_of_use() -> Response:
    with writing():
        db.session.rollback()
        audit.record("operator.counted")
        db.session.commit()
    return page("operator/usage.html", "desk", usage=usage.count(clock.now()), fewest=FEWEST)
