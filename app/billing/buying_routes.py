"""Buying and trying a plan, and Stripe's portal. Stripe's own pages are reached by a page with a link,
since a form may not be redirected to another host (`form-action 'self'`)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import abort, flash, g
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.billing import buying, changing, jobs, shelf, stripe_api, trials
from app.billing.forms import PlanForm
from app.billing.models import BillingAccount, account_of, live
from app.billing.routes import AWAY, billing, bp
from app.billing.stripe_facts import Refused, Session
from app.db import db
from app.web import allows, fresh, onward, page, see, unaudited

TRIES = 5
GONE = "The payment provider does not know this customer any more. Choose again to begin anew."
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
        except stripe_api.Gone:
            db.session.rollback()
            audit.unchanged()
            jobs.settle(g.member.organization_id)
            flash(GONE, "notice")
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
    if found := live(account.organization_id):
        return no_need(changing.PAY_FIRST if found.is_overdue else BOUGHT)
    url = _page_to_pay(account, form)
    audit.record("billing.checkout", plan=form.wish)
    db.session.commit()
    return _go_on(url) if url else no_need(BUSY)


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
    id, wish, currency = account.organization_id, form.wish, form.currency.data
    price = shelf.price_of(form.chosen, form.cycle.data, currency) or abort(409)
    what = (price.stripe_id, form.quantity.data, currency)
    for _ in range(TRIES):
        account = db.session.get_one(BillingAccount, id, populate_existing=True)
        before, chosen, customer_id = account.checkout_id, account.checkout_for, account.customer_id
        key = buying.checkout_key(account, wish)
        last = stripe_api.find_checkout(before) if before else None
        if last and buying.is_open(last) and chosen == wish:
            return last.url
        made = stripe_api.open_checkout(customer_id, *what, key)
        is_ours = buying.swap(id, before, made, wish)
        db.session.commit()
        if is_ours:
            return made.url if _is_last(last, made) else ""
        if db.session.get_one(BillingAccount, id, populate_existing=True).checkout_id != made.id:
            stripe_api.end_checkout(made.id)
    return ""


def _is_last(last: Session | None, made: Session) -> bool:
    """Close the page before; when somebody paid there at this very moment, close the new one."""
    if last is None or not buying.is_open(last):
        return True
    if not buying.is_paid(stripe_api.end_checkout(last.id)):
        return True
    stripe_api.end_checkout(made.id)
    return False


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
    if refusal := trials.why_none(g.member):
        form.form_errors.append(refusal)
        return billing(form, 422)
    price_id = price.stripe_id
    if not trials.mark(g.member, clock.now()):
        db.session.rollback()
        return no_need(trials.USED)
    audit.record("billing.trial", plan=form.wish)
    db.session.commit()
    what = (price_id, form.quantity.data or 1, form.currency.data)
    answer = stripe_api.begin_trial(customer_id, *what, key)
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


def no_need(words: str) -> BaseResponse:
    audit.unchanged()
    flash(words, "notice")
    return see("billing.billing")
