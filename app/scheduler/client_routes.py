"""What a client without an account opens: chosen posts as they will look, and an answer to each. There
is no session: the address is all the right there is, for these posts and no other."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue, viewer
from app.account import limits
from app.account.models import Organization
from app.db import db
from app.scheduler import client_answers, client_links, client_page, jobs
from app.scheduler.approving import Answered, Changed
from app.scheduler.client_forms import AnswerForm, seal_of
from app.scheduler.client_links import ClientLink
from app.scheduler.composing import Leaving
from app.scheduler.events import Client
from app.scheduler.models import Post
from app.scheduler.ringing import ring
from app.scheduler.routes import bp
from app.scope import act_for
from app.web import csrf, ids, public

HIDDEN = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "same-origin"}
DONE = {
    "approved": "Approved. Thank you.",
    "agreed": "Your yes is noted. Thank you.",
    "sent_back": "Sent back with your words.",
    "commented": "Your comment is there.",
}


@bp.get("/approvals/<token>")
@public
def client_posts(token: str) -> Response:
    """404 alike for a link that never was, was taken back or is out of time."""
    return _page(token, _open(token))


@bp.post("/approvals/<token>")
@csrf.exempt
@public
def answer_as_client(token: str) -> BaseResponse:
    """The form's own seal stands in for the session's: nobody is signed in here."""
    found = _open(token)
    [id] = ids(request.form.getlist("post")[:1]) or abort(404)
    post = db.session.scalar(client_links.posts_of(found).where(Post.id == id)) or abort(404)
    form = AnswerForm(token=token, post_id=id)
    if wait := _count(found):
        return _refused(token, found, id, form, limits.words(wait), 429)
    if not form.validate():
        trouble = " ".join((*form.seal.errors, *form.answer.errors))
        return _refused(token, found, id, form, trouble, 422)
    return _answer(token, found, post, form)


def _open(token: str) -> ClientLink:
    viewer.forget()
    opened = client_links.read(token, clock.now()) or abort(404)
    act_for(opened.organization_id)
    return client_links.find(opened) or abort(404)


def _count(found: ClientLink) -> int:
    """The seconds to wait; committed, so that a refused answer counts too."""
    now, place = clock.now(), limits.place(request.remote_addr)
    wait = limits.take(limits.CLIENT, str(found.id), now)
    wait = limits.take(limits.CLIENT_NETWORK, place, now) or wait
    db.session.commit()
    return wait


def _answer(token: str, found: ClientLink, post: Post, form: AnswerForm) -> BaseResponse:
    """409 with what stands there now when that isn't what was read."""
    id, said = post.id, (form.answer.data, form.hash.data or "", form.words.data.strip())
    client = Client(form.name.data, found.id)
    try:
        event = client_answers.answer(found, post, client, said, clock.now())
    except (Changed, Answered, Leaving) as trouble:
        db.session.rollback()
        return _refused(token, _open(token), id, form, _explain(trouble), 409)
    found.client = client.name
    db.session.flush()
    kind, event_id = event.kind, event.id
    told = {"subject": post.author_id, "organization": found.organization_id}
    audit.record(f"post.{kind}", **told, post=id, link=found.id)
    db.session.commit()
    ring(post)
    queue.enqueue(jobs.tell_author, id, event_id, on="default")
    where = url_for("scheduler.client_posts", token=token, done=kind, _anchor=f"post-{id}")
    return redirect(where, 303)


def _explain(trouble: Exception) -> str:
    if isinstance(trouble, Changed):
        return (
            "The post has changed since you opened this page. This is the new version: read again."
        )
    if isinstance(trouble, Answered):
        return "It no longer waits for an answer: somebody gave one, or the post was changed."
    return str(trouble)


def _refused(
    token: str, found: ClientLink, id: int, form: AnswerForm, trouble: str, status: int
) -> Response:
    audit.unchanged()
    return _page(token, found, status, refused=(id, form, trouble))


def _page(
    token: str,
    found: ClientLink,
    status: int = 200,
    refused: tuple[int, AnswerForm | None, str] = (0, None, ""),
) -> Response:
    now = clock.now()
    here = db.session.get(Organization, found.organization_id) or abort(404)
    id, form, trouble = refused
    shown: list[dict[str, Any]] = [
        one
        | {"form": form if one["id"] == id else _fresh(token, found, one["id"])}
        | {"seal": seal_of(token, one["id"]), "trouble": trouble if one["id"] == id else ""}
        for one in client_page.posts(found, now)
    ]
    words = render_template(
        "scheduler/client.html",
        organization=here,
        link=found,
        token=token,
        posts=shown,
        done=DONE.get(request.args.get("done", ""), ""),
        local=lambda moment: f"{moment.astimezone(ZoneInfo(here.timezone)):%a %-d %b %Y, %H:%M}",
        local_zone=here.timezone,
    )
    return Response(words, status, headers=HIDDEN)


def _fresh(token: str, found: ClientLink, id: int) -> AnswerForm:
    return AnswerForm(formdata=None, token=token, post_id=id, name=found.client)
