"""Mastodon, against a double of it: what its documentation promises, and what only it has. Other
servers that speak its language, for real, are in test_mastodon_servers.py."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app import clock
from app.networks import (
    Absent,
    Account,
    Away,
    Door,
    Grant,
    Parcel,
    Partly,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.mastodon import Mastodon, instance, reading
from tests.networks.conftest import Table
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.joining import DOOR
from tests.networks.measured import *  # noqa: F403
from tests.servers.doubles.mastodon import Mastodon as Double

PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    made = Double()
    yield made
    made.stop()


@pytest.fixture
def case(double: Double) -> Case:
    double.reset()
    adapter = Mastodon()
    account = Account("mastodon", double.url, "1", "alice@mastodon.test", "Alice A.", "")
    return Case(
        adapter,
        double,
        account,
        Grant(double.key(*adapter.scopes), None),
        Piece("Hello https://example.com/a?b=c&d #world @bob@example.com\n\nand <goodbye>"),
        dead=replace(account, host="http://127.0.0.1:9"),
    )


def picture(alt: str = "a red square") -> Picture:
    return Picture(PIXEL, "image/png", alt, 1, 1)


def video() -> Video:
    return Video(lambda start, n: b"v" * n, 3000, "video/mp4", "waves", 640, 480, 3.0)


# Connecting


def yes(case: Case, url: str) -> dict[str, str]:
    """The person says yes in their browser; the query that they come back with."""
    double: Any = case.double
    back = double.say_yes(url)
    assert back.startswith(DOOR.redirect_uri)
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def begin(case: Case, typed: str, door: Door = DOOR) -> Away:
    away = case.run(lambda web: case.network.begin(web, {"host": typed}, door))
    assert isinstance(away, Away), away
    return away


def finish(
    case: Case, away: Away, said: dict[str, str]
) -> tuple[tuple[Account, Grant], ...] | Refused:
    return case.run(lambda web: case.network.finish(web, DOOR, away.kept, said))


@pytest.mark.parametrize("knows_pkce", [True, False])
def test_a_person_comes_back_with_one_account_and_its_limits(
    case: Case, double: Double, knows_pkce: bool
) -> None:
    double.knows_pkce = knows_pkce
    app = case.run(lambda web: case.network.register(web, double.url, DOOR))
    away = begin(case, double.url, replace(DOOR, app=app))
    asked = parse_qs(urlsplit(away.url).query)
    assert ("code_challenge" in asked) is knows_pkce
    assert asked["scope"] == ["read:accounts read:statuses write:statuses write:media"]
    said = yes(case, away.url)
    assert said["state"] == DOOR.state
    offers = finish(case, away, said)
    assert isinstance(offers, tuple)
    ((account, grant),) = offers
    assert (account.account_id, account.handle) == ("1", "alice@mastodon.test")
    assert (account.name, account.url) == ("Alice A.", "https://mastodon.test/@alice")
    assert account.facts == {
        "characters": 500,
        "link_characters": 23,
        "images": 4,
        "image_bytes": 16777216,
        "video_bytes": 103809024,
        "software": "4.5.0",
    }
    assert grant.expires_at is None
    assert case.run(lambda web: case.network.check(web, account, grant)) is None


def test_a_code_is_good_for_one_key(case: Case, double: Double) -> None:
    away = begin(case, double.url)
    said = yes(case, away.url)
    assert isinstance(finish(case, away, said), tuple)
    assert isinstance(finish(case, away, said), Refused)


def test_a_code_without_its_proof_opens_nothing(case: Case, double: Double) -> None:
    away = begin(case, double.url)
    said = yes(case, away.url)
    stolen = replace(away, kept=away.kept | {"verifier": "x" * 43})
    assert isinstance(finish(case, stolen, said), Refused)


def test_a_no_is_told_in_plain_words(case: Case, double: Double) -> None:
    answer = finish(case, begin(case, double.url), {"error": "access_denied", "state": "st4te"})
    assert isinstance(answer, Refused)
    assert "said no" in answer.reason


def test_an_answer_of_another_server_is_not_taken(case: Case, double: Double) -> None:
    away = begin(case, double.url)
    mixed = replace(away, kept=away.kept | {"issuer": double.url})
    answer = finish(case, mixed, yes(case, away.url) | {"iss": "https://evil.test"})
    assert isinstance(answer, Refused)


def test_a_server_that_forgot_us_is_told_again_who_we_are(case: Case, double: Double) -> None:
    app = case.run(lambda web: case.network.register(web, double.url, DOOR))
    double.apps.clear()
    away = begin(case, double.url, replace(DOOR, app=app))
    assert isinstance(finish(case, away, yes(case, away.url)), tuple)


@pytest.mark.parametrize("typed", ["https://127.0.0.1:9", "http://127.0.0.1:9", "", "["])
def test_what_is_no_such_server_is_said_beside_its_field(case: Case, typed: str) -> None:
    answer = case.run(lambda web: case.network.begin(web, {"host": typed}, DOOR))
    assert isinstance(answer, Refused)
    assert answer.field == "host"


def test_a_server_that_speaks_something_else_is_said_too(case: Case, double: Double) -> None:
    double.knows_apps = False
    answer = case.run(lambda web: case.network.begin(web, {"host": double.url}, DOOR))
    assert isinstance(answer, Refused)
    assert answer.field == "host"
    assert "as Mastodon does" in answer.reason


def test_a_key_that_was_given_back_is_worthless(case: Case) -> None:
    def revoke(grant: Grant) -> object:
        return case.run(lambda web: case.network.revoke(web, case.account, grant))

    foreign = Grant(case.grant.secrets | {"client_secret": "of another app"}, None)
    refused = revoke(foreign)
    assert isinstance(refused, Refused)
    assert "Authorized apps" in refused.reason
    assert revoke(case.grant) is None
    asked = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(asked, Refused)
    assert asked.reconnect


def test_a_key_that_allows_too_little_wants_to_be_made_anew(case: Case, double: Double) -> None:
    parcel = case.parcel()
    case.grant = Grant(double.key("read:accounts"), None)
    said = case.publish(parcel)
    assert isinstance(said, Refused)
    assert said.reconnect


# Limits


@pytest.mark.parametrize(
    ("words", "used"),
    [
        ("", 0),
        ("one two", 7),
        ("👩‍👩‍👧‍👦é", 2),
        ("https://example.com/" + "x" * 200, 23),
        ("see https://a.example/1. And (http://b.example/2)", 4 + 23 + 7 + 23 + 1),
        ("example.com is no link there", 28),
        ("@alice@mastodon.social hi", 9),
        ("@alice hi", 9),
        ("mail me@example.com", 19),
        ("https://mastodon.social/@alice@example.com", 23),
    ],
)
def test_characters_are_counted_as_mastodon_counts_them(words: str, used: int) -> None:
    assert Mastodon().count(words).used == used


def test_a_full_post_goes_out_and_one_more_character_does_not(case: Case) -> None:
    """The double counts in its own way."""
    link = " https://example.com/" + "x" * 100 + " @bob@example.com"
    fits = "x" * (500 - 1 - 23 - 5) + link
    assert case.network.count(fits).problem is None
    assert isinstance(case.publish(case.parcel(Piece(fits))), Published)
    assert "500" in str(case.network.count("x" + fits).problem)
    said = case.publish(case.parcel(Piece("x" + fits)))
    assert isinstance(said, Refused)
    assert said.permanent
    assert "limit of 500" in said.reason


def test_a_content_warning_takes_its_room(case: Case) -> None:
    options = {"content_warning": "Spoilers"}
    limits = case.network.limits_of(case.account, options)
    assert limits.graphemes == 492
    fits = Piece("x" * 492, options=options)
    assert case.network.count(fits.text, limits).problem is None
    assert isinstance(case.publish(case.parcel(fits)), Published)
    over = replace(fits, text="x" * 493)
    assert case.network.count(over.text, limits).problem
    assert isinstance(case.publish(case.parcel(over)), Refused)


def test_the_limits_are_those_of_the_server(case: Case, double: Double) -> None:
    statuses = {"max_characters": 5000, "characters_reserved_per_url": 32}
    double.limits = {"configuration": {"statuses": statuses}, "version": "4.0.0 (really other)"}
    facts = case.run(lambda web: case.network.facts(web, case.account, case.grant))
    limits = case.network.limits_of(replace(case.account, facts=facts))
    assert (limits.graphemes, limits.link_characters, limits.images) == (5000, 32, 4)
    assert case.network.count("https://example.com/", limits).used == 32


@pytest.mark.parametrize("wrong", [True, -5, 0, "500", None, 10**30, [], {}])
def test_a_limit_that_makes_no_sense_is_not_taken(
    case: Case, double: Double, wrong: object
) -> None:
    double.limits = {"configuration": {"statuses": {"max_characters": wrong}}}
    facts = case.run(lambda web: case.network.facts(web, case.account, case.grant))
    assert "characters" not in facts
    double.limits = {"configuration": wrong}
    assert case.run(lambda web: instance.look_at(web, double.url)) is not None


def test_a_server_that_can_not_be_asked_keeps_its_known_limits(case: Case) -> None:
    assert case.dead
    known = replace(case.dead, facts={"characters": 1000})
    facts = case.run(lambda web: case.network.facts(web, known, case.grant))
    assert facts == {"characters": 1000}


# Options, media, threads


def sent(double: Double) -> dict[str, object]:
    seen = [one for one in double.seen if one.method == "POST" and one.path == "/api/v1/statuses"]
    said: dict[str, object] = json.loads(seen[-1].body)
    return said


def test_options_are_sent(case: Case, double: Double) -> None:
    options = {
        "visibility": "private",
        "content_warning": " Food ",
        "sensitive": "yes",
        "language": "de",
    }
    assert isinstance(case.publish(case.parcel(Piece("Brot", options=options))), Published)
    assert sent(double) == {
        "status": "Brot",
        "visibility": "private",
        "spoiler_text": "Food",
        "sensitive": True,
        "language": "de",
    }


def test_what_is_not_in_the_lists_is_left_at_its_default(case: Case, double: Double) -> None:
    piece = Piece("Hi", options={"visibility": "everyone", "language": "klingon"})
    assert isinstance(case.publish(case.parcel(piece)), Published)
    assert sent(double) == {"status": "Hi", "visibility": "public", "sensitive": False}


def test_pictures_go_up_with_their_alt_texts_one_at_a_time(case: Case, double: Double) -> None:
    piece = Piece("Two", pictures=(picture("one"), picture("")))
    first = case.run(
        lambda web: case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})
    )
    assert isinstance(first, Partly)
    assert len(first.so_far["ids"]) == 1
    parcel = case.parcel(piece)
    said = case.publish(parcel)
    assert isinstance(said, Published)
    media = double.posts[said.external_id].media
    assert [double.media[id]["description"] for id in media] == ["one", None]
    found = case.find(parcel)
    assert isinstance(found, Published)
    assert found.external_id == said.external_id


def test_a_video_is_waited_for_while_the_server_works_on_it(case: Case, double: Double) -> None:
    double.works = 2
    now = clock.now()
    piece = Piece("Waves", video=video())

    def prepare(so_far: dict[str, object]) -> object:
        return case.run(
            lambda web: case.network.prepare(web, case.account, case.grant, piece, now, so_far)
        )

    made, waits = prepare({}), 0
    while isinstance(made, Partly):
        assert made.again_at
        assert made.again_at > now
        made, waits = prepare(made.so_far), waits + 1
    assert waits == 3
    assert isinstance(made, dict)
    assert isinstance(case.publish(Parcel("k", now, made)), Published)
    asked = prepare(
        {"ids": ["1"], "works_since": (now - timedelta(hours=2)).isoformat()},
    )
    assert isinstance(asked, Refused)
    assert asked.prepare_again


def test_a_server_that_works_for_an_hour_is_given_up(case: Case, double: Double) -> None:
    double.media["7"] = {"description": None, "type": "video/mp4", "works": 9, "on": ""}
    long_ago = {"ids": ["7"], "works_since": (clock.now() - timedelta(hours=2)).isoformat()}
    piece = Piece("Waves", video=video())
    made = case.run(
        lambda web: case.network.prepare(
            web, case.account, case.grant, piece, clock.now(), long_ago
        )
    )
    assert isinstance(made, Refused)
    assert made.permanent


def test_pictures_beside_a_video_are_refused_before_anything_is_sent(case: Case) -> None:
    piece = Piece("Both", pictures=(picture(),), video=video())
    made = case.run(
        lambda web: case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})
    )
    assert isinstance(made, Refused)
    assert made.permanent
    assert case.double.seen == []


def test_a_file_of_a_kind_that_the_server_does_not_take_is_told(case: Case) -> None:
    piece = Piece("x", pictures=(Picture(b"BM", "image/bmp", "", 1, 1),))
    made = case.run(
        lambda web: case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})
    )
    assert isinstance(made, Refused)
    assert made.permanent
    assert "content type is invalid" in made.reason


def test_media_that_waited_too_long_are_sent_again(case: Case, double: Double) -> None:
    """Servers throw away after a day what is attached to nothing; older ones then post without."""
    parcel = case.parcel(Piece("Old", pictures=(picture(),)))
    old = {"uploaded_at": (clock.now() - timedelta(hours=21)).isoformat()}
    said = case.publish(replace(parcel, record=parcel.record | old))
    assert isinstance(said, Refused)
    assert said.prepare_again
    assert double.posts == {}


def test_media_that_the_server_lost_are_sent_again(case: Case, double: Double) -> None:
    parcel = case.parcel(Piece("Lost", pictures=(picture(),)))
    double.media.clear()
    said = case.publish(parcel)
    assert isinstance(said, Refused)
    assert said.prepare_again
    assert not said.permanent


def test_media_on_a_post_already_tell_of_a_try_that_nobody_knew_of(
    case: Case, double: Double
) -> None:
    parcel = case.parcel(Piece("Once", pictures=(picture(),)))
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    double.forget_keys()
    said = case.publish(parcel)
    assert isinstance(said, Published)
    assert list(double.posts) == [said.external_id]


def test_media_still_at_work_are_waited_for(case: Case, double: Double) -> None:
    parcel = case.parcel(Piece("Soon", pictures=(picture(),)))
    for file in double.media.values():
        file["works"] = 1
    said = case.publish(parcel)
    assert isinstance(said, Refused)
    assert said.retry_at
    assert isinstance(case.publish(parcel), Published)


def test_a_thread_hangs_each_post_under_the_one_before(case: Case, double: Double) -> None:
    before: tuple[Published, ...] = ()
    for place in range(3):
        piece = Piece("Same words", place=place, is_comment=place == 2)
        parcel = replace(case.parcel(piece, seed=place), before=before)
        said = case.publish(parcel)
        assert isinstance(said, Published)
        assert double.posts[said.external_id].reply_to == (before[-1].external_id if before else "")
        found = case.find(parcel)
        assert isinstance(found, Published)
        assert found.external_id == said.external_id, "equal words, but another place"
        before += (said,)


def test_a_reply_to_what_is_gone_is_refused_for_good(case: Case) -> None:
    gone = Published("99", "https://mastodon.test/@alice/99")
    said = case.publish(replace(case.parcel(), before=(gone,)))
    assert isinstance(said, Refused)
    assert said.permanent
    assert "reply" in said.reason


# Once and only once


def test_the_key_of_a_step_stays_the_same_over_its_tries(case: Case, double: Double) -> None:
    parcel = case.parcel()
    first, again = case.publish(parcel), case.publish(parcel)
    assert isinstance(first, Published)
    assert first == again
    keys = {one.headers.get("Idempotency-Key") for one in double.seen if one.method == "POST"}
    assert keys == {parcel.key}


def test_after_its_hour_the_key_is_forgotten_and_reading_back_still_knows(
    case: Case, double: Double
) -> None:
    parcel = case.parcel()
    double.faults.append("lose")
    assert isinstance(case.publish(parcel), Unknown)
    double.forget_keys()
    found = case.find(parcel)
    assert isinstance(found, Published)
    assert list(double.posts) == [found.external_id]


@pytest.mark.parametrize("knows_source", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "  spaces  around ",
        "a < b && c > d &amp; \"quotes\" 'n' é 👩‍👩‍👧‍👦",
        "https://example.com/path?query=1&more=2#part",
        "first\nsecond\n\nthird",
        "#tag and $money",
    ],
)
def test_it_is_found_by_its_text(case: Case, double: Double, text: str, knows_source: bool) -> None:
    double.knows_source = knows_source
    parcel = case.parcel(Piece(text))
    assert isinstance(case.find(parcel), Absent)
    said = case.publish(parcel)
    found = case.find(parcel)
    assert isinstance(found, Published)
    assert found.external_id == said.external_id


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Piece("Hello"), True),
        (Piece("Hello!"), False),
        (Piece("Hello", options={"content_warning": "careful"}), False),
        (Piece("Hello", pictures=(picture(),)), False),
    ],
)
def test_another_post_is_not_taken_for_it(case: Case, other: Piece, is_same: bool) -> None:
    assert isinstance(case.publish(case.parcel(other)), Published)
    assert isinstance(
        case.find(case.parcel(Piece("Hello"), seed=8)), Published if is_same else Absent
    )


def test_an_older_post_with_the_same_words_is_not_taken_for_it(case: Case) -> None:
    case.publish(case.parcel())
    late = replace(case.parcel(seed=8), at=clock.now() + timedelta(minutes=2))
    assert isinstance(case.find(late), Absent)


def test_it_is_found_under_many_others(case: Case, double: Double) -> None:
    parcel = case.parcel()
    said = case.publish(parcel)
    for number in range(2 * reading.PAGE):
        double._stand({"status": f"Number {number}"})
    found = case.find(parcel)
    assert isinstance(found, Published)
    assert found.external_id == said.external_id
    for number in range(reading.MOST_PAGES * reading.PAGE):
        double._stand({"status": f"Another {number}"})
    assert isinstance(case.find(parcel), Unknown), "too far down to be sure that it is not there"


def test_a_picture_with_nothing_but_a_warning_is_found(case: Case, double: Double) -> None:
    piece = Piece("", pictures=(picture(),), options={"content_warning": "Spider"})
    parcel = case.parcel(piece)
    said = case.publish(parcel)
    assert isinstance(said, Published), said
    assert isinstance(case.find(parcel), Published)
    post = double.posts[said.external_id]
    post.text, post.more["spoiler_text"] = "Spider", ""  # as Mastodon moves it
    assert isinstance(case.find(parcel), Published)


# Deleting


def test_a_server_that_does_not_delete_is_told_apart_from_a_post_that_is_gone(
    case: Case, double: Double
) -> None:
    said = case.publish(case.parcel())
    double.deletes = False

    def delete() -> object:
        return case.run(
            lambda web: case.network.delete(web, case.account, case.grant, said.external_id)
        )

    refused = delete()
    assert isinstance(refused, Refused)
    assert "by hand" in refused.reason
    double.posts.clear()
    assert delete() is None


@pytest.mark.parametrize(
    "page", [b"nonsense", b"{}", b"[1]", b'[{"id": "1"}]', b'[{"id":"1","uri":"x","account":1}]']
)
def test_a_list_that_can_not_be_read_is_not_knowing(
    case: Case, httpd: Callable[[Table], str], page: bytes
) -> None:
    """An empty object is no list of posts, so it tells nothing of ours."""
    path = f"/api/v1/accounts/1/statuses?limit={reading.PAGE}&exclude_reblogs=true"
    parcel = case.parcel()
    case.account = replace(case.account, host=httpd({path: (200, {}, page)}))
    assert isinstance(case.find(parcel), Unknown)


def test_the_double_refuses_what_the_documentation_does_not_name(case: Case) -> None:
    parcel = case.parcel()
    parcel.record["status"]["scheduled_at"] = "2030-01-01T00:00:00Z"
    assert isinstance(case.publish(parcel), Refused)
