"""Instagram: containers first, one request that makes them public, and what became of them."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import (
    Absent,
    Account,
    Away,
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
from app.networks.adapters.instagram import Instagram
from tests.networks.adapters.meta_window import APP, go
from tests.networks.contract import *  # noqa: F403  # the questions that every adapter must answer
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.networks.measured import counted, measure, published
from tests.servers.doubles.instagram import ACCOUNT, HANDLE, SCOPED, InstagramDouble
from tests.servers.doubles.meta import No

DOOR = Door("https://allstac.example/channels/connect/instagram/back", "state-1", APP)
OLD = clock.now() - timedelta(days=2)


@pytest.fixture(scope="module")
def double() -> Iterator[InstagramDouble]:
    running = InstagramDouble()
    yield running
    running.stop()


@pytest.fixture
def case(double: InstagramDouble) -> Case:
    reset(double)
    adapter = Instagram()
    adapter.api = double.url
    account = Account("instagram", double.url, ACCOUNT, HANDLE, HANDLE, "https://ig.example/me")
    piece = Piece("A quiet morning #coffee", (picture(1),))
    return Case(
        adapter, double, account, Grant({"token": "token-1"}, None, app=APP), piece,
        deletes=False, kill=lambda: setattr(adapter, "api", "http://127.0.0.1:9"),
        tells=adapter.tells - {"video_views"},
    )  # fmt: skip


def reset(double: InstagramDouble) -> None:
    for kept in (double.posts, double.containers, double.expired, double.revoked):
        kept.clear()
    for queue in (double.faults, double.states, double.no, double.seen):
        queue.clear()
    double.works = double.publishing = double.unlisted = double.used = 0
    double.says_no, double.in_a_list = False, True


def picture(n: int, alt: str = "") -> Picture:
    url = f"https://allstac.example/media/{n}.jpg"
    return Picture(b"", "image/jpeg", alt, 1080, 1080, url)


def film() -> Video:
    url = "https://allstac.example/media/1.mp4"
    return Video(lambda start, length: b"", 9, "video/mp4", "A dance", 1080, 1920, 12.0, url)


def prepare(case: Case, piece: Piece, so_far: dict[str, Any] | None = None) -> Any:
    def ask(web: Any) -> Any:
        return case.network.prepare(web, case.account, case.grant, piece, clock.now(), so_far or {})

    return case.run(ask)


def sent(double: InstagramDouble, part: str) -> list[str]:
    return [seen.body.decode() for seen in double.seen if part in seen.path]


def test_nothing_is_public_before_the_last_request(case: Case, double: InstagramDouble) -> None:
    parcel = case.parcel()
    assert double.posts == {} and len(double.containers) == 1
    assert isinstance(case.publish(parcel), Published)
    publishing = [s for s in double.seen if s.method == "POST" and "media_publish" in s.path]
    assert len(publishing) == 1


def test_a_post_is_published_with_its_own_address(case: Case) -> None:
    said = case.publish(case.parcel())
    assert said.url == f"https://www.instagram.com/p/{said.external_id}/"


def test_a_carousel_is_made_part_by_part_and_keeps_its_alt_texts(
    case: Case, double: InstagramDouble
) -> None:
    piece = Piece("Three", (picture(1, "A cup"), picture(2), picture(3, "A door")), film())
    said = case.publish(case.parcel(piece))
    fields = [container.fields for container in double.containers.values()]
    assert [one.get("alt_text") for one in fields[:3]] == ["A cup", None, "A door"]
    assert fields[3]["media_type"] == "VIDEO" and "alt_text" not in fields[3]
    assert fields[4]["media_type"] == "CAROUSEL"
    assert len(double.posts[said.external_id].media) == 4


def test_each_part_is_a_stretch_of_its_own(case: Case, double: InstagramDouble) -> None:
    piece = Piece("Two", (picture(1), picture(2)))
    first = prepare(case, piece)
    assert isinstance(first, Partly) and len(first.so_far["children"]) == 1
    second = prepare(case, piece, first.so_far)
    assert isinstance(second, Partly) and len(second.so_far["children"]) == 2
    assert len(double.containers) == 2


def test_a_video_alone_is_a_reel_and_is_waited_for(case: Case, double: InstagramDouble) -> None:
    double.works = 2
    piece = Piece("Moving", (), film())
    made = prepare(case, piece)
    assert isinstance(made, Partly) and made.again_at is None
    waiting = prepare(case, piece, made.so_far)
    assert isinstance(waiting, Partly) and waiting.again_at
    assert timedelta(seconds=20) < waiting.again_at - clock.now() <= timedelta(seconds=30)
    assert waiting.so_far == made.so_far
    prepare(case, piece, made.so_far)
    assert prepare(case, piece, made.so_far)["container"] == made.so_far["container"]
    assert next(iter(double.containers.values())).fields["media_type"] == "REELS"


def test_media_that_it_can_not_use_is_a_lasting_no_with_its_reason(
    case: Case, double: InstagramDouble
) -> None:
    double.states.append("ERROR")
    made = prepare(case, case.piece)
    said = prepare(case, case.piece, made.so_far)
    assert isinstance(said, Refused) and said.permanent
    assert "FAILED PROCESSING VIDEO" in said.reason


def test_without_an_address_on_the_internet_nothing_is_tried(
    case: Case, double: InstagramDouble
) -> None:
    said = prepare(case, Piece("Hi", (replace(picture(1), url=""),)))
    assert isinstance(said, Refused) and "address on the internet" in said.reason
    assert double.seen == []


def test_a_used_up_quota_is_a_wait_before_anything_is_made(
    case: Case, double: InstagramDouble
) -> None:
    double.used = double.total
    said = prepare(case, case.piece)
    assert isinstance(said, Refused) and said.retry_at and not said.permanent
    assert "250" in said.reason and double.containers == {}


@pytest.mark.parametrize("state", ["EXPIRED", "LOST", "ERROR"])
def test_a_container_that_is_no_good_any_more_is_prepared_again(
    case: Case, double: InstagramDouble, state: str
) -> None:
    parcel = case.parcel()
    double.containers[parcel.record["container"]].state = state
    assert isinstance(case.find(parcel), Absent)
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.prepare_again and not said.permanent, said
    assert double.posts == {}


def test_a_container_is_published_once_however_often_it_is_asked(case: Case) -> None:
    parcel = case.parcel()
    first, again = case.publish(parcel), case.publish(parcel)
    assert isinstance(again, Published) and again.external_id == first.external_id
    assert case.times() == 1


def test_an_answer_that_is_lost_while_it_is_still_being_made_public(
    case: Case, double: InstagramDouble
) -> None:
    """The container says for a while that it is at work; only then the post is listed."""
    double.publishing = 2
    parcel = case.parcel()
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    assert isinstance(case.find(parcel), Processing)
    assert isinstance(case.settle(parcel, case.find(parcel)), Published)
    assert case.times() == 1


def test_what_is_out_but_not_listed_yet_is_never_called_absent(
    case: Case, double: InstagramDouble
) -> None:
    parcel = case.parcel()
    double.faults.append("500 after")
    assert isinstance(case.publish(parcel), Unknown)
    double.unlisted = 2
    assert isinstance(case.find(parcel), Processing)
    assert isinstance(case.find(parcel), Processing)
    assert isinstance(case.find(parcel), Published)


def test_a_publish_while_it_is_at_work_waits_half_a_minute(
    case: Case, double: InstagramDouble
) -> None:
    parcel = case.parcel()
    double.containers[parcel.record["container"]].works = 9
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.retry_at and not said.permanent


def comment(case: Case, words: str = "The first") -> Any:
    post = case.publish(case.parcel())
    made = case.parcel(Piece(words, is_comment=True, place=1), seed=9)
    return replace(made, before=(post,))


def test_a_first_comment_stands_under_its_post(case: Case, double: InstagramDouble) -> None:
    parcel = comment(case)
    said = case.publish(parcel)
    assert double.posts[said.external_id].reply_to == parcel.before[0].external_id
    assert said.url == parcel.before[0].url
    assert case.find(parcel) == said


@pytest.mark.parametrize("fault", ["lose", "500 after", "drop"])
def test_a_comment_whose_answer_was_lost_is_found_among_the_comments(
    case: Case, double: InstagramDouble, fault: str
) -> None:
    parcel = comment(case)
    double.faults.append(fault)
    assert isinstance(case.publish(parcel), Unknown)
    found = case.find(parcel)
    assert isinstance(found, Absent if fault == "drop" else Published)


def test_comments_of_others_with_the_same_words_are_not_ours(
    case: Case, double: InstagramDouble
) -> None:
    parcel = comment(case, "Lovely")
    theirs = case.publish(parcel)
    double.posts[theirs.external_id].more["by"] = "somebody"
    assert isinstance(case.find(parcel), Absent)


def test_a_comment_can_be_deleted_and_a_post_can_not(case: Case) -> None:
    parcel = comment(case)
    said = case.publish(parcel)
    grant, account = case.grant, case.account

    def delete(id: str) -> Any:
        return case.run(lambda web: case.network.delete(web, account, grant, id))

    assert delete(said.external_id) is None
    assert delete(said.external_id) is None
    refused = delete(parcel.before[0].external_id)
    assert isinstance(refused, Refused) and "its own app" in refused.reason


@pytest.mark.parametrize(
    ("no", "wanted"),
    [
        (No(190, "Session has expired", 463), {"reconnect": True}),
        (No(102, "Session key invalid"), {"reconnect": True}),
        (No(10, "Application does not have permission"), {"reconnect": True}),
        (No(200, "The user hasn't authorized"), {"reconnect": True}),
        (No(4, "We restrict certain activity", 2_207_051), {"permanent": True}),
        (No(36_003, "The aspect ratio is not supported.", 2_207_009), {"permanent": True}),
        (No(368, "The action was deemed abusive"), {"permanent": True}),
        (No(9007, "Media ID is not available", 2_207_027), {"permanent": False}),
    ],
)
def test_errors_say_what_to_do(
    case: Case, double: InstagramDouble, no: No, wanted: dict[str, bool]
) -> None:
    parcel = case.parcel()
    double.no.append(no)
    said = case.publish(parcel)
    assert isinstance(said, Refused), said
    assert {name: getattr(said, name) for name in wanted} == wanted


def test_what_looks_like_spam_there_sends_the_person_to_the_account(
    case: Case, double: InstagramDouble
) -> None:
    parcel = case.parcel()
    double.no.append(No(4, "We restrict certain activity", 2_207_051))
    assert "account's status there" in case.publish(parcel).reason


@pytest.mark.parametrize("code", [4, 9, 17, 32, 613, 80_002])
def test_limits_are_waited_out_as_long_as_the_header_says(
    case: Case, double: InstagramDouble, code: int
) -> None:
    used = '{"17841": [{"type": "instagram", "estimated_time_to_regain_access": 19}]}'
    parcel = case.parcel()
    double.no.append(No(code, "Limit", headers={"X-Business-Use-Case-Usage": used}))
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.retry_at and not said.permanent
    assert timedelta(minutes=18) < said.retry_at - clock.now() <= timedelta(minutes=19)
    assert said.for_all == (code == 4)  # that of the app; the others are an account's


@pytest.mark.parametrize("header", ["", "[]", "{", '{"1": [{}]}', '{"1": 5}'])
def test_a_limit_without_a_time_is_a_quarter_of_an_hour(
    case: Case, double: InstagramDouble, header: str
) -> None:
    parcel = case.parcel()
    double.no.append(No(4, "Limit", headers={"X-Business-Use-Case-Usage": header}))
    said = case.publish(parcel)
    assert said.retry_at and timedelta(minutes=14) < said.retry_at - clock.now()


@pytest.mark.parametrize("no", [No(1, "Unknown error"), No(2, "Service"), No(-1, "Oh", 2_207_001)])
def test_a_fault_of_its_own_may_have_come_after_it_was_done(
    case: Case, double: InstagramDouble, no: No
) -> None:
    parcel = case.parcel()
    double.no.append(no)
    assert isinstance(case.publish(parcel), Unknown)


def finish(case: Case, said: dict[str, str]) -> Any:
    return case.run(lambda web: case.network.finish(web, DOOR, {}, said))


@pytest.mark.parametrize("in_a_list", [True, False])
def test_connecting_gives_the_account_and_keys_for_60_days(
    case: Case, double: InstagramDouble, in_a_list: bool
) -> None:
    double.in_a_list = in_a_list
    said = go(case, DOOR)
    assert said["state"] == DOOR.state
    ((account, grant),) = finish(case, said)
    assert (account.account_id, account.handle) == (ACCOUNT, HANDLE)
    assert account.facts["parent"] == SCOPED
    assert double.tokens[grant.secrets["token"]].is_long
    assert timedelta(days=59) < grant.expires_at - clock.now() < timedelta(days=61)
    assert case.run(lambda web: case.network.check(web, account, grant)) is None


def test_a_no_at_the_network_and_a_used_code_are_said_in_words(
    case: Case, double: InstagramDouble
) -> None:
    double.says_no = True
    assert "said no" in finish(case, go(case, DOOR)).reason
    double.says_no = False
    said = go(case, DOOR)
    assert not isinstance(finish(case, said), Refused)
    assert isinstance(finish(case, said), Refused)


def test_without_an_app_of_the_operator_nobody_is_sent_away(case: Case) -> None:
    door = replace(DOOR, app=None)
    assert isinstance(case.run(lambda web: case.network.begin(web, {}, door)), Refused)
    assert isinstance(
        case.run(lambda web: case.network.finish(web, door, {}, {"code": "x"})), Refused
    )


def test_the_real_hosts_are_asked_where_no_other_is_set() -> None:
    away = asyncio.run(Instagram().begin(None, {}, DOOR))  # type: ignore[arg-type]  # not asked
    assert isinstance(away, Away)
    assert away.url.startswith("https://www.instagram.com/oauth/authorize?response_type=code&")
    assert Instagram().at(Instagram.tokens) == "https://api.instagram.com/oauth/access_token"


def refresh(case: Case, token: str) -> Any:
    grant = Grant({"token": token}, None)
    return case.run(lambda web: case.network.refresh(web, case.account, grant))


def test_keys_are_refreshed_for_60_more_days(case: Case, double: InstagramDouble) -> None:
    double.tokens["token-1"].born = OLD
    grant = refresh(case, "token-1")
    assert grant.secrets["token"] != "token-1"
    assert grant.expires_at - clock.now() > timedelta(days=59)


def test_keys_that_ran_out_want_a_new_connection_and_too_young_ones_do_not(
    case: Case, double: InstagramDouble
) -> None:
    double.expired.add("token-1")
    assert refresh(case, "token-1").reconnect
    young = refresh(case, double.new_token("me"))
    assert isinstance(young, Refused) and not young.reconnect


def test_taking_the_keys_back_is_told_as_something_to_do_by_hand(case: Case) -> None:
    said = case.run(lambda web: case.network.revoke(web, case.account, case.grant))
    assert isinstance(said, Refused) and "remove AllStac" in said.reason


def later(parcel: Parcel, seconds: float = 1) -> Parcel:
    """As the engine has it: prepared ahead, tried at its time."""
    return replace(parcel, at=clock.now() + timedelta(seconds=seconds))


def test_a_container_that_was_not_published_speaks_for_itself(
    case: Case, double: InstagramDouble
) -> None:
    """Of two equal posts in doubt, the one that never arrived does not take the other one's."""
    one, two = later(case.parcel()), later(case.parcel(seed=8))
    double.faults.extend(["lose", "drop"])
    assert isinstance(case.publish(one), Unknown) and isinstance(case.publish(two), Unknown)
    assert isinstance(case.find(two), Absent)
    assert isinstance(case.find(one), Published)


def test_a_container_made_after_the_first_try_is_not_believed_alone(
    case: Case, double: InstagramDouble
) -> None:
    """A copy of the database was brought back, or it was prepared again: another container may have
    been published before."""
    at = clock.now()
    before = case.publish(case.parcel())
    again = replace(case.parcel(seed=8), at=at)
    found = case.find(again)
    assert isinstance(found, Published) and found.external_id == before.external_id
    assert isinstance(case.find(replace(again, at=at + timedelta(minutes=5))), Absent)


def test_without_the_permission_for_insights_the_rest_is_told(
    case: Case, double: InstagramDouble
) -> None:
    """Channels that were connected before it was asked for lack it."""
    id = published(case)
    counts = counted(case, id)
    double.lets_see = False
    told = measure(case, id)
    double.lets_see = True
    assert told == {id: Figures(**{name: counts[name] for name in ("likes", "replies")})}


def test_a_reels_views_are_plays_and_it_tells_no_follows(
    case: Case, double: InstagramDouble
) -> None:
    id = published(case)
    double.counts, double.kind = {id: {"impressions": 7, "follows": 3, "likes": 1}}, "REELS"
    told = measure(case, id)
    double.kind = "FEED"
    assert told == {id: Figures(impressions=7, video_views=7, likes=1)}
