"""JSON columns whose keys are a closed list, part of the data map: no other key can be written."""

from typing import Any

from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

NUMBERS = "<number>"  # stands for the ids of rows
NAMES = "<name>"  # stands for names of our own: tables, steps, categories


class UnlistedKey(ValueError):
    """The text names the keys that the column does not list."""


class Keyed(TypeDecorator[Any]):
    """An object or a list of objects with these keys; a list of texts has none."""

    impl = JSON
    cache_ok = True

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.keys = frozenset(keys)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Raises UnlistedKey."""
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and (
                unlisted := {key for key in part if not self.lists(key)}
            ):
                raise UnlistedKey(f"No key of this column: {', '.join(sorted(unlisted))}")
        return value

    def lists(self, key: str) -> bool:
        if key in self.keys or (NUMBERS in self.keys and key.isdecimal()):
            return True
        return NAMES in self.keys and key.replace("_", "").replace(".", "").isalpha()
