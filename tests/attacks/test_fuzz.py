"""Odd requests on every route, signed in as an owner: no answer is a crash, none shows the inside,
nothing of another organisation moves, and fields that no form has change nothing."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import DateTime, Table

from app import http
from app.db import Moment
from app.db import db as database
from tests import rows
from tests.attacks import fuzzing, scene
from tests.attacks import hostile_words as words
from tests.attacks.fuzzing import Attack
from tests.attacks.page_forms import Fields
from tests.attacks.scene import Scene

INTERNALS = re.compile(
    r"Traceback|File \"/|psycopg|sqlite3|sqlalchemy|werkzeug|jinja2|/site-packages/|/app/\w+\.py|SELECT .* FROM"
    r"|INSERT INTO|syntax error at|UNIQUE constraint|invalid input syntax|at 0x[0-9a-f]{6,}|root:x:0"
)
SLOW = 5.0  # seconds; far above what any of these should take, also on a busy machine
rounds = pytest.mark.parametrize("rounds", [1, pytest.param(200, marks=pytest.mark.security_long)])


@pytest.fixture
def stage(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Nothing leaves the machine."""
    closed = app.config["SETTINGS"].model_copy(update={"allow_private_hosts": False})
    monkeypatch.setitem(app.config, "SETTINGS", closed)

    async def unreachable(*_: object, **__: object) -> http.Answer:
        raise http.NotSent("We could not reach that server.")

    monkeypatch.setattr(http.Client, "_send", unreachable)
    yield app
    scene.empty()


def faults(attack: Attack, answer: Any, seconds: float) -> list[str]:
    """What is wrong with an answer, if anything."""
    wrong = []
    if answer.status_code >= 500:
        wrong.append(f"{answer.status_code}")
    if found := INTERNALS.search(typed_out(answer.text, attack)):
        wrong.append(f"shows its inside: {found.group()[:80]}")
    if words.INJECTED in answer.headers:
        wrong.append("a header was injected")
    if words.SECRET_SUM in answer.text:
        wrong.append("a sum was worked out")
    if seconds > SLOW:
        wrong.append(f"took {seconds:.1f} s")
    return wrong


def typed_out(text: str, attack: Attack) -> str:
    """The answer without what it echoes of the attack's own words."""
    return (
        re.sub(r"(?s)<textarea.*?</textarea>|value=\"[^\"]*\"", "", text) if attack.body else text
    )


KNOWN: dict[Flask, dict[str, Fields]] = {}  # each scene has the same ids, and so the same forms


class Fuzz:
    """Sends attacks, counts answers, and plants the scene anew after anything that went through."""

    def __init__(self, app: Flask) -> None:
        self.scene: Scene = scene.plant(app)
        if app not in KNOWN:
            KNOWN[app] = fuzzing.learn(self.scene)
        self.known = KNOWN[app]
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.slowest = 0.0

    def send(self, attack: Attack) -> None:
        scene.forget_tries()
        began = time.perf_counter()
        answer = attack.send(self.scene)
        seconds = time.perf_counter() - began
        self.slowest = max(self.slowest, seconds)
        self.statuses[answer.status_code] += 1
        self.wrong += [f"{fault}: {attack}" for fault in faults(attack, answer, seconds)]
        if answer.status_code < 400 and attack.method != "GET":
            self.look_next_door(str(attack))
            self.scene.restore()

    def look_next_door(self, after: str) -> None:
        if scene.of_elsewhere() != self.scene.foreign:
            self.wrong.append(f"another organisation changed: {after}")

    def report(self) -> str:
        total = sum(self.statuses.values())
        return (
            f"{total} requests, {dict(sorted(self.statuses.items()))}, slowest {self.slowest:.2f} s"
        )


@rounds
def test_no_odd_request_breaks_or_reveals_anything(stage: Flask, rounds: int) -> None:
    fuzz = Fuzz(stage)
    for rule, method in fuzzing.unsafe_rules(stage):
        fields = fuzz.known.get(rule.endpoint, [])
        for n in range(rounds):
            chance = random.Random(f"1 {rule.rule} {method} {n}")
            fuzz.send(fuzzing.attack(fuzz.scene, rule, method, fields, chance))
        fuzz.look_next_door(rule.rule)
    for rule in fuzzing.readable_rules(stage):
        for n in range(max(1, rounds // 5)):
            fuzz.send(fuzzing.question(fuzz.scene, rule, random.Random(f"1 {rule.rule} {n}")))
    print(f"{database.engine.dialect.name}: {fuzz.report()}")
    assert fuzz.wrong == []


CHANGING = re.compile(
    r"_hash$|^(sealed|slug|nonce|key|storage_key|sha256|remote_key|hash|code|salt|once_per)$"
)
UNCOMPARED = re.compile(r"^(audit_|login_session$|tally$)")


def shape(found: scene.Rows) -> scene.Rows:
    """Rows without what differs each time: instants, random keys, the trail and the sessions."""
    return {
        table.name: sorted((_shape(table, row) for row in found[table.name]), key=repr)
        for table in rows.ordered()
        if not UNCOMPARED.search(table.name)
    }


def _shape(table: Table, row: rows.Row) -> rows.Row:
    return tuple(
        value
        for column, value in zip(table.columns, row, strict=True)
        if not isinstance(column.type, DateTime | Moment) and not CHANGING.search(column.name)
    )


def test_fields_that_no_form_has_change_nothing(stage: Flask) -> None:
    """Each route's form as a person would send it, then again with ids, roles, states, prices and
    hashes added: both leave the same rows."""
    fuzz, tried = Fuzz(stage), 0
    for rule, method in fuzzing.unsafe_rules(stage):
        left = []
        for extra in ({}, words.MASS):
            fuzz.scene.restore()
            scene.forget_tries()
            fields = fuzz.known.get(rule.endpoint, [])
            answer = fuzzing.decent(fuzz.scene, rule, method, fields, extra).send(fuzz.scene)
            answer.get_data()  # what is streamed holds its context until it is read
            found = scene.kept()
            left.append((answer.status_code, shape(found)))
            assert words.MARK not in repr(found), rule.rule
        assert left[0] == left[1], f"{method} {rule.rule}"
        tried += left[0][0] < 400
    print(
        f"{database.engine.dialect.name}: {len(words.MASS)} fields added; {tried} routes went through"
    )
    assert tried > 25
