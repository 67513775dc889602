"""What a value may be when it comes back with a copy, and what becomes of it. A copy is a file that
anybody may have written: a column takes in only what its own mark says.

A rule is given the value and answers the one to keep; it raises Unfit with words for the person."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

Rule = Callable[[Any], Any]

ADDRESS = re.compile(r"https?://[^\s<>\"'\\\x00-\x20\x7f]{1,2000}", re.IGNORECASE)
LEADING = re.compile(r"://|\bwww\.|<[a-z/!?]", re.IGNORECASE)


class Unfit(ValueError):
    """The text says what is wrong, to be read after the name of the column."""


def anew(_: Any) -> Any:
    """A rule by itself: the value is left behind and the column begins as it does in a new row."""
    raise AssertionError("nobody asks for this value")


def always(value: Any) -> Rule:
    """Whatever it was."""
    return lambda _: value


def one_of(*known: str, becomes: Mapping[str, str] | None = None) -> Rule:
    """One of these words; some come back as another one."""
    other = becomes or {}

    def rule(value: Any) -> str:
        if value not in known:
            raise Unfit("is none of the words that stand there")
        return other.get(value, value)

    return rule


def text(most: int) -> Rule:
    def rule(value: Any) -> str:
        if len(value) > most:
            raise Unfit(f"is longer than {most} characters")
        return str(value)

    return rule


def whole(low: int, high: int) -> Rule:
    def rule(value: Any) -> int:
        if not low <= value <= high:
            raise Unfit(f"is not from {low} to {high}")
        return int(value)

    return rule


def from_to(low: float, high: float) -> Rule:
    def rule(value: Any) -> float:
        if not low <= value <= high:  # also false for what is no number
            raise Unfit(f"is not from {low} to {high}")
        return float(value)

    return rule


def name(value: Any) -> str:
    """As at sign-up: it stands in mails to others, so it leads nowhere; nor is it markup."""
    if not value.strip() or len(value) > 120 or not value.isprintable():
        raise Unfit("is no name: from 1 to 120 characters that can be printed")
    if LEADING.search(value):
        raise Unfit("is a name that holds a web address or markup")
    return str(value)


def name_or_empty(value: Any) -> str:
    return name(value) if value else ""


def zone(value: Any) -> str:
    if value not in _zones():
        raise Unfit("is no time zone that is known here")
    return str(value)


def zone_or_empty(value: Any) -> str:
    return zone(value) if value else ""


def web_address(value: Any) -> str:
    """Or nothing: not every network has a page for each thing."""
    if value and not ADDRESS.fullmatch(value):
        raise Unfit("is no web address")
    return str(value)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
