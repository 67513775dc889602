"""Known and unknown addresses look the same from outside: words, status, and what has to be done
before the answer. Times are too noisy to compare on a busy machine; the work that makes them is not."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app import queue
from app.account import hashing
from app.account.limits import Tally
from app.db import db as database
from tests import make
from tests.account.steps import add_passkey, set_up_app
from tests.times import Times

NOBODY = "nobody@else.example"
Work = list[str]


@pytest.fixture
def work(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """What is done for a request, in order: statements, slow hashes, rings of the queue."""
    done: Work = []

    def statement(_: Any, __: Any, text: str, *___: Any) -> None:
        done.append(re.sub(r"\s+", " ", text))

    real = hashing.verify

    def verify(*words: Any) -> bool:
        done.append("a slow hash")
        return real(*words)

    monkeypatch.setattr("app.account.sign_in_routes.verify", verify)
    monkeypatch.setattr(queue, "enqueue", lambda job, *_, **__: done.append(f"a ring: {job}"))
    event.listen(database.engine, "before_cursor_execute", statement)
    yield done
    event.remove(database.engine, "before_cursor_execute", statement)


def plain(page: str) -> str:
    return re.sub(r'value="[^"]*"', "", page)


@pytest.fixture
def people(app: Flask, db: object, times: Times) -> dict[str, str]:
    """Nobody, somebody with a password, one with an app, one with passkeys, one with those alone."""
    found = {"nobody": NOBODY, "password": make.alice().email}
    for kind, user in (("app", make.bob()), ("passkeys", make.charlie())):
        client = app.test_client()
        make.sign_in(client, user)
        if kind == "app":
            set_up_app(client)
        else:
            add_passkey(client)
            add_passkey(client)
        found[kind] = user.email
    make.charlie().password_hash = None
    database.session.commit()
    return found


def answers(
    people: dict[str, str], work: Work, ask: Callable[[FlaskClient, str], Any], app: Flask
) -> dict[str, tuple[Any, ...]]:
    """Asked twice, since whoever is asked for first gets a key in the trail."""
    found: dict[str, tuple[Any, ...]] = {}
    for _ in range(2):
        for kind, email in people.items():
            database.session.execute(database.delete(Tally))
            database.session.commit()
            client = app.test_client()
            work.clear()
            answer = ask(client, email)
            headers = {name for name, _ in answer.headers}
            found[kind] = (answer.status_code, plain(answer.text), headers, list(work))
    return found


def test_a_wrong_password_is_the_same_work_for_everybody(
    app: Flask, people: dict[str, str], work: Work
) -> None:
    def ask(client: FlaskClient, email: str) -> Any:
        return client.post("/login", data={"email": email, "password": "not this one"})

    found = answers(people, work, ask, app)
    assert found["nobody"][0] == 422
    assert found["nobody"][3].count("a slow hash") == 1
    for kind in people:
        assert found[kind] == found["nobody"], kind


def test_too_many_tries_are_the_same_for_everybody(
    app: Flask, people: dict[str, str], work: Work
) -> None:
    def ask(client: FlaskClient, email: str) -> Any:
        for _ in range(10):
            client.post("/login", data={"email": email, "password": "not this one"})
        work.clear()
        return client.post("/login", data={"email": email, "password": "not this one"})

    found = answers(people, work, ask, app)
    assert found["nobody"][0] == 429
    assert "a slow hash" not in found["nobody"][3]
    for kind in people:
        assert found[kind] == found["nobody"], kind


def test_asking_for_a_link_is_the_same_work_for_everybody(
    app: Flask, people: dict[str, str], work: Work
) -> None:
    found = answers(
        people,
        work,
        lambda client, email: client.post("/password/forgot", data={"email": email}),
        app,
    )
    assert found["nobody"][0] == 303
    for kind in people:
        assert found[kind] == found["nobody"], kind


def test_a_passkey_is_asked_for_in_the_same_way_whoever_asks(
    app: Flask, people: dict[str, str]
) -> None:
    asked = app.test_client().post("/login/passkey/challenge").get_json()
    assert asked["allowCredentials"] == []


def test_signing_up_tells_of_an_account_only_to_few_and_full_forms(
    app: Flask, people: dict[str, str]
) -> None:
    form = {
        "name": "Grace Birch",
        "password": "nine loud magpies",
        "organization": "Grove",
        "birth_month": "5",
        "birth_year": "1990",
        "accept": "y",
    }

    def ask(email: str, **change: str) -> tuple[int, bool]:
        answer = app.test_client().post("/signup", data=form | {"email": email} | change)
        return answer.status_code, "There is an account" in answer.text

    known = people["password"]
    for email in (known, NOBODY):
        assert ask(email, password="short") == (422, False)
    assert [ask(known) for _ in range(5)] == [(422, True)] * 5
    for email in (known, NOBODY):
        assert ask(email) == (429, False), "and then the same for all"
