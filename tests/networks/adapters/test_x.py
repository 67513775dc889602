"""X against its double: what every adapter must do, and what is X's own."""

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
    Figures,
    Grant,
    Partly,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.x import X, counting, media, reading
from tests.networks.adapters.going_away import BACK, connect
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.networks.measured import counted, measure, published
from tests.servers.doubles import Standing
from tests.servers.doubles.keys import CLIENT
from tests.servers.doubles.x import SCOPES, XDouble

WORDS = "Ada & Grace <3 https://example.com/a?b=1&c=2 über"
PICTURE = Picture(b"\xff\xd8 picture", "image/jpeg", "a cat", 10, 10)


@pytest.fixture(scope="module")
def running() -> Iterator[XDouble]:
    double = XDouble()
    yield double
    double.stop()


@pytest.fixture
def case(running: XDouble) -> Case:
    running.start_over()
    running.trouble, running.looks = None, 1
    network = X()
    network.api = running.url
    keys = running.issue(*SCOPES)
    secrets = {"access": keys["access_token"], "refresh": keys["refresh_token"]}
    grant = Grant(secrets, clock.now() + timedelta(hours=2), app=App(*CLIENT))
    account = Account("x", "https://x.com", "1", "grace", "Grace", "https://x.com/grace")

    def kill() -> None:
        network.api = "http://127.0.0.1:9"

    return Case(
        network,
        running,
        account,
        grant,
        Piece(WORDS),
        refreshes=True,
        equal_posts=False,
        kill=kill,
    )


def post(case: Case, piece: Piece, *before: Published) -> Published:
    said = case.publish(replace(case.parcel(piece), before=before))
    assert isinstance(said, Published), said
    return said


def test_connecting_proves_itself_and_names_the_account(case: Case) -> None:
    [(account, grant)] = connect(case)
    assert (account.account_id, account.handle) == ("1", "grace")
    assert grant.expires_at and grant.secrets["refresh"]
    asked = next(s.path for s in case.double.seen if "authorize" in s.path)
    assert "code_challenge_method=S256" in asked and "offline.access" in asked


def test_a_code_without_its_proof_opens_nothing(case: Case) -> None:
    assert isinstance(connect(case, verifier="another one"), Refused)


def test_a_no_at_x_is_said_in_words(case: Case) -> None:
    said = case.run(lambda web: case.network.finish(web, BACK, {}, {"error": "access_denied"}))
    assert isinstance(said, Refused) and "said no" in said.reason


def test_a_refresh_token_is_good_once(case: Case) -> None:
    def refresh() -> Any:
        return case.run(lambda web: case.network.refresh(web, case.account, case.grant))

    renewed = refresh()
    assert isinstance(renewed, Grant)
    assert renewed.secrets["refresh"] not in ("", case.grant.secrets["refresh"])
    again = refresh()
    assert isinstance(again, Refused) and again.reconnect


def test_both_tokens_are_revoked(case: Case) -> None:
    assert case.run(lambda web: case.network.revoke(web, case.account, case.grant)) is None
    asked = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(asked, Refused) and asked.reconnect


@pytest.mark.parametrize(
    ("words", "weighs"),
    [
        ("", 0),
        ("Hello", 5),
        ("cafe\u0301", 4),
        ("über — “quoted”…", 17),
        ("漢字", 4),
        ("👾", 2),
        ("🙋🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪", 2),
        ("1️⃣ 2", 4),
        ("https://example.com/" + "a" * 200, 23),
        ("see example.com, ok", 4 + 23 + 4),
        ("👋 https://a.example.org 漢", 2 + 1 + 23 + 1 + 2),
    ],
)
def test_it_counts_as_x_counts(words: str, weighs: int) -> None:
    assert counting.weight(words) == weighs


def test_280_is_the_end() -> None:
    assert X().count("漢" * 140).problem is None
    assert "this counts as 282" in (X().count("漢" * 141).problem or "")


def test_a_thread_and_a_first_comment_hang_together(case: Case) -> None:
    first = post(case, Piece("one", options={"replies": "following"}))
    second = post(case, Piece("two", place=1, options={"replies": "following"}), first)
    third = post(case, Piece("three", place=2, is_comment=True), first, second)
    standing = case.double.posts
    assert standing[first.external_id].more["replies"] == "following"
    assert standing[second.external_id].reply_to == first.external_id
    assert standing[third.external_id].reply_to == second.external_id
    lost = replace(case.parcel(Piece("two", place=1)), before=(first,))
    found = case.find(lost)
    assert isinstance(found, Published) and found.external_id == second.external_id


def test_equal_words_under_another_post_are_not_ours(case: Case) -> None:
    first = post(case, Piece("one"))
    post(case, Piece("same", place=1), first)
    assert isinstance(case.find(case.parcel(Piece("same"))), Absent)


def test_what_a_reply_answers_has_to_be_said_before_it_is_called_absent(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X passes over names of fields that it does not know, and names change."""
    first = post(case, Piece("one"))
    second = post(case, Piece("two", place=1), first)
    lost = replace(case.parcel(Piece("two", place=1)), before=(first,))
    shown = XDouble._shown
    older = {"referenced_posts": "referenced_tweets"}

    def under(names: dict[str, str]) -> None:
        def show(double: XDouble, post: Standing) -> dict[str, Any]:
            return {names.get(name, name): value for name, value in shown(double, post).items()}

        monkeypatch.setattr(XDouble, "_shown", show)

    under({"referenced_posts": "something_new"})
    assert case.find(lost) == Unknown(reading.SILENT)
    monkeypatch.setattr(reading, "FIELDS", f"{reading.FIELDS},referenced_tweets")
    under(older)
    found = case.find(lost)
    assert isinstance(found, Published) and found.external_id == second.external_id


def test_a_post_with_a_picture_is_found_by_its_words(case: Case) -> None:
    piece = Piece("look", pictures=(PICTURE,))
    said = post(case, piece)
    [id] = case.double.posts[said.external_id].media
    assert case.double.media[id]["alt"] == "a cat"  # type: ignore[attr-defined]
    found = case.find(case.parcel(piece))
    assert isinstance(found, Published) and found.external_id == said.external_id
    assert isinstance(case.find(case.parcel(Piece("look"))), Absent)


def test_a_video_goes_up_in_stretches_and_waits_for_x(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "STRETCH", 1280)
    body = bytes(range(256)) * 10
    case.double.looks = 2  # type: ignore[attr-defined]
    film = Video(
        lambda start, length: body[start : start + length], len(body), "video/mp4", "a film",
        640, 360, 2.0,
    )  # fmt: skip
    said = post(case, Piece("moving", video=film))
    [id] = case.double.posts[said.external_id].media
    kept = case.double.media[id]  # type: ignore[attr-defined]
    assert (kept["body"], len(kept["parts"]), kept["alt"]) == (body, 2, "a film")


def test_a_stretch_that_was_lost_is_sent_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    film = Video(lambda start, length: b"x" * 10, 10, "video/mp4", "", 640, 360, 1.0)

    def step(so_far: dict[str, Any]) -> Any:
        return case.run(
            lambda web: case.network.prepare(
                web, case.account, case.grant, Piece("", video=film), clock.now(), so_far
            )
        )

    begun = step({})
    assert isinstance(begun, Partly)
    for _ in range(2):
        onward = step(begun.so_far)
        assert isinstance(onward, Partly) and onward.so_far["next"] == 1
    gone = step({"video": "404", "next": 0, "closed": False})
    assert isinstance(gone, Refused) and gone.prepare_again


def test_the_same_words_are_a_hint_to_look_and_no_proof(case: Case) -> None:
    post(case, case.piece)
    parcel = case.parcel()
    assert isinstance(case.publish(parcel), Unknown)
    later = replace(parcel, at=clock.now() - timedelta(minutes=5))
    assert isinstance(case.publish(later), Unknown)  # it stands there: reading back finds it
    bound = frozenset(case.double.posts)
    young = case.publish(replace(parcel, taken=bound))
    assert isinstance(young, Unknown)  # a first try that was lost may still show
    said = case.publish(replace(later, taken=bound))
    assert isinstance(said, Refused) and said.permanent and "same words" in said.reason


def test_it_looks_through_more_than_one_page(case: Case) -> None:
    said = post(case, case.piece)
    for number in range(7):
        post(case, Piece(f"another {number}"))
    found = case.find(case.parcel())
    assert isinstance(found, Published) and found.external_id == said.external_id


@pytest.mark.parametrize(
    ("status", "told", "words", "permanent"),
    [
        (402, "Your enrolled account does not have any credits.", "credits", False),
        (403, "This account is temporarily locked. Please log in.", "locked", False),
        (403, "Your account is suspended and is not permitted.", "suspended", True),
        (403, "You are not permitted to perform this action.", "not permitted", True),
        (403, "This user is not allowed to post a video longer than 20 minutes.", "20 min", True),
    ],
)
def test_what_x_refuses_is_said_in_plain_words(
    case: Case, status: int, told: str, words: str, permanent: bool
) -> None:
    parcel = case.parcel()
    case.double.trouble = (status, told)  # type: ignore[attr-defined]
    said = case.publish(parcel)
    assert isinstance(said, Refused) and words in said.reason and said.permanent is permanent
    assert permanent or said.retry_at


def test_uploads_that_ran_out_are_made_again(case: Case) -> None:
    parcel = case.parcel(Piece("look", pictures=(PICTURE,)))
    case.double.media.clear()  # type: ignore[attr-defined]
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.prepare_again and not said.permanent


def test_the_name_before_a_reply_is_not_part_of_its_words(case: Case) -> None:
    one = {"id": "1", "text": "@grace Hello &amp; bye"}
    assert reading.theirs(one, case.account) == reading.normal("Hello & bye")


def test_a_post_whose_clicks_are_withheld_still_tells_the_rest(case: Case) -> None:
    """X leaves such a post out of its answer; it is asked for once more without them."""
    double: Any = case.double
    id, other = published(case), post(case, Piece("Another")).external_id
    counts = counted(case, id)
    double.counts[other], double.withheld = {"likes": 3}, {id}
    found = measure(case, id, other)
    double.withheld = set()
    assert found == {id: Figures(**(counts | {"clicks": None})), other: Figures(likes=3)}


def test_clicks_of_an_old_post_are_not_asked_for(case: Case) -> None:
    old = "1900000000000000000"
    case.double.posts[old] = Standing(old, "Old", "1")
    case.double.counts = {old: {"likes": 1, "clicks": 9}}
    assert measure(case, old) == {old: Figures(likes=1)}
    asked = [seen.path for seen in case.double.seen if "public_metrics" in seen.path]
    assert asked and not any("non_public" in path for path in asked)
