"""Every condition that names an organisation, or a person, is taken away once, and missed: by the doors,
which answer otherwise then, by the watch over statements, or by the test that named.py names for it."""

import random
from pathlib import Path

import pytest
from flask import Flask

from tests.doors.asking import doors
from tests.doors.world import build
from tests.mutants import killing
from tests.mutants.conditions import conditions
from tests.mutants.named import EQUIVALENT, NAMED
from tests.mutants.permissions import Trying
from tests.mutants.scopes import questions, survivors

SEED, QUICK = 20261125, 4
HANDY = ("channels.channel", "media.asset", "posts.post", "support.thread", "account.members")


@pytest.fixture
def asker(app: Flask, db: object) -> Trying:
    """On SQLite, where no second lock helps."""
    if "sqlite" not in app.config["SETTINGS"].database_url:
        pytest.skip("Postgres has the second lock")
    return Trying(app, build())


@pytest.mark.proves("P7.1", "P2.2")
def test_a_scope_that_is_gone_is_missed(app: Flask, asker: Trying) -> None:
    chosen = [one for one in doors(app) if one.rule.endpoint in HANDY and one.method == "GET"]
    asked = questions(asker, chosen)
    listed = EQUIVALENT.keys() | NAMED.keys()
    passed = [one for one in conditions() if one.is_asked_anew and one.name in asked]
    noticed = [one for one in passed if one.name not in listed]
    assert len(noticed) >= QUICK
    some = random.Random(SEED).sample(noticed, QUICK)
    assert [one.name for one in survivors(asker, asked, some)] == []


@pytest.mark.security_long
@pytest.mark.proves("P7.1", "P2.2")
def test_every_scope_that_is_gone_is_missed(app: Flask, asker: Trying, tmp_path: Path) -> None:
    every = conditions()
    listed = EQUIVALENT.keys() | NAMED.keys()
    assert listed <= {one.name for one in every}, "a condition is listed that is not there"
    left = {one.name for one in survivors(asker, questions(asker, doors(app)), every)}
    assert left <= listed, "\n".join(sorted(left - listed))
    assert left == listed, "the doors notice: " + ", ".join(sorted(listed - left))
    assert killing.survivors(NAMED, tmp_path) == []
    total = len(every) - len(EQUIVALENT)
    print(f"scopes: {total} of {total} killed, {len(NAMED)} by name; {len(EQUIVALENT)} equivalent")
