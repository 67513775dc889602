"""Does what our adapters say, and what our doubles answer, fit what the vendor itself publishes of
its API? Each vendor's package (`tests/servers/published.py`) is read into operations with a JSON
Schema for query, body and answers; every recorded exchange is held against them. A name that the
vendor does not know is a fault, on both sides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from tests.networks.published.exchanges import Exchange, told

Schema = dict[str, Any]
ANYTHING: Schema = {}


@dataclass(frozen=True)
class Operation:
    """`path`: with {names} for what varies. `body` None: none may be sent. `answers`: by status
    ("201") or class ("4XX"); of a status that is not named nothing is said."""

    method: str
    path: str
    query: Schema
    body: Schema | None = None
    answers: Mapping[str, Schema] = field(default_factory=dict)

    def takes(self, method: str, path: str) -> bool:
        return self.method == method and bool(as_pattern(self.path).fullmatch(path))

    @property
    def width(self) -> int:
        """How much the path leaves open: `/pins/analytics` is meant before `/pins/{pin_id}`."""
        return self.path.count("{")

    def fault(self, said: Exchange, known: Schema) -> str:
        """The first place where they differ, in words; empty where they don't."""
        asked = told(said.query, self.query, known)
        if wrong := differs(asked, self.query, known):
            return f"query {wrong}"
        if said.body is not None and self.body is None:
            return "body: none is taken here"
        if self.body is not None:
            body = told(said.body or {}, self.body, known) if said.is_form else said.body or {}
            if wrong := differs(body, self.body, known):
                return f"body {wrong}"
        answer = self.answers.get(str(said.status)) or self.answers.get(f"{said.status // 100}XX")
        wrong = differs(said.answer, answer, known) if answer is not None else ""
        return f"answer {said.status} {wrong}" if wrong else ""


@dataclass(frozen=True)
class Contract:
    """What one vendor publishes. `known`: the definitions that schemas refer to, by `#/$defs/`.
    `base`: what stands before its paths."""

    operations: Sequence[Operation]
    known: Schema = field(default_factory=dict)
    base: str = ""

    def fault(self, said: Exchange) -> str:
        """What is wrong with it, where; empty when it is allowed."""
        path = said.path.removeprefix(self.base)
        taking = [one for one in self.operations if one.takes(said.method, path)]
        if not taking:
            return f"{said.method} {path}: the contract has no such operation"
        wrong = min(taking, key=lambda one: one.width).fault(said, self.known)
        return f"{said.method} {path}: {wrong}" if wrong else ""

    def faults(self, exchanges: Sequence[Exchange], outside: Collection[str]) -> list[str]:
        """All that is wrong. `outside`: what the contract does not describe ("POST /2/oauth2/token"),
        a closed list: a name in it that was never asked is a fault too."""
        unseen, found = set(outside), []
        for said in exchanges:
            path = said.path.removeprefix(self.base)
            names = {one for one in outside if _is_named(one, said.method, path)}
            unseen -= names
            wrong = "" if names else self.fault(said)
            found += [wrong] if wrong and wrong not in found else []
        return found + [
            f"{name}: listed as outside the contract and never asked" for name in unseen
        ]


def as_pattern(path: str) -> regex.Pattern[str]:
    return regex.compile(regex.sub(r"\\\{[^}]*\\\}", "[^/]+", regex.escape(path)))


def differs(value: Any, schema: Schema, known: Schema) -> str:
    """Where a value leaves its schema first, and how."""
    fault = best_match(Draft202012Validator(schema | {"$defs": known}).iter_errors(value))
    while fault and fault.context:
        fault = _meant(fault.context)
    return f"{fault.json_path}: {fault.message}"[:300] if fault else ""


def _meant(faults: Sequence[ValidationError]) -> ValidationError:
    """Of several forms that a value could have, the one whose kind it names and that it follows
    furthest."""
    others = {one.schema_path[0] for one in faults if one.validator in ("enum", "const")}
    same_kind = [one for one in faults if one.schema_path[0] not in others]
    return max(same_kind or faults, key=lambda one: len(one.absolute_path))


def closed(schema: Any) -> Any:
    """A schema that refuses what it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(inner) for name, inner in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made["additionalProperties"] = False
    return made


def _is_named(name: str, method: str, path: str) -> bool:
    wanted, _, pattern = name.partition(" ")
    return wanted == method and bool(as_pattern(pattern).fullmatch(path))
