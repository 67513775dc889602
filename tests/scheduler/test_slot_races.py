"""Two people who ask for the next free slot at the same moment: one gets the one after."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.channels.models import Channel
from app.db import db as database
from app.scheduler import slots
from app.scheduler.models import Delivery, Post
from tests import make
from tests.account.crowd import Press, at_once, post, sign_in

often = pytest.mark.parametrize("times", [12, pytest.param(200, marks=pytest.mark.security_long)])

SENT: dict[str, object] = {"when": "next_slot"}


@pytest.fixture
def people(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Alice and Bob, signed in, with a channel that has a slot each hour of each day."""
    alice, bob = make.alice(), make.bob("admin")
    channel = make.channel(alice)
    hours = [f"{hour:02}:00" for hour in range(20)]
    slots.add(make.member(alice), [channel], range(7), hours, "UTC")
    database.session.commit()
    [id] = database.session.scalars(select(Channel.id))
    monkeypatch.setitem(SENT, "channels", id)
    return [sign_in(app, alice), sign_in(app, bob)]


def ask(name: str) -> Press:
    return post("/posts/new", text=name, nonce=name, **SENT)


@often
def test_no_slot_is_given_to_two(
    app: Flask, people: list[str], times: int, figure: Callable[[str, str], None]
) -> None:
    for number in range(times):
        presses = [ask(f"{who}{number}") for who in ("alice", "bob")]
        answers = at_once(app, presses, people)
        assert [one.status_code for one in answers] == [303, 303]
        rows = database.session.scalars(select(Delivery).order_by(Delivery.due_at)).all()
        assert len({one.due_at for one in rows}) == len(rows) == 2
        assert all(one.in_slot for one in rows)
        assert rows[0].due_at and rows[1].due_at
        assert (rows[1].due_at - rows[0].due_at).total_seconds() in (3600, 5 * 3600)
        database.session.execute(delete(Post))
        database.session.commit()
    figure("two who asked for one slot at once", f"{times} times, 0 slots given twice")
