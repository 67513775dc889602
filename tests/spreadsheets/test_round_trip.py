"""What is written as CSV is read back as the very same posts, whatever people wrote in them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask_login import login_user
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from app.account.forms import normal
from app.db import db as database
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.labels import apart
from app.scheduler.models import Post
from app.scheduler.saying import Hung, Words
from app.spreadsheets import bringing_in, columns, export, reading
from app.spreadsheets.lines import Choices
from tests import make
from tests.doors.things import Owner, asset
from tests.examples import examples

DATABASES = ("sqlite",)  # what is written and read is the same on both
HOME = "http://localhost"
NASTY = st.sampled_from(
    ["=1+1", "'=1", "''@x", "---", "----", "a\n---\nb", "\n---", '"', '""', ";", "|", "[1]", "'", "-",
     "\ttab", "＝x", "{}", "a,b", "é", "👩‍👩‍👧‍👦", "https://example.com/x?a=1;b=2"]
)  # fmt: skip
texts = st.one_of(NASTY, st.text(max_size=30), st.lists(NASTY, max_size=4).map("\n".join)).map(
    lambda text: normal(text).strip()
)
some = texts.filter(bool)
names = (
    st.text("ab,;|= '-é", min_size=1, max_size=8)
    .map(lambda one: " ".join(one.split()))
    .filter(bool)
)
# The hours around both changes of the clock in 2027, in three zones.
TURNS = ((3, 28, 0), (10, 31, 0), (11, 7, 5), (4, 3, 15))
turns = st.sampled_from([datetime(2027, *turn, tzinfo=UTC) for turn in TURNS])
moments = st.builds(lambda day, minute: day + timedelta(minutes=minute), turns, st.integers(0, 300))
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


@pytest.fixture
def world(app: Flask, db: object) -> Iterator[dict[str, Any]]:
    """Two channels and two pictures, and a request of Alice's."""
    alice = make.alice()
    channels = [make.channel(alice, name=name) for name in ("one", "two, or three")]
    pictures = [asset(Owner(make.member(alice), clock.now(), n)) for n in range(2)]
    database.session.add_all(pictures)
    database.session.commit()
    with app.test_request_context():
        login_user(alice)
        g.member = make.member(alice)
        yield {"channels": channels, "pictures": pictures}


@st.composite
def compositions(draw: st.DrawFn) -> dict[str, Any]:
    """What a post says; channels and pictures by their place in the world."""
    parts = draw(st.lists(some, min_size=1, max_size=3))
    own = {}
    if draw(st.booleans()):
        own[draw(st.integers(0, 1))] = Words(
            tuple(draw(st.lists(some, min_size=1, max_size=2))), draw(texts)
        )
    return {
        "text": parts[0], "further": tuple(parts[1:]), "comment": draw(texts), "variants": own,
        "labels": tuple(apart(draw(st.lists(names, max_size=3))).values()),
        "campaign": draw(st.just("") | names),
        "due_at": draw(st.none() | moments), "zone": draw(st.sampled_from(ZONES)),
        "pictures": draw(st.lists(st.tuples(st.integers(0, 1), texts, st.integers(0, len(parts) - 1)),
                                  max_size=2, unique_by=lambda one: one[0])),
    }  # fmt: skip


@given(compositions())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_posts_come_back(world: dict[str, Any], said: dict[str, Any]) -> None:
    channels, pictures = world["channels"], world["pictures"]
    hung = tuple(Hung(pictures[place], alt, part) for place, alt, part in said["pictures"])
    own = {channels[place].id: words for place, words in said["variants"].items()}
    made = Composition(
        **said | {"pictures": hung, "variants": own},
        channels=tuple(channels),
        wall_time="",
    )
    try:
        post = write(g.member, made, f"n{clock.stopwatch()}", clock.now())
        raw = b"".join(_file(post))
        grid = reading.read(raw)
        found = columns.guess(grid.header, columns.recognise(grid.header))
        choices = Choices(found, "UTC", "day", frozenset(), home=HOME)
        [line] = bringing_in.lay_out(grid, choices, channels, g.member, clock.now())
        assert line.line.problems == {}
        back = line.sheet.composition(line.line.action)
        expected = dict(_essence(made))
        if not made.due_at:
            assert line.line.action == "draft"
        assert dict(_essence(back)) | {"zone": line.line.zone.key} == expected
    finally:
        database.session.rollback()


def _file(post: Post) -> Iterator[bytes]:
    """As the export writes it, of a post that was only flushed."""
    database.session.flush()
    yield export.csv_line(export.HEAD)
    yield export.csv_line(export.cells(post, make.alice().zone))


def _essence(made: Composition) -> Iterator[tuple[str, Any]]:
    for name in ("text", "further", "comment", "labels", "campaign", "due_at", "zone"):
        value = getattr(made, name)
        yield name, tuple(sorted(value)) if name == "labels" else value
    yield "variants", dict(made.variants)
    yield "channels", sorted(one.id for one in made.channels)
    yield (
        "pictures",
        [(Hung(*one).asset.id, Hung(*one).alt, Hung(*one).part) for one in made.pictures],
    )


def test_no_cell_of_the_export_begins_a_formula(world: dict[str, Any]) -> None:
    made = Composition(
        "=HYPERLINK(1)", tuple(world["channels"]), (), None, "", "UTC", campaign="+1"
    )
    post = write(g.member, made, "n", clock.now())
    body = b"".join(_file(post)).decode()
    cells = [cell for row in reading.read(body.encode()).rows for cell in row.cells]
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)]
    assert "'=HYPERLINK(1)" in cells
