"""The plans, as data. Prices are Stripe's: each is found by its lookup key."""

from dataclasses import dataclass

from app.account.allowances import Room

MONTHLY, YEARLY = "monthly", "yearly"
CYCLES = (MONTHLY, YEARLY)
CURRENCIES = ("eur", "usd", "gbp")
TRIAL_DAYS, GRACE_DAYS = 14, 14


@dataclass(frozen=True)
class Plan:
    """`most` is how many of it one organisation can take: every quota times that number."""

    slug: str
    words: str
    room: Room
    most: int = 1

    @property
    def name(self) -> str:
        return self.room.plan

    @property
    def is_free(self) -> bool:
        return not self.most

    def lookup_key(self, cycle: str) -> str:
        return f"allstac_{self.slug}_{cycle}"


FREE = Plan("free", "To try it out, for as long as you like.", Room(
    "Free", channels=3, members=1, scheduled_posts=30, storage=500, history_days=30, exports=1,
), most=0)  # fmt: skip
SOLO = Plan("solo", "For one person who posts every day.", Room(
    "Solo", channels=10, members=1, scheduled_posts=500, storage=5_000, history_days=365, exports=30,
))  # fmt: skip
TEAM = Plan("team", "For people who write and approve together.", Room(
    "Team", channels=25, members=5, scheduled_posts=2_000, storage=25_000, history_days=730,
    exports=100,
), most=20)  # fmt: skip
AGENCY = Plan("agency", "For many clients at once.", Room(
    "Agency", channels=100, members=25, scheduled_posts=5_000, storage=200_000, history_days=1_095,
    exports=1_000,
), most=20)  # fmt: skip

PLANS = (FREE, SOLO, TEAM, AGENCY)
PAID = (SOLO, TEAM, AGENCY)
KEYS = {plan.lookup_key(cycle): (plan, cycle) for plan in PAID for cycle in CYCLES}
LADDER = tuple(plan.room for plan in PLANS)


def by_slug(slug: str) -> Plan | None:
    """A plan that can be bought."""
    return next((plan for plan in PAID if plan.slug == slug), None)


def by_key(lookup_key: str) -> Plan:
    """The plan behind a price; what we don't know any more counts as the free one."""
    found = KEYS.get(lookup_key)
    return found[0] if found else FREE
