"""The log: appended in the caller's transaction, whole, refused to change, erasable."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import audit, clock
from app.account.models import User
from app.audit import leaves, merkle
from app.audit.models import AuditDetail, AuditEvent, AuditHead
from app.audit.openings import BOTH, Openings
from app.db import db as database
from tests import make

pytestmark = pytest.mark.usefixtures("db")


def fill(count: int, alice: User, bob: User) -> None:
    """Events of several shapes: by Alice, about Bob, by nobody."""
    for n in range(count):
        kind = n % 3
        audit.record(
            ("organization.changed", "member.role_changed", "account.sign_in_failed")[kind],
            actor=alice.id if kind < 2 else None,
            subject=bob.id if kind == 1 else None,
            organization=1,
            role="editor",
            n=n,
        )
    database.session.commit()


def opened(number: int, part: str) -> str | None:
    row = database.session.execute(BOTH.where(AuditEvent.number == number)).one()
    return Openings().value(row, part)


@pytest.mark.proves("P7.4")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 13])
def test_a_log_of_any_length_verifies(count: int) -> None:
    fill(count, make.alice(), make.bob())
    assert audit.verify() == []
    assert database.session.query(AuditEvent).count() == count


def test_what_is_rolled_back_was_never_recorded() -> None:
    fill(2, make.alice(), make.bob())
    audit.record("post.created", organization=1)
    database.session.rollback()
    assert database.session.query(AuditEvent).count() == 2
    fill(1, make.alice(), make.bob())
    assert audit.verify() == []


def test_an_action_outside_the_list_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"app/audit/actions\.py"):
        audit.record("something.happened")


def test_a_leaf_holds_no_name_and_no_text_and_the_details_are_sealed() -> None:
    alice, bob = make.alice(), make.bob()
    audit.record("member.removed", actor=alice.id, subject=bob.id, organization=1, why="canary")
    database.session.commit()
    for table in ("audit_event", "audit_detail", "audit_key"):
        rows = database.session.execute(text(f"SELECT * FROM {table}")).all()
        assert b"canary" not in repr(rows).encode() and "Bob" not in repr(rows)
    assert opened(0, "details") == '{"why":"canary"}'
    assert opened(0, "subject") == str(bob.id)


@pytest.mark.proves("P7.4")
@pytest.mark.parametrize("table", ["audit_event", "audit_head", "audit_detail", "audit_key"])
def test_the_database_refuses_to_change_and_to_delete(table: str) -> None:
    fill(3, make.alice(), make.bob())
    audit.sign_head(clock.now())
    database.session.commit()
    column = {"audit_key": "sealed", "audit_detail": "sealed"}.get(table, "number")
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if database.engine.dialect.name == "postgresql":
        statements.append(f"TRUNCATE {table}")
    else:
        statements.append(f"REPLACE INTO {table} SELECT * FROM {table}")
    for statement in statements:
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            database.session.execute(text(statement))
        database.session.rollback()
    assert audit.verify() == []


@pytest.mark.proves("P7.4", "P8.3")
def test_an_erased_person_is_gone_and_the_log_still_verifies() -> None:
    alice, bob = make.alice(), make.bob()
    fill(9, alice, bob)
    audit.sign_head(clock.now())
    before = [row.leaf for row in database.session.query(AuditEvent).order_by(AuditEvent.number)]
    assert audit.erase_person(bob.id) == 3
    database.session.commit()
    assert audit.verify() == []
    after = [row.leaf for row in database.session.query(AuditEvent).order_by(AuditEvent.number)]
    assert after[:9] == before
    assert opened(1, "subject") is opened(1, "details") is None
    assert opened(1, "actor") == str(alice.id)
    assert opened(0, "details") == '{"n":0,"role":"editor"}'
    keys = database.session.execute(text("SELECT person_id FROM audit_key")).scalars().all()
    assert set(keys) == {alice.id, None}
    assert audit.erase_person(alice.id) == 6
    database.session.delete(bob)
    database.session.delete(alice)
    database.session.commit()
    assert audit.verify() == []


def test_a_person_leaves_the_log_before_the_rest_goes() -> None:
    bob = make.bob()
    fill(3, make.alice(), bob)
    database.session.delete(bob)
    with pytest.raises(DBAPIError):
        database.session.commit()
    database.session.rollback()


def test_old_details_are_shredded_and_the_shredding_is_on_record() -> None:
    fill(4, make.alice(), make.bob())
    now = clock.now()
    fill(2, make.alice(), make.bob())
    assert audit.forget_before(now) == 4
    assert audit.forget_before(now) == 0
    database.session.commit()
    assert audit.verify() == []
    assert database.session.query(AuditDetail).count() == 3
    assert opened(4, "details") is not None


def test_heads_are_signed_once_per_state(app: Flask) -> None:
    assert audit.sign_head(clock.now()) is None
    fill(5, make.alice(), make.bob())
    head = audit.sign_head(clock.now())
    assert head is not None and (head.number, head.size) == (1, 5)
    assert audit.sign_head(clock.now()) is None
    fill(1, make.alice(), make.bob())
    second = audit.sign_head(clock.now())
    assert second is not None and (second.number, second.size) == (2, 6)
    database.session.commit()
    assert audit.verify() == []
    assert database.session.query(AuditHead).count() == 2


def test_keys_are_resealed_and_everything_still_opens() -> None:
    fill(4, make.alice(), make.bob())
    audit.sign_head(clock.now())
    before = database.session.execute(text("SELECT sealed FROM audit_key")).scalars().all()
    assert audit.reseal_keys() == 4
    database.session.commit()
    after = database.session.execute(text("SELECT sealed FROM audit_key")).scalars().all()
    assert not set(before) & set(after)
    assert audit.verify() == []


def at_once(app: Flask, count: int, deed: Callable[[int], None]) -> None:
    """The same deed in several threads, each with a session of its own."""
    gate = threading.Barrier(count)
    troubles: list[BaseException] = []

    def run(n: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                deed(n)
            except BaseException as trouble:
                troubles.append(trouble)
            finally:
                database.session.remove()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []


@pytest.mark.proves("P7.4")
def test_appends_at_once_make_one_log(app: Flask) -> None:
    """Also the very first ones, which race for the end's row and for the person's key."""
    alice = make.alice().id
    database.session.rollback()

    def append(n: int) -> None:
        for _ in range(10):
            audit.record("post.created", actor=alice, organization=1, n=n)
            database.session.commit()

    at_once(app, 3, append)
    database.session.rollback()
    numbers = [row.number for row in database.session.query(AuditEvent)]
    assert sorted(numbers) == list(range(30))
    assert audit.verify() == []


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 21])
def test_every_inclusion_proof_leads_to_the_root(size: int) -> None:
    content = [merkle.leaf_hash(str(n).encode()) for n in range(size)]
    edge: list[bytes] = []
    peaks: list[bytes] = []
    for n, leaf in enumerate(content):
        edge = merkle.append(edge, n, leaf)
        peaks.append(edge[-1])
    root = merkle.root(edge)
    for n in range(size):
        steps = merkle.path(n, size, peaks.__getitem__, content.__getitem__)
        assert merkle.root_of_path(n, size, content[n], steps) == root
        assert merkle.root_of_path(n, size, content[n - 1], steps) != root or size == 1


def test_the_tree_is_the_one_of_the_standard() -> None:
    """Known answers for the inputs of certificate-transparency's own tests (RFC 6962)."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    edge: list[bytes] = []
    for n, one in enumerate(inputs):
        edge = merkle.append(edge, n, merkle.leaf_hash(bytes.fromhex(one)))
    assert merkle.root(edge).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )
    assert merkle.EMPTY.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_canonical_text_is_one_per_value() -> None:
    assert leaves.canonical({"b": 1, "a": "ä"}) == '{"a":"\\u00e4","b":1}'
