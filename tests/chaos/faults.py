"""What goes wrong, and where. Points of the engine are reached in a forked publisher, so that a kill is
a kill (SIGKILL), a stop a stop (SIGSTOP), and a broken line to the database one that was cut."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import db
from app.publishing import batches, confirming, engine, intents, outcomes, sweeping

KILL, STOP, CUT = "kill", "stop", "cut"

# Where each point lies: before and after a verb of the engine.
WRAPPED = (
    (engine.Shift, "_claim", "", "claimed"),
    (intents, "keep_records", "keeping", "kept"),
    (intents, "intend", "", "intending"),
    (engine, "_write_intents", "", "intended"),
    (outcomes, "record", "recording", "recorded"),
    (confirming, "_move", "moving", "moved"),
    (batches.Batch, "_write", "", "written"),
    (sweeping, "_doubt", "doubting", "doubted"),
)
UNLOCKED = ("claimed", "intended")  # no transaction is open: the only places to stand still in


class Faults:
    """A quiet day."""

    def at(self, point: str) -> str:
        """What happens to the publisher there: kill, stop, cut or nothing."""
        return ""

    def answer(self, asked: str) -> str:
        """How the network takes a request: publish, find, refresh or prepare."""
        return "take"

    def uniform(self, least: float, most: float) -> float:
        return most

    def reach(self, point: str) -> None:
        if action := self.at(point):
            do(action)


class Poison(Faults):
    """Whoever sends or prepares a post that says so dies of it."""

    def at(self, point: str) -> str:
        return KILL if point == "network: poison" else ""


class Scripted(Faults):
    """Each of the named faults once, where they are named: `("intended", "kill")`, at the second time
    with `"intended#2"`, or for answers of the network `("publish", "lose")`."""

    def __init__(self, *script: tuple[str, str]) -> None:
        self.script = dict(script)
        self.reached: Counter[str] = Counter()

    def at(self, point: str) -> str:
        return self._next(point, "")

    def answer(self, asked: str) -> str:
        return self._next(asked, "take")

    def _next(self, name: str, default: str) -> str:
        self.reached[name] += 1
        first = self.script.get(name, default) if self.reached[name] == 1 else default
        return self.script.get(f"{name}#{self.reached[name]}", first)


ANSWERS = {
    "publish": {
        **{"take": 70, "lose": 6, "drop": 6, "late": 4, "5xx": 2, "garbage": 2, "explode": 0.5},
        **{"busy": 3, "refuse": 2, "nobody": 3, "stale": 1, "work": 4},
    },
    "find": {"take": 85, "drop": 10, "busy": 2, "explode": 0.5},
    "refresh": {"take": 80, "lose": 8, "drop": 8, "refuse": 4},
    "prepare": {"take": 95, "drop": 3, "gone": 2},
}
POINTS = {KILL: 0.010, STOP: 0.004, CUT: 0.004}  # per point that is reached


class Mixed(Faults):
    """A random mix; everything follows from the seed."""

    def __init__(self, seed: str, *, cuts: bool = True) -> None:
        self.random = Random(seed)
        self.cuts = cuts
        self.mortal = self.random.random() < 0.6

    def at(self, point: str) -> str:
        drawn = self.random.random()
        for action, share in POINTS.items():
            if drawn < share:
                return action if self._may(action, point) else ""
            drawn -= share
        return ""

    def _may(self, action: str, point: str) -> bool:
        if action == KILL:
            return self.mortal
        if action == STOP:
            return point in UNLOCKED or point.startswith("network")
        return self.cuts and not point.startswith("network")

    def answer(self, asked: str) -> str:
        table = ANSWERS[asked]
        return self.random.choices(list(table), list(table.values()))[0]

    def uniform(self, least: float, most: float) -> float:
        return self.random.uniform(least, most)


def do(action: str) -> None:
    """Let it happen, here and now."""
    if action == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == STOP:
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == CUT:
        cut()


OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = current_user AND pid <> pg_backend_pid()"
)


def cut() -> None:
    """End every line to the database, in the middle of what they do. SQLite has no line: there a
    statement fails as on a broken disk."""
    if db.engine.dialect.name == "sqlite":
        raise OperationalError("", {}, Exception("disk I/O error"))
    with db.engine.connect() as other:
        other.execute(text(OTHERS))
        other.rollback()


@contextmanager
def in_place(faults: Faults) -> Iterator[None]:
    """The points of the engine, with these faults at them."""
    with ExitStack() as stack:
        for owner, name, before, after in WRAPPED:
            wrapped = _with_points(getattr(owner, name), faults, before, after)
            stack.enter_context(patch.object(owner, name, wrapped))
        yield


def _with_points(whole: Callable[..., Any], faults: Faults, before: str, after: str) -> Any:
    def reached(*args: Any, **named: Any) -> Any:
        if before:
            faults.reach(before)
        answer = whole(*args, **named)
        if after:
            faults.reach(after)
        return answer

    return reached
