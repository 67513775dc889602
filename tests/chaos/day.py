"""A simulated day: publishers work while senders die, replies are lost, people change their minds, the
machine rests for hours, and an older state of the database is brought back.

Everything follows from the seed but what the machine's own pace decides."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event

from app import clock
from app.db import db
from app.networks import registry
from app.publishing import clockwork, sweeping
from app.scheduler.models import Delivery, Post
from app.scope import across_organizations
from tests.chaos.causes import Causes
from tests.chaos.faults import Faults, Mixed
from tests.chaos.invariants import End, Violations, check_always, check_lost, nothing
from tests.chaos.network import KINDS, ChaosNetwork
from tests.chaos.people import People
from tests.chaos.restoring import Backup
from tests.chaos.shifts import Shifts
from tests.chaos.simulated import Time
from tests.chaos.truth import Truth

MORNING, OUTAGE, EVENING = 900.0, 2.5 * 3600, 900.0  # seconds
BACKUP, BACK = 200.0, 500.0  # of the evening
DOWN = 120.0  # seconds that bringing a backup back takes
NOTICED = timedelta(seconds=DOWN + 60)  # after which the engine has noticed it
CAREFUL = 180.0  # seconds in which people let the engine look before they change what came back
PER_CHANNEL = 24  # posts
QUIET = 3 * 86400  # seconds in which what is open must come to an end
PACE = 20.0  # seconds between two looks at most; doorbells may be lost for longer


class Day:
    """One run over `count` posts."""

    def __init__(self, app: Flask, folder: Path, count: int, seed: int) -> None:
        self.app, self.count, self.seed = app, count, seed
        self.random = Random(seed)
        self.truth = Truth(folder / f"truth-{seed}")
        self.time = Time(clock.now())
        self.networks = {slug: ChaosNetwork(slug, self.truth, self.time.now) for slug in KINDS}
        log = folder / f"log-{seed}"
        self.shifts = Shifts(app, self.time, self.networks.values(), log, self.truth)
        self.people = People(self.truth, self.random)
        self.backup = Backup(app.config["SETTINGS"].database_url, folder)
        self.found = nothing()
        self.lost: tuple[datetime, datetime] | None = None
        self.deeds_before = self.number = self.decided = 0

    def run(self) -> Violations:
        with ExitStack() as stack:
            stack.enter_context(self.app.app_context())
            stack.enter_context(across_organizations("a run looks at everything"))
            stack.enter_context(self.time.rules())
            stack.enter_context(patch.dict(registry.NETWORKS, self.networks))
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", hasten)
            self._schedule()
            self._live(MORNING)
            self.shifts.end()
            self.time.go(OUTAGE)
            self._live(BACKUP)
            self.backup.make()
            self.deeds_before = self.people.deeds
            began = self.time.now()
            self._live(BACK - BACKUP, people=False)
            self._bring_back(began)
            self._live(CAREFUL, people=False)
            self._live(EVENING - BACK)
            self._rest()
            self._check()
        return self.found

    def _check(self) -> None:
        log = self.shifts.log
        End(self.found, self.truth, log, self.people.deeds, self.lost).check()
        rows = list(db.session.scalars(db.select(Delivery)))
        self.found["I1"] += Causes(self.truth, self.lost, NOTICED).missing(rows)
        db.session.remove()
        self.backup.drop()

    def _schedule(self) -> None:
        now = self.time.now()
        each = max(2, round(self.count / len(KINDS) / PER_CHANNEL))
        channels = self.people.connect_all(tuple(KINDS), each, now)
        for number in range(self.count):
            self.people.write(number, self.random.choice(channels), self._due(now), now)
            if number % 100 == 99:
                db.session.commit()
        db.session.commit()
        self.people.note_words(list(db.session.scalars(db.select(Post))))
        db.session.rollback()

    def _due(self, now: datetime) -> datetime:
        """Half in the morning, a tenth while the machine rests, the others in the evening."""
        part = self.random.random()
        if part < 0.5:
            seconds = self.random.uniform(1, MORNING)
        elif part < 0.6:
            seconds = MORNING + self.random.uniform(0, OUTAGE)
        else:
            seconds = MORNING + OUTAGE + self.random.uniform(0, EVENING)
        return now + timedelta(seconds=seconds)

    def _live(self, seconds: float, *, people: bool = True) -> None:
        end = self.time.seconds + seconds
        while self.time.seconds < end:
            self.time.go(self.random.uniform(1, PACE))
            self.shifts.wake(self.random.uniform(10, 300))
            if people:
                self._be_people()
            self._sweep()
            self._ring()

    def _be_people(self) -> None:
        now = self.time.now()
        if self.random.random() < 0.5:
            self.people.change_minds(now, max(1, self.count // 250))
        if self.random.random() < 0.02:
            self.people.disconnect_one(now)
        self._reconnect(also_removed=self.random.random() < 0.1)
        self.people.release_held(now)

    def _reconnect(self, *, also_removed: bool) -> None:
        names = self.people.reconnect(self.time.now(), also_removed=also_removed)
        check_lost(self.found, self.truth, names, restored=self.lost is not None)

    def _ring(self) -> None:
        """Doorbells are lost and doubled; some publishers are told to stop at once."""
        bells = self.random.choices((0, 1, 2), (1, 6, 3))[0]
        each = [self._faults() for _ in range(bells)]
        stand = self.random.uniform(10, 300)
        sweeps = self.random.random() < 0.2
        leave = self.random.randrange(3) if self.random.random() < 0.1 else -1
        self.shifts.run(*each, stand=stand, sweeps=sweeps, leave=leave)
        if self.random.random() < 0.2:
            self.shifts.tell(self._faults())

    def _faults(self) -> Faults:
        self.number += 1
        return Mixed(f"{self.seed}/{self.number}")

    def _sweep(self) -> None:
        """The clock's turn."""
        now = self.time.now()
        clockwork.wake_up(now)
        sweeping.beat("clock", now)
        clockwork.sweep(now)
        db.session.commit()
        check_always(self.found, now)
        db.session.rollback()

    def _bring_back(self, began: datetime) -> None:
        """The networks remember what the database does not."""
        self.shifts.end()
        self.lost = (began, self.time.now())
        self.backup.put_back()
        self.people.deeds = self.deeds_before
        self.time.go(DOWN)
        self.people.note_words(list(db.session.scalars(db.select(Post))))
        db.session.rollback()

    def _rest(self) -> None:
        """No more faults: what is open comes to its end."""
        end, step, looked = self.time.seconds + QUIET, 20.0, False
        while self.time.seconds < end:
            self.time.go(step)
            self.shifts.wake(0)
            step = min(step * 1.15, 3600)
            self._reconnect(also_removed=True)
            self.people.release_held(self.time.now())
            if not looked and self.time.seconds > end - QUIET / 2:
                self.decided, looked = self.people.decide(self.time.now()), True
            self._sweep()
            self.shifts.run(Faults())


def hasten(connection: object, _: object) -> None:
    """A process that dies takes nothing out of the system's memory, so that no write waits for the
    disk."""
    execute: Callable[[str], object] = connection.execute  # type: ignore[attr-defined]
    execute("PRAGMA synchronous=OFF")
