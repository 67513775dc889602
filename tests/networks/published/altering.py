"""The check has to be able to fail: exchanges that were well, changed in one place."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.networks.published import Contract
from tests.networks.published.exchanges import Exchange

MADE_UP = {"made_up": "1"}


def passed(contract: Contract, seen: list[Exchange]) -> list[str]:
    """What was changed and passed all the same, of those exchanges that the contract describes."""
    known = [one for one in seen if not contract.fault(one)]
    assert known, "nothing was asked that the contract knows"
    changed = [(how, one) for exchange in known for how, one in _changed(exchange)]
    return [f"{how}: {one}" for how, one in changed if not contract.fault(one)]


def _changed(said: Exchange) -> Iterator[tuple[str, Exchange]]:
    yield "a parameter more", replace(said, query={**said.query, **MADE_UP})
    yield "another path", replace(said, path=f"{said.path}/made/up")
    yield "another method", replace(said, method="TRACE")
    if isinstance(said.body, dict):
        yield "a field more", replace(said, body=said.body | MADE_UP)
    if isinstance(said.answer, dict) and said.status < 300:
        yield "an answer's field more", replace(said, answer=said.answer | MADE_UP)
        for inner in _inner(said.answer):
            yield "a field more inside", replace(said, answer=inner)


def _inner(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The first object of each list that the answer holds."""
    for name, value in answer.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield answer | {name: [value[0] | MADE_UP, *value[1:]]}
