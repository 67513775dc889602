"""What we say to X, and what its double answers, against what X publishes."""

from dataclasses import replace
from typing import Any

import pytest

from app.networks import Absent, Piece, Published, Video
from tests.networks.adapters.going_away import connect
from tests.networks.adapters.test_x import PICTURE, case, post, running  # noqa: F401
from tests.networks.contract import Case
from tests.networks.measured import counted, measure
from tests.networks.published import exchanges, x
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange

OUTSIDE = {  # X's OpenAPI describes no sign-in; it follows RFC 6749, 7636 and 7009
    *("GET /i/oauth2/authorize", "POST /2/oauth2/token", "POST /2/oauth2/revoke"),
}
BODY = bytes(range(256))
FILM = Video(lambda start, n: BODY[start : start + n], len(BODY), "video/mp4", "a film", 9, 16, 2.0)


def everything(case: Case) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once."""
    [(account, grant)] = connect(case)
    case.account, case.grant = account, grant
    first = post(case, case.piece)
    post(case, Piece("And more", options={"replies": "following"}), first)
    chosen = Piece("For friends", (PICTURE, PICTURE), options={"replies": "following"})
    shown = case.parcel(chosen)
    assert isinstance(case.publish(shown), Published)
    assert isinstance(case.find(shown), Published)
    moving = case.parcel(Piece("", video=FILM), seed=9)
    assert isinstance(case.publish(moving), Published)
    answer = case.parcel(Piece("And more"), seed=10)
    assert isinstance(case.find(replace(answer, before=(first,))), Published)
    assert isinstance(case.find(case.parcel(Piece("Nobody said this"))), Absent)
    assert case.run(lambda web: case.network.check(web, account, grant)) is None
    counted(case, first.external_id)
    assert first.external_id in measure(case, first.external_id, "1900000000000000001")
    case.double.followers = 7
    assert case.run(lambda web: case.network.audience(web, account, grant)) == 7
    assert case.run(lambda web: case.network.delete(web, account, grant, first.external_id)) is None
    renewed: Any = case.run(lambda web: case.network.refresh(web, account, grant))
    assert case.run(lambda web: case.network.revoke(web, account, renewed)) is None


def test_all_that_is_said_fits_what_x_publishes(case: Case) -> None:  # noqa: F811
    everything(case)
    seen = exchanges.of(case.double)
    assert x.contract().faults(seen, OUTSIDE) == []
    assert passed(x.contract(), seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"text": 5}, "$.text"),
        ({"media": {"media_ids": [5]}}, "$.media.media_ids[0]"),
        ({"media": {}}, "$.media"),
        ({"reply_settings": "everyone"}, "$.reply_settings"),
        ({"reply": {"in_reply_to_tweet_id": "1", "made_up": "1"}}, "$.reply"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    said = Exchange("POST", "/2/tweets", {}, {"text": "Hi"} | changed, False, 201, None)
    assert f"body {place}:" in x.contract().fault(said)


def test_a_field_under_its_older_name_is_found() -> None:
    asked = {"post.fields": "created_at,referenced_tweets"}
    said = Exchange("GET", "/2/users/1/tweets", asked, None, False, 200, {})
    assert "$['post.fields'][1]: 'referenced_tweets'" in x.contract().fault(said)
