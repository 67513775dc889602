"""What plans there are, what an organisation has, its invoices, and what Stripe tells us."""

from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app import clock, queue
from app.account import allowances
from app.account.permissions import Role
from app.billing import events, jobs, shelf, stripe_api
from app.billing.closing import plans_of
from app.billing.forms import PlanForm
from app.billing.grace import grace_ends, is_lapsed
from app.billing.models import Invoice, Subscription, account_of, live
from app.billing.money import money
from app.billing.plans import CURRENCIES, CYCLES, GRACE_DAYS, TRIAL_DAYS
from app.billing.shrinking import smaller
from app.billing.usage import used
from app.db import db, writing
from app.scheduler import setting_aside
from app.web import allows, csrf, page, public, see, unaudited

bp = Blueprint("billing", __name__)
log = structlog.get_logger(__name__)
NO_PAPER = "The payment provider does not have this paper any more. What stands here is kept."
WISH = ("plan", "cycle", "currency")
AWAY = "The payment provider does not answer just now. Nothing was changed; try again in a minute."


@bp.app_context_processor
def on_every_page() -> dict[str, object]:
    """A function, so that nothing is asked for pages that don't show it."""
    return {
        "is_selling": stripe_api.is_on(),
        "is_stand_in": stripe_api.is_on() and stripe_api.settings().stripe_api_base is not None,
        "unpaid": _unpaid,
        "choose_by": _choose_by,
        "plans_of": plans_of,
    }


def _unpaid() -> dict[str, object] | None:
    """For an owner whose last payment did not go through."""
    member = g.get("member")
    if not stripe_api.is_on() or member is None or member.role != Role.OWNER:
        return None
    found = live(member.organization_id)
    return row(found) if found and found.is_overdue else None


def _choose_by() -> datetime | None:
    """For an owner: until when there is time to choose which channels stay."""
    if g.member.role != Role.OWNER:
        return None
    row = db.session.get(allowances.Allowance, g.member.organization_id)
    return row.choose_by if row and row.choose_by and row.choose_by > clock.now() else None


@bp.get("/pricing")
@public
def pricing() -> Response:
    offers, currencies = shelf.offers(), shelf.currencies()
    currency = request.args.get("currency", "")
    currency = currency if currency in currencies else next(iter(currencies), "")
    return page(
        "billing/pricing.html",
        "pricing",
        offers=offers,
        currencies=currencies,
        currency=currency,
        trial_days=TRIAL_DAYS,
    )


@bp.get("/billing")
@allows("organization.view")
def billing(form: PlanForm | None = None, status: int = 200) -> Response:
    now, organization_id = clock.now(), g.member.organization_id
    found, currencies = live(organization_id), shelf.currencies()
    form = form or _form(found)
    return page(
        "billing/billing.html",
        "billing",
        status,
        room=allowances.of(organization_id),
        used=used(organization_id),
        subscription=found and row(found),
        form=form,
        currencies=currencies,
        shown=form.currency.data
        if form.currency.data in currencies
        else next(iter(currencies), ""),
        offers=[one for one in shelf.offers() if one.is_for_sale],
        is_customer=account_of(organization_id) is not None,
        has_ended=_has_ended(organization_id),
        trial_days=TRIAL_DAYS,
        grace_days=GRACE_DAYS,
        is_owner=g.member.role == Role.OWNER,
        smaller=smaller(organization_id, now),
        set_aside=setting_aside.count(organization_id),
    )


def _form(found: Subscription | None) -> PlanForm:
    """Filled with what there is, or with what was picked on the page of prices."""
    values = {"cycle": CYCLES[0], "currency": next(iter(shelf.currencies()), CURRENCIES[0])}
    if found:
        values = {"plan": found.plan.slug, "cycle": found.cycle, "currency": found.currency}
    picked = {name: value for name in WISH if (value := request.args.get(name))}
    if found:
        picked.pop("currency", None)  # a running plan stays in its own
    quantity = found.quantity if found else 1
    return PlanForm(formdata=None, quantity=quantity, **values | picked)


def _has_ended(organization_id: int) -> bool:
    return any(not one.grants for one in db.session.scalars(Subscription.of(organization_id)))


def row(found: Subscription) -> dict[str, object]:
    return {
        "plan": found.plan.name,
        "cycle": found.cycle,
        "quantity": found.quantity,
        "state": found.state,
        "is_overdue": found.is_overdue,
        "trial_ends_at": found.trial_ends_at,
        "period_ends_at": found.period_ends_at,
        "cancels_at": found.cancels_at,
        "unpaid_since": found.unpaid_since,
        "grace_ends_at": grace_ends(found),
        "is_lapsed": is_lapsed(found, clock.now()),
    }


@bp.get("/billing/return")
@allows("organization.own")
def come_back() -> BaseResponse:
    """Back from Stripe's pages, perhaps before it told us: we look ourselves."""
    if not stripe_api.is_on():
        abort(404)
    try:
        with writing():
            db.session.rollback()
            jobs.settle(g.member.organization_id)
    except stripe_api.Away:
        flash(AWAY, "notice")
        return see("billing.billing")
    flash(f"Your plan is {allowances.of(g.member.organization_id).plan}.", "message")
    return see("billing.billing")


@bp.get("/billing/invoices")
@allows("organization.own")
def invoices() -> Response:
    rows = [
        {
            "url": f"/billing/invoices/{one.id}",
            "number": one.number or "(without a number)",
            "issued_at": one.issued_at,
            "total": money(one.total, one.currency),
            "remaining": money(one.remaining, one.currency) if one.remaining else "",
            "state": one.state,
        }
        for one in db.session.scalars(Invoice.of(g.member.organization_id))
    ]
    return page("billing/invoices.html", "invoices", invoices=rows)


@bp.get("/billing/invoices/<int:id>")
@allows("organization.own")
def invoice(id: int) -> BaseResponse:
    """To the paper itself, which is at Stripe: its page with the receipt, or `?paper=pdf`."""
    own = Invoice.of(g.member.organization_id).where(Invoice.id == id)
    found = db.session.scalar(own) or abort(404)
    if not stripe_api.is_on():
        abort(404)
    try:
        shown, pdf = stripe_api.invoice_papers(found.stripe_id)
    except stripe_api.Away:
        flash(AWAY, "notice")
        return see("billing.invoices")
    except stripe_api.Gone:
        flash(NO_PAPER, "notice")
        return see("billing.invoices")
    url = pdf if request.args.get("paper") == "pdf" else shown
    return redirect(url, 303) if url.startswith(("https://", "http://")) else abort(404)


@bp.post("/stripe/webhook")
@csrf.exempt
@public
@unaudited("a bell; what is found then is on record")
def webhook() -> BaseResponse:
    secret, now = current_app.config["SETTINGS"].stripe_webhook_secret, clock.now()
    if not secret or not stripe_api.is_on():
        abort(404)
    try:
        told = events.read(
            request.get_data(), request.headers.get("Stripe-Signature", ""), secret, now
        )
    except events.NotSigned:
        log.warning("billing.not_signed")
        abort(400)
    is_new = events.take(told, now)
    db.session.commit()
    if is_new:
        queue.enqueue(jobs.settle_event, told.id, on="default")
    return Response("", 200)
