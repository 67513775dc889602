"""Somebody who follows every link and asks every address, and whose every answer is read for words that were
planted in another organisation."""

import io
import re
import secrets
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from sqlalchemy import Column, ColumnElement, Table, or_
from werkzeug.test import TestResponse

from app import audit
from app.account.models import User
from app.db import db
from app.privacy.paths import ways_to_organization, ways_to_person
from tests.attacks import texts
from tests.attacks.page_forms import read_forms
from tests.doors.actors import ELSEWHERE, Actor
from tests.doors.world import World
from tests.privacy import canaries

WORD = re.compile(rb"canary[0-9a-f]{16}", re.IGNORECASE)
LINK = re.compile(r'\b(?:href|src|action|hx-get)="([^"]*)"')
DAY = "<day>"
ALIKE, MANY = 3, 10_000
SWAP = re.compile(r'hx-(?:get|post)="([^"]*)"[^>]*?hx-target="#(\w+)"')


def plant(world: World) -> dict[str, str]:
    """A word of its own in every text of Elsewhere and of everybody who is only there, in a row of every
    table; the columns by word."""
    words: dict[str, str] = {}

    def word(column: Column[Any]) -> str:
        words[made := f"canary{secrets.token_hex(8)}"] = str(column)
        return made

    people = [
        actor.user_id for actor in world.actors if actor.home == ELSEWHERE and _is_only(actor)
    ]
    first = db.session.get_one(User, people[0])
    words |= {word: name for name, word in canaries.plant(first).items()}
    for table in db.metadata.sorted_tables:
        texts.rewrite(table, word, _theirs(table, world.organizations[ELSEWHERE], people))
    facts = {"organization": world.organizations[ELSEWHERE], "actor": first.id}
    audit.record(
        "organization.changed", **facts, name=word(db.metadata.tables["organization"].c.name)
    )
    db.session.commit()
    return words


def _is_only(actor: Actor) -> bool:
    return actor.name not in ("both", "operator")


def _theirs(table: Table, organization: int, people: Iterable[int | None]) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if way := ways_to_organization(db.metadata).get(table.name):
        conditions.append(way.rows_of(organization))
    for way in ways_to_person(db.metadata).get(table.name, []):
        conditions += [way.rows_of(id) for id in people if id]
    return or_(False, *conditions)


@dataclass
class Crawler:
    """`leaks` say where a word was read, `pages` is how many answers were."""

    app: Flask
    actor: Actor
    words: dict[str, str]
    is_brief: bool = True
    leaks: list[str] = field(default_factory=list)
    pages: int = 0
    asked: set[str] = field(default_factory=set)
    swapped: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=False)

    def ask(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {"Cookie": f"allstac={self.actor.cookie}"} | more.pop("headers", {})
        answer = self.client.open(path, method=method, headers=headers, **more)
        self.pages += 1
        self.read(f"{method} {path}", str(answer.headers).encode() + answer.data)
        return answer

    def read(self, place: str, body: bytes) -> None:
        for found in sorted({word.lower().decode() for word in WORD.findall(body)}):
            self.leaks.append(f"{place} tells {self.actor} {self.words.get(found, found)}")

    def crawl(self, *beginnings: str) -> None:
        """These, and every page that links lead to from here. Of those without end (days, months, pages of
        a list), and of the parts that stand at one place, three of each kind are looked at. When brief,
        of all things of a sort too, and each filter of a page once, whatever goes with it."""
        waiting, kinds = list(beginnings), Counter[tuple[str, ...]]()
        while waiting:
            path = waiting.pop()
            found = self._kinds(path)
            is_known = all(kinds[kind] >= most for kind, most in found.items())
            if path in self.asked or (is_known and path not in beginnings):
                continue
            self.asked.add(path)
            kinds.update(found.keys())
            answer = self.ask(path)
            if answer.mimetype == "text/html":
                waiting += links(answer.text, path)
                self._swap(answer.text, path)
            if answer.location:
                waiting += _own([answer.location], path)

    def _kinds(self, path: str) -> dict[tuple[str, ...], int]:
        """What it is one of, and how many of these are enough."""
        page, *names = _kind(path)
        if not self.is_brief:
            return {(page, *names): ALIKE if names or DAY in page else MANY}
        page = re.sub(r"\d+", "#", page)
        return {(page, name): 1 for name in names} or {(page,): ALIKE}

    def _swap(self, html: str, here: str) -> None:
        """The parts that a page asks for, three of each kind that stand at one place."""
        for path, target in sorted(set(SWAP.findall(html))):
            kind = (target, *_kind(unescape(path)))
            if self.swapped[kind] >= ALIKE:
                continue
            self.swapped[kind] += 1
            headers = {"HX-Request": "true", "HX-Target": target}
            if f'hx-get="{path}"' in html:
                self.ask(unescape(path), headers=headers)
                continue
            fields = max((form.fields for form in read_forms(html, here)), key=len)
            self.ask(path, "POST", headers=headers, data=_several(fields))

    def open_zip(self, body: bytes) -> int:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                self.read(f"{name} of the copy", archive.read(name))
            return len(archive.namelist())


def _several(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def links(html: str, here: str) -> list[str]:
    return list(_own((unescape(link) for link in LINK.findall(html)), here))


def _own(found: Iterable[str], here: str) -> Iterator[str]:
    for link in found:
        parts = urlsplit(urljoin(f"http://localhost{here}", link))
        if parts.hostname == "localhost" and not parts.path.startswith("/static/"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def _kind(path: str) -> tuple[str, ...]:
    parts = urlsplit(path)
    return re.sub(r"\d{4}-\d\d-\d\d", DAY, parts.path), *sorted(
        name for name, _ in parse_qsl(parts.query)
    )
