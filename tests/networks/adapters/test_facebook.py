"""Facebook pages: one entry of the feed, unpublished media before it, and reading back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import (
    Absent,
    Account,
    Door,
    Figures,
    Grant,
    Parcel,
    Partly,
    Picture,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.facebook import Facebook
from tests.networks.adapters.meta_window import APP, go
from tests.networks.contract import *  # noqa: F403  # the questions that every adapter must answer
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.networks.measured import counted, measure, published
from tests.servers.doubles.facebook import OTHER, PAGE, PERSON, FacebookDouble
from tests.servers.doubles.meta import No

DOOR = Door("https://allstac.example/channels/connect/facebook/back", "state-3", APP)
FILM = bytes(range(256)) * 10  # 2560 bytes: three stretches of the double's


@pytest.fixture(scope="module")
def double() -> Iterator[FacebookDouble]:
    running = FacebookDouble()
    yield running
    running.stop()


@pytest.fixture
def case(double: FacebookDouble) -> Case:
    for kept in (double.posts, double.photos, double.videos, double.expired, double.revoked):
        kept.clear()
    for queue in (double.faults, double.no, double.seen):
        queue.clear()
    double.same_refused, double.says_no, double.works, double.page_size = False, False, 0, 100
    double.tasks[OTHER] = ["CREATE_CONTENT"]
    adapter = Facebook()
    adapter.api = double.url
    account = Account("facebook", double.url, PAGE, "Metricsaurus", "Metricsaurus", "")
    grant, piece = Grant({"token": "token-1"}, None, app=APP), Piece("Open until six")
    return Case(
        adapter, double, account, grant, piece,
        kill=lambda: setattr(adapter, "api", "http://127.0.0.1:9"),
        tells=adapter.tells - {"video_views"}, none_is_0=frozenset({"reposts"}),
    )  # fmt: skip


def picture(n: int, alt: str = "") -> Picture:
    return Picture(b"picture %d" % n, "image/jpeg", alt, 900, 900)


def film(reads: list[tuple[int, int]] | None = None) -> Video:
    def read(start: int, length: int) -> bytes:
        if reads is not None:
            reads.append((start, length))
        return FILM[start : start + length]

    return Video(read, len(FILM), "video/mp4", "", 1920, 1080, 12.0)


def prepare(case: Case, piece: Piece, so_far: dict[str, Any]) -> Any:
    def ask(web: Any) -> Any:
        return case.network.prepare(web, case.account, case.grant, piece, clock.now(), so_far)

    return case.run(ask)


def test_a_link_gets_its_card_unless_the_person_wants_none(
    case: Case, double: FacebookDouble
) -> None:
    piece = Piece("Read https://example.org/a today")
    said = case.publish(case.parcel(piece))
    assert double.posts[said.external_id].more["link"] == "https://example.org/a"
    bare = case.publish(case.parcel(replace(piece, link_card=False)))
    assert double.posts[bare.external_id].more["link"] == ""
    assert said.url == f"https://www.facebook.com/{said.external_id}"


def test_pictures_go_up_unpublished_one_by_one(case: Case, double: FacebookDouble) -> None:
    piece = Piece("Three", (picture(1, "A cup"), picture(2), picture(3)))
    first = prepare(case, piece, {})
    assert isinstance(first, Partly) and len(first.so_far["photos"]) == 1
    parcel = case.parcel(piece)
    assert double.posts == {}
    assert {photo["published"] for photo in double.photos.values()} == {"false"}
    said = case.publish(parcel)
    sources = [double.photos[id]["source"] for id in double.posts[said.external_id].media]
    assert sources == [b"picture 1", b"picture 2", b"picture 3"]
    assert double.photos[parcel.record["photos"][0]]["alt_text_custom"] == "A cup"
    assert case.find(parcel).external_id == said.external_id


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_number_of_pictures_tells_posts_with_the_same_words_apart(
    case: Case, number: int
) -> None:
    pictures = tuple(picture(n) for n in range(number))
    mine = case.parcel(Piece("Same words", pictures))
    other = case.parcel(Piece("Same words", (*pictures, picture(9))))
    assert isinstance(case.publish(other), Published)
    assert isinstance(case.find(mine), Absent)


def test_older_posts_with_the_same_words_are_not_ours(case: Case, double: FacebookDouble) -> None:
    said = case.publish(case.parcel())
    double.posts[said.external_id].more["at"] = clock.now() - timedelta(minutes=5)
    assert isinstance(case.find(case.parcel()), Absent)


def test_white_space_that_the_network_tidies_up_makes_no_difference(
    case: Case, double: FacebookDouble
) -> None:
    parcel = case.parcel(Piece("One \n\nTwo  "))
    said = case.publish(parcel)
    double.posts[said.external_id].text = "One\n\nTwo"
    assert isinstance(case.find(parcel), Published)


def test_a_duplicate_that_is_our_own_from_before_is_a_success(
    case: Case, double: FacebookDouble
) -> None:
    double.same_refused = True
    parcel = case.parcel()
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 1


def test_a_duplicate_of_another_post_is_a_lasting_no(case: Case, double: FacebookDouble) -> None:
    double.same_refused = True
    first = case.publish(case.parcel())
    second = replace(case.parcel(), taken=frozenset({first.external_id}))
    said = case.publish(second)
    assert isinstance(said, Refused) and said.permanent and "Change them" in said.reason


def test_every_call_proves_that_we_hold_the_secret_of_the_app(
    case: Case, double: FacebookDouble
) -> None:
    case.publish(case.parcel())
    asked = [seen.path + seen.body.decode() for seen in double.seen]
    assert all("appsecret_proof=" in one for one in asked)
    case.grant = replace(case.grant, app=None)
    assert isinstance(case.publish(Parcel("k", clock.now(), case.parcel().record)), Refused)


def test_a_video_goes_up_in_stretches_and_is_made_public_by_one_request(
    case: Case, double: FacebookDouble
) -> None:
    reads: list[tuple[int, int]] = []
    double.works = 1
    parcel = case.parcel(Piece("Moving", (), film(reads)))
    assert reads == [(0, 1000), (1000, 1000), (2000, 560)]
    (video,) = double.videos.values()
    assert video["body"] == FILM and double.posts == {}
    said = case.publish(parcel)
    assert isinstance(said, Processing) and said.handle == parcel.record["video"]
    up = case.settle(parcel, said)
    assert isinstance(up, Published) and up.external_id == parcel.record["video"]
    assert up.url == f"https://www.facebook.com/{PAGE}/videos/{up.external_id}/"


def test_a_stretch_that_went_up_twice_goes_on_where_the_network_stands(
    case: Case, double: FacebookDouble
) -> None:
    piece = Piece("Moving", (), film())
    begun = prepare(case, piece, {}).so_far
    assert isinstance(prepare(case, piece, begun), Partly)
    again = prepare(case, piece, begun)
    assert isinstance(again, Partly) and again.so_far["start"] == 1000


@pytest.mark.parametrize("fault", ["lose", "500 after", "garbage"])
def test_a_video_in_doubt_is_asked_by_the_id_that_it_had_before(
    case: Case, double: FacebookDouble, fault: str
) -> None:
    parcel = case.parcel(Piece("Moving", (), film()))
    assert isinstance(case.find(parcel), Absent)
    double.faults.append(fault)
    assert isinstance(case.publish(parcel), Unknown)
    assert isinstance(case.find(parcel), Published)


def test_a_video_that_was_uploaded_again_is_found_by_what_went_out_before(
    case: Case, double: FacebookDouble
) -> None:
    """After a restore: the second upload has an id of its own, and the first is public."""
    piece, sent_at = Piece("Moving", (), film()), clock.now()
    said = case.publish(case.parcel(piece))
    assert isinstance(said, Processing)
    again = replace(case.parcel(piece), at=sent_at - timedelta(seconds=1))
    assert again.record["video"] != said.handle
    found = case.find(again)
    assert isinstance(found, Published) and found.external_id == said.handle
    assert isinstance(case.find(replace(again, taken=frozenset({said.handle}))), Absent)
    double.videos[said.handle]["works"] = 1
    assert isinstance(case.find(again), Unknown)


def test_a_video_session_that_was_forgotten_is_prepared_again(
    case: Case, double: FacebookDouble
) -> None:
    piece = Piece("Moving", (), film())
    parcel, begun = case.parcel(piece), prepare(case, piece, {}).so_far
    double.videos.clear()
    assert case.publish(parcel).prepare_again
    assert prepare(case, piece, begun).prepare_again
    assert isinstance(case.find(parcel), Absent)


def test_a_video_that_can_not_be_used_is_a_lasting_no(case: Case, double: FacebookDouble) -> None:
    parcel = case.parcel(Piece("Moving", (), film()))
    double.videos[parcel.record["video"]]["broken"] = True
    said = case.settle(parcel, case.publish(parcel))
    assert isinstance(said, Refused) and said.permanent


def comment(case: Case) -> Parcel:
    post = case.publish(case.parcel())
    made = case.parcel(Piece("The link is here", is_comment=True, place=1), seed=9)
    return replace(made, before=(post,))


@pytest.mark.parametrize("fault", ["", "lose", "500 after", "drop", "429 seconds"])
def test_a_first_comment_is_a_step_of_its_own(
    case: Case, double: FacebookDouble, fault: str
) -> None:
    parcel = comment(case)
    double.faults.extend([fault] if fault else [])
    said = case.publish(parcel)
    assert type(said) in ((Published,) if not fault else (Unknown, Refused))
    found = case.find(parcel)
    assert isinstance(found, Absent if fault in ("drop", "429 seconds") else Published)
    if isinstance(found, Published):
        assert double.posts[found.external_id].reply_to == parcel.before[0].external_id


def test_comments_of_others_with_the_same_words_are_not_ours(
    case: Case, double: FacebookDouble
) -> None:
    parcel = comment(case)
    theirs = case.publish(parcel)
    double.posts[theirs.external_id].account = "somebody"
    assert isinstance(case.find(parcel), Absent)


@pytest.mark.parametrize(
    ("no", "wanted"),
    [
        (No(190, "Expired", 463), {"reconnect": True}),
        (No(190, "Changed", 460), {"reconnect": True}),
        (No(200, "Requires pages_manage_posts"), {"reconnect": True}),
        (No(368, "Deemed abusive"), {"permanent": True}),
        (No(100, "Invalid parameter"), {"permanent": True}),
        (No(32, "Page request limit reached"), {"permanent": False, "reconnect": False}),
    ],
)
def test_errors_say_what_to_do(
    case: Case, double: FacebookDouble, no: No, wanted: dict[str, bool]
) -> None:
    parcel = case.parcel()
    double.no.append(no)
    said = case.publish(parcel)
    assert isinstance(said, Refused)
    assert {name: getattr(said, name) for name in wanted} == wanted


def finish(case: Case) -> Any:
    said = go(case, DOOR)
    return case.run(lambda web: case.network.finish(web, DOOR, {}, said))


@pytest.mark.parametrize("size", [100, 1])
def test_connecting_offers_every_page_with_keys_that_do_not_run_out(
    case: Case, double: FacebookDouble, size: int
) -> None:
    double.page_size = size
    offers = finish(case)
    assert [account.account_id for account, _ in offers] == [PAGE, OTHER]
    for account, grant in offers:
        token = double.tokens[grant.secrets["token"]]
        assert (token.owner, token.is_long) == (account.account_id, True)
        assert grant.expires_at is None and account.facts["parent"] == PERSON
        with_app = replace(grant, app=APP)
        assert case.run(lambda w, a=account, g=with_app: case.network.check(w, a, g)) is None


def test_pages_that_the_person_may_not_write_to_are_not_offered(
    case: Case, double: FacebookDouble
) -> None:
    double.tasks[OTHER] = ["ANALYZE"]
    assert [account.account_id for account, _ in finish(case)] == [PAGE]
    double.pages.pop(OTHER)
    double.tasks[PAGE] = ["ANALYZE"]
    said = finish(case)
    double.pages[OTHER], double.tasks[PAGE] = "Second page", ["CREATE_CONTENT"]
    assert isinstance(said, Refused) and "no page that you may write to" in said.reason


def test_one_page_is_not_taken_back_with_all_others(case: Case, double: FacebookDouble) -> None:
    """Facebook only knows to take the permission of a person away, for all pages at once."""
    said = case.run(lambda web: case.network.revoke(web, case.account, case.grant))
    assert isinstance(said, Refused) and "Business integrations" in said.reason
    assert double.seen == []


def test_without_the_permission_for_insights_the_rest_is_told(
    case: Case, double: FacebookDouble
) -> None:
    """Channels that were connected before it was asked for lack it."""
    id = published(case)
    counts = counted(case, id)
    double.lets_see = False
    told = measure(case, id)
    double.lets_see = True
    assert told == {id: Figures(**{name: counts[name] for name in ("likes", "replies", "reposts")})}


def test_a_video_is_measured_as_the_post_that_it_is(case: Case) -> None:
    parcel = case.parcel(Piece("Waves", video=film()))
    said = case.settle(parcel, case.publish(parcel))
    case.double.counts = {said.external_id: {"video_views": 7, "likes": 2}}
    assert measure(case, said.external_id) == {
        said.external_id: Figures(likes=2, video_views=7, reposts=0)
    }
