"""What is held about one person, as they see it: by table how many rows, why, on what basis, until when,
and the rows themselves. Drawn from the same portions as the copy that they can take away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, MetaData, RowMapping

from app.datamap import Mark, mark
from app.db import db
from app.privacy import words
from app.privacy.portions import Holder, Portion, portions
from app.privacy.retention import load_rules
from app.scope import across_organizations

PAGE = 50


@dataclass(frozen=True)
class Held:
    """A kind of thing that is held in one table."""

    column: str
    category: str
    why: str
    purpose: str
    basis: str
    kept: str
    correct: str

    @classmethod
    def of(cls, column: Column[Any], found: Mark) -> "Held":
        assert found.purpose and found.basis and found.retention
        return cls(
            column.name.replace("_", " "),
            words.CATEGORIES[found.category],
            found.why,
            words.PURPOSES[found.purpose],
            words.BASES[found.basis],
            load_rules()[found.retention].period,
            found.correct,
        )


@dataclass(frozen=True)
class Holding:
    """One table's part of what is held about a person."""

    table: str
    title: str
    count: int
    columns: tuple[Held, ...]


def holdings(metadata: MetaData, holder: Holder) -> list[Holding]:
    """Tables with rows about the person and something personal in them."""
    found = ((portion, _count(portion)) for portion in portions(metadata, holder))
    return [
        Holding(portion.name, words.title(portion.name), count, _columns(portion))
        for portion, count in found
        if count and _columns(portion)
    ]


def _count(portion: Portion) -> int:
    with across_organizations("a person's things stand in several"):
        return db.session.execute(portion.count()).scalar_one()


def _columns(portion: Portion) -> tuple[Held, ...]:
    marked = ((column, mark(column)) for column in portion.table.columns)
    return tuple(Held.of(column, found) for column, found in marked if found and found.is_personal)


def portion_named(metadata: MetaData, holder: Holder, table: str) -> Portion | None:
    return next((one for one in portions(metadata, holder) if one.name == table), None)


def look(portion: Portion, page: int) -> Sequence[RowMapping]:
    """One page of rows as the copy shows them, and one more row when there is a next page."""
    wanted = portion.rows().limit(PAGE + 1).offset((page - 1) * PAGE)
    with across_organizations("a person's things stand in several"):
        return db.session.execute(wanted).mappings().all()
