"""What every adapter that tells figures must do. A test module whose double counts imports these
questions beside those of `tests.networks.contract`, with the same fixture `case`."""

from typing import Any

import pytest

from app import clock
from app.networks import Absent, Figures, Published, Refused, Unknown
from app.networks.figures import METRICS
from tests.networks.contract import Case

__all__ = [
    "test_a_metric_that_is_not_told_is_none_and_never_0",
    "test_a_post_that_nobody_knows_is_absent",
    "test_figures_are_told_as_they_are_counted",
    "test_figures_from_a_dead_server_are_no_figures",
    "test_figures_that_are_not_told_now_are_a_value",
    "test_followers_are_told_or_not",
    "test_keys_that_are_not_taken_tell_no_figures",
]


def measure(case: Case, *ids: str) -> Any:
    return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))


def published(case: Case) -> str:
    parcel = case.parcel()
    said = case.settle(parcel, case.publish(parcel))
    assert isinstance(said, Published), said
    return said.external_id


def counted(case: Case, id: str) -> dict[str, int]:
    """Each metric with a number of its own, larger than the kinds that it may be made of."""
    tells = case.network.tells if case.tells is None else case.tells
    counts = {name: 11 + 3 * METRICS.index(name) for name in tells}
    case.double.counts = {id: counts}
    return counts


def test_figures_are_told_as_they_are_counted(case: Case) -> None:
    id = published(case)
    counts = counted(case, id)
    assert measure(case, id) == {id: Figures(**counts)}


def test_a_metric_that_is_not_told_is_none_and_never_0(case: Case) -> None:
    id = published(case)
    for name in counted(case, id):
        left = {metric: count for metric, count in counted(case, id).items() if metric != name}
        case.double.counts = {id: left}
        found = measure(case, id)[id]
        assert getattr(found, name) == (0 if name in case.none_is_0 else None), name


def test_a_post_that_nobody_knows_is_absent(case: Case) -> None:
    id = published(case)
    counts = counted(case, id)
    unknown = "".join("7" if sign.isdigit() else sign for sign in id)
    found = measure(case, id, unknown)
    assert found[id] == Figures(**counts)
    assert isinstance(found.get(unknown, Absent()), Absent)


@pytest.mark.parametrize("fault", ["429 seconds", "500 before", "lose", "garbage", "truncated"])
def test_figures_that_are_not_told_now_are_a_value(case: Case, fault: str) -> None:
    id = published(case)
    counted(case, id)
    case.double.reading_faults.extend([fault, fault])  # a broken line is tried twice
    said, now = measure(case, id), clock.now()
    case.double.reading_faults.clear()
    if fault == "429 seconds":
        assert isinstance(said, Refused) and said.retry_at and said.retry_at > now
    else:
        assert isinstance(said, Unknown), said


def test_figures_from_a_dead_server_are_no_figures(case: Case) -> None:
    id = published(case)
    if case.kill:
        case.kill()
    account = case.dead or case.account
    said = case.run(lambda web: case.network.measure(web, account, case.grant, [id]))
    assert isinstance(said, Refused) and said.not_sent


def test_keys_that_are_not_taken_tell_no_figures(case: Case) -> None:
    id = published(case)
    tokens = set(case.grant.secrets.values())
    if case.refreshes:
        case.double.expired |= tokens
        said = measure(case, id)
        assert isinstance(said, Refused) and said.stale_token, said
        case.double.expired.clear()
    case.double.revoked |= tokens
    said = measure(case, id)
    assert isinstance(said, Refused) and (said.reconnect or said.stale_token), said


def test_followers_are_told_or_not(case: Case) -> None:
    if not case.network.tells_audience:
        pytest.skip("nobody tells who follows there")

    def ask() -> Any:
        return case.run(lambda web: case.network.audience(web, case.account, case.grant))

    case.double.followers = None
    assert ask() is None
    case.double.followers = 1815
    assert ask() == (1815 if case.account.facts.get("kind") != "person" else None)
