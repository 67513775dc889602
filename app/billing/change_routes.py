"""Changing a plan, with what it costs shown before, and letting it run out."""

from datetime import UTC, datetime

from flask import abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.billing import buying, changing, jobs, shelf, stripe_api
from app.billing.buying_routes import no_need, sells
from app.billing.forms import PlanForm
from app.billing.models import Subscription, account_of, live
from app.billing.money import money
from app.billing.routes import billing, bp
from app.billing.shrinking import smaller
from app.billing.stripe_facts import Refused
from app.db import db
from app.web import allows, fresh, page, see


@bp.get("/billing/change")
@allows("organization.own")
@sells
def preview() -> BaseResponse:
    """What changing over costs now; nothing is changed by looking."""
    form = PlanForm(request.args, meta={"csrf": False})
    found = live(g.member.organization_id) or abort(404)
    if not form.validate() or not _may_change(form, found):
        return billing(form, 422)
    now = clock.now().replace(microsecond=0)
    price = shelf.price_of(form.chosen, form.cycle.data, found.currency) or abort(409)
    account = account_of(found.organization_id) or abort(404)
    about = (account.customer_id, found.stripe_id, found.item_id, price.stripe_id)
    seen = stripe_api.preview(*about, form.quantity.data, now)
    if isinstance(seen, Refused):
        flash(seen.reason, "notice")
        return see("billing.billing")
    lines = [(words, money(amount, seen.currency)) for words, amount in seen.lines]
    due = money(seen.due, seen.currency)
    chosen = {name: form[name].data for name in ("plan", "cycle", "quantity", "currency")}
    return page(
        "billing/change.html", "billing", lines=lines, due=due, chosen=chosen, plan=form.chosen,
        at=int(now.timestamp()), before=found.plan.name, form=form, smaller=smaller(
            found.organization_id, now, form.room
        ),
    )  # fmt: skip


def _may_change(form: PlanForm, found: Subscription) -> bool:
    """It may be changed, to something else, in the currency that is paid in already."""
    wanted = (form.plan.data or "", form.cycle.data or "", form.quantity.data or 1)
    if refusal := changing.refuse(found, wanted):
        form.form_errors.append(refusal)
    elif form.currency.data != found.currency:
        form.currency.errors = ["A running plan stays in its currency."]
    return not form.errors


@bp.post("/billing/change")
@allows("organization.own")
@fresh
@sells
def change() -> BaseResponse:
    """At the price that was shown: for its moment it is asked. Stripe is looked at first, since a payment
    may have failed that nobody told us of."""
    form = PlanForm()
    jobs.settle(g.member.organization_id)
    found = live(g.member.organization_id) or abort(404)
    if not form.validate() or not _may_change(form, found):
        return billing(form, 422)
    price = shelf.price_of(form.chosen, form.cycle.data, found.currency) or abort(409)
    id, quantity, at = found.organization_id, form.quantity.data or 1, _shown_at()
    about = (found.stripe_id, found.item_id, price.stripe_id)
    key = buying.change_key(found, price, quantity, at)
    answer = stripe_api.change(*about, quantity, at, key)
    if isinstance(answer, Refused):
        return no_need(f"{answer.reason} Your plan stays as it was.")
    jobs.settle(id)
    audit.record("billing.changed", plan=form.wish)
    db.session.commit()
    flash(f"Your plan is {form.chosen.name} now.", "message")
    shrunk = smaller(id, clock.now())
    return see("billing.channels" if shrunk and shrunk.choose_by else "billing.billing")


def _shown_at() -> datetime:
    """When the price was worked out: within the hour, or now."""
    now, typed = clock.now(), request.form.get("at", "")
    if typed.isdecimal() and 0 <= now.timestamp() - int(typed[:12]) <= 3600:
        return datetime.fromtimestamp(int(typed[:12]), UTC)
    return now.replace(microsecond=0)


@bp.post("/billing/cancellation")
@allows("organization.own")
@sells
def cancel() -> BaseResponse:
    return _end_with_period(ends=True)


@bp.post("/billing/resumption")
@allows("organization.own")
@sells
def resume() -> BaseResponse:
    return _end_with_period(ends=False)


def _end_with_period(*, ends: bool) -> BaseResponse:
    found = live(g.member.organization_id) or abort(404)
    id, stripe_id = found.organization_id, found.stripe_id
    stripe_api.end_with_period(stripe_id, ends=ends)
    jobs.settle(id)
    audit.record("billing.cancelled" if ends else "billing.resumed")
    db.session.commit()
    words = "Your plan ends with what is paid." if ends else "Your plan goes on."
    flash(words, "message")
    return see("billing.billing")
