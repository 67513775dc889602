"""How often somebody may try: the queue is not even running here, and the limits hold."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account import limits
from app.account.limits import Limit, Tally
from app.account.models import User
from app.db import db as database
from tests import make
from tests.times import Times

ALICE, NOBODY = "alice@orchard.example", "nobody@orchard.example"


def try_in(client: FlaskClient, email: str, password: str = "not this one") -> int:
    return client.post("/login", data={"email": email, "password": password}).status_code


@pytest.mark.parametrize("email", [ALICE, NOBODY])
def test_the_eleventh_try_waits_even_with_the_right_password(
    anonymous: FlaskClient, times: Times, email: str
) -> None:
    make.alice()
    assert [try_in(anonymous, email.upper()) for _ in range(10)] == [422] * 10
    answer = anonymous.post("/login", data={"email": email, "password": make.PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "That was often in a short time." in answer.text
    assert f'value="{email}"' in answer.text, "nothing typed is lost"
    assert try_in(anonymous, "other@orchard.example") == 422, "only this address waits"
    times.go(seconds=int(answer.headers["Retry-After"]) + 1)
    assert try_in(anonymous, email, make.PASSWORD) == (303 if email == ALICE else 422)


def test_good_sign_ins_do_not_count(anonymous: FlaskClient) -> None:
    make.alice()
    for _ in range(40):
        assert try_in(anonymous, ALICE, make.PASSWORD) == 303
        anonymous.post("/logout")


@pytest.mark.proves("P2.4")
def test_one_network_tries_thirty_addresses_and_no_more(
    anonymous: FlaskClient, app: Flask, times: Times
) -> None:
    tried = [try_in(anonymous, f"n{number}@orchard.example") for number in range(31)]
    assert tried == [422] * 30 + [429]
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    sent = {"email": "n99@orchard.example", "password": "x"}
    answer = anonymous.post("/login", data=sent, environ_overrides=elsewhere)
    assert answer.status_code == 422


def test_a_network_opens_five_accounts_an_hour_and_mistakes_are_free(
    anonymous: FlaskClient, app: Flask, times: Times
) -> None:
    def join(number: int, **change: str) -> int:
        sent = {
            "name": "Grace Birch",
            "email": f"grace{number}@example.com",
            "password": make.PASSWORD,
            "organization": "Grove",
            "birth_month": "5",
            "birth_year": "1990",
            "accept": "y",
        }
        return app.test_client().post("/signup", data=sent | change).status_code

    assert [join(0, password="short") for _ in range(6)] == [422] * 6
    assert [join(number) for number in range(6)] == [303] * 5 + [429]
    assert User.by_email("grace5@example.com") is None
    times.go(hours=1)
    assert join(5) == 303


def test_an_address_gets_three_mails_an_hour_and_nobody_learns_if_it_is_known(
    anonymous: FlaskClient, times: Times
) -> None:
    make.alice()
    pages = {}
    for email in (ALICE, NOBODY):
        answers = [anonymous.post("/password/forgot", data={"email": email}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
        pages[email] = re.sub(r'value="[^"]*"', "", answers[3].text)
    assert pages[ALICE] == pages[NOBODY]


def test_asking_for_the_confirmation_again_is_limited_too(
    client: FlaskClient, times: Times
) -> None:
    answers = [client.post("/account/verification") for _ in range(4)]
    assert [answer.headers.get("Retry-After") is None for answer in answers] == [True] * 3 + [False]
    assert "That was often" in client.get("/account").text


def test_what_is_counted_is_no_address_and_is_gone_after_its_window(
    db: object, times: Times
) -> None:
    def kept() -> dict[str, int]:
        rows = database.session.execute(database.select(Tally.key, Tally.count))
        return {row.key: row.count for row in rows}

    limit, now = Limit("test", 1, 60), clock.now()
    assert limits.take(limit, ALICE, now) == 0
    assert 0 < limits.take(limit, ALICE, now) <= 60
    keys = list(database.session.scalars(database.select(Tally.key)))
    assert len(keys) == 1
    assert re.fullmatch("[0-9a-f]{64}", keys[0])
    limits.give_back(limit, ALICE, now)
    assert kept() == {keys[0]: 1}
    later = now + timedelta(seconds=61)
    assert limits.take(limit, "another", later) == 0
    assert list(kept().values()) == [1]
    assert keys[0] not in kept(), "swept"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_an_ipv6_line_counts_as_one(address: str | None, expected: str) -> None:
    assert limits.place(address) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, "1 minute."), (61, "2 minutes."), (7200, "120 minutes."), (80_000, "23 hours.")],
)
def test_the_wait_is_told_in_words(seconds: int, expected: str) -> None:
    assert limits.words(seconds).endswith(expected)
