"""Threads: containers, chains of replies, and what became of them."""

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
from app.networks.adapters.threads import Threads
from tests.networks.adapters.meta_window import APP, go
from tests.networks.contract import *  # noqa: F403  # the questions that every adapter must answer
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.servers.doubles.meta import No
from tests.servers.doubles.threads import ACCOUNT, HANDLE, ThreadsDouble

DOOR = Door("https://allstac.example/channels/connect/threads/back", "state-2", APP)


@pytest.fixture(scope="module")
def double() -> Iterator[ThreadsDouble]:
    running = ThreadsDouble()
    yield running
    running.stop()


@pytest.fixture
def case(double: ThreadsDouble) -> Case:
    for kept in (double.posts, double.containers, double.expired, double.revoked):
        kept.clear()
    for queue in (double.faults, double.states, double.no, double.seen):
        queue.clear()
    double.works = double.publishing = double.unlisted = double.used = double.replies_used = 0
    adapter = Threads()
    adapter.api, adapter.pause = double.url, 0.01
    account = Account("threads", double.url, ACCOUNT, HANDLE, HANDLE, "https://t.example/@me")
    grant, piece = Grant({"token": "token-1"}, None, app=APP), Piece("Good morning")
    return Case(
        adapter, double, account, grant, piece,
        kill=lambda: setattr(adapter, "api", "http://127.0.0.1:9"),
    )  # fmt: skip


def picture(n: int, alt: str = "") -> Picture:
    url = f"https://allstac.example/media/{n}.png"
    return Picture(b"", "image/png", alt, 900, 900, url)


def film() -> Video:
    url = "https://allstac.example/media/1.mp4"
    return Video(lambda start, length: b"", 9, "video/mp4", "A dance", 1080, 1920, 12.0, url)


def reply(case: Case, words: str, before: tuple[Published, ...], *media: Picture) -> Parcel:
    piece = Piece(words, media, place=len(before))
    return replace(case.parcel(piece, seed=20 + len(before)), before=before)


def first(case: Case) -> Published:
    said = case.publish(case.parcel())
    assert isinstance(said, Published)
    return said


def test_words_alone_are_a_post(case: Case, double: ThreadsDouble) -> None:
    said = first(case)
    assert double.posts[said.external_id].more["fields"]["media_type"] == "TEXT"
    assert said.url == f"https://www.threads.net/@{HANDLE}/post/{said.external_id}"


def test_pictures_and_a_video_are_a_carousel_with_alt_texts(
    case: Case, double: ThreadsDouble
) -> None:
    said = case.publish(case.parcel(Piece("Both", (picture(1, "A cup"), picture(2)), film())))
    kinds = [one.fields["media_type"] for one in double.containers.values()]
    assert kinds == ["IMAGE", "IMAGE", "VIDEO", "CAROUSEL"]
    alts = [one.fields.get("alt_text") for one in double.containers.values()]
    assert alts == ["A cup", None, "A dance", None]
    assert len(double.posts[said.external_id].media) == 3


def test_options_are_sent_only_when_chosen(case: Case, double: ThreadsDouble) -> None:
    chosen = {"reply_control": "followers_only", "topic_tag": "Coffee"}
    case.parcel(Piece("One", options=chosen))
    assert chosen.items() <= double.last().fields.items()
    case.parcel(Piece("Two", options={"reply_control": "", "topic_tag": ""}))
    assert not chosen.keys() & double.last().fields.keys()
    later = case.parcel(Piece("Three", options=chosen, place=1))
    assert not chosen.keys() & later.record["reply"].keys()


def test_a_thread_hangs_each_part_under_the_one_before(case: Case, double: ThreadsDouble) -> None:
    up: tuple[Published, ...] = (first(case),)
    for words in ("Second", "Third"):
        said = case.publish(reply(case, words, up))
        assert isinstance(said, Published)
        assert double.posts[said.external_id].reply_to == up[-1].external_id
        up += (said,)


def test_a_later_part_can_hold_pictures_that_were_prepared_ahead(
    case: Case, double: ThreadsDouble
) -> None:
    up = (first(case),)
    parcel = reply(case, "Pictures", up, picture(1), picture(2))
    assert len(double.containers) == 3  # the first post and two parts of a carousel
    said = case.publish(parcel)
    assert len(double.posts[said.external_id].media) == 2


def test_a_video_in_a_later_part_is_refused_before_anything_is_made(case: Case) -> None:
    piece = Piece("Moving", (), film(), place=1)

    def ask(web: Any) -> Any:
        return case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})

    said = case.run(ask)
    assert isinstance(said, Refused) and said.permanent and "first post" in said.reason


@pytest.mark.parametrize("fault", ["lose", "500 after", "truncated", "drop", "500 before"])
def test_a_reply_whose_answer_was_lost_is_found_under_its_parent(
    case: Case, double: ThreadsDouble, fault: str
) -> None:
    up = (first(case),)
    parcel = reply(case, "Good morning", up)  # the same words as its parent
    double.faults.append(fault)
    assert isinstance(case.publish(parcel), Unknown)
    found = case.find(parcel)
    if fault in ("drop", "500 before"):
        assert isinstance(found, Absent)
    else:
        assert isinstance(found, Published) and found.external_id != up[0].external_id


def test_a_reply_to_another_post_with_the_same_words_is_not_ours(case: Case) -> None:
    one, other = first(case), first(case)
    assert isinstance(case.publish(reply(case, "Yes", (one,))), Published)
    assert isinstance(case.find(reply(case, "Yes", (other,))), Absent)


def test_a_reply_that_is_not_ready_yet_waits_and_nothing_is_public(
    case: Case, double: ThreadsDouble
) -> None:
    up = (first(case),)
    parcel = reply(case, "Slow", up)
    double.works = 2
    assert isinstance(case.publish(parcel), Published)
    double.works = 99
    said = case.publish(replace(parcel, before=up))
    assert isinstance(said, Refused) and said.retry_at and not said.permanent
    assert len(double.standing("Slow")) == 1


def test_a_reply_whose_container_fails_is_a_definite_no(case: Case, double: ThreadsDouble) -> None:
    parcel = reply(case, "Broken", (first(case),))
    double.states.append("ERROR")
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.permanent and "FAILED PROCESSING" in said.reason


def test_a_reply_under_a_post_that_is_gone_is_refused(case: Case, double: ThreadsDouble) -> None:
    up = (first(case),)
    parcel = reply(case, "Late", up)
    double.posts.clear()
    assert isinstance(case.publish(parcel), Refused)
    assert double.posts == {}


def test_a_first_comment_is_a_reply(case: Case, double: ThreadsDouble) -> None:
    post = first(case)
    made = case.parcel(Piece("The link", is_comment=True, place=1), seed=9)
    said = case.publish(replace(made, before=(post,)))
    assert double.posts[said.external_id].reply_to == post.external_id


def test_replies_have_a_quota_of_their_own(case: Case, double: ThreadsDouble) -> None:
    double.used = double.total

    def ask(piece: Piece) -> Any:
        return case.run(
            lambda web: case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})
        )

    full = ask(Piece("One more"))
    assert isinstance(full, Refused) and full.retry_at and "250" in full.reason
    assert isinstance(ask(Piece("Under it", place=1)), dict)
    double.used, double.replies_used = 0, 1000
    assert isinstance(ask(Piece("One more")), Partly)
    assert isinstance(ask(Piece("Under it", place=1)), Refused)


@pytest.mark.parametrize("state", ["EXPIRED", "LOST", "ERROR"])
def test_a_container_that_is_no_good_any_more_is_prepared_again(
    case: Case, double: ThreadsDouble, state: str
) -> None:
    """Error 24 with 4279009 also comes for containers that the network has only mislaid."""
    parcel = case.parcel()
    double.containers[parcel.record["container"]].state = state
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.prepare_again and not said.permanent, said
    assert double.posts == {}


def test_a_container_that_nobody_knows_any_more_is_looked_for_in_the_list(
    case: Case, double: ThreadsDouble
) -> None:
    parcel = case.parcel()
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    double.containers[parcel.record["container"]].state = "LOST"
    assert isinstance(case.find(parcel), Published)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 1


def test_while_it_is_being_made_public_it_is_neither_there_nor_absent(
    case: Case, double: ThreadsDouble
) -> None:
    double.publishing, double.unlisted = 1, 1
    parcel = case.parcel()
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    assert isinstance(case.find(parcel), Processing)
    assert isinstance(case.find(parcel), Processing)
    assert isinstance(case.find(parcel), Published)


def test_more_posts_than_can_be_looked_through_are_not_an_absence(
    case: Case, double: ThreadsDouble
) -> None:
    """Unknown, so that nothing is sent a second time."""
    up = (first(case),)
    parcel = reply(case, "Deep down", up)
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    for n in range(300):
        other = replace(double.standing("Deep down")[0], id=f"9{n:04}", text="Other")
        other.more = other.more | {"at": clock.now() + timedelta(seconds=n)}
        double.posts[other.id] = other
    assert isinstance(case.find(parcel), Unknown)
    for n in range(120):
        del double.posts[f"9{n:04}"]
    assert isinstance(case.find(parcel), Published)


@pytest.mark.parametrize(
    ("words", "used"),
    [("a" * 500, 500), ("é" * 500, 500), ("☕" * 100, 300), ("👩‍🚀", 11), ("日本", 2), ("1️⃣", 7)],
)
def test_emoji_count_as_their_bytes(words: str, used: int) -> None:
    assert Threads().count(words).used == used


def test_what_is_too_long_says_how_it_was_counted() -> None:
    problem = Threads().count("☕" * 167).problem
    assert problem == "Threads allows 500 characters; this counts as 501."


def test_connecting_gives_the_account_and_keys_that_last(case: Case, double: ThreadsDouble) -> None:
    said = go(case, DOOR)
    ((account, grant),) = case.run(lambda web: case.network.finish(web, DOOR, {}, said))
    assert (account.account_id, account.handle) == (ACCOUNT, HANDLE)
    assert account.facts["parent"] == ACCOUNT
    assert double.tokens[grant.secrets["token"]].is_long
    assert grant.expires_at - clock.now() > timedelta(days=59)


def test_a_permission_that_is_missing_wants_a_new_connection(
    case: Case, double: ThreadsDouble
) -> None:
    parcel = case.parcel()
    double.no.append(No(10, "Application does not have permission for this action"))
    said = case.publish(parcel)
    assert said.reconnect and "every permission ticked" in said.reason
