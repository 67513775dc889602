"""Somebody who owns the database changes the log by hand: each change is found and named."""

import random
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from app import audit, clock
from app.audit import merkle
from app.audit.models import events
from app.audit.verifying import Fault, leaf_of
from app.db import db as database
from tests import make
from tests.audit.test_log import fill
from tests.guards import disarm

pytestmark = pytest.mark.usefixtures("db")
SIZE, SIGNED = 40, 32


def run(statement: str, **values: object) -> None:
    database.session.execute(text(statement), values)


@pytest.fixture
def log(db: object) -> Iterator[None]:
    """40 events with a signed head over the first 32; what a test breaks is rolled back."""
    alice, bob = make.alice(), make.bob()
    fill(SIGNED, alice, bob)
    audit.sign_head(clock.now())
    fill(SIZE - SIGNED, alice, bob)
    assert audit.verify() == []
    disarm(database.session.connection())
    yield
    database.session.rollback()


def found() -> list[tuple[str, int]]:
    return [(fault.kind, fault.number) for fault in audit.verify()]


def edit(dice: random.Random) -> tuple[str, int]:
    number = dice.randrange(SIZE)
    change = dice.choice(
        [
            "action = 'post.deleted'",
            "organization_id = 999",
            "at = '2020-01-01 00:00:00'",
            "actor = subject",
            "details = actor",
        ]
    )
    run(f"UPDATE audit_event SET {change} WHERE number = :number", number=number)
    return "edited", number


def edit_with_its_hash(dice: random.Random) -> tuple[str, int]:
    """Cleverer: the leaf is hashed anew, so that the row fits itself. What is named is the
    smallest part of the tree that does not fit any more."""
    number = dice.randrange(SIZE)
    run("UPDATE audit_event SET action = 'post.deleted' WHERE number = :number", number=number)
    row = database.session.execute(events.select().where(events.c.number == number)).one()
    changed = events.update().where(events.c.number == number)
    database.session.execute(changed.values(leaf=leaf_of(row, number)))
    return "rewritten", number + 1 - (1 << merkle.level(number + 1))


def delete(dice: random.Random) -> tuple[str, int]:
    number = dice.randrange(SIZE - 1)
    run("DELETE FROM audit_event WHERE number = :number", number=number)
    return "deleted", number


def swap(dice: random.Random) -> tuple[str, int]:
    one, other = sorted(dice.sample(range(SIZE), 2))
    for was, becomes in ((one, -1), (other, one), (-1, other)):
        run("UPDATE audit_event SET number = :to WHERE number = :was", to=becomes, was=was)
    return "reordered", one


def truncate(dice: random.Random) -> tuple[str, int]:
    number = dice.randrange(SIZE)
    run("DELETE FROM audit_event WHERE number >= :number", number=number)
    return "truncated", number


def truncate_and_hide(dice: random.Random) -> tuple[str, int]:
    """Cleverer: the log's end is rewound too; only the signed head tells."""
    number = dice.randrange(SIGNED)
    run("DELETE FROM audit_event WHERE number >= :number", number=number)
    run("DELETE FROM audit_detail WHERE number >= :number", number=number)
    hashes = peaks(number)
    run("UPDATE audit_edge SET size = :size, hashes = :hashes", size=number, hashes=hashes)
    return "truncated", number


def peaks(size: int) -> bytes:
    rows = database.session.execute(text("SELECT number, peak FROM audit_event")).all()
    known = {row.number: bytes(row.peak) for row in rows}
    return b"".join(known[end - 1] for end in merkle.ends(size))


def insert(dice: random.Random) -> tuple[str, int]:
    number, model = SIZE + dice.randrange(3), dice.randrange(SIZE)
    columns = "at, action, organization_id, actor, subject, details, leaf, peak"
    run(
        f"INSERT INTO audit_event (number, {columns})"
        f" SELECT :number, {columns} FROM audit_event WHERE number = :model",
        number=number,
        model=model,
    )
    return "inserted", number


def change_detail(dice: random.Random) -> tuple[str, int]:
    number = dice.randrange(SIZE)
    change = dice.choice(
        [
            "sealed = actor_salt",
            "sealed = NULL, details_salt = NULL",
            "actor_salt = subject_salt",
            "details_salt = actor_salt",
            'subject_id = (SELECT max(id) FROM "user"), subject_salt = details_salt',
        ]
    )
    run(f"UPDATE audit_detail SET {change} WHERE number = :number", number=number)
    return "detail", number


def delete_detail(dice: random.Random) -> tuple[str, int]:
    number = dice.randrange(SIZE)
    run("DELETE FROM audit_detail WHERE number = :number", number=number)
    return "detail", number


def forge_head(dice: random.Random) -> tuple[str, int]:
    change = dice.choice(["root = signature", "size = 32 + 0 * size, signed_at = '2020-01-01'"])
    run(f"UPDATE audit_head SET {change}")
    return "head", SIGNED


HANDS: list[Callable[[random.Random], tuple[str, int]]] = [
    edit,
    edit_with_its_hash,
    delete,
    swap,
    truncate,
    truncate_and_hide,
    insert,
    change_detail,
    delete_detail,
    forge_head,
]


@pytest.mark.proves("P7.4")
@pytest.mark.parametrize("hand", HANDS)
def test_every_change_by_hand_is_found_and_named(
    log: None, hand: Callable[[random.Random], tuple[str, int]]
) -> None:
    """20 of each kind: 200 in all."""
    for seed in range(20):
        with database.session.begin_nested() as savepoint:
            expected = hand(random.Random(seed))
            assert expected in found(), f"seed {seed}: {expected} not in {found()}"
            savepoint.rollback()
    assert found() == []


@pytest.mark.proves("P7.4")
def test_a_log_written_anew_with_all_its_hashes_is_caught_by_the_signed_head(log: None) -> None:
    """The best hand: one event is changed and everything after it hashed again, to the end."""
    run("UPDATE audit_event SET action = 'post.deleted' WHERE number = 5")
    rewrite_hashes()
    assert found() == [("rewritten", SIGNED - 1)]


def rewrite_hashes() -> None:
    edge: list[bytes] = []
    rows = database.session.execute(events.select().order_by(events.c.number)).all()
    for row in rows:
        edge = merkle.append(edge, row.number, leaf_of(row, row.number))
        database.session.execute(
            events.update()
            .where(events.c.number == row.number)
            .values(leaf=leaf_of(row, row.number), peak=edge[-1])
        )
    run("UPDATE audit_edge SET hashes = :hashes", hashes=b"".join(edge))


def test_several_changes_are_several_faults_and_nothing_else_is_named(log: None) -> None:
    run("UPDATE audit_event SET action = 'post.deleted' WHERE number IN (3, 20)")
    run("DELETE FROM audit_event WHERE number = 11")
    run("DELETE FROM audit_detail WHERE number = 11")
    assert found() == [("edited", 3), ("deleted", 11), ("edited", 20)]


def test_a_head_that_is_gone_is_missed(log: None) -> None:
    audit.sign_head(clock.now())
    run("DELETE FROM audit_head WHERE number = 1")
    assert found() == [("head", SIZE)]


def test_the_end_of_the_log_is_held_to_the_events(log: None) -> None:
    run("UPDATE audit_edge SET hashes = :hashes", hashes=peaks(SIGNED))
    assert found() == [("edge", SIZE)]


def test_rows_moved_on_by_one_are_named_as_what_they_were(log: None) -> None:
    run("DELETE FROM audit_event WHERE number = 36")
    for number in range(37, SIZE):
        run("UPDATE audit_event SET number = :to WHERE number = :was", to=number - 1, was=number)
    words = {fault.number: str(fault) for fault in audit.verify() if fault.kind == "reordered"}
    assert words[37] == "reordered 37: this was event 38"
    assert ("truncated", SIZE - 1) in found()


@pytest.mark.proves("P7.4")
def test_the_command_names_each_fault_and_fails(
    app: Flask, db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(3, make.alice(), make.bob())
    runner: FlaskCliRunner = app.test_cli_runner()
    fine = runner.invoke(args=["audit", "verify"])
    assert (fine.exit_code, fine.output) == (0, "3 events, 0 signed heads: whole.\n")
    fault = Fault("edited", 1, "it does not match its leaf")
    monkeypatch.setattr(audit, "verify", lambda: [fault])
    broken = runner.invoke(args=["audit", "verify"])
    assert broken.exit_code == 1
    assert "FAULT edited 1: it does not match its leaf" in broken.output
