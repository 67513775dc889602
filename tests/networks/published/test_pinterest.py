"""What we say to Pinterest, and what its double answers, against what Pinterest publishes."""

from typing import Any

import pytest

from app.networks import Absent, Grant, Piece, Published
from tests.networks.adapters.going_away import connect
from tests.networks.adapters.test_pinterest import (  # noqa: F401
    FILM,
    LOCAL,
    PICTURE,
    case,
    double,
    post,
    running,
)
from tests.networks.contract import Case
from tests.networks.published import exchanges, pinterest
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.pinterest import PinterestDouble

OUTSIDE = {
    "GET /oauth/",  # a page for people
    "POST /oauth/token",  # the package leaves its form out but for one field; RFC 6749
    "POST /oauth/token/revoke",  # newer than the package; RFC 7009
    "POST /storage/{id}",  # where a video goes: Amazon's, by the form that Pinterest names
}


def everything(case: Case, double: PinterestDouble) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once, and what is not there."""
    account, grant = connect(case)[0]
    case.account, case.grant = account, grant
    options = {"title": "Engine", "link": "https://example.com/engine"}
    for pictures in ((PICTURE,), (LOCAL,), (PICTURE, PICTURE), (PICTURE, LOCAL)):
        post(case, Piece("words", pictures, options=options))
    double.looks = 2
    film = case.parcel(Piece("moving", video=FILM, options={"cover": "3"}))
    said = case.publish(film)
    assert isinstance(said, Published)
    assert isinstance(case.find(film), Published)
    assert isinstance(case.find(case.parcel(Piece("nothing", (PICTURE,)))), Absent)
    for _ in range(2):
        assert (
            case.run(lambda web: case.network.delete(web, account, grant, said.external_id)) is None
        )
    assert case.run(lambda web: case.network.check(web, account, grant)) is None
    renewed: Any = case.run(lambda web: case.network.refresh(web, account, grant))
    assert isinstance(renewed, Grant)
    assert case.run(lambda web: case.network.revoke(web, account, renewed)) is None
    assert case.run(lambda web: case.network.check(web, account, renewed)) is not None


def test_all_that_is_said_fits_what_pinterest_publishes(
    case: Case,  # noqa: F811
    double: PinterestDouble,  # noqa: F811
) -> None:
    everything(case, double)
    seen = exchanges.of(double)
    assert pinterest.contract().faults(seen, OUTSIDE) == []
    assert passed(pinterest.contract(), seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"title": "x" * 101}, "$.title"),
        ({"description": "x" * 801}, "$.description"),
        ({"board_id": "engines"}, "$.board_id"),
        ({"media_source": {"source_type": "image_url"}}, "$.media_source"),
        (
            {"media_source": {"source_type": "video_url", "url": "https://a.example"}},
            "$.media_source",
        ),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    pin = {
        "board_id": "5",
        "media_source": {"source_type": "image_url", "url": "https://a.example"},
    }
    said = Exchange("POST", "/v5/pins", {}, pin, False, 201, {"id": "7"})
    assert pinterest.contract().fault(said) == ""
    said = Exchange("POST", "/v5/pins", {}, pin | changed, False, 201, {"id": "7"})
    assert f"body {place}" in pinterest.contract().fault(said)
