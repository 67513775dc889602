"""Nobody learns from the time that an answer takes whether there is an account with an address."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event, insert

from app import audit, clock
from app.account import hashing
from app.account.models import User
from app.db import db as database
from app.db import table
from tests import make
from tests.account.crowd import browser

WRONG = "seven quiet heronz"
PATHS = ["/login", "/password/forgot"]


class Counted:
    """Passwords that were hashed, with the parameters of the hash that they were held against."""

    def __init__(self, inner: PasswordHasher) -> None:
        self.inner, self.seen = inner, list[str]()

    def verify(self, hashed: str, password: str) -> bool:
        self.seen.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return self.inner.verify(hashed, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def people(app: Flask, number: int) -> list[str]:
    """So many accounts with one hash of today; each has the key of its events, as in real life."""
    hashed, now = hashing.hasher.hash(make.PASSWORD), clock.now()
    rows = [
        {
            "email": f"known{n}@orchard.example",
            "name": f"Known {n}",
            "password_hash": hashed,
            "created_at": now,
        }
        for n in range(number)
    ]
    added = insert(table(User)).returning(table(User).c.id, table(User).c.email)
    made = database.session.execute(added, rows).all()
    for id, _ in made:
        audit.record("account.created", actor=id)
    audit.record("account.sign_in_failed")  # the instance has its own key, too
    database.session.commit()
    return [email for _, email in made]


def strangers(number: int) -> list[str]:
    return [f"never{n}@orchard.example" for n in range(number)]


def ask(app: Flask, path: str, email: str, place: int = 0) -> int:
    data = {"email": email, "password": WRONG}
    return browser(app, place).post(path, data=data).status_code


@pytest.mark.usefixtures("real_hashes")
@pytest.mark.parametrize("path", PATHS)
def test_a_known_and_an_unknown_address_cost_the_same_work(
    app: Flask, db: object, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    [known], [unknown] = people(app, 1), strangers(1)
    ask(app, path, "first@orchard.example")  # what is done once per process
    work: dict[str, tuple[int, list[str], list[str]]] = {}
    for email in (known, unknown):
        counted = Counted(hashing.hasher)
        monkeypatch.setattr(hashing, "hasher", counted)
        with statements() as seen:
            status = ask(app, path, email)
        work[email] = (status, counted.seen, [one.split("WHERE")[0] for one in seen])
        monkeypatch.setattr(hashing, "hasher", counted.inner)
    assert work[known] == work[unknown]
    assert len(work[known][1]) == (1 if path == "/login" else 0)
    assert all("$m=19456,t=2,p=1" in one for one in work[known][1])


def likelihood(longer: Sequence[int], shorter: Sequence[int]) -> float:
    """AUC: how often one of the first takes longer than one of the second (Mann-Whitney's U / nm)."""
    every = sorted([(time, 0) for time in longer] + [(time, 1) for time in shorter])
    ranks = sum(rank for rank, (_, kind) in enumerate(every, 1) if kind == 0)
    count = len(longer)
    return (ranks - count * (count + 1) / 2) / (count * len(shorter))


def test_the_measure_tells_what_differs() -> None:
    assert likelihood([3, 4], [1, 2]) == 1
    assert likelihood([1, 2], [3, 4]) == 0
    assert likelihood([1, 4], [2, 3]) == 0.5


Watch = Callable[[], int]


@pytest.mark.security_long
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.parametrize("path", PATHS)
def test_two_thousand_pairs_tell_nobody_who_is_known(
    app: Flask, db: object, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    pairs, begun = 2000, clock.now()
    chance = random.Random(20)
    asked = [(email, True) for email in people(app, pairs)]
    asked += [(email, False) for email in strangers(pairs)]
    order = [pair for both in zip(asked[:pairs], asked[pairs:], strict=True)
             for pair in chance.sample(both, 2)]  # fmt: skip
    for n in range(100):
        ask(app, path, f"warm{n}@orchard.example", n)
    watches: dict[str, Watch] = {"wall": time.perf_counter_ns, "cpu": time.thread_time_ns}
    taken: dict[tuple[str, bool], list[int]] = {(w, k): [] for w in watches for k in (True, False)}
    for number, (email, is_known) in enumerate(order):
        later = begun + timedelta(seconds=number)
        monkeypatch.setattr(clock, "now", lambda later=later: later)
        before = {name: watch() for name, watch in watches.items()}
        ask(app, path, email, number)
        for name, watch in watches.items():
            taken[name, is_known].append(watch() - before[name])
    for name in watches:
        auc = likelihood(taken[name, True], taken[name, False])
        known, unknown = (statistics.median(taken[name, k]) / 1e6 for k in (True, False))
        words = f"{path} {name}: AUC {auc:.3f}, median {known:.2f} and {unknown:.2f} ms"
        print(f"{words}, {pairs} pairs, {database.engine.dialect.name}")
        assert abs(auc - 0.5) <= 0.05, words
