"""A double of a network whose truth outlives its callers: a file that is only appended to.

It takes, refuses, loses replies, takes late, and lets the sender die at its worst moments."""

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from app import clock, http
from app.db import db
from app.networks import Absent, Account, Grant, Idempotency, Parcel, Published, Refused, Unknown
from app.scheduler.attempts import Attempt
from tests.publishing.double import DoubleNetwork

FAULTS = {
    "take": 50,
    "lose": 10,
    "drop": 10,
    "late": 8,
    "busy": 8,
    "refuse": 3,
    "die before": 3,
    "die after": 3,
}
LATEST = 45  # seconds after which a late effect has shown at the latest


class Truth:
    """What stands on the networks, and which requests came without a committed intent."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, **line: Any) -> None:
        handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.close(handle)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]


class ChaosNetwork(DoubleNetwork):
    """`random` decides; None is a quiet day. Exact networks keep one post per key."""

    def __init__(self, slug: str, idempotency: Idempotency, truth: Truth) -> None:
        super().__init__(idempotency)
        self.slug, self.truth = slug, truth
        self.random: Random | None = None

    def new_key(self, seed: int, at: datetime) -> str:
        return f"{self.slug}-{seed}"

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Any:
        self._look_for_intent(parcel)
        fault = self._draw()
        if fault == "die before":
            os._exit(9)
        if fault == "refuse":
            return Refused("No.", permanent=True)
        if fault == "busy":
            return Refused("Busy.", permanent=False)
        if fault != "drop":
            self._take_at(parcel, clock.now(), late=fault == "late")
        if fault == "die after":
            os._exit(9)
        return self._there(parcel) if fault == "take" else Unknown("The reply was lost.")

    def _draw(self) -> str:
        if self.random is None:
            return "take"
        return self.random.choices(list(FAULTS), list(FAULTS.values()))[0]

    def _take_at(self, parcel: Parcel, now: datetime, *, late: bool) -> None:
        shows = now
        if late and self.random:
            shows += timedelta(seconds=self.random.uniform(1, LATEST))
        self.truth.append(
            key=parcel.key,
            text=parcel.record["text"],
            came=now.isoformat(),
            shows=shows.isoformat(),
        )

    def _look_for_intent(self, parcel: Parcel) -> None:
        """Through a connection of its own, so that only what is committed is seen."""
        with db.engine.connect() as other:
            wanted = select(Attempt.id).where(Attempt.key == parcel.key, Attempt.state == "sending")
            if other.execute(wanted).first() is None:
                self.truth.append(orphan=parcel.key)
            other.rollback()

    async def find(self, web: http.Client, account: Account, grant: Grant, parcel: Parcel) -> Any:
        if self.random and self.random.random() < 0.2:
            return Unknown("Nobody answered.")
        now = clock.now()
        for line in self.truth.lines():
            if line.get("key") == parcel.key and clock.parse(line["shows"]) <= now:
                return Published(parcel.key, f"https://double.example/{parcel.key}")
        return Absent()


def standing(lines: list[dict[str, Any]], exact: str) -> Counter[str]:
    """How often each key stands on its network; the `exact` one writes a key only once."""
    counts = Counter(line["key"] for line in lines if "key" in line)
    return Counter({k: 1 if k.startswith(f"{exact}-") else n for k, n in counts.items()})
