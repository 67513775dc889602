"""What we say to Facebook, and what its double answers, against the tables that Meta publishes."""

from dataclasses import replace
from typing import Any

import pytest

from app.networks import Absent, Figures, Piece, Processing, Published
from tests.networks.adapters.meta_window import go
from tests.networks.adapters.test_facebook import DOOR, case, double, film, picture  # noqa: F401
from tests.networks.contract import Case
from tests.networks.measured import counted, measure
from tests.networks.published import exchanges, meta
from tests.networks.published.altering import passed
from tests.networks.published.exchanges import Exchange
from tests.servers.doubles.facebook import OTHER, PAGE, FacebookDouble

OUTSIDE = {
    "GET /dialog/oauth",
    "GET /oauth/access_token",
}  # .../facebook-login/guides/advanced/manual-flow


def everything(case: Case, double: FacebookDouble) -> None:  # noqa: F811
    """Each thing that the adapter can be asked, once."""
    said = go(case, DOOR)
    offers = case.run(lambda web: case.network.finish(web, DOOR, {}, said))
    assert isinstance(offers, tuple), offers
    [(account, grant)] = [offer for offer in offers if offer[0].account_id == PAGE]
    case.account, case.grant = account, replace(grant, app=case.grant.app)
    pictures = (picture(1, "One"), picture(2))
    for piece in (
        Piece("See https://example.com/"),
        Piece("Two", pictures),
        Piece("One", pictures[:1]),
    ):
        parcel = case.parcel(piece)
        post = case.publish(parcel)
        assert isinstance(post, Published)
        assert isinstance(case.find(parcel), Published)
    comment = replace(case.parcel(Piece("First", is_comment=True)), before=(post,))
    assert isinstance(case.publish(comment), Published) and isinstance(
        case.find(comment), Published
    )
    moving = case.parcel(Piece("Moving", video=film()))
    assert isinstance(case.publish(moving), Processing)
    moved = case.find(moving)
    assert isinstance(moved, Published)
    assert isinstance(case.find(case.parcel(Piece("Nobody said this"))), Absent)
    for posted in (post.external_id, moved.external_id):
        counted(case, posted)
        assert isinstance(measure(case, posted)[posted], Figures)
    case.double.followers = 7
    assert case.run(lambda web: case.network.audience(web, account, case.grant)) == 7
    assert case.run(lambda web: case.network.check(web, account, case.grant)) is None
    for _ in range(2):
        assert (
            case.run(lambda web: case.network.delete(web, account, case.grant, post.external_id))
            is None
        )


def kinds(double: FacebookDouble) -> Any:  # noqa: F811
    def kind(id: str) -> str:
        if id in (PAGE, OTHER):
            return "Page"
        known = {"me": "User", **dict.fromkeys(double.videos, "AdVideo")}
        return known.get(id) or ("", "PagePost", "Comment")[id.count("_") * id[:1].isdigit()]

    return kind


def test_all_that_is_said_fits_what_meta_publishes(
    case: Case,  # noqa: F811
    double: FacebookDouble,  # noqa: F811
) -> None:
    everything(case, double)
    seen = meta.by_node(exchanges.of(double), kinds(double))
    contract = meta.contract(*(said.path for said in seen))
    assert contract.faults(seen, OUTSIDE) == []
    assert passed(contract, seen) == []


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"published": "perhaps"}, "$.published"),
        ({"height": "tall"}, "$.height"),
        ({"formatting": "BOLD"}, "$.formatting"),
        ({"words": "Hi"}, "$: Additional properties"),
    ],
)
def test_the_place_of_a_fault_is_named(changed: dict[str, Any], place: str) -> None:
    said = Exchange("POST", "/Page/feed", {}, {"message": "Hi"} | changed, True, 200, {"id": "1_2"})
    assert f"body {place}" in meta.contract(said.path).fault(said)


def test_a_field_that_a_post_does_not_have_is_found() -> None:
    said = Exchange(
        "GET", "/PagePost", {"fields": "id,likes_count"}, None, False, 200, {"id": "1_2"}
    )
    assert "$.fields[1]: 'likes_count'" in meta.contract(said.path).fault(said)
