"""Many browsers that press the same button at the same moment."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.account.models import User
from app.db import db as database
from tests import make

CROWD = 50
Press = Callable[[FlaskClient], TestResponse]


def browser(app: Flask, number: int = 0, cookie: str = "") -> FlaskClient:
    """In a network of its own, so that no limit stands between it and the race."""
    made = app.test_client()
    made.environ_base["REMOTE_ADDR"] = f"10.{number // 250}.{number % 250}.1"
    if cookie:
        made.set_cookie("allstac", cookie)
    return made


def at_once(
    app: Flask, presses: Sequence[Press], cookies: Sequence[str] = ()
) -> list[TestResponse]:
    """Each press in a thread and a browser of its own, all let go together."""
    database.session.rollback()
    gate = Barrier(len(presses))

    def run(number: int) -> TestResponse:
        with app.app_context():
            client = browser(app, number, cookies[number] if cookies else "")
            gate.wait(20)
            try:
                return presses[number](client)
            finally:
                database.session.remove()

    with ThreadPoolExecutor(len(presses)) as crowd:
        answers = list(crowd.map(run, range(len(presses))))
    database.session.expire_all()
    return answers


def post(path: str, **data: object) -> Press:
    return lambda client: client.post(path, data=data)


def sign_in(app: Flask, user: User, words: str = make.PASSWORD) -> str:
    """The cookie of a new session."""
    made = browser(app)
    answer = made.post("/login", data={"email": user.email, "password": words})
    assert answer.status_code == 303, answer.text
    return cookie_of(made)


def statuses(answers: Sequence[TestResponse]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("allstac")
    assert found
    return found.value
