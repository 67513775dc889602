"""Sessions that end, or get a new id, while a request of theirs is still at work."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from app import clock
from app.account import sessions, sign_in_routes
from app.account.sessions import Session
from app.account.tokens import LoginSession, OneTimeToken
from app.db import db as database
from tests import make
from tests.account.crowd import CROWD, Press, at_once, browser, cookie_of, post, sign_in


class Gate:
    """Requests of one cookie have done their work and wait before their session is stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held, self.arrived, self.opened = "", Barrier(1), Event()
        store = sessions._store

        def wait(session: Session, now: object) -> str | None:
            if session.token == self.held:
                self.arrived.wait(20)
                assert self.opened.wait(20)
            return store(session, now)  # type: ignore[arg-type]

        monkeypatch.setattr(sessions, "_store", wait)

    @contextmanager
    def holding(
        self, app: Flask, cookie: str, presses: Sequence[Press]
    ) -> Iterator[list[Future[TestResponse]]]:
        """Inside, all of them wait; their answers are there afterwards."""
        database.session.rollback()
        self.held, self.arrived = cookie, Barrier(len(presses) + 1)
        with ThreadPoolExecutor(len(presses)) as crowd:
            answers = [crowd.submit(self._press, app, cookie, press) for press in presses]
            self.arrived.wait(20)
            try:
                yield answers
            finally:
                self.opened.set()
        database.session.expire_all()

    @staticmethod
    def _press(app: Flask, cookie: str, press: Press) -> TestResponse:
        with app.app_context():
            answer = press(browser(app, cookie=cookie))
            database.session.remove()
            return answer


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def look(client: FlaskClient) -> TestResponse:
    return client.get("/calendar")


def given(answer: TestResponse) -> list[str]:
    """Values of the session cookie that an answer sets."""
    header = answer.headers.getlist("Set-Cookie")
    return [one.split(";")[0].removeprefix("allstac=") for one in header]


def opens(app: Flask, cookie: str) -> bool:
    return browser(app, cookie=cookie).get("/account").status_code == 200


def switch() -> Press:
    return post("/organization/switch", organization=str(make.organization("Orchard").id))


def alices_sessions() -> int:
    chosen = database.select(LoginSession).where(LoginSession.user_id == make.alice().id)
    return len(database.session.scalars(chosen).all())


ENDINGS = ("/account/sessions/revocation", "/account/password")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("path", ["/organization/switch", "/posts/new", "/login/again"])
def test_a_session_that_ends_while_its_request_is_at_work_stays_ended(
    app: Flask, client: FlaskClient, gate: Gate, ending: str, path: str
) -> None:
    held, phone = cookie_of(client), browser(app, cookie=sign_in(app, make.alice()))
    data = {"password": make.PASSWORD, "new_password": "nine loud magpies", "text": ""}
    working = switch() if "switch" in path else post(path, **data)
    with gate.holding(app, held, [working]) as [answer]:
        assert phone.post(ending, data=data).status_code == 303
        ended = cookie_of(phone)
    assert answer.result().status_code < 500
    assert [one for one in (held, *given(answer.result())) if opens(app, one)] == []
    assert (alices_sessions(), opens(app, ended)) == (1, True)


def test_signing_out_while_another_request_is_at_work_ends_both(
    app: Flask, client: FlaskClient, gate: Gate
) -> None:
    held = cookie_of(client)
    with gate.holding(app, held, [switch()]) as [answer]:
        gate.held = ""
        assert client.post("/logout").status_code == 303
    assert not [one for one in (held, *given(answer.result())) if opens(app, one)]
    assert alices_sessions() == 0


def test_two_requests_of_one_browser_get_one_fresh_cookie_and_neither_takes_it_back(
    app: Flask, client: FlaskClient, gate: Gate
) -> None:
    held = cookie_of(client)
    sessions.renew(make.alice().id)
    database.session.commit()
    with gate.holding(app, held, [look] * 5) as waiting:
        pass
    answers = [answer.result() for answer in waiting]
    assert [answer.status_code for answer in answers] == [200] * 5
    [fresh] = [cookie for answer in answers for cookie in given(answer)]
    assert opens(app, fresh) and not opens(app, held)
    assert alices_sessions() == 1


@pytest.mark.parametrize("htmx", [False, True])
def test_a_request_that_comes_late_with_the_earlier_cookie_leaves_the_fresh_one_alone(
    app: Flask, client: FlaskClient, htmx: bool
) -> None:
    earlier = cookie_of(client)
    switch()(client)
    late = browser(app, cookie=earlier)
    answer = late.get("/calendar", headers={"HX-Request": "true"} if htmx else {})
    assert (answer.status_code, given(answer)) == (401 if htmx else 303, [])
    assert opens(app, cookie_of(client))


def test_fifty_requests_and_the_end_of_their_session_leave_only_the_other(
    app: Flask, client: FlaskClient
) -> None:
    phone, held = sign_in(app, make.alice()), cookie_of(client)
    presses = [switch(), look] * (CROWD // 2) + [post("/account/sessions/revocation")]
    answers = at_once(app, presses, [held] * CROWD + [phone])
    assert all(answer.status_code < 500 for answer in answers)
    assert not [one for answer in answers[:-1] for one in given(answer) if opens(app, one)]
    assert alices_sessions() == 1 and opens(app, phone)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_that_ends_while_its_new_id_is_being_written_stays_ended(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    held, phone = cookie_of(client), sign_in(app, make.alice())
    written, go_on = Event(), sessions._go_on

    def linger(connection: Connection, session: Session, content: dict[str, object]) -> str | None:
        token = go_on(connection, session, content)
        if session.token == held:
            written.set()
            time.sleep(0.3)  # what ends it waits at the row meanwhile
        return token

    def end(by: FlaskClient) -> TestResponse:
        assert written.wait(20)
        data = {"password": make.PASSWORD, "new_password": "nine loud magpies"}
        return by.post(ending, data=data)

    monkeypatch.setattr(sessions, "_go_on", linger)
    rotated, ended = at_once(app, [switch(), end], [held, phone])
    assert (rotated.status_code, ended.status_code) == (303, 303)
    [fresh] = given(rotated)
    assert not opens(app, fresh) and not opens(app, held)
    assert alices_sessions() == 1


@pytest.mark.parametrize("way", ["change", "reset"])
def test_a_sign_in_with_a_password_that_is_changed_meanwhile_opens_nothing(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    alice = make.alice()
    link = OneTimeToken.issue(alice, "password", clock.now(), 30)
    database.session.commit()
    is_right, go_on = Event(), Event()
    enter = sign_in_routes.entering.enter

    def wait(*args: object) -> None:
        is_right.set()
        assert go_on.wait(20)
        enter(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(sign_in_routes.entering, "enter", wait)

    def arrive() -> TestResponse:
        with app.app_context():
            data = {"email": "alice@orchard.example", "password": make.PASSWORD}
            return browser(app, 7).post("/login", data=data)

    with ThreadPoolExecutor(1) as other:
        answer = other.submit(arrive)
        assert is_right.wait(20)
        if way == "change":
            change = {"password": make.PASSWORD, "new_password": "nine loud magpies"}
            client.post("/account/password", data=change)
        else:
            client.post(f"/password/reset/{link}", data={"password": "nine loud magpies"})
        go_on.set()
    assert answer.result().status_code < 500
    assert not [one for one in given(answer.result()) if opens(app, one)]
    assert alices_sessions() == (1 if way == "change" else 0)
