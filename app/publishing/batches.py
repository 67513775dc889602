"""What several coroutines ask of the database in the same moment becomes one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError

from app.db import db

GATHER = 0.004  # seconds in which others may join
PAUSE = 0.5  # seconds after which a database that was away is tried again
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(eq=False)
class Waiting(Generic[In, Out]):
    item: In
    answer: asyncio.Future[Out]
    tries: int = 0
    is_resting: bool = False


class Batch(Generic[In, Out]):
    """Calling it with an item waits until `write` has answered for it and all is committed. `again`: how
    many times more it is tried when the database is away."""

    def __init__(self, write: Callable[[Sequence[In]], Sequence[Out]], again: int = 0) -> None:
        self.write, self.again = write, again
        self.waiting: list[Waiting[In, Out]] = []

    async def __call__(self, item: In) -> Out:
        one = Waiting[In, Out](item, asyncio.get_running_loop().create_future())
        self._join(one)
        return await one.answer

    def _join(self, one: Waiting[In, Out]) -> None:
        one.is_resting = False
        self.waiting.append(one)
        if len(self.waiting) == 1:
            asyncio.get_running_loop().call_later(GATHER, self._flush)

    def _flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        try:
            self._write(waiting)
        except Exception as trouble:  # giving up failed too: whoever has no answer yet hears of it
            for one in waiting:
                self._fail(one, trouble)

    def _write(self, waiting: Sequence[Waiting[In, Out]]) -> None:
        """All in one transaction; where that fails each in its own, so that one can't spoil all."""
        try:
            answers = self.write([one.item for one in waiting])
            db.session.commit()
        except Exception as trouble:
            db.session.rollback()
            if len(waiting) == 1:
                self._fail(waiting[0], trouble)
                return
            for one in waiting:
                self._write([one])
            return
        for one, answer in zip(waiting, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)

    def _fail(self, one: Waiting[In, Out], trouble: Exception) -> None:
        if one.answer.done() or one.is_resting:
            return
        one.tries += 1
        if isinstance(trouble, OperationalError) and one.tries <= self.again:
            one.is_resting = True
            asyncio.get_running_loop().call_later(PAUSE, self._join, one)
        else:
            one.answer.set_exception(trouble)
