"""Engines with one mistake each, put in by patching; and the directed faults that must find it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import delete, false, select, update

from app.db import db, table
from app.networks import Published, Refused, Unknown
from app.publishing import (
    budgets,
    carrying,
    claiming,
    confirming,
    engine,
    gaps,
    grants,
    intents,
    outcomes,
    sweeping,
    turns,
    welcome,
    writing,
)
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CANCELLED, RETRY, SENDING
from tests.chaos import test_scenes as scenes
from tests.chaos.cells import ONCE, Cell
from tests.chaos.conftest import Play
from tests.chaos.faults import KILL, STOP

row, attempt = table(Delivery).c, table(Attempt).c
Patches = tuple[AbstractContextManager[Any], ...]
Look = Cell | Callable[[Play], None]


@dataclass(frozen=True)
class Mutant:
    """`looks` are cells of the matrix, and scenes that fail."""

    name: str
    patches: Callable[[], Patches]
    looks: tuple[Look, ...]


def swap(owner: Any, name: str, by: Any) -> AbstractContextManager[Any]:
    return patch.object(owner, name, by)


def _guessing(is_guessed: Callable[[Unknown], bool]) -> Callable[[], Patches]:
    """What is not known is taken for a no."""
    whole = outcomes.Outcome

    def made(work: Any, result: Any) -> Any:
        if isinstance(result, Unknown) and is_guessed(result):
            result = Refused(result.reason)
        return whole(work, result)

    return lambda: (swap(carrying, "Outcome", made),)


def _resend_open() -> Patches:
    """What its sender left open is sent again, without asking."""

    def doubt(id: int, is_open: bool, blind: bool, now: Any) -> None:
        ours = (row.id == id, row.state == SENDING)
        again = {"state": RETRY, "lease_until": None, "not_before": now}
        db.session.execute(update(table(Delivery)).where(*ours).values(again))
        lost = update(table(Attempt)).where(attempt.delivery_id == id, attempt.state == SENDING)
        db.session.execute(lost.values(state="absent"))

    return (swap(sweeping, "_doubt", doubt),)


def _key_per_attempt() -> Patches:
    whole = intents.intend

    def intend(works: Any, now: Any) -> Any:
        for work in works:
            work.remote_key, work.remote_at = work.adapter.new_key(work.id, now), work.due_at
        leaving = whole(works, now)
        intents.write([intents._key_of(w) for w in leaving])
        return leaving

    return (swap(intents, "intend", intend),)


def _sweep_only_scheduled() -> Patches:
    return (swap(sweeping, "find_abandoned", lambda now: 0),)


def _no_settling() -> Patches:
    return (
        swap(outcomes, "settle_time", lambda: timedelta()),
        swap(confirming, "READS", (0, 0, 0)),
    )


def _one_read() -> Patches:
    whole = confirming._absent

    def absent(work: Any) -> None:
        work.reads = 1
        whole(work)

    return (swap(confirming, "_absent", absent), swap(outcomes, "settle_time", lambda: timedelta()))


def _part_resent() -> Patches:
    """A thread that goes on begins anew."""
    whole = claiming._hand_over

    def hand_over(found: Any) -> Any:
        return replace(whole(found), steps=()) if found["state"] == RETRY else whole(found)

    return (swap(claiming, "_hand_over", hand_over),)


def _steps_truncated() -> Patches:
    """Only the part that came last is remembered."""

    def as_step(w: Any, result: Published, now: Any) -> Any:
        made = whole(w, result, now)
        return made | {"steps": made["steps"][-1:]}

    whole = outcomes._as_step
    return (swap(outcomes, "_as_step", as_step),)


def _one_part_is_enough() -> Patches:
    return (
        swap(outcomes, "is_last_step", lambda w: True),
        swap(carrying, "is_last_step", lambda w: True),
    )


def _no_budgets() -> Patches:
    return (
        swap(intents, "spend", lambda works, now: list(works)),
        swap(engine, "_keep_budgets", lambda told: [None] * len(told)),
    )


def _no_fence() -> Patches:
    def write(rows: Any) -> None:
        for one in rows:
            values = {name: one[name] for name in one.keys() - {"b_id", "b_fence"}}
            ours = update(table(Delivery)).where(row.id == one["b_id"])
            db.session.execute(ours.values(values))

    modules = (outcomes, intents, writing)
    return tuple(swap(module, "write", write) for module in modules)


def _late_is_dropped() -> Patches:
    def hold_back(now: Any) -> int:
        late = row.id.in_(welcome.too_late(now))
        gone = update(table(Delivery)).where(late).values(state=CANCELLED)
        db.session.execute(gone)
        return 0

    return (swap(sweeping, "hold_back", hold_back),)


def _late_goes_out() -> Patches:
    return (
        swap(turns, "is_too_late", lambda now: false()),
        swap(sweeping, "too_late", lambda now: select(row.id).where(false())),
    )


def _no_gap_rule() -> Patches:
    return (
        swap(gaps, "asks_first", lambda work, gaps: False),
        swap(gaps, "hold_restored", lambda now: 0),
    )


def _no_spacing() -> Patches:
    return (
        swap(turns, "is_overdue", lambda now: false()),
        swap(turns, "is_spaced", lambda work, now: False),
    )


def _no_turn_of_keys() -> Patches:
    """Whoever wants to renews, and whoever comes too late still loses the channel."""
    return (
        swap(grants, "_take", lambda channel_id, version, now: True),
        swap(grants, "_write", lambda channel_id, version, values: True),
    )


def _slow_is_sent() -> Patches:
    return (swap(carrying, "SEND_WITHIN", 10.0**9),)


def _leaves_when_it_wakes() -> Patches:
    return (swap(carrying, "LEAVE_WITHIN", 10.0**9),)


def _no_intent() -> Patches:
    whole = engine._write_intents

    def write_intents(works: Any) -> Any:
        answers = whole(works)
        ids = [work.id for work in works]
        db.session.execute(delete(table(Attempt)).where(attempt.delivery_id.in_(ids)))
        return answers

    return (swap(engine, "_write_intents", write_intents),)


def _poison_for_ever() -> Patches:
    return (swap(sweeping, "find_poison", lambda now: 0),)


def _channels_for_ever() -> Patches:
    return (swap(intents, "usable_channels", lambda: select(row.channel_id)),)


def _waits_forgotten() -> Patches:
    return (swap(budgets, "_both", lambda known, one: one), swap(budgets, "WAIT", ""))


def _cell(name: str, script: tuple[tuple[str, str], ...], **more: Any) -> Cell:
    return Cell(name, "list", script, more.pop("end", ONCE), **more)


LOST = _cell("lost reply", (("publish", "lose"),))
FAILS = _cell("5xx after accept", (("publish", "5xx"),))
DIED = _cell("died with the answer", (("network: taken", KILL),))
LATE = _cell("late effect", (("publish", "late"),))
SLEPT = _cell("stood still before sending", (("intended", STOP),))
THREAD = _cell("thread", (("publish#2", "lose"),), end=("published", "", 3), parts=3)


def _restored(kind: str) -> Callable[[Play], None]:
    return lambda play: scenes.test_after_a_restore_nothing_goes_out_again(play, kind)


def _late(play: Play) -> None:
    scenes.test_after_an_outage_the_late_policy_decides_and_nothing_is_dropped(
        play, 3, ("held", "late", 0)
    )


def _removed(play: Play) -> None:
    end = ("held", "reconnect", 0)
    scenes.test_what_a_person_does_at_the_last_moment_holds(
        play, "network: prepared", "disconnect", end
    )


def _stood_still(play: Play) -> None:
    scenes.test_a_sender_that_stood_still_before_the_first_byte_sends_none(play, "list")


def _poison(play: Play) -> None:
    scenes.test_poison_stops_itself_and_nobody_else(play, "sending", "list")


MUTANTS = (
    Mutant("5xx is failed", _guessing(lambda known: "502" in known.reason), (FAILS,)),
    Mutant("a timeout is not sent", _guessing(lambda known: True), (LOST,)),
    Mutant("an open try is sent again", _resend_open, (DIED,)),
    Mutant("a key per try", _key_per_attempt, (_restored("exact"),)),
    Mutant("only what is scheduled is swept", _sweep_only_scheduled, (DIED,)),
    Mutant("no settling", _no_settling, (LATE,)),
    Mutant("one read is enough", _one_read, (LATE,)),
    Mutant("a part is sent again", _part_resent, (THREAD,)),
    Mutant("steps are forgotten", _steps_truncated, (THREAD,)),
    Mutant("one part is enough", _one_part_is_enough, (THREAD,)),
    Mutant("no budgets", _no_budgets, (scenes.test_no_more_leave_than_a_network_allows,)),
    Mutant(
        "no fence", _no_fence, (scenes.test_a_sender_that_wakes_when_all_is_done_changes_nothing,)
    ),
    Mutant("what is late is dropped", _late_is_dropped, (_late,)),
    Mutant("what is late goes out", _late_goes_out, (_late,)),
    Mutant("no gap rule, asked", _no_gap_rule, (_restored("list"),)),
    Mutant("no gap rule, blind", _no_gap_rule, (_restored("blind"),)),
    Mutant("no spacing", _no_spacing, (scenes.test_after_an_outage_a_channel_sends_one_a_minute,)),
    Mutant(
        "keys without turns", _no_turn_of_keys, (scenes.test_a_stalled_renewal_takes_nobodys_keys,)
    ),
    Mutant("sent long after its intent", _slow_is_sent, (SLEPT,)),
    Mutant("a byte leaves long after", _leaves_when_it_wakes, (_stood_still,)),
    Mutant("no intent", _no_intent, (LOST,)),
    Mutant("poison for ever", _poison_for_ever, (_poison,)),
    Mutant("channels for ever", _channels_for_ever, (_removed,)),
    Mutant(
        "waits are forgotten", _waits_forgotten, (scenes.test_a_wait_holds_whatever_else_is_heard,)
    ),
)
QUICK = ("a timeout is not sent", "an open try is sent again", "no fence")
