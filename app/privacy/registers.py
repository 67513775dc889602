"""The registers beside the data map: what is kept in browsers, who may receive data, and where people
direct us to. Read from docs/policies/*.toml, checked, never edited elsewhere."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

from app.privacy.promises import ROOT

FOLDER = ROOT / "docs/policies"


@dataclass(frozen=True)
class Kept:
    """One thing that is kept in a browser."""

    kind: str
    name: str
    name_https: str
    purpose: str
    set_on: str
    holds: str
    lifetime: str
    flags: str
    readers: str
    promise: str


@dataclass(frozen=True)
class Provider:
    """A service provider; in use only where `setting` is set."""

    id: str
    name: str
    setting: str
    purpose: str
    receives: str
    basis: str
    country: str
    safeguard: str
    contract: str
    erasure: str

    @property
    def is_used(self) -> bool:
        value = getattr(current_app.config["SETTINGS"], self.setting)
        return bool(value) and value != "console:"


@dataclass(frozen=True)
class Destination:
    """Somewhere that a person directs us to."""

    id: str
    name: str
    when: str
    sends: str
    hosts: str


@lru_cache(maxsize=1)
def kept_in_browsers() -> tuple[Kept, ...]:
    return tuple(Kept(**row) for row in _rows("cookies.toml", "kept"))


@lru_cache(maxsize=1)
def providers() -> tuple[Provider, ...]:
    return tuple(Provider(**row) for row in _rows("subprocessors.toml", "providers"))


@lru_cache(maxsize=1)
def destinations() -> tuple[Destination, ...]:
    return tuple(Destination(**row) for row in _rows("destinations.toml", "destinations"))


def _rows(name: str, key: str) -> list[dict[str, Any]]:
    path: Path = FOLDER / name
    found: list[dict[str, Any]] = tomllib.loads(path.read_text())[key]
    return found
