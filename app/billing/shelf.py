"""What is for sale, as the pages show it: plans with what they hold and what they cost."""

from dataclasses import dataclass

from sqlalchemy import select

from app.account.allowances import WORDS, Room, amount
from app.billing.models import PlanPrice
from app.billing.money import money
from app.billing.plans import CURRENCIES, CYCLES, PLANS, Plan
from app.db import db


@dataclass(frozen=True)
class Offer:
    """A plan; `prices` by cycle and currency, empty when nobody can buy it now."""

    plan: Plan
    holds: tuple[str, ...]
    prices: dict[str, dict[str, str]]

    @property
    def is_for_sale(self) -> bool:
        return bool(self.prices)


def offers() -> list[Offer]:
    """All plans, the free one first."""
    known = {(row.lookup_key, row.currency): row for row in db.session.scalars(select(PlanPrice))}
    found = []
    for plan in PLANS:
        prices = {
            cycle: {
                currency: money(row.amount, currency)
                for currency in CURRENCIES
                if (row := known.get((plan.lookup_key(cycle), currency)))
            }
            for cycle in CYCLES
        }
        sold = {cycle: costs for cycle, costs in prices.items() if costs}
        found.append(Offer(plan, holds(plan.room), sold))
    return found


def holds(room: Room) -> tuple[str, ...]:
    """One line for each thing that is counted."""
    counted = ((name, words, getattr(room, name)) for name, words in WORDS.items())
    return tuple(amount(name, most) if most is not None else words for name, words, most in counted)


def price_of(plan: Plan, cycle: str, currency: str) -> PlanPrice | None:
    return db.session.scalar(
        select(PlanPrice).where(
            PlanPrice.lookup_key == plan.lookup_key(cycle), PlanPrice.currency == currency
        )
    )


def currencies() -> list[str]:
    """Those that anything can be bought in."""
    known = set(db.session.scalars(select(PlanPrice.currency).distinct()))
    return [currency for currency in CURRENCIES if currency in known]
