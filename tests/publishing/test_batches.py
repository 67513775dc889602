"""Writing together: everybody who asks is answered, whatever becomes of the others."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from app.db import db as database
from app.publishing import batches
from app.publishing.batches import Batch

DATABASES = ("sqlite",)
PATIENCE = 5  # seconds; an answer takes some milliseconds


def ask(batch: Batch[int, str], *numbers: int) -> list[str | BaseException]:
    async def all_at_once() -> list[str | BaseException]:
        asked = asyncio.gather(*map(batch, numbers), return_exceptions=True)
        return await asyncio.wait_for(asked, PATIENCE)

    return asyncio.run(all_at_once())


def write(numbers: Sequence[int]) -> list[str]:
    if 13 in numbers:
        raise ValueError("no thirteen")
    return [f"{len(numbers)} with {number}" for number in numbers]


@pytest.mark.usefixtures("db")
def test_what_is_asked_at_once_is_written_together() -> None:
    assert ask(Batch(write), 1, 2) == ["2 with 1", "2 with 2"]


@pytest.mark.usefixtures("db")
def test_one_that_can_not_be_written_spoils_none_of_the_others() -> None:
    one, bad, three = ask(Batch(write), 1, 13, 3)
    assert (one, three) == ("1 with 1", "1 with 3")
    assert isinstance(bad, ValueError)


@pytest.mark.usefixtures("db")
def test_nobody_waits_for_ever_when_giving_up_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("the line is gone")

    with monkeypatch.context() as patched:
        patched.setattr(database.session, "rollback", broken)
        answers = ask(Batch(write), 13, 2)
    assert [type(one) for one in answers] == [OSError, OSError]


class Away:
    """A database that comes back after some tries."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def write(self, numbers: Sequence[int]) -> list[str]:
        self.tries -= 1
        if self.tries >= 0:
            raise OperationalError("", {}, OSError("the line is gone"))
        return [str(number) for number in numbers]


@pytest.mark.usefixtures("db")
def test_what_must_be_written_waits_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PAUSE", 0.01)
    assert ask(Batch(Away(4).write, again=5), 1, 2) == ["1", "2"]


@pytest.mark.usefixtures("db")
def test_it_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PAUSE", 0.01)
    [trouble] = ask(Batch(Away(99).write, again=2), 1)
    assert isinstance(trouble, OperationalError)
