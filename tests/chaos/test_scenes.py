"""Faults that take more than one step: people at the last moment, outages, restores, copies, poison,
clocks, doorbells, budgets, and several publishers at once."""

from typing import Any

import pytest
from flask import Flask

from app.channels import connecting
from app.channels.models import Channel
from app.db import db
from app.publishing.models import Instance
from app.scheduler import composing
from app.scheduler.composition import Composition
from tests import make
from tests.chaos.budget import MOST
from tests.chaos.cells import ASKED, CLASSES, ONCE, OUT_UNKNOWN
from tests.chaos.conftest import Play
from tests.chaos.faults import KILL, STOP, Faults, Poison, Scripted
from tests.chaos.scene import Scene

DATABASES = ("sqlite",)
LONG = pytest.mark.security_long


def quick(one: str) -> list[Any]:
    """Every class, but only one of them in the quick suite."""
    return [kind if kind == one else pytest.param(kind, marks=LONG) for kind in CLASSES]


def change(stage: Scene, id: int, how: str) -> None:
    """What a person does while a publisher stands still over the delivery."""
    row, member, now = stage.row(id), make.member(make.alice()), stage.time.now()
    if how == "cancel":
        composing.cancel(row.post, member, now)
    elif how == "disconnect":
        connecting.disconnect(row.channel_id, now)
    elif how == "edit":
        said = Composition("canary Other", (row.channel,), (), row.due_at, "", "UTC")
        composing.revise(row.post, member, said, row.post.version, now)
    db.session.commit()
    stage.note_words(stage.row(id).post)


@pytest.mark.parametrize("point", ["claimed", pytest.param("network: prepared", marks=LONG)])
@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("cancel", ("cancelled", "", 0)),
        ("edit", ONCE),
        ("disconnect", ("held", "reconnect", 0)),
    ],
)
def test_what_a_person_does_at_the_last_moment_holds(
    play: Play, point: str, how: str, end: tuple[str, str, int]
) -> None:
    stage = play("list")
    id = stage.write()
    stage.publish((point, STOP), stand=5)
    change(stage, id, how)
    stage.go(6)
    stage.shifts.wake()
    stage.settle()
    assert stage.end(id) == end
    assert stage.violations() == {}


@pytest.mark.parametrize("kind", quick("list"))
def test_after_a_restore_nothing_goes_out_again(play: Play, kind: str) -> None:
    stage = play(kind)
    id = stage.write(due=120)
    stage.sweep()
    put_back = stage.back_up(id)
    stage.go(121)
    stage.publish()
    stage.sweep()
    assert stage.end(id) == ONCE
    put_back()
    stage.go(400)
    stage.sweep()
    stage.publish()
    stage.settle()
    assert stage.end(id) == (ONCE if kind in ASKED else ("held", "restore", 1))


@pytest.mark.parametrize("kind", quick("list"))
def test_nor_what_waited_for_another_try_when_the_backup_was_made(play: Play, kind: str) -> None:
    stage = play(kind)
    id = stage.write()
    stage.sweep()
    stage.publish(("publish", "nobody"))
    put_back = stage.back_up(id)
    stage.go(90)
    stage.publish()
    stage.go(60)
    stage.sweep()
    assert stage.end(id) == ONCE
    put_back()
    stage.go(400)
    stage.sweep()
    stage.publish()
    stage.settle()
    assert stage.end(id) == (ONCE if kind in ASKED else ("held", "restore", 1))


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=LONG) if kind != "list" else kind for kind in ASKED]
)
def test_nor_the_further_parts_of_a_thread(play: Play, kind: str) -> None:
    stage = play(kind)
    id = stage.write("canary One", "canary Two", "canary Three")
    stage.sweep()
    put_back = stage.back_up(id)
    stage.publish()
    stage.go(130)
    stage.sweep()
    assert stage.end(id) == ("published", "", 3)
    put_back()
    stage.go(400)
    stage.sweep()
    stage.publish()
    stage.settle(looks=9)
    assert stage.end(id) == ("published", "", 3)


def test_a_backup_of_minutes_ago_is_noticed_too(play: Play) -> None:
    stage = play("blind")
    id = stage.write(due=30)
    stage.sweep()
    put_back = stage.back_up(id)
    stage.go(130)
    stage.publish()
    stage.sweep()
    put_back()
    stage.go(60)
    stage.sweep()
    stage.settle()
    assert stage.end(id) == ("held", "restore", 1)


@pytest.mark.parametrize(("hours", "end"), [(1.5, ONCE), (3, ("held", "late", 0))])
def test_after_an_outage_the_late_policy_decides_and_nothing_is_dropped(
    play: Play, hours: float, end: tuple[str, str, int]
) -> None:
    stage = play("list")
    id = stage.write(due=60)
    stage.sweep()
    stage.go(hours * 3600)
    stage.sweep()
    stage.publish()
    stage.settle()
    assert stage.end(id) == end
    assert stage.violations() == {}


def test_after_an_outage_a_channel_sends_one_a_minute(play: Play) -> None:
    stage = play("exact")
    channel = stage.connect()
    ids = [stage.write(f"canary {n}", channel=channel, due=n) for n in range(3)]
    stage.sweep()
    stage.go(280)
    stage.sweep()
    stage.publish()
    assert [stage.end(id)[2] for id in ids] == [1, 0, 0]
    stage.settle()
    assert [stage.end(id) for id in ids] == [ONCE] * 3


@pytest.mark.parametrize("way", ["preparing", "sending"])
@pytest.mark.parametrize("kind", quick("list"))
def test_poison_stops_itself_and_nobody_else(play: Play, way: str, kind: str) -> None:
    stage = play(kind)
    id = stage.write(f"poison of {way}")
    other = stage.write("canary Innocent")
    for _ in range(16):
        stage.together(Poison())
        stage.go(91)
        stage.sweep()
    is_blind = kind == "blind" and way == "sending"
    assert stage.end(id) == (OUT_UNKNOWN if is_blind else ("failed", "poison", 0))
    assert stage.end(other)[0] == "published" or kind == "blind"
    assert stage.shifts.tally.deaths <= 3
    assert stage.violations() == {}


@pytest.mark.parametrize("jump", [300, -300])
@pytest.mark.parametrize("kind", quick("list"))
def test_a_clock_that_jumps_costs_a_look_and_never_a_second_post(
    play: Play, jump: float, kind: str
) -> None:
    stage = play(kind)
    id = stage.write()
    stage.publish(("network: taken", STOP), stand=jump + 30)
    stage.go(jump)
    stage.sweep()
    stage.publish()
    stage.go(400)
    stage.shifts.wake(0)
    stage.settle()
    assert stage.end(id) == ONCE


@pytest.mark.parametrize("bells", [2, 3])
@pytest.mark.parametrize("kind", quick("list"))
def test_many_doorbells_make_one_post(play: Play, bells: int, kind: str) -> None:
    stage = play(kind)
    id = stage.write("canary One", "canary Two")
    stage.together(*[Faults() for _ in range(bells)])
    stage.settle()
    assert stage.end(id) == ("published", "", 2)
    assert stage.violations() == {}


@pytest.mark.parametrize("kind", quick("list"))
def test_a_copy_of_the_database_posts_nothing(
    play: Play, kind: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = play(kind)
    db.session.merge(Instance(id=1, name="production"))
    db.session.commit()
    id = stage.write()
    copied = app.config["SETTINGS"].model_copy(update={"instance_id": "staging"})
    monkeypatch.setitem(app.config, "SETTINGS", copied)
    stage.settle(looks=2)
    assert stage.end(id) == ("scheduled", "", 0)


def test_a_stalled_sender_closes_no_try_but_its_own(play: Play) -> None:
    """The first wakes when the second has sent and died: that one's try must stay open."""
    stage = play("list")
    id = stage.write()
    stage.publish(("intended", STOP), stand=300)
    for _ in range(3):
        stage.go(91)
        stage.sweep()
        stage.publish(("network: taken", KILL))
        if stage.end(id)[2]:
            break
    stage.go(300 - stage.time.seconds)
    stage.shifts.wake(0)
    stage.settle()
    assert stage.end(id) == ONCE
    assert stage.violations() == {}


@pytest.mark.parametrize("kind", quick("blind"))
def test_a_part_whose_answer_comes_late_is_no_question_any_more(play: Play, kind: str) -> None:
    """Its lease had ended when the answer was read; nothing but asking was done about it since."""
    stage = play(kind)
    id = stage.write("canary One", "canary Two", "canary Three")
    stage.publish(("network: taken#2", STOP), stand=95)
    stage.go(93)
    stage.sweep()
    assert stage.row(id).state == ("held" if kind == "blind" else "confirming")
    stage.go(2)
    stage.shifts.wake(0)
    stage.settle(looks=6)
    assert stage.end(id) == ("published", "", 3)
    assert stage.violations() == {}


@pytest.mark.parametrize("kind", quick("list"))
def test_a_sender_that_stood_still_before_the_first_byte_sends_none(play: Play, kind: str) -> None:
    """By the time it wakes the network was asked twice, and another has sent it."""
    stage = play(kind)
    id = stage.write()
    stage.publish(("network: leaving", STOP), stand=300)
    stage.settle(looks=3)
    stage.go(300 - stage.time.seconds)
    stage.shifts.wake(0)
    stage.settle()
    assert stage.end(id) == (OUT_UNKNOWN if kind == "blind" else ONCE)
    assert stage.violations() == {}


def test_a_sender_that_wakes_when_all_is_done_changes_nothing(play: Play) -> None:
    stage = play("list")
    id = stage.write()
    stage.publish(("intended", STOP), stand=250)
    stage.settle()
    assert stage.end(id) == ONCE
    assert stage.attempts(id) == ["absent", "accepted"]


def test_a_stalled_renewal_takes_nobodys_keys(play: Play) -> None:
    """By the time its refresh reaches the network another has rotated and used the keys."""
    stage = play("list")
    channel = stage.connect(way="rotating")
    stage.go(1900)
    id = stage.write(channel=channel)
    stage.publish(("network: renewing", STOP), stand=100)
    stage.settle(looks=2)
    stage.shifts.wake(0)
    assert stage.end(id) == ONCE
    assert db.session.scalars(db.select(Channel.state)).all() == ["active"]


def test_no_more_leave_than_a_network_allows(play: Play) -> None:
    stage = play("list")
    channel = stage.connect(way="narrow")
    ids = [stage.write(f"canary {n}", channel=channel) for n in range(MOST + 2)]
    stage.publish()
    stage.together(Faults(), Faults())
    assert sum(stage.end(id)[2] for id in ids) == MOST
    stage.settle(looks=8)
    assert [stage.end(id) for id in ids] == [ONCE] * len(ids)
    assert stage.violations() == {}


def test_a_thread_spends_as_much_as_it_has_parts(play: Play) -> None:
    stage = play("list")
    channel = stage.connect(way="narrow")
    for n in range(MOST - 1):
        stage.write(f"canary {n}", channel=channel)
    stage.publish()
    id = stage.write("canary One", "canary Two", "canary Three", channel=channel)
    stage.publish()
    assert stage.end(id)[2] == 1
    stage.settle(looks=6)
    assert stage.end(id) == ("published", "", 3)
    assert stage.violations() == {}


def test_a_wait_holds_whatever_else_is_heard(play: Play) -> None:
    """Of four at once the first is told to wait; what the others hear does not open the door."""
    stage = play("list")
    channel = stage.connect(way="narrow")
    for n in range(8):
        stage.write(f"canary {n}", channel=channel, due=60 * (n // 4))
    stage.together(Scripted(("publish", "busy")))
    stage.settle(looks=9)
    assert stage.violations() == {}
