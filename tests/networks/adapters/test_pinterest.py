"""Pinterest against its double: what every adapter must do, and what is Pinterest's own."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import (
    Absent,
    Account,
    App,
    Grant,
    Partly,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.pinterest import Pinterest, reading
from tests.networks.adapters.going_away import connect
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.servers.doubles.keys import CLIENT
from tests.servers.doubles.pinterest import SCOPES, PinterestDouble

BOARD = "549755885175"
PICTURE = Picture(b"\xff\xd8 picture", "image/jpeg", "an engine", 10, 10, "https://a.example/p")
LOCAL = replace(PICTURE, url="")
BODY = bytes(range(256)) * 10
FILM = Video(lambda start, n: BODY[start : start + n], len(BODY), "video/mp4", "a film", 9, 16, 5.0)


@pytest.fixture(scope="module")
def running() -> Iterator[PinterestDouble]:
    double = PinterestDouble()
    yield double
    double.stop()


@pytest.fixture
def double(running: PinterestDouble) -> PinterestDouble:
    running.start_over()
    return running


@pytest.fixture
def case(double: PinterestDouble) -> Case:
    network = Pinterest()
    network.api = f"{double.url}/v5"
    keys = double.issue(*SCOPES)
    secrets = {"access": keys["access_token"], "refresh": keys["refresh_token"]}
    grant = Grant(secrets, clock.now() + timedelta(days=30), app=App(*CLIENT))
    facts = {"kind": "board", "parent": "grace"}
    account = Account("pinterest", "https://www.pinterest.com", BOARD, "g", "E", "", facts)

    def kill() -> None:
        network.api = "http://127.0.0.1:9/v5"

    piece = Piece("Engines &  wheels", pictures=(PICTURE,), options={"title": "Engine"})
    return Case(network, double, account, grant, piece, refreshes=True, kill=kill)


def prepare(case: Case, piece: Piece, so_far: dict[str, Any] | None = None) -> Any:
    return case.run(
        lambda web: case.network.prepare(
            web, case.account, case.grant, piece, clock.now(), so_far or {}
        )
    )


def post(case: Case, piece: Piece) -> Published:
    said = case.publish(case.parcel(piece))
    assert isinstance(said, Published), said
    return said


def test_the_boards_are_offered(case: Case) -> None:
    offers = connect(case)
    assert [account.name for account, _ in offers] == ["Engines", "Bugs"]
    account, grant = offers[0]
    assert account.account_id == BOARD and account.facts == {"kind": "board", "parent": "grace"}
    assert grant.expires_at < grant.ends_at


def test_all_pages_of_boards_are_read(case: Case, double: PinterestDouble) -> None:
    double.boards |= {str(number): f"b{number}" for number in range(5)}
    assert len(connect(case)) == 7


def test_an_account_without_a_board_is_told_so(case: Case, double: PinterestDouble) -> None:
    double.boards.clear()
    said = connect(case)
    assert isinstance(said, Refused) and "no board" in said.reason


def test_a_refresh_gives_a_new_refresh_token(case: Case) -> None:
    def refresh() -> Any:
        return case.run(lambda web: case.network.refresh(web, case.account, case.grant))

    renewed = refresh()
    assert isinstance(renewed, Grant) and renewed.ends_at
    assert renewed.secrets["refresh"] not in ("", case.grant.secrets["refresh"])
    again = refresh()
    assert isinstance(again, Refused) and again.reconnect


def test_revoking_ends_both_tokens(case: Case) -> None:
    assert case.run(lambda web: case.network.revoke(web, case.account, case.grant)) is None
    said = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(said, Refused) and said.reconnect


def test_a_board_that_is_gone_wants_its_person(case: Case, double: PinterestDouble) -> None:
    parcel = case.parcel()
    double.boards.pop(BOARD)
    said = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(said, Refused) and said.reconnect and "board" in said.reason
    refused = case.publish(parcel)
    assert isinstance(refused, Refused) and refused.permanent


def test_a_pin_says_all_that_was_asked(case: Case) -> None:
    options = {"title": "Engine", "link": "https://example.com/engine"}
    said = post(case, Piece("words", pictures=(PICTURE,), options=options))
    pin = case.double.posts[said.external_id].more
    assert (pin["title"], pin["link"]) == ("Engine", "https://example.com/engine")
    assert (pin["description"], pin["alt_text"]) == ("words", "an engine")
    assert pin["source"] == {"source_type": "image_url", "url": PICTURE.url}
    assert said.url.endswith(f"/pin/{said.external_id}/")


def test_a_picture_without_an_address_goes_as_bytes(case: Case) -> None:
    said = post(case, Piece("words", pictures=(LOCAL,)))
    source = case.double.posts[said.external_id].more["source"]
    assert base64.b64decode(source["data"]) == LOCAL.body


@pytest.mark.parametrize("second", [PICTURE, LOCAL])
def test_several_pictures_make_one_pin(case: Case, second: Picture) -> None:
    piece = Piece("many", pictures=(PICTURE, second))
    said = post(case, piece)
    assert len(case.double.posts[said.external_id].more["source"]["items"]) == 2
    found = case.find(case.parcel(piece))
    assert isinstance(found, Published) and found.external_id == said.external_id


def test_a_pin_without_anything_to_see_is_refused(case: Case) -> None:
    said = prepare(case, Piece("only words"))
    assert isinstance(said, Refused) and said.permanent and case.network.limits.needs_media


def test_a_video_is_uploaded_and_waited_for(case: Case, double: PinterestDouble) -> None:
    double.looks = 2
    piece = Piece("moving", video=FILM, options={"cover": "3"})
    said = post(case, piece)
    source = double.posts[said.external_id].more["source"]
    assert source["cover_image_key_frame_time"] == 3
    assert double.media[source["media_id"]]["body"] == BODY
    found = case.find(case.parcel(piece))
    assert isinstance(found, Published) and found.external_id == said.external_id


def test_a_video_that_pinterest_cant_read_is_refused(case: Case, double: PinterestDouble) -> None:
    double.looks, double.ends_as = 0, "failed"
    piece, so_far, said = Piece("", video=FILM), {}, None
    for _ in range(5):
        said = prepare(case, piece, so_far)
        if not isinstance(said, Partly):
            break
        so_far = said.so_far
    assert isinstance(said, Refused) and said.permanent


def test_a_form_that_ran_out_is_asked_for_again(case: Case, double: PinterestDouble) -> None:
    begun = prepare(case, Piece("", video=FILM))
    assert isinstance(begun, Partly)
    double.media.clear()
    said = prepare(case, Piece("", video=FILM), begun.so_far)
    assert isinstance(said, Refused) and said.prepare_again


def test_a_pin_leads_to_a_web_address_or_nowhere(case: Case) -> None:
    said = prepare(case, replace(case.piece, options={"link": "javascript:alert(1)"}))
    assert isinstance(said, Refused) and said.permanent


def test_a_cover_is_a_second(case: Case) -> None:
    said = prepare(case, Piece("", video=FILM, options={"cover": "the nice one"}))
    assert isinstance(said, Refused) and "number" in said.reason


def test_it_looks_through_more_than_one_page(case: Case) -> None:
    first = post(case, case.piece)
    for number in range(3):
        post(case, replace(case.piece, text=f"other {number}"))
    found = case.find(case.parcel())
    assert isinstance(found, Published) and found.external_id == first.external_id


def test_an_older_pin_with_the_same_words_is_not_ours(case: Case) -> None:
    said = post(case, case.piece)
    case.double.posts[said.external_id].more["created_at"] = "2026-01-01T00:00:00"
    assert isinstance(case.find(case.parcel()), Absent)


def test_a_pin_of_another_kind_or_title_is_not_ours(case: Case) -> None:
    post(case, case.piece)
    many = replace(case.piece, pictures=(PICTURE, PICTURE))
    assert isinstance(case.find(case.parcel(many)), Absent)
    other = replace(case.piece, options={"title": "Another"})
    assert isinstance(case.find(case.parcel(other)), Absent)


def test_a_picture_that_can_not_be_fetched_is_offered_again(
    case: Case, double: PinterestDouble
) -> None:
    parcel = case.parcel()
    double.trouble = (400, "Sorry we could not fetch the image.")
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.prepare_again and not said.permanent


def test_800_characters_are_the_end() -> None:
    assert Pinterest().count("é" * 800).problem is None
    assert "800 characters; this is 801" in (Pinterest().count("é" * 801).problem or "")


def test_a_board_that_is_too_large_to_look_through_says_nothing_of_absence(
    case: Case, double: PinterestDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGES", 2)
    monkeypatch.setattr(double, "page", 1)
    for words in ("One", "Two", "Three"):
        post(case, Piece(words, pictures=(PICTURE,)))
    parcel = case.parcel(Piece("Four", pictures=(PICTURE,)))
    assert case.find(parcel) == Unknown(reading.TOO_MANY)
    monkeypatch.setattr(reading, "PAGES", 3)
    assert case.find(parcel) == Absent()
