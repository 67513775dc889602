"""One person looks at every page that a link leads to and presses every button that is shown."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import urldefrag

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import queue
from app.db import db
from tests.attacks.page_forms import PageForm, read_forms

ALIKE = 3  # pages of one kind, like the months of the calendar, and forms; but all of every post
AWAY = ("/logout", "/static/", "/media/", "/posts/0/")  # a script puts the post in the last
WRONG = {403, 404, 405}
LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')


def faults(client: FlaskClient) -> list[str]:
    """What was offered and then refused, a line each."""
    return [*_walk(client)]


def _walk(client: FlaskClient) -> Iterator[str]:
    todo, seen, pressed = ["/"], set(), Counter[str]()
    kinds: Counter[str] = Counter()
    while todo:
        path = todo.pop(0)
        answer = client.get(path)
        if answer.status_code in WRONG or answer.status_code >= 500:
            yield f"GET {path} answers {answer.status_code}"
            continue
        if answer.status_code in (302, 303):
            todo += _new([answer.location], seen, kinds)
        todo += _new(LINK.findall(answer.text), seen, kinds)
        for form in read_forms(answer.text, path):
            kind = _kind_of(form)
            if pressed[kind] < ALIKE and not form.action.startswith(AWAY):
                pressed[kind] += 1
                yield from _press(client, form, path)
    if not pressed:
        yield "no button was found: the walk itself is broken"


def _new(found: list[str], seen: set[str], kinds: Counter[str]) -> Iterator[str]:
    for link in found:
        path = urldefrag(link.replace("&amp;", "&").removeprefix("http://localhost")).url
        kind = re.sub(r"=[^&]*", "=", re.sub(r"\d+", "#", path))
        is_known = kinds[kind] >= ALIKE and not kind.startswith("/posts/#")
        if path in seen or path.startswith(AWAY) or is_known:
            continue
        seen.add(path)
        kinds[kind] += 1
        yield path


def _kind_of(form: PageForm) -> str:
    """What a form does and to what; of a filter or a search the words in it don't matter."""
    names = [name for name, _ in form.fields]
    action = form.action if form.action.startswith("/posts/") else re.sub(r"\d+", "#", form.action)
    return repr((form.method, action.split("?")[0], names))


def _press(client: FlaskClient, form: PageForm, here: str) -> Iterator[str]:
    with without_effect(client):
        answer = send(client, form)
    if answer.status_code in WRONG or answer.status_code >= 500:
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
