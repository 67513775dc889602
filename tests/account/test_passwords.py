"""Which passwords are refused and why, and how they are hashed: a few at once, as strong as today."""

import random
import threading
import time

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from app.account import hashing, passwords
from app.account.passwords import common, refuse
from app.db import db as database
from tests import make


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("eleven-char", "Use 12 characters or more; this has 11."),
        ("x1y2z3" * 43, "Use at most 256 characters; this has 258."),
        ("aaaaaaaaaaaabb", "This repeats very few characters."),
        ("quiet\x00herons fly", "can't hold a NUL"),
        ("allstac2026!", "“allstac” is easy to guess here."),
        ("4llSt4c-2026!", "“allstac” is easy to guess here."),
        ("P4ssw0rd!2026", "“password” is easy to guess here."),
        ("alice-202666", "“alice” is easy to guess here."),
        ("Orchard2026!!", "“orchard” is easy to guess here."),
        ("Dragon123456!", "“dragon” is among the most common passwords"),
        ("dragondragon", "“dragon” is among"),
        ("!!monkey!!2026", "“monkey” is among"),
        ("5unsh1ne-2026", "“sunshine” is among"),
        ("trustno1trustno1", "“trustno1” is among"),
        ("Iloveyou1234567", "“iloveyou” is among"),
        ("1qaz2wsx3edc", "“1qaz2wsx3edc” is among"),
        ("JustinBieber", "“justinbieber” is among"),
    ],
)
def test_weak_passwords_are_refused_by_name(password: str, reason: str) -> None:
    said = refuse(password, "Alice Ash", "alice@orchard.example")
    assert said and reason in said


@pytest.mark.parametrize(
    "password",
    [
        make.PASSWORD,
        "correct horse battery staple",
        "  spaces at both ends  ",
        "🦩🦜🦚🦉🦢🐦 fly at noon",
        "ﬁne-ẞtrange ünïcode 漢字",
        "dragons sleep until seven",
        "dragon 8f!k2mz@q9",
        "839201748839",
        "x" * 200 + "abcdefgh" * 7,
    ],
)
def test_others_are_taken_whatever_they_are_made_of(password: str) -> None:
    assert refuse(password, "Alice Ash", "alice@orchard.example") is None


def test_each_of_the_common_ones_is_refused_as_it_is_and_decorated() -> None:
    chance = random.Random(3)
    long = sorted(word for word in common() if len(word) >= passwords.SHORTEST)
    assert len(long) > 200
    assert [word for word in long if not refuse(word)] == []
    letters = sorted(word for word in common() if word.isalpha() and 6 <= len(word) < 12)
    for word in chance.sample(letters, 300):
        decorated = word.capitalize() + "2026!"[: max(5, 12 - len(word))] + "!" * (7 - len(word))
        decorated = decorated.ljust(12, "1")
        assert refuse(decorated), decorated


@pytest.mark.parametrize("length", [71, 72, 73, 255])
def test_every_character_counts(db: object, length: int) -> None:
    """bcrypt would stop at 72 bytes."""
    alice = make.alice()
    whole = ("seven quiet herons " * 20)[:length] + "!"
    alice.set_password(whole)
    assert alice.has_password(whole)
    assert not alice.has_password(whole[:-1])
    assert not alice.has_password(whole[:-1] + "?")
    assert not alice.has_password(whole.upper())


def test_spaces_at_the_ends_are_part_of_it(client: FlaskClient, anonymous: FlaskClient) -> None:
    new = "  seven loud herons  "
    change = {"password": make.PASSWORD, "new_password": new}
    assert client.post("/account/password", data=change).status_code == 303
    other = client.application.test_client()
    for typed, status in ((new.strip(), 422), (new, 303)):
        data = {"email": make.alice().email, "password": typed}
        assert other.post("/login", data=data).status_code == status


def test_a_hash_of_weaker_times_is_made_anew_at_sign_in(
    real_hashes: None, anonymous: FlaskClient
) -> None:
    alice = make.alice()
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    alice.password_hash = weaker.hash(make.PASSWORD)
    database.session.commit()
    wrong = {"email": alice.email, "password": "not this one"}
    assert anonymous.post("/login", data=wrong).status_code == 422
    database.session.expire_all()
    assert hashing.is_outdated(alice.password_hash or "")
    make.sign_in(anonymous, alice)
    database.session.expire_all()
    assert "m=19456,t=2,p=1" in (alice.password_hash or "")
    assert alice.has_password(make.PASSWORD)


def test_no_more_than_five_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow:
        def verify(self, *_: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(hashing, "hasher", Slow())
    crowd = [threading.Thread(target=hashing.verify, args=("x", "y")) for _ in range(25)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert most == 5
