"""Doubles of networks whose truth outlives their callers. They take, refuse, lose replies, take late,
count requests, and watch for what may never happen."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Grant,
    Idempotency,
    Parcel,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from tests.chaos import keys, watching, wire
from tests.chaos.budget import Budget
from tests.chaos.faults import Faults
from tests.chaos.truth import Line, Truth
from tests.publishing.double import DoubleNetwork

LATEST = 45  # seconds after which a late effect has shown at the latest: less than the settle time
REMEMBERED = timedelta(hours=1)  # how long a network knows a key
EXPIRES = timedelta(hours=1)  # containers; a day in real life, which no run waits for
WORK = 40  # seconds that a network may work on what it took
CREATED = timedelta(seconds=60)  # what is older than its parcel by more is another's
TAKEN = ("take", "lose", "late", "5xx", "garbage", "work", "explode")
KINDS = {
    "exact": Idempotency.EXACT,
    "key": Idempotency.KEY,
    "handle": Idempotency.HANDLE,
    "list": Idempotency.LIST,
    "blind": Idempotency.BLIND,
}


class ChaosNetwork(DoubleNetwork):
    """One class of idempotency. `faults` decides how requests end."""

    def __init__(self, slug: str, truth: Truth, true_now: Any) -> None:
        super().__init__(KINDS[slug])
        self.slug, self.truth, self.true_now = slug, truth, true_now
        self.script: Faults = Faults()

    def new_key(self, seed: int, at: datetime) -> str:
        """As networks with keys of our choice have it: from the row and its instant."""
        return f"{self.slug}-{seed}-{int(at.timestamp() * 1000)}"

    async def refresh(self, web: http.Client, account: Account, grant: Grant) -> Any:
        return await keys.rotate(
            self.truth, account.account_id, grant, self.script, self.true_now()
        )

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> Any:
        self.script.reach("network: preparing")
        if piece.text.startswith("poison of preparing"):
            self.script.reach("network: poison")
        if self.script.answer("prepare") == "drop":
            return Unknown("The upload broke.")
        record = {"text": piece.text}
        if self.slug == "handle":
            record["container"] = self._container(account.account_id)
            record["made_at"] = self.true_now().isoformat()
        self.script.reach("network: prepared")
        return record

    def _container(self, account: str) -> str:
        with self.truth.state(account) as known:
            known["containers"] = known.get("containers", 0) + 1
            made = f"c-{account}-{known['containers']}"
        self.truth.note(account, container=made, made=self.true_now().isoformat())
        return made

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Any:
        began = clock.stopwatch()
        await asyncio.sleep(0)
        if clock.stopwatch() - began > http.TOTAL:  # as the real client: no byte leaves after it
            return await wire.told(web, wire.lost())
        now, name = self.true_now(), account.account_id
        watching.look(self.truth, account, grant, parcel, clock.now())
        self.script.reach("network: leaving")
        if web.is_too_late():  # the real client looks when the line stands
            return await wire.told(web, http.NotSent(http.TOO_LATE))
        if parcel.record["text"].startswith("poison of sending"):
            self.script.reach("network: poison")
        fault = self.script.answer("publish")
        if fault not in TAKEN:
            self.truth.note(name, drew=fault)
        if fault == "nobody":
            return await wire.told(web, wire.nobody())
        if (no := keys.use(self.truth, name, grant.secrets["token"], now)) or fault == "stale":
            return no or Refused("The access key has run out.", stale_token=True)
        budget = Budget(self.truth, name)
        if (wait := budget.ask(now, is_busy=fault == "busy", draw=self.script)) is not None:
            return await wire.told(web, wire.answer(429, **wait))
        if fault == "refuse":
            self.truth.note(name, refused=_delivery(parcel))
            return Refused("No.", permanent=True)
        if fault == "gone" or (self.slug == "handle" and self._is_gone(name, parcel, now)):
            return Refused("What was prepared is gone.", prepare_again=True)
        there = self._take_once(name, parcel, now, fault) if fault in TAKEN else None
        self.script.reach("network: taken")
        return await self._reply(web, budget, fault, there, parcel)

    async def _reply(
        self, web: http.Client, budget: Budget, fault: str, there: Line | None, parcel: Parcel
    ) -> Any:
        if fault == "explode":
            raise ValueError(f"an adapter's bug with {parcel.record['text']}")
        if there is None or fault in ("lose", "late"):
            return await wire.told(web, wire.lost())
        if fault == "5xx":
            return await wire.told(web, wire.answer(502))
        heard = await wire.told(web, wire.answer(body=b"<html>", **budget.headers()))
        assert isinstance(heard, http.Answer)
        if fault == "garbage":
            return Unknown("The network's answer could not be read.")
        if fault == "work" and self.slug in ("handle", "key"):
            return Processing(parcel.record.get("container", there["id"]))
        return _published(there)

    def _take_once(self, account: str, parcel: Parcel, now: datetime, fault: str) -> Line:
        """What stands for this request: the one before, where the network knows it again."""
        if known := self._known(account, parcel, now):
            return known
        shows = now
        if fault == "late" or (fault == "work" and self.slug in ("handle", "key")):
            shows += timedelta(seconds=self.script.uniform(1, LATEST if fault == "late" else WORK))
        with self.truth.state(account) as state:
            state["posts"] = state.get("posts", 0) + 1
            id = f"{account}-{state['posts']}"
        line = {
            "id": id,
            "key": parcel.key,
            "delivery": _delivery(parcel),
            "step": len(parcel.before),
            "before": [part.external_id for part in parcel.before],
            "text": parcel.record["text"],
            "container": parcel.record.get("container", ""),
            "came": now.isoformat(),
            "shows": shows.isoformat(),
            "is_at_work": fault == "work",
            "fault": fault,
        }
        self.truth.note(account, **line)
        return line

    def _known(self, account: str, parcel: Parcel, now: datetime) -> Line | None:
        for line in self._posts(account):
            same_key = line["key"] == parcel.key
            if self.slug == "exact" and same_key:
                return line
            if self.slug == "key" and same_key and not account.startswith("key-deaf"):
                return line if now - clock.parse(line["came"]) < REMEMBERED else None
            if self.slug == "handle" and line["container"] == parcel.record["container"]:
                return line
        return None

    def _is_gone(self, account: str, parcel: Parcel, now: datetime) -> bool:
        container = parcel.record["container"]
        if any(line["container"] == container for line in self._posts(account)):
            return False
        made = [line for line in self.truth.lines(account) if line.get("made")]
        [mine] = [line for line in made if line["container"] == container]
        return now - clock.parse(mine["made"]) > EXPIRES

    def _posts(self, account: str) -> list[Line]:
        return [line for line in self.truth.lines(account) if "id" in line]

    async def find(self, web: http.Client, account: Account, grant: Grant, parcel: Parcel) -> Any:
        name, now = account.account_id, self.true_now()
        if self.idempotency is Idempotency.BLIND:
            self.truth.note(name, violates="I4", what=f"{parcel.key} was asked of a blind network")
        self.script.reach("network: asking")
        fault = self.script.answer("find")
        if fault == "explode":
            raise ValueError(f"an adapter's bug with {parcel.record['text']}")
        if fault == "busy":
            wait = wire.wait("seconds", now + timedelta(minutes=3), now)
            return await wire.told(web, wire.answer(429, **wait))
        if fault == "drop":
            return await wire.told(web, wire.lost())
        if no := keys.use(self.truth, name, grant.secrets["token"], now):
            return no
        found = self._look(name, parcel, now)
        self.script.reach("network: asked")
        return found

    def _look(self, account: str, parcel: Parcel, now: datetime) -> Any:
        for line in self._posts(account):
            if not self._is_it(line, parcel):
                continue
            if clock.parse(line["shows"]) <= now:
                return _published(line)
            if line["is_at_work"] and self.slug == "handle":
                return Processing(line["container"])
        return Absent()

    def _is_it(self, line: Line, parcel: Parcel) -> bool:
        if self.slug == "exact":
            return bool(line["key"] == parcel.key)
        if self.slug == "handle" and self._can_speak(parcel):
            return bool(line["container"] == parcel.record["container"])
        is_same = line["text"] == parcel.record["text"] and line["id"] not in parcel.taken
        return is_same and clock.parse(line["came"]) >= parcel.at - CREATED

    def _can_speak(self, parcel: Parcel) -> bool:
        """A container that was made after the first try, or ran out, says nothing of another's."""
        made_at = clock.parse(parcel.record["made_at"])
        return made_at <= parcel.at and self.true_now() - made_at <= EXPIRES


def _delivery(parcel: Parcel) -> int:
    """Whose key it is."""
    return int(parcel.key.split("-")[1])


def _published(line: Line) -> Published:
    return Published(line["id"], f"https://chaos.example/{line['id']}", ref=f"r{time.time_ns()}")
