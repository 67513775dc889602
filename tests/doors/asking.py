"""Asks each route as each actor about each kind of thing, and holds the answers to expected.csv."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import queue, web
from app.account import sessions
from app.db import db
from tests.doors import answers, bodies
from tests.doors.actors import COLUMNS, Actor
from tests.doors.world import (
    DELETED,
    FOREIGN,
    KINDS,
    MALFORMED,
    MISSING,
    OWN,
    World,
    checksums,
    is_numbered,
    places,
)

TABLE = Path(__file__).with_name("expected.csv")
SAFE = ("GET", "HEAD", "OPTIONS")
Expected = dict[tuple[str, str], dict[str, str]]


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    rule: Rule
    method: str

    @property
    def key(self) -> tuple[str, str]:
        return self.rule.endpoint, self.method

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def doors(app: Flask) -> list[Door]:
    found = [
        Door(rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda door: (door.rule.rule, door.method))


def expected() -> Expected:
    with TABLE.open(newline="") as file:
        return {
            (row["endpoint"], row["method"]): {column: row[column] for column in COLUMNS}
            for row in csv.DictReader(file)
        }


@dataclass
class Asker:
    """`told` counts the answers, `jobs` are the rings that the queue was sent. When brief, pages are
    only drawn for the first actor, and for denials: what decides comes before."""

    app: Flask
    world: World
    is_brief: bool = False
    known: Expected = field(default_factory=expected)
    told: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=False)
        self.base = checksums()

    def judge(self, door: Door, actor: Actor, kinds: Iterable[str] = KINDS) -> list[str]:
        """What is wrong with how this door answers this actor, a line each."""
        return [f"{door} as {actor}: {fault}" for fault in self._faults(door, actor, kinds)]

    def _faults(self, door: Door, actor: Actor, kinds: Iterable[str]) -> Iterator[str]:
        nothings = {}
        for kind in kinds:
            if (address := self.address(door, actor, kind)) is None:
                continue
            wanted = self.wanted(door, actor, kind)
            answer = self.ask(door, actor, address, is_kept=wanted in answers.DENIALS)
            said = answers.word(answer)
            if said != wanted:
                yield f"{kind} {address}: {said} instead of {wanted}"
            yield from (f"{kind}: {fault}" for fault in answers.faults(answer, said, actor))
            for link in self.world.strangers(answer.text, actor) if kind == OWN else ():
                yield f"{address}: shows {link}, which is not theirs"
            if said == answers.NOTHING and kind in (FOREIGN, MISSING, DELETED):
                nothings[kind] = answers.plain(answer)
        if len(set(nothings.values())) > 1:
            yield f"tells {' from '.join(nothings)}"

    def wanted(self, door: Door, actor: Actor, kind: str) -> str:
        """What is not one's own is nothing, unless the door was shut before anybody looked."""
        own = self.known[door.key][actor.column]
        if kind == OWN:
            return own
        if kind == MALFORMED and any(map(is_numbered, places(door.rule))):
            return answers.NOTHING
        return own if own in answers.BEFORE_ANY_LOOK else answers.NOTHING

    def address(self, door: Door, actor: Actor, kind: str) -> str | None:
        """None where the address names nothing of that kind."""
        named = places(door.rule)
        if not named:
            return door.rule.rule if kind == OWN else None
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"<\1>", door.rule.rule)
        for place in reversed(named):
            value = self.world.value(place, actor, kind)
            if value is None:
                return None
            path = value.join(path.rsplit(place.rsplit("/", 1)[1], 1))
        return path

    def ask(
        self, door: Door, actor: Actor, address: str, *, is_kept: bool, **more: Any
    ) -> TestResponse:
        """One request; what it would commit is kept, or only tried and rolled back."""
        headers = {"Cookie": f"allstac={actor.cookie}"} | more.pop("headers", {})
        if door.method not in SAFE:
            more |= {"data": bodies.body(door.rule.endpoint, self.world, actor)} | more
            if door.rule.endpoint == "sandbox_api.put_post":
                more["json"] = more.pop("data")
        with ExitStack() as stack:
            if is_kept:
                stack.enter_context(patch.object(queue, "enqueue", self._ring))
            else:
                stack.enter_context(patch.object(queue, "enqueue", lambda *_, **__: True))
                if self.is_brief and actor.name != "owner of Orchard":
                    stack.enter_context(patch.object(web, "render_template", lambda *_, **__: ""))
                stack.enter_context(patch.object(db.session, "commit", db.session.flush))
                stack.enter_context(patch.object(sessions, "_store", lambda one, _: one.token))
            answer = self.client.open(address, method=door.method, headers=headers, **more)
        self.told[answers.word(answer)] += 1
        return answer

    def _ring(self, job: Any, *_: Any, **__: Any) -> bool:
        self.jobs.append(str(job))
        return True

    def changes(self, door: Door) -> list[str]:
        """What was kept of what this door was asked since the last look: nothing, and no job was
        rung for by a denial."""
        now, rung = checksums(), self.jobs
        changed = sorted(name for name in now if now[name] != self.base[name])
        self.base, self.jobs = now, []
        found = [f"{door}: rows of {', '.join(changed)} changed"] if changed else []
        return found + [f"{door}: a denial rang for {job}" for job in rung]

    def line(self, door: Door) -> str:
        """The row as the door answers right now; for somebody to read before it is kept."""
        said = []
        for column in COLUMNS:
            actor = next(one for one in self.world.actors if one.column == column)
            address = self.address(door, actor, OWN)
            assert address
            said.append(answers.word(self.ask(door, actor, address, is_kept=False)))
        return ",".join((*door.key, *said))
