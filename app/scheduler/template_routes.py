"""/templates: words that posts begin with, and signatures that they end with."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.db import db
from app.returning import restore_form
from app.scheduler import templates
from app.scheduler.labels import LABEL
from app.scheduler.lists import first_words
from app.scheduler.post_routes import mine
from app.scheduler.saying import shared_words
from app.scheduler.sheets import channels
from app.scheduler.template_forms import TemplateForm
from app.scheduler.templates import BETWEEN, KINDS, POST, Template
from app.scheduler.wording import Deed, Thread, Wording, reshape
from app.web import allows, ids, page, see

bp = Blueprint("templates", __name__, url_prefix="/templates")


@bp.get("")
@allows("organization.view")
def index() -> Response:
    rows = [_row(one) for one in db.session.scalars(Template.of(g.member))]
    return page("scheduler/templates.html", "templates", rows=rows, form=BlankForm())


def _row(one: Template) -> dict[str, Any]:
    words = one.words
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "words": first_words(words.parts[0] or words.comment),
        "part_count": len(words.parts),
        "labels": one.label_names,
    }


@bp.get("/new")
@allows("post.create")
def new() -> Response:
    """Empty, or with the words of a post."""
    if typed := restore_form():
        return _show(_read(typed, _kind(typed.get("kind", POST))))
    kind = _kind(request.args.get("kind", POST))
    form = TemplateForm(formdata=None, kind=kind)
    if "post" in request.args:
        [id] = ids([request.args["post"]]) or abort(404)
        _fill(form, id)
    return _show(form)


def _fill(form: TemplateForm, post_id: int) -> None:
    found = mine(post_id)
    form.thread = Thread.of(shared_words(found))
    names = [one.label.name for one in found.labels if one.label.kind == LABEL]
    form.labels.data = BETWEEN.join(names)


@bp.post("/new")
@allows("post.create")
def create() -> BaseResponse:
    form = _read(request.form, _kind(request.form.get("kind", POST)))
    if again := _not_yet(form):
        return again
    made = templates.make(g.member, form.kind, form.content, clock.now())
    if isinstance(made, str):
        form.name.errors = [made]
        return _show(form, status=422)
    audit.record("template.made", template=made.id)
    db.session.commit()
    flash("Saved.", "message")
    return see("templates.index")


@bp.get("/<int:id>")
@allows("post.create")
def template(id: int) -> Response:
    found = _ours(id)
    if typed := restore_form():
        return _show(_read(typed, found.kind), found)
    form = TemplateForm(
        formdata=None,
        thread=Thread.of(found.words),
        kind=found.kind,
        picked=found.channel_ids,
        data={"name": found.name, "labels": found.labels},
    )
    return _show(form, found)


@bp.post("/<int:id>")
@allows("post.create")
def save(id: int) -> BaseResponse:
    found = _ours(id)
    form = _read(request.form, found.kind)
    if again := _not_yet(form, found):
        return again
    if words := templates.change(found, form.content):
        form.name.errors = [words]
        return _show(form, found, 422)
    audit.record("template.changed", template=id)
    db.session.commit()
    flash("Saved.", "message")
    return see("templates.index")


@bp.post("/<int:id>/deletion")
@allows("post.create")
def delete(id: int) -> BaseResponse:
    templates.remove(_ours(id))
    audit.record("template.deleted", template=id)
    db.session.commit()
    flash("Deleted. Posts that began with it stay as they are.", "message")
    return see("templates.index")


def _ours(id: int) -> Template:
    return templates.find(g.member, id) or abort(404)


def _kind(asked: str) -> str:
    return asked if asked in KINDS else abort(404)


def _read(fields: "MultiDict[str, str]", kind: str) -> TemplateForm:
    picked = set(ids(fields.getlist("channels"))) & {one.id for one in channels()}
    return TemplateForm(formdata=fields, thread=Thread.read(fields), kind=kind, picked=picked)


def _not_yet(form: TemplateForm, found: Template | None = None) -> Response | None:
    """The form once more, when a button only shaped its thread or something is wrong."""
    deed = Deed.read(request.form.get("action", ""))
    if deed is None and form.is_ready():
        return None
    if deed:
        audit.unchanged()
        reshape(Wording(form.thread), deed, (), has_media=False)
    return _show(form, found, 200 if deed else 422, focus=deed.field if deed else "")


def _show(
    form: TemplateForm, found: Template | None = None, status: int = 200, focus: str = ""
) -> Response:
    return page(
        "scheduler/template.html",
        "template",
        status,
        form=form,
        found=found,
        known=channels(),
        focus=focus,
    )
