"""Requests that no browser would send, made from forms that the pages really hold. Seeded."""

import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from werkzeug.routing import Rule

from app import clock
from tests import make
from tests.attacks import hostile_words as words
from tests.attacks.page_forms import Fields, read_forms
from tests.attacks.scene import Scene

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
PLAUSIBLE = {
    "topic": "Hello", "words": "Please look again", "text": "Hello", "when": "at",
    "email": "dora@new.example", "password": make.PASSWORD, "name": "Alice Ash",
    "new_password": "nine loud magpies", "organization": "Grove", "birth_month": "5", "birth_year": "1990",
    "accept": "y", "role": "viewer", "timezone": "Europe/Paris", "late_after": "30", "decision": "again",
    "handle": "grace.example", "app_password": "aaaa-bbbb", "host": "pds.example", "next": "/posts/new",
    "typed": '{"text":["kept"]}', "theme": "dark", "url": "https://bsky.app/x", "alt": "A hill",
    "kept": "1", "channels": "1", "version": "1", "nonce": "n1", "action": "schedule", "fold": "0",
    "month": "2026-11", "on": "2026-11-24", "page": "1", "state": "draft",
    "created_at": "2026-11-24T10:00:00+00:00",
}  # fmt: skip
OWN = {
    "account.sign_in": {"email": "alice@orchard.example"},
    "account.leave_organization": {"name": "Orchard"},
}


@dataclass
class Attack:
    """One request. `words` says what it was, for the report of a failure."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}?{self.query[:200]} {self.headers} {self.body[:300]!r}"

    def send(self, scene: Scene) -> Any:
        return scene.client.open(
            self.path,
            method=self.method,
            data=self.body,
            headers=self.headers,
            query_string=self.query,
        )


def unsafe_rules(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) & UNSAFE)
    ]


def readable_rules(app: Flask) -> list[Rule]:
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    return [rule for rule in rules if "GET" in (rule.methods or ()) and rule.endpoint != "static"]


def learn(scene: Scene) -> dict[str, Fields]:
    """What the pages' own forms send, by endpoint: where attacks on a route begin."""
    known: dict[str, Fields] = {}
    urls = scene.app.url_map.bind("localhost")
    for client in (scene.client, scene.app.test_client()):
        for rule in readable_rules(scene.app):
            view = scene.app.view_functions[rule.endpoint]
            if client is not scene.client and getattr(view, "permission", None):
                continue  # sends to the sign-in
            answer = client.get(scene.address(rule))
            if answer.status_code == 200 and answer.mimetype == "text/html":
                for form in read_forms(answer.text, answer.request.path):
                    endpoint, _ = urls.match(form.action.split("?")[0], method=form.method.upper())
                    known.setdefault(endpoint, form.fields)
    return known


def good(endpoint: str, fields: Fields) -> Fields:
    """The form filled in as a person would; what the page had filled in already stays."""
    later = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    plausible = PLAUSIBLE | {"due_at": later} | OWN.get(endpoint, {})
    filled = [(name, value or plausible.get(name, "")) for name, value in fields]
    return [pair for n, pair in enumerate(filled) if pair[0] != "action" or n == _first(filled)]


def _first(fields: Fields) -> int:
    return next(place for place, (name, _) in enumerate(fields) if name == "action")


def attack(scene: Scene, rule: Rule, method: str, fields: Fields, chance: random.Random) -> Attack:
    """The route's own form with a few things wrong with it."""
    path = scene.address(rule)
    if chance.random() < 0.1 and rule.arguments:
        path = path.rsplit("/", 1)[0] + "/" + quote(words.some(chance)[:300], safe="")
    made = Attack(method, path)
    spoiled = spoil(good(rule.endpoint, fields) or list(PLAUSIBLE.items()), chance)
    if rule.endpoint.startswith("sandbox_api"):
        _as_api(made, scene, chance)
    else:
        chance.choice(ENCODINGS)(made, spoiled, chance)
    if chance.random() < 0.2:
        made.headers |= {chance.choice(HEADERS): _header(chance)}
    if chance.random() < 0.2:
        made.query = urlencode([(name, words.some(chance)[:500]) for name, _ in spoiled[:5]])
    return made


HEADERS = [
    "HX-Request", "HX-Target", "HX-Current-URL", "X-HTTP-Method-Override", "X-Forwarded-For", "Referer",
    "User-Agent", "Accept", "Accept-Language", "Range", "If-None-Match", "If-Modified-Since",
    "Content-Encoding", "Origin", "Expect",
]  # fmt: skip


def _header(chance: random.Random) -> str:
    """Header values hold no line ends on any wire, and only Latin-1."""
    text = words.some(chance)[:300].replace("\r", "").replace("\n", "")
    return text.encode("latin-1", "replace").decode("latin-1")


def spoil(fields: Fields, chance: random.Random) -> Fields:
    """Some values hostile, some fields doubled, missing, renamed or added."""
    spoiled = list(fields)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(spoiled))
        name, value = spoiled[place]
        match chance.randrange(8):
            case 0:
                spoiled.pop(place)
            case 1:
                spoiled.append((name, words.some(chance)))
            case 2:
                spoiled[place] = (f"{name}[]", value)
            case 3:
                extra = chance.choice(list(words.MASS))
                spoiled.append((extra, words.MASS[extra]))
            case _:
                spoiled[place] = (name, words.some(chance))
        if not spoiled:
            return [("x", words.some(chance))]
    return spoiled


def _as_form(made: Attack, fields: Fields, chance: random.Random) -> None:
    made.body = urlencode(fields).encode()
    made.headers["Content-Type"] = "application/x-www-form-urlencoded"
    if chance.random() < 0.1:  # bytes that are no UTF-8, lone surrogates, broken escapes
        made.body += b"&" + fields[0][0].encode() + b"=%ED%A0%80%ff\xff\xfe%zz"


def _as_parts(made: Attack, fields: Fields, chance: random.Random) -> None:
    mark = b"----hostile"
    out = io.BytesIO()
    for name, value in fields * (1 if chance.random() < 0.95 else 60):
        label = name.encode() if chance.random() < 0.97 else b'x"\r\nX: y'
        out.write(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % (mark, label))
        out.write(value.encode()[:100_000] + b"\r\n")
    if chance.random() < 0.1:
        name = chance.choice(("media", "text", "x"))
        file = chance.choice((b"", b"GIF89a", b"<svg onload=alert(1)>", b"\xff\xd8\xff\xe0"))
        head = b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="../%%00.png"\r\n\r\n%s\r\n'
        out.write(head % (mark, name.encode(), file))
    out.write(b"--%s--\r\n" % mark if chance.random() < 0.9 else b"")
    made.body = out.getvalue()
    made.headers["Content-Type"] = "multipart/form-data; boundary=" + mark.decode()


def _as_json(made: Attack, fields: Fields, chance: random.Random) -> None:
    made.body = json.dumps({name: odd_value(chance) for name, _ in fields}).encode()
    made.headers["Content-Type"] = "application/json"


TYPES = [
    "",
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "x" * 5000,
]


def _as_rubbish(made: Attack, fields: Fields, chance: random.Random) -> None:
    made.body = chance.randbytes(chance.randrange(2000)) + urlencode(fields).encode()
    made.headers["Content-Type"] = chance.choice(TYPES)


ENCODINGS: list[Callable[[Attack, Fields, random.Random], None]] = [
    *[_as_form] * 12, *[_as_parts] * 5, _as_json, _as_rubbish,
]  # fmt: skip


def odd_value(chance: random.Random, depth: int = 0) -> Any:
    """A JSON value of any type; lone surrogates too, which JSON can carry."""
    match chance.randrange(10):
        case 0:
            return chance.choice(
                (0, -1, 10**400, 1.5, float("nan"), float("inf"), True, False, None)
            )
        case 1 if depth < 4:
            return [odd_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case 2 if depth < 4:
            keys = ("id", "alt", "title", "url", "text", words.some(chance)[:20])
            return {chance.choice(keys): odd_value(chance, depth + 1) for _ in range(3)}
        case 3:
            return "\ud800" + words.some(chance)[:50]
        case _:
            return words.some(chance)


def _as_api(made: Attack, scene: Scene, chance: random.Random) -> None:
    """A post for a wall with odd values, sent by somebody who holds its key."""
    sent: dict[str, Any] = {
        "text": "Hi", "pictures": [{"id": 1, "alt": "A hill"}],
        "card": {"title": "T", "url": "https://e.example/"}, "created_at": PLAUSIBLE["created_at"],
    }  # fmt: skip
    for name in chance.sample(sorted(sent), chance.randrange(1, 4)):
        sent[name] = odd_value(chance)
    made.body = (
        chance.choice(words.SHAPES).encode() if chance.random() < 0.1 else json.dumps(sent).encode()
    )
    kind = "image/png" if chance.random() < 0.1 else "application/json"
    made.headers = {"Content-Type": kind, "Authorization": f"Bearer {scene.wall_token}"}


def question(scene: Scene, rule: Rule, chance: random.Random) -> Attack:
    """A GET with odd parameters."""
    made = Attack("GET", scene.address(rule))
    if chance.random() < 0.3 and rule.arguments:
        made.path = made.path.rsplit("/", 1)[0] + "/" + quote(words.some(chance)[:300], safe="")
    names = chance.sample(["month", "day", "on", "page", "state", "next", "v", "error", "x"], 3)
    made.query = urlencode([(name, words.some(chance)[:1000]) for name in names])
    made.headers = {chance.choice(HEADERS): _header(chance)} if chance.random() < 0.3 else {}
    return made


def decent(scene: Scene, rule: Rule, method: str, fields: Fields, extra: dict[str, str]) -> Attack:
    """The route's own form as a person fills it in, and what else is put with it."""
    made = Attack(method, scene.address(rule))
    if rule.endpoint.startswith("sandbox_api"):
        made.body = json.dumps(
            extra | {"text": "Hi", "created_at": PLAUSIBLE["created_at"]}
        ).encode()
        made.headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {scene.wall_token}",
        }
        return made
    made.body = urlencode([*good(rule.endpoint, fields), *extra.items()]).encode()
    made.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return made
