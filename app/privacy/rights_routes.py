"""/settings/privacy/{restriction,objections,corrections}: rights that take effect with a button, or that
open a request where a person has to decide."""

from flask import Response, flash, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app import audit, clock, queue
from app import telemetry as telemetries
from app.account.forms import BlankForm, normal
from app.db import db
from app.forms import Form
from app.privacy import request_intake, request_jobs, restriction
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind
from app.privacy.settings_routes import bp
from app.telemetry import people
from app.web import allows, fresh, page, see


class WordsForm(Form):
    """What a person has to read."""

    details = TextAreaField(
        "What is it about?",
        [
            InputRequired("Say it in a few words."),
            Length(max=5000, message="At most 5000 characters."),
        ],
        filters=[normal],
    )


@bp.get("/restriction")
@allows("self")
def restriction_page() -> Response:
    return page("privacy/restriction.html", "restriction", form=BlankForm())


@bp.post("/restriction")
@allows("self")
@fresh
def restrict() -> BaseResponse:
    restriction.restrict(current_user, clock.now())
    audit.record("restriction.begun")
    db.session.commit()
    flash("From now on your data are only kept. You can lift this at any time.", "message")
    return see("privacy_settings.restriction_page")


@bp.post("/restriction/lifting")
@allows("self")
def lift_restriction() -> BaseResponse:
    restriction.lift(current_user)
    audit.record("restriction.lifted")
    db.session.commit()
    flash("Your data are used again as before.", "message")
    return see("privacy_settings.restriction_page")


@bp.get("/objections")
@allows("self")
def objections(form: WordsForm | None = None, status: int = 200) -> Response:
    return page(
        "privacy/objections.html",
        "objections",
        status,
        form=form or WordsForm(formdata=None),
        objected_at=people.objected_at(current_user.id),
        recipients=telemetries.recipients(),
        mine=_mine(Kind.OBJECTION),
    )


@bp.post("/objections")
@allows("self")
def object_to() -> BaseResponse:
    form = WordsForm()
    if not form.validate():
        return objections(form, 422)
    return _open(Kind.OBJECTION, form)


@bp.get("/corrections")
@allows("self")
def corrections(form: WordsForm | None = None, status: int = 200) -> Response:
    if form is None:
        about = request.args.get("about", "")[:100]
        form = WordsForm(formdata=None, details=f"{about}: " if about else "")
    return page(
        "privacy/corrections.html", "corrections", status, form=form, mine=_mine(Kind.CORRECTION)
    )


@bp.post("/corrections")
@allows("self")
def correct() -> BaseResponse:
    form = WordsForm()
    if not form.validate():
        return corrections(form, 422)
    return _open(Kind.CORRECTION, form)


def _open(kind: Kind, form: WordsForm) -> BaseResponse:
    opened = request_intake.ask(current_user, kind, form.details.data or "", clock.now())
    audit.record("request.made", request=opened.id)
    db.session.commit()
    queue.enqueue(request_jobs.tell_desk, opened.id, on="default")
    flash("Your request is open; a mail tells you when there is news.", "message")
    return see("my_requests.show", id=opened.id)


def _mine(kind: Kind) -> list[RightsRequest]:
    mine = RightsRequest.of(current_user).where(RightsRequest.kind == kind)
    return list(db.session.scalars(mine.limit(20)))
