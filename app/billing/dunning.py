"""What owners are told of a plan that is not paid, or that holds fewer channels than there are: each step
in the product and by one mail, ahead of what happens. The steps with their dates: docs/runbooks/billing.md."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from app.account import allowances
from app.account.allowances import Allowance, Room
from app.account.models import Membership, Organization, User
from app.account.permissions import Role
from app.billing import fitting
from app.billing.grace import grace_ends
from app.billing.models import OVERDUE, Subscription
from app.billing.plans import FREE
from app.channels.models import Channel
from app.db import Model, db, table
from app.scheduler import mail_choices, notices

FAILED, WEEK, DAY, LAPSED = "failed", "week", "day", "lapsed"  # of an invoice that is not paid
TRIAL = "trial"  # is over soon
CHOOSE, TOMORROW, ASIDE = "choose", "tomorrow", "aside"  # of channels without a place
TEMPLATES = {
    FAILED: "plan_unpaid",
    WEEK: "plan_unpaid",
    DAY: "plan_unpaid",
    LAPSED: "plan_lapsed",
    TRIAL: "plan_trial",
    CHOOSE: "plan_choose",
    TOMORROW: "plan_choose",
    ASIDE: "plan_lapsed",
}
PAID = "plan_paid"
BEFORE_TRIAL_ENDS = timedelta(days=3)
# Is this a copy of another instance's database? Filled where features are put together.
IS_FOREIGN: list[Callable[[], bool]] = []
Letter = tuple[str, str, dict[str, Any]]  # template, address, what it says


@dataclass(frozen=True)
class Told:
    """What was taken to be told: rows with what their `told` said before, and the letters about it."""

    rows: list[tuple[type[Model], int, str, str]]
    letters: list[Letter]


def concerned(now: datetime) -> list[int]:
    """Organisations of which something may be due to be done or told; none in a copied database, whose
    owners hear of it from the instance that it was copied from."""
    if any(ask() for ask in IS_FOREIGN):
        return []
    unpaid = select(Subscription.organization_id).where(
        or_(Subscription.state.in_(OVERDUE), Subscription.told != "")
    )
    trying = select(Subscription.organization_id).where(
        Subscription.state == "trialing", Subscription.trial_ends_at <= now + BEFORE_TRIAL_ENDS
    )
    choosing = select(Allowance.organization_id).where(Allowance.choose_by.is_not(None))
    aside = select(Channel.organization_id).where(Channel.set_aside_at.is_not(None))
    return sorted(set(db.session.scalars(unpaid.union(trying, choosing, aside))))


def take(organization_id: int, now: datetime) -> Told:
    """Take what was not told, and write the letters; the caller commits before one leaves."""
    told = Told([], [])
    for one in db.session.scalars(Subscription.of(organization_id)).all():
        step = _step_of(one, now)
        before = one.told
        if step != before and _take(told, Subscription, one.id, before, step):
            until = one.trial_ends_at_now or grace_ends(one)
            words = {"plan": one.plan.name, "step": step, "until": until}
            room = FREE.room if step else allowances.of(organization_id)
            template = _template(one, before, step)
            told.letters.extend(_letters(organization_id, template, words, room, now))
    _take_channels(told, organization_id, now)
    return told


def _template(one: Subscription, before: str, step: str) -> str:
    """Empty when there is nothing to tell: who kept a plan after its trial knows."""
    if step:
        return TEMPLATES[step]
    return PAID if one.state == "active" and before != TRIAL else ""


def _step_of(one: Subscription, now: datetime) -> str:
    """How near a trial is to its end, or how far it has come with an invoice that is not paid; empty
    when there is nothing to do."""
    if one.state == "trialing":
        is_near = one.trial_ends_at and one.trial_ends_at - now <= BEFORE_TRIAL_ENDS
        return TRIAL if is_near and not one.cancels_at else ""
    ends = grace_ends(one)
    if ends is None:
        return ""
    if now >= ends:
        return LAPSED
    left = ends - now
    return DAY if left <= timedelta(days=1) else WEEK if left <= timedelta(days=7) else FAILED


def _take_channels(told: Told, organization_id: int, now: datetime) -> None:
    row = db.session.get(Allowance, organization_id)
    if row is None or row.choose_by is None:
        return
    left = row.choose_by - now
    step = ASIDE if left <= timedelta() else TOMORROW if left <= timedelta(days=1) else CHOOSE
    if step == row.told or not _take(told, Allowance, organization_id, row.told, step):
        return
    if not any(template == TEMPLATES[LAPSED] for template, _, _ in told.letters):  # says the same
        words = {"plan": row.plan, "step": step, "until": row.choose_by}
        told.letters.extend(_letters(organization_id, TEMPLATES[step], words, row.room, now))


def _take(told: Told, model: type[Model], id: int, before: str, step: str) -> bool:
    """False when somebody was faster."""
    columns = table(model).c
    key = columns.organization_id if model is Allowance else columns.id
    taken = update(table(model)).where(key == id, columns.told == before).values(told=step)
    if db.session.scalar(taken.returning(key)) is None:
        return False
    told.rows.append((model, id, before, step))
    return True


def give_back(told: Told) -> None:
    """No mail left: it is told the next time. The caller commits."""
    for model, id, before, step in told.rows:
        _take(Told([], []), model, id, step, before)


def _letters(
    organization_id: int, template: str, words: dict[str, Any], room: Room, now: datetime
) -> list[Letter]:
    """To each owner a notice, and letters at once, times as the clock on their wall shows them. The kind
    of the notice is the name of the template."""
    if not template:
        return []
    home = db.session.get_one(Organization, organization_id)
    owners = select(Membership).where(
        Membership.organization_id == organization_id, Membership.role == Role.OWNER
    )
    shared = words | {
        "organization": home.name,
        "room": room.plan,
        "most": room.channels,
        "aside": _without_place(organization_id, room, now),
    }
    people = [one.user for one in db.session.scalars(owners.order_by(Membership.id))]
    people = notices.tell(people, template, now, home=organization_id)
    return [(template, one.email, shared | _own(template, words["until"], one)) for one in people]


def _own(template: str, until: datetime | None, reader: User) -> dict[str, str]:
    stop = mail_choices.way_out(reader, template)
    return {"name": reader.name, "until": _when(until, reader), "stop": stop}


def _when(moment: datetime | None, reader: User) -> str:
    return f"{moment.astimezone(reader.zone):%a %d %b %Y, %H:%M}" if moment else ""


def _without_place(organization_id: int, room: Room, now: datetime) -> list[dict[str, Any]]:
    """The channels that are set aside, or would be, each with what waits for it."""
    return [
        {
            "network": one.channel.network_name,
            "handle": one.channel.handle,
            "waiting": one.use.waiting,
        }
        for one in fitting.places(organization_id, room.channels, now)
        if not one.stays
    ]
