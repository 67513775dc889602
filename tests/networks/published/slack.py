"""Slack, by its own SDK (PyPI `slack-sdk`): what a webhook takes are the arguments of its client's
`send`, and blocks are judged by the SDK's own classes, which know their fields and lengths. What a
webhook answers are words in plain text, which it does not describe."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.networks.published import Contract, Operation, Schema, closed
from tests.networks.published.annotations import schema
from tests.networks.published.exchanges import Exchange
from tests.networks.published.source import functions, module
from tests.servers import published

NOT_SENT = ("self", "headers")


class Message(Operation):
    """A message, and each of its blocks."""

    def fault(self, said: Exchange, known: Schema) -> str:
        blocks = said.body.get("blocks", []) if isinstance(said.body, dict) else []
        judged = (_block(place, block) for place, block in enumerate(blocks))
        return super().fault(said, known) or next(filter(None, judged), "")


@cache
def contract() -> Contract:
    client = module(published.place() / "py/slack_sdk/webhook/client.py")
    [send] = [one for one in functions(client) if one.name == "send"]
    given = [one for one in send.args.kwonlyargs if one.arg not in NOT_SENT]
    body = closed(
        {"type": "object", "properties": {one.arg: schema(one.annotation) for one in given}}
    )
    query = closed({"type": "object", "properties": {}})
    known = {"Attachment": {}, "Block": {}}
    return Contract([Message("POST", "/services/{team}/{hook}/{secret}", query, body)], known)


@cache
def _sdk() -> tuple[Any, type[Exception]]:
    """Slack's class of blocks, and how it says no."""
    with _importable():
        blocks = importlib.import_module("slack_sdk.models.blocks")
        errors = importlib.import_module("slack_sdk.errors")
    return blocks.Block, errors.SlackObjectFormationError


@contextmanager
def _importable() -> Iterator[None]:
    """For this one import: its neighbours there are not ours to use."""
    where = str(published.place() / "py")
    sys.path.append(where)
    try:
        yield
    finally:
        sys.path.remove(where)


def _block(place: int, said: dict[str, Any]) -> str:
    """Slack's classes pass over what they don't know, so what they give back is compared."""
    where, (kind, malformed) = f"body $.blocks[{place}]", _sdk()
    try:
        made = kind.parse(said)
        told = made.to_dict() if made else {}
    except (malformed, TypeError) as no:  # TypeError: a field is missing
        return f"{where}: {no}"
    return "" if told == said else f"{where}: Slack's own class makes {told} of it"
