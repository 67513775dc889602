"""Publishers as processes of their own: they may die, stand still for a while, or be told to stop."""

import faulthandler
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy.exc import OperationalError

from app import logs, mail
from app.db import db
from app.publishing import clockwork, engine, jobs, worker
from app.scope import across_organizations
from tests.chaos.faults import Faults, Scripted, in_place
from tests.chaos.network import ChaosNetwork
from tests.chaos.simulated import Time
from tests.chaos.truth import DEEDS, MAILS, Truth

BROKE_OFF = 3  # the database was away: the next ring comes
KILLED = -signal.SIGKILL
PATIENCE = 300  # seconds of the real clock; a shift takes a few
LAST_WORDS = 8_000  # characters of the log that are told when a publisher breaks


@dataclass
class Tally:
    deaths: int = 0
    stops: int = 0
    cuts: int = 0
    told_to_stop: int = 0


@dataclass
class Shifts:
    """Starts publishers, sees them end, and wakes those that stand still."""

    app: Flask
    time: Time
    networks: Iterable[ChaosNetwork]
    log: Path
    truth: Truth
    tally: Tally = field(default_factory=Tally)
    standing: dict[int, float] = field(default_factory=dict)  # process: second of its waking

    def run(self, *each: Faults, stand: float = 120, sweeps: bool = False, leave: int = -1) -> None:
        """One publisher per set of faults, all at the same time. `leave`: it is told to stop after
        so many looks."""
        db.session.remove()
        db.engine.dispose()
        children = [self._start(faults, sweeps, leave) for faults in each]
        for child in children:
            self._see(child, stand)

    def rehearse(self, *script: tuple[str, str]) -> None:
        """A shift in this very process."""
        with patch.object(worker, "is_stopping"):
            self._publish(Scripted(*script), sweeps=False, leave=-1)

    def tell(self, faults: Faults) -> None:
        """The mails about what needs eyes, by a process that may die over them."""
        db.session.remove()
        db.engine.dispose()
        self._see(self._fork(lambda: self._write_mails(faults)), 60)

    def _start(self, faults: Faults, sweeps: bool, leave: int) -> int:
        self.tally.told_to_stop += leave >= 0
        return self._fork(lambda: self._publish(faults, sweeps, leave))

    def _fork(self, work: Callable[[], int]) -> int:
        if (child := os.fork()) != 0:
            return child
        code = 1
        try:
            self._redirect()
            code = work()
        except BaseException:  # the parent tells of it and fails
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _write_mails(self, faults: Faults) -> int:
        def send(letter: str, to: str, **words: Any) -> None:
            named = [one["path"] for one in (*words["posts"], *words["channels"])]
            faults.reach("network: mailing")
            self.truth.note(MAILS, to=to, named=named)
            faults.reach("network: mailed")

        with self.app.app_context(), patch.object(mail, "send", send):
            jobs.tell()
        return 0

    def _redirect(self) -> None:
        handle = os.open(self.log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        faulthandler.enable(2)
        logs.set_up(as_json=True)

    def _publish(self, faults: Faults, sweeps: bool, leave: int) -> int:
        for network in self.networks:
            network.script = faults
        engine.BREAKER.errors.clear()
        with self.app.app_context(), in_place(faults):
            worker.is_stopping = _after(leave)
            try:
                if sweeps:
                    self._sweep()
                jobs.publish()
            except OperationalError:
                return BROKE_OFF
        return 0

    @across_organizations("the clock looks at everybody's deliveries")
    def _sweep(self) -> None:
        clockwork.sweep(self.time.now())
        db.session.commit()

    def _see(self, child: int, stand: float) -> None:
        status = _end_of(child)
        if os.WIFSTOPPED(status):
            self.tally.stops += 1
            self.truth.note(DEEDS, troubled=child)
            self.standing[child] = self.time.seconds + stand
            return
        code = os.waitstatus_to_exitcode(status)
        told = "" if code in (0, KILLED, BROKE_OFF) else self.log.read_text()[-LAST_WORDS:]
        assert code in (0, KILLED, BROKE_OFF), f"the publisher ended with {code}:\n{told}"
        if code:
            self.truth.note(DEEDS, troubled=child)
        self.tally.deaths += code == KILLED
        self.tally.cuts += code == BROKE_OFF

    def wake(self, stand: float = 120) -> None:
        """Those whose time has come go on, in a world that is older."""
        db.session.rollback()
        for child, at in list(self.standing.items()):
            if at <= self.time.seconds:
                del self.standing[child]
                os.kill(child, signal.SIGCONT)
                self._see(child, stand)

    def end(self) -> None:
        """The machine is gone, and all that stood still on it."""
        for child in self.standing:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        self.tally.deaths += len(self.standing)
        self.standing.clear()


def _after(looks: int) -> Callable[[], bool]:
    """Told to stop after so many looks; never when that is negative."""
    left = looks

    def is_stopping() -> bool:
        nonlocal left
        left -= 1
        return looks >= 0 and left < 0

    return is_stopping


def _end_of(child: int) -> int:
    """How it ended or that it stands still. One that hangs says where, and breaks."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found, status = os.waitpid(child, os.WUNTRACED | os.WNOHANG)
        if found:
            return status
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)
            deadline += PATIENCE
        time.sleep(0.002)
