"""What we say to Slack against what Slack publishes."""

from typing import Any

import pytest

from app.networks import Piece, Published
from tests.networks.adapters.test_slack import case, connect, server  # noqa: F401
from tests.networks.contract import Case
from tests.networks.pieces import picture
from tests.networks.published import exchanges, slack
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.slack import SlackDouble

HOOK = "/services/T1/B1/secret"
IMAGE = {"type": "image", "image_url": "https://a.example/1.png", "alt_text": "One"}


def test_all_that_is_said_fits_what_slack_publishes(
    case: Case,  # noqa: F811
    server: SlackDouble,  # noqa: F811
) -> None:
    server.seen.clear()
    case.account, case.grant = connect(case, server.address)
    long = "words & <more> " * 250
    for piece in (
        Piece("Only words", options={"hide_preview": "yes"}),
        Piece(long, (picture(1), picture(2))),
        Piece("", (picture(1),)),
    ):
        assert isinstance(case.publish(case.parcel(piece)), Published)
    assert case.run(lambda web: case.network.check(web, case.account, case.grant)) is None
    seen = exchanges.of(server)
    assert slack.contract().faults(seen, ()) == []
    assert passed(slack.contract(), seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"text": 5}, "$.text"),
        ({"unfurl_links": "no"}, "$.unfurl_links"),
        ({"blocks": [IMAGE, IMAGE | {"alt_text": "x" * 2001}]}, "$.blocks[1]: alt_text"),
        ({"blocks": [IMAGE | {"alt": "One"}]}, "$.blocks[0]: Slack's own class"),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]},
            "$.blocks[0]",
        ),
        ({"blocks": [{"type": "picture"}]}, "$.blocks[0]: Slack's own class"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    body = {"text": "Hi"} | changed
    assert f"body {place}" in slack.contract().fault(
        Exchange("POST", HOOK, {}, body, False, 200, None)
    )
