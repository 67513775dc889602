"""One person looks at every kind of page that a link leads to and presses every button that is shown."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch
from urllib.parse import urldefrag

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import queue
from app.db import db
from tests.attacks.page_forms import PageForm, read_forms

AWAY = ("/logout", "/static/", "/media/", "/posts/0/")  # a script puts the post in the last
WRONG = {403, 404, 405}
OF_A_POST = re.compile(r"/posts/\d+(/edit)?$")
LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')


@dataclass
class Walk:
    """Of pages and forms that are alike, like the days of the calendar, `alike` are looked at, but all of
    every post. Where that is one, a filter is met once on each page, each of its choices by somebody
    (`chosen` is for all who walk), and what was met on an earlier walk is not looked for again."""

    client: FlaskClient
    chosen: set[str]
    alike: int = 1
    kinds: Counter[str] = field(default_factory=Counter)

    def faults(self, *beginnings: str) -> list[str]:
        """What was offered on these pages, or on those behind them, and then refused, a line each."""
        pressed = Counter[str]()
        if self.alike > 1:
            self.kinds.clear()
        found = [*self._walk(list(beginnings), pressed)]
        return found if pressed else [*found, "no button was found: the walk itself is broken"]

    def _walk(self, todo: list[str], pressed: Counter[str]) -> Iterator[str]:
        seen = set(todo)
        while todo:
            path = todo.pop(0)
            answer = self.client.get(path)
            if is_wrong(answer):
                yield f"GET {path} answers {answer.status_code}"
                continue
            if answer.status_code in (302, 303):
                todo += self._new([answer.location], seen)
            todo += self._new(LINK.findall(answer.text), seen)
            for form in read_forms(answer.text, path):
                kind = _kind_of(form)
                if pressed[kind] < self.alike and not form.action.startswith(AWAY):
                    pressed[kind] += 1
                    yield from _press(self.client, form, path)

    def _new(self, found: list[str], seen: set[str]) -> Iterator[str]:
        for link in found:
            path = urldefrag(link.replace("&amp;", "&").removeprefix("http://localhost")).url
            if path in seen or path.startswith(AWAY):
                continue
            if self._is_new(path) or OF_A_POST.match(path):
                seen.add(path)
                yield path

    def _is_new(self, path: str) -> bool:
        page, *filters = re.split("[?&]", re.sub(r"\d+", "#", path))
        names = [f"{page}?{one.split('=')[0]}" for one in filters]
        kinds = [page, *names] if self.alike == 1 else ["&".join([page, *names])]
        choices = {f"{page}?{one}" for one in filters if one[-1:].isalpha()} - self.chosen
        if all(self.kinds[kind] >= self.alike for kind in kinds) and not choices:
            return False
        self.kinds.update(kinds)
        self.chosen |= choices
        return True


def is_wrong(answer: TestResponse) -> bool:
    return answer.status_code in WRONG or answer.status_code >= 500


def _kind_of(form: PageForm) -> str:
    """What a form does and to what; of a filter or a search the words in it don't matter."""
    names = [name for name, _ in form.fields]
    action = form.action if form.action.startswith("/posts/") else re.sub(r"\d+", "#", form.action)
    return repr((form.method, action.split("?")[0], names))


def _press(client: FlaskClient, form: PageForm, here: str) -> Iterator[str]:
    with without_effect(client):
        answer = send(client, form)
    if is_wrong(answer):
        yield f"{form.method.upper()} {form.action}, shown on {here}, answers {answer.status_code}"


def send(client: FlaskClient, form: PageForm) -> TestResponse:
    data: dict[str, list[str]] = {}
    for name, value in form.fields:
        data.setdefault(name, []).append(value)
    if form.method == "get":
        return client.get(form.action, query_string=data)
    return client.post(form.action, data=data)


@contextmanager
def without_effect(client: FlaskClient) -> Iterator[None]:
    """Nothing is committed and nothing is rung for; the session stays the one that it was."""
    cookie = client.get_cookie("allstac")
    assert cookie
    with (
        patch.object(db.session, "commit", db.session.flush),
        patch.object(queue, "enqueue", lambda *_, **__: True),
    ):
        yield
    client.set_cookie("allstac", cookie.value)
