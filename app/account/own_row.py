"""Marks for the columns of a person's own row."""

from typing import Any

from app import coming_back
from app.datamap import Category, Erase, Mark, personal


def own(category: Category, *, why: str, **more: Any) -> dict[str, Mark]:
    """Of the person's own row, which is emptied when they are erased."""
    return personal(category, why=why, erase=Erase.NULL, **more)


def chosen(category: Category, back: coming_back.Rule, *, why: str) -> dict[str, Mark]:
    """What people change on their own page, and what a copy brings back."""
    return own(category, why=why, correct="/account", back=back)


SHADES = coming_back.one_of("auto", "light", "dark")
