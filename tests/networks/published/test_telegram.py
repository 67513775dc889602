"""What we say to Telegram, and what its double answers, against what Telegram publishes."""

from dataclasses import replace
from typing import Any

import pytest

from app.networks import Piece, Published, Refused
from tests.networks.adapters.test_telegram import ANSWERS, case, server  # noqa: F401
from tests.networks.contract import Case
from tests.networks.pieces import picture, video
from tests.networks.published import exchanges, telegram
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.telegram import TelegramDouble

SEND = "/bot1:token/sendMessage"


def everything(case: Case, server: TelegramDouble) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once, and each kind of no."""
    server.seen.clear()
    case.account, case.grant = case.run(lambda web: case.network.connect(web, ANSWERS))
    first = case.publish(case.parcel(Piece("quiet", options={"silent": "yes"})))
    assert isinstance(first, Published)
    album = Piece("album", (picture(1), picture(2)), video(), place=1)
    for piece in (Piece("one", (picture(1),)), Piece("film", video=video()), album):
        said = case.publish(replace(case.parcel(piece), before=(first,)))
        assert isinstance(said, Published)
    assert case.run(lambda web: case.network.check(web, case.account, case.grant)) is None
    for one in (said, said, first):
        id = one.external_id
        assert (
            case.run(lambda web, id=id: case.network.delete(web, case.account, case.grant, id))
            is None
        )
    server.flood = 3
    assert isinstance(case.publish(case.parcel()), Refused)
    server.status = "left"
    assert isinstance(case.publish(case.parcel()), Refused)
    assert case.run(lambda web: case.network.check(web, case.account, case.grant)) is not None


def test_all_that_is_said_fits_what_telegram_publishes(
    case: Case,  # noqa: F811
    server: TelegramDouble,  # noqa: F811
) -> None:
    everything(case, server)
    seen = exchanges.of(server)
    assert telegram.contract().faults(seen, ()) == []
    assert passed(telegram.contract(), seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"text": 5}, "$.text"),
        ({"chat_id": None}, "$.chat_id"),
        ({"reply_parameters": {"message_id": "5"}}, "$.reply_parameters.message_id"),
        ({"link_preview_options": {"disabled": True}}, "$.link_preview_options"),
        ({"silent": True}, "$: Additional properties"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    body = {"chat_id": -100, "text": "Hi"} | changed
    assert f"body {place}" in telegram.contract().fault(
        Exchange("POST", SEND, {}, body, False, 0, None)
    )
