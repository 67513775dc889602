"""Amounts as people read them."""

from app.billing.plans import CURRENCIES

SIGNS = {"eur": "€", "usd": "$", "gbp": "£"}
assert set(SIGNS) == set(CURRENCIES)


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit: 2900 of eur is €29, -150 is -€1.50."""
    whole, rest = divmod(abs(amount), 100)
    sign = SIGNS.get(currency, f"{currency.upper()} ")
    return f"{'-' if amount < 0 else ''}{sign}{whole:,}{f'.{rest:02}' if rest else ''}"
