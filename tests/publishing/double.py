"""A network that is a double: it keeps what it took in memory and plays faults on demand."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app import http
from app.networks import (
    Absent,
    Account,
    Grant,
    Idempotency,
    Limits,
    Network,
    Parcel,
    Piece,
    Published,
    Refused,
    Unknown,
)


class DoubleNetwork(Network):
    """`faults` holds what the next calls of `publish` answer: take, lose (took it, reply lost),
    drop (never arrived, reply lost), or an outcome value."""

    slug = "double"
    name = "Double"
    words = "A double of a network."
    limits = Limits(300, None, 4, 1_000_000, 2000, 1000)

    def __init__(self, idempotency: Idempotency = Idempotency.EXACT) -> None:
        self.idempotency = idempotency
        self.taken: dict[str, list[dict[str, Any]]] = {}
        self.faults: deque[Any] = deque()
        self.prepare_faults: deque[Any] = deque()
        self.find_faults: deque[Any] = deque()
        self.grant_faults: deque[Any] = deque()
        self.calls: list[str] = []
        self.firsts: dict[int, datetime] = {}
        self.before_take: Callable[[Parcel], object] = lambda parcel: None
        self.before_prepare: Callable[[dict[str, Any]], object] = lambda so_far: None
        self.before_find: Callable[[Parcel], object] = lambda parcel: None
        self.latency = 0.0

    def new_key(self, seed: int, at: datetime) -> str:
        first = self.firsts.setdefault(seed, at)
        return f"key{seed}" if at == first else f"key{seed}+{(at - first).microseconds // 1000}"

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Refused:
        return Refused("not a real network", permanent=True)

    async def refresh(self, web: http.Client, account: Account, grant: Grant) -> Any:
        self.calls.append("refresh")
        return self.grant_faults.popleft() if self.grant_faults else grant

    async def check(self, web: http.Client, account: Account, grant: Grant) -> None:
        return None

    async def revoke(self, web: http.Client, account: Account, grant: Grant) -> None:
        self.calls.append("revoke")

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> Any:
        self.calls.append("prepare")
        self.before_prepare(so_far)
        return self.prepare_faults.popleft() if self.prepare_faults else {"text": piece.text}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Any:
        self.calls.append("publish")
        await asyncio.sleep(self.latency)
        fault = self.faults.popleft() if self.faults else "take"
        if not isinstance(fault, str):
            return fault
        if fault != "drop":
            self._take(parcel)
        return Unknown("The reply was lost.") if fault in ("lose", "drop") else self._there(parcel)

    def _take(self, parcel: Parcel) -> None:
        self.before_take(parcel)
        posts = self.taken.setdefault(parcel.key, [])
        if not (posts and self.idempotency is Idempotency.EXACT):
            posts.append(parcel.record)

    def _there(self, parcel: Parcel) -> Published:
        return Published(parcel.key, f"https://double.example/{parcel.key}")

    async def find(self, web: http.Client, account: Account, grant: Grant, parcel: Parcel) -> Any:
        self.calls.append("find")
        self.before_find(parcel)
        if self.find_faults:
            return self.find_faults.popleft()
        return self._there(parcel) if parcel.key in self.taken else Absent()

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> None:
        self.taken.pop(external_id, None)

    @property
    def doubled(self) -> list[str]:
        return [key for key, posts in self.taken.items() if len(posts) > 1]
