"""Do the openings fit the commitments, and does an erasure answer for each one that is gone?"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from app import vault
from app.audit import leaves
from app.audit.erasing import ERASURES
from app.audit.models import details, events
from app.audit.recording import find_key, owner_of
from app.db import db

BOTH = select(events, *(c.label(f"opening_{c.name}") for c in details.c)).outerjoin(
    details, details.c.number == events.c.number
)


class Opener:
    """Opens events with the people's keys, each of which is unsealed once."""

    def __init__(self) -> None:
        self.keys: dict[int | None, bytes | None] = {}

    def value(self, row: Row[Any], part: str) -> str | None:
        """The opened value of a part; None unless it is there and matches the commitment."""
        salt = getattr(row, f"opening_{part}_salt")
        id = None if part == leaves.DETAILS else getattr(row, f"opening_{part}_id")
        value = self._text(row) if part == leaves.DETAILS else leaves.person(id)
        if salt is None or value is None:
            return None
        return value if leaves.commitment(salt, part, value) == getattr(row, part) else None

    def _text(self, row: Row[Any]) -> str | None:
        owner = owner_of(row.opening_actor_id, row.opening_subject_id)
        key = self._key(owner) if row.opening_sealed else None
        return leaves.unlock(key, row.number, row.opening_sealed) if key else None

    def _key(self, person_id: int | None) -> bytes | None:
        if person_id not in self.keys:
            try:
                self.keys[person_id] = find_key(person_id)
            except vault.Tampered:
                self.keys[person_id] = None
        return self.keys[person_id]


class Openings(Opener):
    """Also knows which parts were erased on record."""

    def __init__(self) -> None:
        super().__init__()
        rows = db.session.execute(BOTH.where(events.c.action.in_(ERASURES)))
        texts = (self.value(row, leaves.DETAILS) for row in rows)
        taken = [json.loads(text)["taken"] for text in texts if text]
        self.taken = {
            part: _merge([span for one in taken for span in one.get(part, ())])
            for part in leaves.PARTS
        }

    def faults(self, row: Row[Any]) -> Iterator[str]:
        """What is wrong with the opening of one event, in words."""
        for part in leaves.PARTS:
            if getattr(row, f"opening_{part}_salt") is None:
                if not _is_within(row.number, self.taken[part]):
                    yield f"its {part} is gone, and no erasure on record took it"
            elif self.value(row, part) is None:
                yield f"its {part} does not match what the log is committed to"


def orphans() -> Iterator[int]:
    """Openings of events that are not in the log."""
    known = select(events.c.number)
    yield from db.session.scalars(
        select(details.c.number).where(details.c.number.not_in(known)).order_by(details.c.number)
    )


def _merge(spans: list[list[int]]) -> list[list[int]]:
    """Sorted spans without overlap."""
    merged: list[list[int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


def _is_within(number: int, spans: list[list[int]]) -> bool:
    place = bisect_right(spans, number, key=lambda span: span[0])
    return place > 0 and number <= spans[place - 1][1]
