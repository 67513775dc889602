"""Bluesky, asked of a real PDS: the questions of every adapter, and what stands under our key already."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from app.networks import Piece, Published, Refused
from app.networks.adapters.bluesky import Bluesky
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.servers.doubles import Standing
from tests.servers.front import Front
from tests.servers.pds import Pds, Person

# What the real server says of a token that has run out; waiting for one would take two hours.
STALE = web.json_response({"error": "ExpiredToken", "message": "Token has expired"}, status=400)


@pytest.fixture(scope="module")
def grace(pds: Pds) -> Person:
    return pds.make_account("grace")


@pytest.fixture(scope="module")
def front(pds: Pds, grace: Person) -> Iterator[Front]:
    def stands(text: str) -> list[Standing]:
        said = [(record["uri"], record["value"]["text"]) for record in pds.records(grace.did)]
        return [Standing(uri, words, grace.did) for uri, words in said if words == text]

    made = Front(pds.url, lambda r: r.path.endswith("putRecord"), stands, STALE)
    yield made
    made.stop()


@pytest.fixture
def case(front: Front, grace: Person) -> Iterator[Case]:
    answers = {"host": front.url, "handle": grace.handle, "app_password": grace.app_password}
    passing = Case(Bluesky(), front, None, None, None)  # type: ignore[arg-type]
    made: Any = passing.run(lambda web: Bluesky().connect(web, answers))
    assert not isinstance(made, Refused), made
    account, grant = made
    piece = Piece(f"Ripe apples {secrets.token_hex(4)}")
    dead = replace(account, host="http://localhost:1")
    yield Case(Bluesky(), front, account, grant, piece, refreshes=True, dead=dead)
    front.faults.clear()
    front.revoked.clear()
    front.expired.clear()


def test_what_stands_under_our_key_with_our_words_is_ours(case: Case) -> None:
    """Also when it was sent by another process: the server answers InvalidSwap."""
    parcel = case.parcel()
    first = case.publish(parcel)
    again = case.publish(replace(parcel, at=parcel.at.replace(microsecond=1000)))
    assert isinstance(first, Published) and again.external_id == first.external_id
    assert case.times() == 1


def test_other_words_under_our_key_are_not_written_over(case: Case) -> None:
    parcel = case.parcel()
    case.publish(parcel)
    other = replace(parcel, record=parcel.record | {"text": "Rotten apples"})
    said = case.publish(other)
    assert isinstance(said, Refused) and said.permanent and "earlier version" in said.reason
    assert case.times() == 1
