"""What we say to Instagram, and what its double answers, against the tables that Meta publishes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import Absent, Figures, Grant, Piece, Published
from tests.networks.adapters.meta_window import go
from tests.networks.adapters.test_instagram import (  # noqa: F401
    DOOR,
    case,
    double,
    film,
    picture,
)
from tests.networks.contract import Case
from tests.networks.measured import counted, measure
from tests.networks.published import exchanges, meta
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.instagram import InstagramDouble

KEYS = {
    "access_token": "IGAccessTokenForIGOnlyAPI",
    "refresh_access_token": "IGRefreshAccessTokenForIGOnlyAPI",
}
USER, MEDIA, CONTAINER = "IGUserForIGOnlyAPI", "IGMediaForIGOnlyAPI", "ShadowIGMediaBuilder"
OUTSIDE = {
    "GET /oauth/authorize",
    "POST /oauth/access_token",
}  # .../instagram-platform, business login


def everything(case: Case, double: InstagramDouble) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once."""
    said = go(case, DOOR)
    offers: Any = case.run(lambda web: case.network.finish(web, DOOR, {}, said))
    account, grant = case.account, case.grant = offers[0]
    pieces = (
        Piece("One", (picture(1, "A cup"),)),
        Piece("Three", (picture(1, "A cup"), picture(2)), film()),
        Piece("Moving", (), film()),
    )
    for piece in pieces:
        parcel = case.parcel(piece)
        post = case.publish(parcel)
        assert isinstance(post, Published)
        assert isinstance(case.find(parcel), Published)
    comment = replace(case.parcel(Piece("First", is_comment=True, place=1)), before=(post,))
    put = case.publish(comment)
    assert isinstance(put, Published) and isinstance(case.find(comment), Published)
    assert isinstance(case.find(case.parcel(Piece("Not yet", (picture(4),)))), Absent)
    counted(case, post.external_id)
    assert isinstance(measure(case, post.external_id)[post.external_id], Figures)
    case.double.followers = 7
    assert case.run(lambda web: case.network.audience(web, account, grant)) == 7
    assert case.run(lambda web: case.network.check(web, account, grant)) is None
    for _ in range(2):
        assert (
            case.run(lambda web: case.network.delete(web, account, grant, put.external_id)) is None
        )
    double.tokens[grant.secrets["token"]].born = clock.now() - timedelta(days=2)
    assert isinstance(case.run(lambda web: case.network.refresh(web, account, grant)), Grant)


def kinds(double: InstagramDouble) -> Any:  # noqa: F811
    """What was deleted was a comment."""

    def kind(id: str) -> str:
        named = {"me": USER, **KEYS, **dict.fromkeys(double.containers, CONTAINER)}
        named |= {post.id: MEDIA for post in double.posts.values() if not post.reply_to}
        return named.get(id) or ("IGComment" if id.isdigit() else "")

    return kind


def test_all_that_is_said_fits_what_meta_publishes(
    case: Case,  # noqa: F811
    double: InstagramDouble,  # noqa: F811
) -> None:
    everything(case, double)
    seen = meta.by_node(exchanges.of(double), kinds(double))
    contract = meta.contract(*(said.path for said in seen))
    assert contract.faults(seen, OUTSIDE) == []
    assert passed(contract, seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"is_carousel_item": "perhaps"}, "$.is_carousel_item"),
        ({"share_to_feed": "1"}, "$.share_to_feed"),
        ({"picture_url": "https://a.example"}, "$: Additional properties"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    made = {"image_url": "https://a.example/1.jpg"} | changed
    said = Exchange("POST", f"/{USER}/media", {}, made, True, 200, {"id": "1"})
    assert f"body {place}" in meta.contract(said.path).fault(said)
