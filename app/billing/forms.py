"""What is chosen when a plan is bought or changed."""

from typing import Any

from wtforms import IntegerField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice as Choice
from wtforms.validators import InputRequired, NumberRange

from app.account.allowances import Room
from app.billing.plans import CURRENCIES, CYCLES, PAID, Plan, by_slug
from app.billing.shelf import price_of
from app.forms import Form

CYCLE_WORDS = {"monthly": "Each month", "yearly": "Each year"}
UNSOLD = "This plan can't be bought like that just now."


class PlanForm(Form):
    """A plan, how often it is paid and how many times it is taken."""

    plan = SelectField("Plan", choices=[Choice(plan.slug, plan.name) for plan in PAID])
    cycle = SelectField("Paid", choices=[Choice(cycle, CYCLE_WORDS[cycle]) for cycle in CYCLES])
    quantity = IntegerField(
        "How many",
        [InputRequired("Say how many."), NumberRange(1, message="At least one.")],
        description="Every quota of the plan times this number.",
        default=1,
    )
    currency = SelectField("Currency", choices=[Choice(one, one.upper()) for one in CURRENCIES])

    @property
    def chosen(self) -> Plan:
        found = by_slug(self.plan.data)
        assert found, "validated"
        return found

    @property
    def wish(self) -> str:
        """The choice in one word."""
        return f"{self.plan.data}:{self.cycle.data}:{self.quantity.data}:{self.currency.data}"

    @property
    def room(self) -> Room:
        """What it would hold."""
        return self.chosen.room.times(self.quantity.data or 1)

    def validate_quantity(self, field: Any) -> None:
        plan = by_slug(self.plan.data or "")
        if plan and field.data and field.data > plan.most:
            words = "once" if plan.most == 1 else f"up to {plan.most} times"
            raise ValidationError(f"{plan.name} can be taken {words}.")

    def validate_currency(self, field: Any) -> None:
        plan = by_slug(self.plan.data or "")
        if plan and not price_of(plan, self.cycle.data or "", field.data or ""):
            raise ValidationError(UNSOLD)
