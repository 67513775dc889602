"""Which channels stay when a plan holds fewer: chosen ahead, in time, or anew."""

from datetime import datetime
from typing import Any

from flask import Response, abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, queue
from app.account.allowances import Room
from app.account.forms import BlankForm
from app.billing import fitting, settling, stripe_api
from app.billing.fitting import Place
from app.billing.plans import by_slug
from app.billing.routes import bp
from app.billing.shrinking import Smaller, smaller
from app.db import db
from app.scheduler import setting_aside
from app.scheduler.lists import first_words, wordless
from app.scheduler.models import Post
from app.web import allows, ids, page, see

CHOICE = ("plan", "cycle", "quantity", "currency")  # of a change of plan that waits for this


@bp.get("/billing/channels")
@allows("organization.own")
def channels(status: int = 200, problem: str = "") -> Response:
    """The channels with what waits for them; those that would stay are ticked."""
    stripe_api.is_on() or abort(404)
    now, organization_id = clock.now(), g.member.organization_id
    plan = smaller(organization_id, now, _coming())
    found = fitting.places(organization_id, plan.most if plan else None, now)
    posts = setting_aside.posts_that_wait(organization_id)
    ticked = set(ids(request.form.getlist("channels"))) if problem else None
    rows = [_row(one, posts.get(one.channel.id, []), ticked) for one in found]
    return page(
        "billing/channels.html",
        "stay",
        status,
        form=BlankForm(),
        plan=plan,
        rows=sorted(rows, key=lambda row: str(row["handle"])),
        problem=problem,
        carried=_carried(),
    )


def _coming() -> Room | None:
    """The plan of a change that waits for this choice."""
    wanted, times = by_slug(request.values.get("plan", "")), request.values.get("quantity", "1")
    if wanted is None:
        return None
    return wanted.room.times(min(max(int(times[:4]), 1), wanted.most) if times.isdecimal() else 1)


def _carried() -> dict[str, str]:
    return {name: value for name in CHOICE if (value := request.values.get(name))}


def _row(one: Place, posts: list[tuple[Post, datetime]], ticked: set[int] | None) -> dict[str, Any]:
    channel = one.channel
    return {
        "id": channel.id,
        "network": channel.network,
        "network_name": channel.network_name,
        "handle": channel.handle,
        "is_set_aside": channel.set_aside_at is not None,
        "is_ticked": one.stays if ticked is None else channel.id in ticked,
        "lately": one.use.lately,
        "waiting": one.use.waiting,
        "first_at": one.use.first_at,
        "posts": [
            {
                "url": f"/posts/{post.id}",
                "words": first_words(post.text) or wordless(post),
                "at": at,
            }
            for post, at in posts
        ],
    }


@bp.post("/billing/channels")
@allows("organization.own")
def choose_channels() -> BaseResponse:
    stripe_api.is_on() or abort(404)
    now, organization_id = clock.now(), g.member.organization_id
    plan = smaller(organization_id, now, _coming())
    if plan is None:
        audit.unchanged()
        flash("All your channels fit; there is nothing to choose.", "notice")
        return _on()
    known = {one.channel.id for one in fitting.places(organization_id, None, now)}
    picked = known & set(ids(request.form.getlist("channels")))
    if len(picked) != plan.most:
        return channels(422, _count_words(plan, len(picked)))
    fitting.choose(organization_id, picked, now)
    settling.allow(organization_id, now)
    audit.record("billing.channels_chosen", channels=sorted(picked))
    db.session.commit()
    queue.wake_clock()
    is_now = not plan.begins_at and not _carried()
    flash("These stay; the others are set aside." if is_now else "Noted for then.", "message")
    return _on()


def _count_words(plan: Smaller, ticked: int) -> str:
    return f"{plan.room.plan} holds {plan.most:,}. Tick {plan.most:,}; there are {ticked:,} ticked."


def _on() -> BaseResponse:
    """Back to the change of plan that this was for."""
    carried = _carried()
    return (
        see("billing.preview", **carried) if len(carried) == len(CHOICE) else see("billing.billing")
    )
