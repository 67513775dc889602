"""Buying, trying, changing and leaving a plan. Stripe's own pages are reached by a page with a link,
since a form may not be redirected to another host (`form-action 'self'`)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import abort, flash, g, request
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.billing import buying, jobs, shelf, stripe_api
from app.billing.forms import PlanForm
from app.billing.models import BillingAccount, Subscription, account_of, live
from app.billing.money import money
from app.billing.routes import AWAY, billing, bp
from app.billing.stripe_facts import Refused
from app.db import db
from app.web import allows, fresh, onward, page, see, unaudited

TRIES = 5
BUSY = "Somebody here is choosing a plan at the same moment. Look again."
BOUGHT = "Your organisation has a plan already; change it here."
View = Callable[..., BaseResponse]


def sells(view: View) -> View:
    """404 where nothing is sold; when Stripe is away the person is told, and nothing has changed."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> BaseResponse:
        if not stripe_api.is_on():
            abort(404)
        try:
            return view(*args, **kwargs)
        except stripe_api.Away:
            db.session.rollback()
            audit.unchanged()
            flash(AWAY, "notice")
            return see("billing.billing")

    return guarded


@bp.post("/billing/checkout")
@allows("organization.own")
@fresh
@sells
def checkout() -> BaseResponse:
    form = PlanForm()
    if not form.validate():
        return billing(form, 422)
    account = customer()
    if live(account.organization_id):
        return _no_need(BOUGHT)
    url = _page_to_pay(account, form)
    audit.record("billing.checkout", plan=form.wish)
    db.session.commit()
    return _go_on(url) if url else _no_need(BUSY)


def customer() -> BillingAccount:
    """The organisation's account at Stripe, made when it is first wanted."""
    organization = g.member.organization
    id = organization.id
    if found := account_of(id):
        return found
    made = stripe_api.make_customer(id, buying.customer_key(organization))
    buying.keep_customer(id, made, clock.now())
    db.session.commit()
    return db.session.get_one(BillingAccount, id)


def _page_to_pay(account: BillingAccount, form: PlanForm) -> str:
    """Its address; empty when others were always faster, or somebody has paid meanwhile."""
    id, wish, quantity, currency = account.organization_id, form.wish, form.quantity.data or 1, form.currency.data
    price = shelf.price_of(form.chosen, form.cycle.data, currency) or abort(409)
    price_id = price.stripe_id
    for _ in range(TRIES):
        account = db.session.get_one(BillingAccount, id, populate_existing=True)
        before, chosen, customer_id = account.checkout_id, account.checkout_for, account.customer_id
        key = buying.checkout_key(account, wish)
        last = stripe_api.find_checkout(before) if before else None
        if last and buying.is_open(last) and chosen == wish:
            return last.url
        made = stripe_api.open_checkout(customer_id, price_id, quantity, currency, key)
        is_ours = buying.swap(id, before, made, wish)
        db.session.commit()
        if is_ours:
            ended = stripe_api.end_checkout(before) if before else None
            if ended and buying.is_paid(ended) and last and not buying.is_paid(last):
                stripe_api.end_checkout(made.id)  # paid at this very moment
                return ""
            return made.url
        if db.session.get_one(BillingAccount, id, populate_existing=True).checkout_id != made.id:
            stripe_api.end_checkout(made.id)
    return ""


@bp.post("/billing/trial")
@allows("organization.own")
@fresh
@sells
def trial() -> BaseResponse:
    """Without a card; it ends by itself."""
    form = PlanForm()
    if not form.validate():
        return billing(form, 422)
    account = customer()
    id, customer_id, key = account.organization_id, account.customer_id, buying.trial_key(account)
    price = shelf.price_of(form.chosen, form.cycle.data, form.currency.data) or abort(409)
    refusal = buying.why_no_trial(g.member)
    if refusal:
        form.form_errors.append(refusal)
        return billing(form, 422)
    price_id = price.stripe_id
    buying.mark_trial(g.member, clock.now())
    audit.record("billing.trial", plan=form.wish)
    db.session.commit()
    answer = stripe_api.begin_trial(customer_id, price_id, form.currency.data, key)
    jobs.settle(id)
    if isinstance(answer, Refused):
        flash(answer.reason, "notice")
    else:
        flash("Your trial has begun. It ends by itself, and nothing is asked of you.", "message")
    return see("billing.billing")


@bp.post("/billing/portal")
@allows("organization.own")
@fresh
@sells
@unaudited("a way to Stripe's own pages; what is changed there is on record when it is told")
def portal() -> BaseResponse:
    """Cards, addresses, tax ids, receipts."""
    account = account_of(g.member.organization_id) or abort(404)
    return _go_on(stripe_api.portal(account.customer_id))


def _go_on(url: str) -> BaseResponse:
    told = page("billing/onward.html", "billing", url=url, host=urlsplit(url).netloc)
    return onward(told, url)


def _no_need(words: str) -> BaseResponse:
    audit.unchanged()
    flash(words, "notice")
    return see("billing.billing")


@bp.get("/billing/change")
@allows("organization.own")
@sells
def preview() -> BaseResponse:
    """What changing over costs now; nothing is changed by looking."""
    form = PlanForm(request.args, meta={"csrf": False})
    found = live(g.member.organization_id) or abort(404)
    if not form.validate() or not _is_other(form, found):
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
        at=int(now.timestamp()), before=found.plan.name,
    )  # fmt: skip


def _is_other(form: PlanForm, found: Subscription) -> bool:
    """Something is changed, in the currency that is paid in already."""
    now = (found.plan.slug, found.cycle, found.quantity)
    if (form.plan.data, form.cycle.data, form.quantity.data) == now:
        form.form_errors.append("That is the plan that you have.")
    elif form.currency.data != found.currency:
        form.currency.errors = ["A running plan stays in its currency."]
    return not form.errors


@bp.post("/billing/change")
@allows("organization.own")
@fresh
@sells
def change() -> BaseResponse:
    """At the price that was shown: for its moment it is asked."""
    form = PlanForm()
    found = live(g.member.organization_id) or abort(404)
    if not form.validate() or not _is_other(form, found):
        return billing(form, 422)
    price = shelf.price_of(form.chosen, form.cycle.data, found.currency) or abort(409)
    id, quantity, at = found.organization_id, form.quantity.data or 1, _shown_at()
    about = (found.stripe_id, found.item_id, price.stripe_id)
    key = buying.change_key(found, price, quantity, at)
    answer = stripe_api.change(*about, quantity, at, key)
    if isinstance(answer, Refused):
        return _no_need(f"{answer.reason} Your plan stays as it was.")
    jobs.settle(id)
    audit.record("billing.changed", plan=form.wish)
    db.session.commit()
    flash(f"Your plan is {form.chosen.name} now.", "message")
    return see("billing.billing")


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
