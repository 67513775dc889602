"""What somebody began and nobody stood by: it goes, except what a hold names. Which rows that are says
each package of its own; they are put together in app/features.py."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Table

from app.privacy.removal import Act
from app.privacy.request_intake import unverified

UNCONFIRMED: dict[str, Callable[[datetime], tuple[Table, ColumnElement[bool]]]] = {
    "requests": unverified
}


def acts(now: datetime) -> Iterator[Act]:
    for find in UNCONFIRMED.values():
        yield Act(*find(now))
