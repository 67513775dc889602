"""Links for clients: which posts they open, for how long, and taking them back."""

from collections.abc import Sequence

from flask import Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, moments, shown_once
from app.account import open_links
from app.account.forms import BlankForm
from app.db import db
from app.scheduler import client_links
from app.scheduler.client_forms import ClientLinkForm
from app.scheduler.client_links import ClientLink
from app.scheduler.lists import first_words, whole, wordless
from app.scheduler.models import Delivery, Post
from app.scheduler.routes import bp
from app.scheduler.states import DRAFT, EDITABLE
from app.web import allows, ids, page, see

SHOWN_ONCE = "client_link"


@bp.get("/approvals/links")
@allows("post.share")
def client_links_page(
    form: ClientLinkForm | None = None, status: int = 200, problem: str = ""
) -> Response:
    return page(
        "scheduler/client_links.html",
        "links",
        status,
        form=form or _form(),
        open_links=open_links.open_ones(ClientLink, g.member, clock.now()),
        link=client_links.address(text) if (text := shown_once.take(SHOWN_ONCE)) else "",
        problem=problem,
        blank=BlankForm(),
    )


@bp.post("/approvals/links")
@allows("post.share")
def make_client_link() -> BaseResponse:
    found = _choosable()
    form, now = _form_of(found), clock.now()
    if not form.validate():
        return client_links_page(form, 422)
    chosen = [one for one in found if one.id in form.posts.data]
    try:
        made, text = client_links.make(g.member, chosen, form.days.data, now)
    except open_links.Full as full:
        db.session.rollback()
        audit.unchanged()
        return client_links_page(form, 422, str(full))
    until = f"{made.expires_at:%Y-%m-%d}"
    audit.record("post.shared", link=made.id, posts=len(chosen), until=until)
    shown_once.keep(SHOWN_ONCE, text)  # its hash is all that is kept
    db.session.commit()
    return see("scheduler.client_links_page")


@bp.post("/approvals/links/<int:id>/revocation")
@allows("post.share")
def revoke_client_link(id: int) -> BaseResponse:
    open_links.take_back(ClientLink, g.member, id, clock.now()) or abort(404)
    audit.record("post.unshared", link=id)
    db.session.commit()
    flash("Taken back. Whoever has the link sees nothing from now on.", "message")
    return see("scheduler.client_links_page")


def _choosable() -> Sequence[Post]:
    """What may change yet and stands on some channel: what waits for a yes first."""
    chosen = Post.of(g.member).where(
        Post.state.in_(EDITABLE),
        Post.id.in_(
            db.select(Delivery.post_id).where(Delivery.organization_id == g.member.organization_id)
        ),
    )
    first = (Post.asked_at.is_(None), Post.state == DRAFT, Post.due_at.nulls_last(), Post.id)
    return db.session.scalars(whole(chosen.order_by(*first)).limit(client_links.MOST_POSTS)).all()


def _form() -> ClientLinkForm:
    form = _form_of(_choosable(), is_sent=False)
    form.posts.data = ids(request.args.getlist("post"))
    return form


def _form_of(found: Sequence[Post], *, is_sent: bool = True) -> ClientLinkForm:
    choices = [(one.id, _title(one)) for one in found]
    given = request.form if is_sent else None
    return ClientLinkForm(formdata=given, choices=choices)


def _title(post: Post) -> str:
    due = moments.both(post.due_at) if post.due_at else "No time yet"
    return f"{due}: {first_words(post.text, 80) or wordless(post)}"
