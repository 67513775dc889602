"""A line of a copy as a row that may stand here: every value of the right type, within its limits, and
as its column's mark lets it come back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, String

from app import clock
from app.coming_back import Rule, Unfit
from app.datamap import Category, mark
from app.db import Moment
from app.privacy.copy_file import BadCopy, strict
from app.privacy.fates import Fate, target
from app.privacy.paths import PERSON
from app.privacy.portions import ME, SOMEBODY

MOST_TEXT, MOST_WORDS = 20_000, 2_000
YEARS = range(1970, 2201)


@dataclass
class Row:
    """`links` are ids as the copy has them, or who: ME, SOMEBODY; `values` are ready to be kept."""

    place: str
    id: int
    links: dict[str, Any]
    values: dict[str, Any]
    copied: dict[str, Any] = field(repr=False)


class Reader:
    """Reads the rows of one table. Raises BadCopy with the line and the column."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.known = {column.name for column in fate.table.columns}
        self.columns: set[str] | None = None
        self.checks = [(c.name, c.nullable, _check(c), _rule(c)) for c in fate.values]
        self.links = [(c.name, bool(c.nullable), target(c) == PERSON) for c in fate.links]

    def read(self, line: bytes, number: int) -> Row:
        place = f"data/{self.fate.name}.jsonl, line {number}"
        found = strict(line, place)
        if not isinstance(found, dict):
            raise BadCopy(place, "It is no row.")
        if unknown := set(found) - self.known:
            raise BadCopy(
                place, f"{min(unknown)[:60]!r} is no column here; is the copy from a newer version?"
            )
        self.columns = self.columns or set(found)
        if self.columns != set(found):
            raise BadCopy(place, "Its columns are not those of the first row.")
        id = found.get(self.fate.key.name)
        if not isinstance(id, int) or not _is_id(id):
            raise BadCopy(place, f"Its {self.fate.key.name} is no number of a row.")
        links = {how[0]: self._link(found, place, *how) for how in self.links}
        values = dict(self._values(found, place))
        return Row(place, id, links, values, found)

    def _link(
        self, found: dict[str, Any], place: str, name: str, nullable: bool, is_person: bool
    ) -> Any:
        value = found.get(name)
        if value is None and nullable:
            return None
        if value not in (ME, SOMEBODY) if is_person else not _is_id(value):
            raise BadCopy(place, f"{name} points at nothing that a copy can hold.")
        return value

    def _values(self, found: dict[str, Any], place: str) -> Any:
        for name, nullable, check, rule in self.checks:
            if name not in found:
                continue  # a copy of an older version: the column begins as it does in a new row
            value = found[name]
            try:
                if value is None:
                    if not nullable:
                        raise Unfit("is empty and must not be")
                    yield name, None
                else:
                    checked = check(value)
                    yield name, rule(checked) if rule else checked
            except Unfit as trouble:
                raise BadCopy(place, f"{name} {trouble}.") from None


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**31


def _rule(column: Column[Any]) -> Rule | None:
    found = mark(column)
    return found.back if found else None


def _check(column: Column[Any]) -> Callable[[Any], Any]:
    """By the column's type. Each raises Unfit."""
    if isinstance(column.type, Moment):
        return _moment
    if isinstance(column.type, Boolean):
        return _yes_or_no
    if isinstance(column.type, Integer):
        most = 2**63 if isinstance(column.type, BigInteger) else 2**31
        return lambda value: _number(value, most)
    if isinstance(column.type, Float):
        return _measure
    if isinstance(column.type, String):
        found = mark(column)
        most = MOST_TEXT if found and found.category is Category.TEXT else MOST_WORDS
        return lambda value: _text(value, most)
    raise TypeError(f"{column} comes back as {column.type}, which no rule knows")


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise Unfit("is no text")
    if len(value) > most:
        raise Unfit(f"is longer than {most} characters")
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise Unfit("holds a character that no text has")
    return value


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value < most:
        raise Unfit("is no number that stands there")
    return value


def _measure(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 2**31:
        raise Unfit("is no number that stands there")
    return float(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("is neither true nor false")
    return value


def _moment(value: Any) -> datetime:
    try:
        moment = clock.parse(value)
    except (TypeError, ValueError, OverflowError):
        raise Unfit("is no instant with a time zone") from None
    if moment.year not in YEARS:
        raise Unfit("is not from 1970 to 2200")
    return moment
