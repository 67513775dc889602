"""One fault at one point, on one class of network: a delivery due now, publishers that follow a script,
and what came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask

from app import clock
from app.channels import connecting
from app.channels.models import Channel
from app.db import db, table
from app.networks import Account, registry
from app.publishing import clockwork, sweeping
from app.publishing.models import Heartbeat
from app.scheduler import composing
from app.scheduler.attempts import Attempt
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery, Post
from app.scheduler.states import LIVE
from tests import make
from tests.chaos import keys
from tests.chaos.faults import Faults, Scripted
from tests.chaos.invariants import End, check_always, nothing
from tests.chaos.network import KINDS, ChaosNetwork
from tests.chaos.people import People
from tests.chaos.shifts import Shifts
from tests.chaos.simulated import Time
from tests.chaos.truth import Truth

LEASE, SETTLE = 90.0, 60.0  # seconds, as the application of the runs has them


@dataclass
class Scene:
    """`kind` is the class of idempotency: exact, key, handle, list or blind."""

    app: Flask
    kind: str
    time: Time
    truth: Truth
    shifts: Shifts

    def connect(self, name: str = "", way: str = "plain") -> Channel:
        account = f"{self.kind}{name}-0-{way}"
        grant = keys.first(self.truth, account, self.time.now())
        known = Account(
            self.kind, "https://x.example", account, account, account, "https://x.example"
        )
        made = connecting.attach(make.member(make.alice()), known, grant, self.time.now())
        db.session.commit()
        return made

    def write(self, *parts: str, channel: Channel | None = None, due: float = 0) -> int:
        """The id of a delivery due so many seconds from now; several parts are a thread."""
        now = self.time.now()
        said = parts or ("canary One",)
        channel = db.session.merge(channel) if channel else self.connect()
        made = Composition(
            *(said[0], (channel,), (), now + timedelta(seconds=due), "", "UTC"),
            further=said[1:],
        )
        nonce = f"n{clock.stopwatch()}"
        post = composing.write(make.member(make.alice()), made, nonce, now)
        db.session.commit()
        id = post.deliveries[0].id
        self.note_words(post)
        return id

    def note_words(self, *posts: Post) -> None:
        People(self.truth, None).note_words(list(posts))  # type: ignore[arg-type]
        db.session.rollback()

    def publish(self, *script: tuple[str, str], **how: Any) -> None:
        """One publisher with these faults."""
        self.shifts.run(Scripted(*script), **how)

    def together(self, *each: Faults, **how: Any) -> None:
        self.shifts.run(*each, **how)

    def sweep(self) -> None:
        now = self.time.now()
        clockwork.wake_up(now)
        sweeping.beat("clock", now)
        clockwork.sweep(now)
        db.session.commit()

    def go(self, seconds: float) -> None:
        self.time.go(seconds)

    def settle(self, *script: tuple[str, str], looks: int = 4, sweeps: bool = False) -> None:
        """Time passes, and the clock and good publishers do what they do; the script is what the
        first of them meets, who `sweeps` itself."""
        for look in range(looks):
            self.go(LEASE + 1)
            self.shifts.wake(0)
            is_first = look == 0
            if not (is_first and sweeps):
                self.sweep()
            self.publish(*(script if is_first else ()), sweeps=is_first and sweeps)
            if not self.shifts.standing and not self._is_open():
                break

    def back_up(self, id: int) -> Callable[[], None]:
        """What brings the rows of a delivery back as they are now, and the engine's signs of life."""
        row, began = self.row(id), self.time.now()
        kept = {column.name: getattr(row, column.name) for column in table(Delivery).c}
        db.session.rollback()

        def put_back() -> None:
            db.session.execute(db.delete(Attempt).where(Attempt.delivery_id == id))
            db.session.execute(db.update(Delivery).where(Delivery.id == id).values(kept))
            db.session.execute(db.update(Heartbeat).values(at=began))
            db.session.commit()

        return put_back

    def _is_open(self) -> bool:
        is_open = db.session.scalar(db.select(Delivery.id).where(Delivery.state.in_(LIVE)).limit(1))
        db.session.rollback()
        return is_open is not None

    def row(self, id: int) -> Delivery:
        """As it is now."""
        db.session.rollback()
        return db.session.get_one(Delivery, id, populate_existing=True)

    def end(self, id: int) -> tuple[str, str, int]:
        """Its state, why it is held, and how many requests for it the network took."""
        row = self.row(id)
        lines = self.truth.lines(row.channel.account_id)
        return row.state, row.hold, sum(line.get("delivery") == id for line in lines)

    def attempts(self, id: int) -> list[str]:
        chosen = db.select(Attempt.state).where(Attempt.delivery_id == id).order_by(Attempt.n)
        return list(db.session.scalars(chosen))

    def violations(self) -> dict[str, list[str]]:
        """What the checker of the long runs says of it; nobody's deeds are audited here."""
        found = nothing()
        check_always(found, self.time.now())
        End(found, self.truth, self.shifts.log, 0).check()
        return {name: what for name, what in found.items() if what and name != "I13"}


@contextmanager
def scene(app: Flask, folder: Path, kind: str) -> Iterator[Scene]:
    time, truth = Time(clock.now()), Truth(folder / "truth")
    networks = {slug: ChaosNetwork(slug, truth, time.now) for slug in KINDS}
    settings = app.config["SETTINGS"].model_copy(
        update={"publish_settle_seconds": SETTLE, "publish_lease_seconds": LEASE}
    )
    with (
        time.rules(),
        patch.dict(registry.NETWORKS, networks),
        patch.dict(app.config, {"SETTINGS": settings}),
    ):
        shifts = Shifts(app, time, networks.values(), folder / "log", truth)
        yield Scene(app, kind, time, truth, shifts)
        shifts.end()
