"""What every adapter must do, whatever its network: the questions that the engine relies on.

A test module of an adapter gives a fixture `case` and imports the tests that it wants with
`from tests.networks.contract import *`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Grant,
    Idempotency,
    Network,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
)
from app.networks.asking import LONGEST_WAIT
from tests.servers.doubles import Double

T = TypeVar("T")
__all__ = [
    "test_a_broken_reply_is_not_knowing",
    "test_a_dead_server_is_a_definite_no",
    "test_a_late_effect_is_found_once",
    "test_a_lost_reply_never_makes_two",
    "test_a_server_error_is_not_knowing",
    "test_a_token_that_ran_out_is_told_apart_from_one_that_was_taken_back",
    "test_being_asked_to_wait_gives_a_time",
    "test_deleting_twice_is_well",
    "test_equal_posts_never_share_an_id",
    "test_it_publishes_once_and_finds_it",
    "test_what_never_arrived_is_absent",
]


@dataclass
class Case:
    """An adapter, where it is asked, and something to publish. `lives_on`: a server that takes
    faults; `refresh`: can a stale token be renewed there?"""

    network: Network
    double: Double
    account: Account
    grant: Grant
    piece: Piece
    refreshes: bool = False
    deletes: bool = True
    equal_posts: bool = True  # does the network take the same words twice?
    dead: Account | None = None  # the same account at a server that is not there
    kill: Callable[[], None] | None = None  # or a way to make the server unreachable
    tells: frozenset[str] | None = None  # what this kind of account tells, where kinds differ
    none_is_0: frozenset[str] = frozenset()  # what the vendor leaves out where there is none

    def run(self, question: Callable[[http.Client], Awaitable[T]]) -> T:
        async def ask() -> T:
            async with http.client(allow_private=True) as web:
                return await question(web)

        return asyncio.run(ask())

    def parcel(self, piece: Piece | None = None, seed: int = 7) -> Parcel:
        """Prepared as the engine does it, waiting as long as the network asks."""
        now = clock.now()
        so_far: dict[str, Any] = {}

        def prepare(web: http.Client) -> Awaitable[Any]:
            wanted = piece or self.piece
            return self.network.prepare(web, self.account, self.grant, wanted, now, so_far)

        for _ in range(60):
            made = self.run(prepare)
            if not isinstance(made, Partly):
                assert isinstance(made, dict), made
                return Parcel(self.network.new_key(seed, now), now, made)
            so_far = made.so_far
        raise AssertionError("preparing does not come to an end")

    def publish(self, parcel: Parcel) -> Any:
        return self.run(lambda web: self.network.publish(web, self.account, self.grant, parcel))

    def find(self, parcel: Parcel) -> Any:
        return self.run(lambda web: self.network.find(web, self.account, self.grant, parcel))

    def settle(self, parcel: Parcel, said: Any) -> Any:
        """Ask until the network has made up its mind."""
        for _ in range(20):
            if not isinstance(said, Processing):
                return said
            said = self.find(replace(parcel, handle=said.handle))
        raise AssertionError("the network never comes to an end")

    def times(self) -> int:
        return len(self.double.standing(self.piece.text))

    @property
    def is_blind(self) -> bool:
        return self.network.idempotency_of(self.account) is Idempotency.BLIND


def test_it_publishes_once_and_finds_it(case: Case) -> None:
    parcel = case.parcel()
    said = case.settle(parcel, case.publish(parcel))
    assert isinstance(said, Published), said
    assert case.times() == 1
    if not case.is_blind:
        found = case.find(parcel)
        assert isinstance(found, Published) and found.external_id == said.external_id


@pytest.mark.parametrize("fault", ["lose", "500 after", "truncated"])
def test_a_lost_reply_never_makes_two(case: Case, fault: str) -> None:
    """What the engine does next, by the class that the adapter declares."""
    parcel = case.parcel()
    case.double.faults.append(fault)
    assert isinstance(case.publish(parcel), Unknown)
    assert case.times() == 1
    if case.network.idempotency_of(case.account) is Idempotency.EXACT:
        assert isinstance(case.publish(parcel), Published)
    elif not case.is_blind:
        assert isinstance(case.settle(parcel, case.find(parcel)), Published)
    assert case.times() == 1


def test_what_never_arrived_is_absent(case: Case) -> None:
    parcel = case.parcel()
    case.double.faults.append("drop")
    assert isinstance(case.publish(parcel), Unknown)
    if not case.is_blind:
        assert isinstance(case.find(parcel), Absent)
    assert case.times() == 0


def test_a_late_effect_is_found_once(case: Case) -> None:
    if case.is_blind:
        pytest.skip("a blind network can't be asked")
    parcel = case.parcel()
    case.double.faults.append("late")
    assert isinstance(case.publish(parcel), Unknown)
    assert isinstance(case.find(parcel), Absent)
    case.double.let_come()
    assert isinstance(case.settle(parcel, case.find(parcel)), Published)
    assert case.times() == 1


@pytest.mark.parametrize("fault", ["500 before", "500 after"])
def test_a_server_error_is_not_knowing(case: Case, fault: str) -> None:
    parcel = case.parcel()
    case.double.faults.append(fault)
    assert isinstance(case.publish(parcel), Unknown)


def test_a_broken_reply_is_not_knowing(case: Case) -> None:
    parcel = case.parcel()
    case.double.faults.append("garbage")
    assert isinstance(case.publish(parcel), Unknown)
    assert case.times() == 1


@pytest.mark.parametrize("kind", ["seconds", "date", "bare", "absurd"])
def test_being_asked_to_wait_gives_a_time(case: Case, kind: str) -> None:
    parcel, now = case.parcel(), clock.now()
    case.double.faults.append(f"429 {kind}")
    said = case.publish(parcel)
    assert isinstance(said, Refused) and not said.permanent and not said.reconnect
    if kind == "seconds":
        assert said.retry_at and timedelta(seconds=80) < said.retry_at - now < timedelta(
            seconds=100
        )
    if kind == "absurd":
        assert said.retry_at is None or said.retry_at - now <= LONGEST_WAIT + timedelta(seconds=5)
    assert case.times() == 0


def test_a_dead_server_is_a_definite_no(case: Case) -> None:
    parcel = case.parcel()
    assert case.dead or case.kill, "say how this server can be away"
    if case.kill:
        case.kill()
    account = case.dead or case.account
    said = case.run(lambda web: case.network.publish(web, account, case.grant, parcel))
    assert isinstance(said, Refused) and said.not_sent


def test_a_token_that_ran_out_is_told_apart_from_one_that_was_taken_back(case: Case) -> None:
    parcel = case.parcel()
    tokens = set(case.grant.secrets.values())
    if case.refreshes:
        case.double.expired |= tokens
        said = case.publish(parcel)
        assert isinstance(said, Refused) and said.stale_token, said
        case.double.expired.clear()
    case.double.revoked |= tokens
    said = case.publish(parcel)
    assert isinstance(said, Refused) and (said.reconnect or said.stale_token), said
    asked = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(asked, Refused) and asked.reconnect, asked
    assert case.times() == 0


def test_equal_posts_never_share_an_id(case: Case) -> None:
    if case.is_blind or not case.equal_posts:
        pytest.skip("no two equal posts can be told apart or stand there")
    first = case.parcel()
    one = case.settle(first, case.publish(first))
    second = replace(case.parcel(seed=8), taken=frozenset({one.external_id}))
    assert isinstance(case.find(second), Absent)
    two = case.settle(second, case.publish(second))
    assert isinstance(two, Published) and two.external_id != one.external_id
    assert case.times() == 2


def test_deleting_twice_is_well(case: Case) -> None:
    parcel = case.parcel()
    said = case.settle(parcel, case.publish(parcel))

    def delete() -> Any:
        return case.run(
            lambda web: case.network.delete(web, case.account, case.grant, said.external_id)
        )

    if not case.deletes:
        assert isinstance(delete(), Refused)
        return
    assert delete() is None
    assert case.times() == 0
    assert delete() is None
