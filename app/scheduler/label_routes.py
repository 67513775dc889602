"""/labels: the names that posts are sorted by."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired, Length

from app import audit
from app.account.forms import normal
from app.db import db
from app.forms import Form
from app.scheduler import labels as names
from app.scheduler.labels import LONGEST, Label
from app.web import allows, page, see

bp = Blueprint("labels", __name__, url_prefix="/labels")


class NameForm(Form):
    name = StringField(
        "Name",
        [InputRequired("Give it a name."), Length(max=LONGEST, message="At most 40 characters.")],
        filters=[normal],
    )

    def validate_name(self, field: StringField) -> None:
        if not field.data.isprintable() or "," in field.data:
            raise ValidationError(
                "A name holds no commas, and only characters that can be printed."
            )


@bp.get("")
@allows("organization.view")
def labels(status: int = 200, **more: Any) -> Response:
    return page(
        "scheduler/labels.html",
        "labels",
        status,
        rows=names.counted(g.member),
        **{"wrong": None} | more,
    )


@bp.post("/<int:id>/name")
@allows("post.edit")
def rename(id: int) -> BaseResponse:
    label, form = _ours(id), NameForm()
    if form.validate() and not names.rename(label, form.name.data or ""):
        form.name.errors = ["Another one has this name already."]
    if form.errors or form.name.errors:
        return labels(422, wrong=(id, form))
    audit.record("label.renamed", label=id)
    db.session.commit()
    flash("Renamed.", "message")
    return see("labels.labels")


@bp.post("/<int:id>/deletion")
@allows("post.edit")
def delete(id: int) -> BaseResponse:
    names.remove(_ours(id))
    audit.record("label.deleted", label=id)
    db.session.commit()
    flash("Taken off all posts. The posts are still there.", "message")
    return see("labels.labels")


def _ours(id: int) -> Label:
    return db.session.scalar(Label.of(g.member).where(Label.id == id)) or abort(404)
