"""What we say to Discord, and what its double answers, against what Discord publishes."""

from typing import Any

import pytest

from app.networks import Figures, Piece, Published, Refused
from tests.networks.adapters.test_discord import case, connect, server  # noqa: F401
from tests.networks.contract import Case
from tests.networks.measured import counted, measure
from tests.networks.pieces import picture
from tests.networks.published import discord, exchanges
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.discord import THREAD, DiscordDouble

OUTSIDE = {"GET /media/{name}"}  # our own address, where a picture waits until it leaves
HOOK = "/api/v10/webhooks/1/token"


def everything(case: Case, server: DiscordDouble) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once, and each kind of no."""
    server.seen.clear()
    case.account, case.grant = connect(case, server.address)
    first = case.publish(
        case.parcel(Piece("quiet", options={"silent": "yes", "hide_preview": "yes"}))
    )
    shown = Piece("shown", (picture(1, f"{server.url}/media"), picture(2, f"{server.url}/media")))
    inside = case.publish(case.parcel(Piece("inside", options={"thread": THREAD})))
    assert all(
        isinstance(one, Published) for one in (first, inside, case.publish(case.parcel(shown)))
    )
    assert isinstance(case.publish(case.parcel(Piece("x" * 2001))), Refused)
    counted(case, first.external_id)
    for one in (first, inside):
        assert isinstance(measure(case, one.external_id)[one.external_id], Figures)
    server.wait, server.is_forum = 2.5, True
    assert isinstance(case.publish(case.parcel()), Refused)
    titled = case.publish(case.parcel(Piece("first", options={"title": "News"})))
    assert isinstance(case.publish(case.parcel()), Refused)
    for said in (first, first, inside, titled):
        gone = case.run(
            lambda web, id=said.external_id: case.network.delete(web, case.account, case.grant, id)
        )
        assert gone is None
    assert case.run(lambda web: case.network.check(web, case.account, case.grant)) is None
    assert case.run(lambda web: case.network.revoke(web, case.account, case.grant)) is None
    assert case.run(lambda web: case.network.check(web, case.account, case.grant)) is not None


def test_all_that_is_said_fits_what_discord_publishes(
    case: Case,  # noqa: F811
    server: DiscordDouble,  # noqa: F811
) -> None:
    everything(case, server)
    seen = exchanges.of(server)
    assert {said.status for said in seen} == {200, 204, 400, 404, 429}
    too_long = [said for said in seen if said.status == 400 and len(said.body["content"]) > 2000]
    kept = [said for said in seen if said not in too_long]
    assert discord.contract().faults(kept, OUTSIDE) == []
    assert "$.content" in discord.contract().fault(too_long[0])
    assert passed(discord.contract(), kept) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"content": 5}, "$.content"),
        ({"allowed_mentions": {"parse": ["all"]}}, "$.allowed_mentions"),
        ({"attachments": [{"id": 0, "filename": "0.png"}]}, "$.attachments"),
        ({"thread_name": "x" * 101}, "$.thread_name"),
        ({"made_up": "1"}, "made_up"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    said = Exchange("POST", HOOK, {"wait": "false"}, {"content": "Hi"}, False, 204, None)
    assert discord.contract().fault(said) == ""
    said = Exchange("POST", HOOK, {}, {"content": "Hi"} | changed, False, 204, None)
    assert place in discord.contract().fault(said)
