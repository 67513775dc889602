"""What several coroutines ask of the database in the same moment becomes one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from app.db import db

GATHER = 0.004  # seconds in which others may join
In = TypeVar("In")
Out = TypeVar("Out")


class Batch(Generic[In, Out]):
    """Calling it with an item waits until `write` has answered for it and all is committed."""

    def __init__(self, write: Callable[[Sequence[In]], Sequence[Out]]) -> None:
        self.write = write
        self.waiting: list[tuple[In, asyncio.Future[Out]]] = []

    async def __call__(self, item: In) -> Out:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Out] = loop.create_future()
        self.waiting.append((item, future))
        if len(self.waiting) == 1:
            loop.call_later(GATHER, self._flush)
        return await future

    def _flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        try:
            self._write(waiting)
        except Exception as trouble:  # giving up failed too: whoever has no answer yet hears of it
            for _, future in waiting:
                _answer(future, trouble)

    def _write(self, waiting: list[tuple[In, asyncio.Future[Out]]]) -> None:
        """All in one transaction; where that fails each in its own, so that one can't spoil all."""
        try:
            answers = self.write([item for item, _ in waiting])
            db.session.commit()
        except Exception as trouble:
            db.session.rollback()
            if len(waiting) == 1:
                _answer(waiting[0][1], trouble)
                return
            for one in waiting:
                self._write([one])
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            if not future.cancelled():
                future.set_result(answer)


def _answer(future: asyncio.Future[Out], trouble: Exception) -> None:
    if not future.done():
        future.set_exception(trouble)
