"""Searching for people and looking at one: with a reason that the person can read."""

from flask import Response, abort, flash, request
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.models import User
from app.db import db
from app.operator import looks
from app.operator.forms import SearchForm
from app.operator.models import Look
from app.operator.routes import bp
from app.privacy.holdings import holdings
from app.privacy.portions import Holder
from app.privacy.request_models import RightsRequest
from app.scope import across_organizations
from app.support.models import Conversation
from app.web import OPERATOR, allows, page, see


@bp.get("/operator/people")
@allows(OPERATOR)
def people(form: SearchForm | None = None, status: int = 200) -> Response:
    found = looks.found_in(current_user, request.args.get("look", ""), clock.now())
    return page(
        "operator/people.html",
        "people",
        status,
        form=form or SearchForm(formdata=None),
        people=found,
    )


@bp.post("/operator/people")
@allows(OPERATOR)
def search() -> BaseResponse:
    form = SearchForm()
    if not form.validate():
        return people(form, 422)
    found = looks.search(form.words.data or "")
    batch = looks.look_at(current_user, found, form.reason.data or "", clock.now())
    for person in found:
        audit.record("operator.viewed", subject=person.id)
    audit.record("operator.searched", found=len(found))
    db.session.commit()
    if not found:
        flash("Nobody by that address or name.", "notice")
    return see("operator.people", look=batch)


@bp.get("/operator/people/<int:id>")
@allows(OPERATOR)
def person(id: int) -> Response:
    """Only within the half hour after a search that found them."""
    look = looks.open_look(current_user, id, clock.now()) or abort(404)
    found = db.session.get_one(User, look.user_id)
    mine = select(RightsRequest).where(RightsRequest.user_id == id)
    with across_organizations("a person belongs to several"):
        memberships = [(one.organization.name, one.role) for one in found.memberships]
    return page(
        "operator/person.html",
        "person",
        found=found,
        look=look,
        memberships=memberships,
        holdings=holdings(db.metadata, Holder(found.id, found.email)),
        requests=db.session.scalars(mine.order_by(RightsRequest.id.desc())).all(),
        threads=db.session.scalars(Conversation.of(found)).all(),
        looks=db.session.scalars(Look.at_person(found).limit(20)).all(),
    )


@bp.get("/settings/privacy/looks")
@allows("self")
def looks_at_me() -> Response:
    seen = db.session.scalars(Look.at_person(current_user).limit(200)).all()
    return page("operator/looks.html", "looks", looks=seen)
