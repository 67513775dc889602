"""The closed list of product events (events.toml): read, checked, and what each may say."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("events.toml")
KEYS = {"question", "owner", "expires_on", "properties"}
WORD = re.compile(r"[a-z][a-z_]{0,39}")


class BadRegistry(ValueError):
    """The text says which entry is wrong and how."""


class Unregistered(ValueError):
    """An event, a property or a value that the registry does not list."""


@dataclass(frozen=True)
class Event:
    """One event: why it exists, until when, and every value that it can carry."""

    name: str
    question: str
    owner: str
    expires_on: date
    properties: dict[str, tuple[str, ...]]

    def is_live(self, now: datetime) -> bool:
        return now.date() < self.expires_on

    def check(self, properties: dict[str, Any]) -> None:
        """Exactly the properties of the registry, each with a value of its list.
        Raises Unregistered, without repeating what it was given."""
        if properties.keys() != self.properties.keys():
            raise Unregistered(f"{self.name} carries exactly: {', '.join(self.properties)}.")
        for name, value in properties.items():
            if value not in self.properties[name]:
                raise Unregistered(f"{self.name}.{name} has a value that is not on its list.")


@lru_cache(maxsize=1)
def events() -> dict[str, Event]:
    return parse(SOURCE.read_text())


def find(name: str, properties: dict[str, Any]) -> Event:
    """The event when it may say this. Raises Unregistered."""
    event = events().get(name)
    if event is None:
        raise Unregistered("An event that the registry does not list.")
    event.check(properties)
    return event


def parse(text: str) -> dict[str, Event]:
    """Read and check a registry. Raises BadRegistry."""
    return {name: _event(name, raw) for name, raw in tomllib.loads(text).items()}


def _event(name: str, raw: dict[str, Any]) -> Event:
    if raw.keys() != KEYS:
        raise BadRegistry(f"{name} needs exactly: {', '.join(sorted(KEYS))}.")
    if not str(raw["question"]).endswith("?"):
        raise BadRegistry(f"{name} asks no question.")
    if type(raw["expires_on"]) is not date:
        raise BadRegistry(f"{name}: expires_on must be a date like 2027-06-30.")
    words = [name, raw["owner"], *raw["properties"]]
    words += [value for values in raw["properties"].values() for value in values]
    if odd := [word for word in words if not (isinstance(word, str) and WORD.fullmatch(word))]:
        raise BadRegistry(f"{name}: {odd[0]!r} is not a plain lower-case word.")
    properties = {key: tuple(values) for key, values in raw["properties"].items()}
    return Event(name, raw["question"], raw["owner"], raw["expires_on"], properties)
