"""The promise register: read from docs/policies/promises.toml, checked, never edited elsewhere."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGISTER = ROOT / "docs/policies/promises.toml"
ID = re.compile(r"P(\d+)\.(\d+)")


class BadRegister(ValueError):
    """The text says which entry is wrong and how."""


@dataclass(frozen=True)
class Promise:
    """One sentence of the policy. `code` are paths in this repository, empty while nothing
    keeps it yet; `live` names the live check that watches it, if one can (app/live_checks.py)."""

    id: str
    sentence: str
    code: tuple[str, ...]
    live: str | None = None


@dataclass(frozen=True)
class Part:
    """One of the twelve parts; part 0 is the head of the policy."""

    number: int
    title: str
    promises: tuple[Promise, ...]

    @property
    def anchor(self) -> str:
        return f"p{self.number}"


@dataclass(frozen=True)
class Register:
    effective_on: date
    updated_on: date
    contact: str
    parts: tuple[Part, ...]

    @property
    def promises(self) -> list[Promise]:
        return [promise for part in self.parts for promise in part.promises]


@lru_cache(maxsize=1)
def load_register() -> Register:
    return parse(REGISTER.read_text())


def parse(text: str) -> Register:
    """Read and check a register. Raises BadRegister."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise BadRegister(f"promises.toml can't be read: {trouble}") from None
    _only(raw, {"effective_on", "updated_on", "contact", "parts"}, "the register")
    register = Register(
        effective_on=_date(raw, "effective_on"),
        updated_on=_date(raw, "updated_on"),
        contact=str(raw["contact"]),
        parts=tuple(_part(part) for part in raw.get("parts", [])),
    )
    _check(register)
    return register


def _only(table: dict[str, Any], allowed: set[str], where: str) -> None:
    if unknown := set(table) - allowed:
        raise BadRegister(f"{where} has unknown keys: {', '.join(sorted(unknown))}")
    if missing := allowed - set(table):
        raise BadRegister(f"{where} lacks: {', '.join(sorted(missing))}")


def _date(raw: dict[str, Any], name: str) -> date:
    if not isinstance(raw[name], date):
        raise BadRegister(f"{name} must be a date like 2026-02-17")
    return raw[name]


def _part(raw: dict[str, Any]) -> Part:
    _only(raw, {"number", "title", "promises"}, f"part {raw.get('number', '?')}")
    promises = tuple(_promise(promise) for promise in raw["promises"])
    return Part(raw["number"], raw["title"], promises)


def _promise(raw: dict[str, Any]) -> Promise:
    where = f"promise {raw.get('id', '?')}"
    _only(raw, {"id", "sentence", "code"} | {"live"} & set(raw), where)
    return Promise(raw["id"], raw["sentence"], tuple(raw["code"]), raw.get("live"))


def _check(register: Register) -> None:
    if [part.number for part in register.parts] != list(range(13)):
        raise BadRegister("The parts must be numbered 0 to 12, in order.")
    seen: set[str] = set()
    for part in register.parts:
        for promise in part.promises:
            found = ID.fullmatch(promise.id)
            if not found or int(found[1]) != part.number:
                raise BadRegister(f"{promise.id} does not belong to part {part.number}.")
            if promise.id in seen:
                raise BadRegister(f"{promise.id} stands twice.")
            seen.add(promise.id)
            if lost := [path for path in promise.code if not (ROOT / path).exists()]:
                raise BadRegister(f"{promise.id} names code that is not there: {lost[0]}")
