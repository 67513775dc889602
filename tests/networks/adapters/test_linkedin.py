"""LinkedIn against its double, once as a page and once as a person, who can't be read back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.networks import (
    Absent,
    Account,
    App,
    Grant,
    Idempotency,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.linkedin import LinkedIn, little, reading
from tests.networks.adapters.going_away import BACK, connect
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.servers.doubles.keys import CLIENT
from tests.servers.doubles.linkedin import MEMBER, PAGE, PAGES, PERSON, LinkedInDouble, shown

WORDS = "Ada (1815-1852) wrote_it: see https://example.com/a_b, [more] #engines * @ ~ | {x} <y> \\"
PICTURE = Picture(b"\xff\xd8 picture", "image/jpeg", "an engine", 10, 10)


@pytest.fixture(scope="module")
def running() -> Iterator[LinkedInDouble]:
    double = LinkedInDouble()
    yield double
    double.stop()


def made(running: LinkedInDouble, kind: str) -> Case:
    running.start_over()
    network = LinkedIn()
    network.api = running.url
    keys = running.issue(*MEMBER, *PAGES)
    secrets = {"access": keys["access_token"], "refresh": keys["refresh_token"]}
    grant = Grant(secrets, clock.now() + timedelta(days=60), app=App(*CLIENT))
    id = PAGE if kind == "organization" else PERSON
    account = Account("linkedin", "https://www.linkedin.com", id, "a", "A", "", {"kind": kind})

    def kill() -> None:
        network.api = "http://127.0.0.1:9"

    piece = Piece(WORDS, link_card=False)
    return Case(
        network, running, account, grant, piece, refreshes=True, equal_posts=False, kill=kill,
        tells=network.tells - ({"clicks"} if kind == "person" else set()),
    )  # fmt: skip


@pytest.fixture(params=["organization", "person"])
def case(request: pytest.FixtureRequest, running: LinkedInDouble) -> Case:
    return made(running, request.param)


@pytest.fixture
def page(running: LinkedInDouble) -> Case:
    return made(running, "organization")


@pytest.fixture
def person(running: LinkedInDouble) -> Case:
    return made(running, "person")


def post(case: Case, piece: Piece) -> Published:
    said = case.publish(case.parcel(piece))
    assert isinstance(said, Published), said
    return said


ANY = st.text(
    st.sampled_from("ab #_\\|{}@[]()<>*~＃.é👩‍") | st.characters(blacklist_categories=["Cs"]),
    max_size=60,
)
PIECES = st.sampled_from(
    ["#tag", " ＃tag ", "{hashtag|\\#|x}", "@[A](urn:li:person:1)", "\\", "https://a.de/_x"]
)


@given(st.lists(ANY | PIECES, max_size=6).map("".join))
def test_no_text_is_cut_off_or_changed(words: str) -> None:
    commentary = little.escape(words)
    assert shown(commentary) == words
    assert little.unescape(commentary) == words


def test_unescaped_markup_would_be_cut_off() -> None:
    assert shown("Ada (1815) wrote") == "Ada "


def test_hashtags_stay_links() -> None:
    assert little.escape("a #tag_x #Engines.") == "a \\#tag\\_x {hashtag|\\#|Engines}."


def test_what_linkedin_makes_of_a_mention_is_read_back() -> None:
    assert little.unescape("Hi @[Ada \\(L\\)](urn:li:person:1), {hashtag|#|x}") == "Hi Ada (L), #x"


def test_a_person_and_their_pages_are_offered(page: Case) -> None:
    offers = connect(page, {"pages": "yes"})
    assert [account.account_id for account, _ in offers] == [PERSON, PAGE]
    assert [account.facts["kind"] for account, _ in offers] == ["person", "organization"]
    grant = offers[1][1]
    assert timedelta(days=59) < grant.expires_at - clock.now() < timedelta(days=61)
    assert timedelta(days=364) < grant.ends_at - clock.now() < timedelta(days=366)


def test_without_pages_less_is_asked(page: Case) -> None:
    page.double.known_scopes = MEMBER  # type: ignore[attr-defined]
    assert [account.account_id for account, _ in connect(page)] == [PERSON]
    said = connect(page, {"pages": "yes"})
    assert isinstance(said, Refused) and "Community Management" in said.reason


def test_without_a_refresh_token_the_keys_end_when_they_end(page: Case) -> None:
    page.double.partner = False  # type: ignore[attr-defined]
    [(account, grant)] = connect(page)
    assert grant.ends_at == grant.expires_at

    def refresh(old: Grant) -> Any:
        return page.run(lambda web: page.network.refresh(web, account, old))

    assert refresh(grant) is grant
    over = replace(grant, expires_at=clock.now() - timedelta(seconds=1))
    said = refresh(over)
    assert isinstance(said, Refused) and said.reconnect


def test_a_refresh_does_not_move_the_end(page: Case) -> None:
    end = clock.now() + timedelta(days=100)
    old = replace(page.grant, ends_at=end)
    page.double.extra = lambda yes: {}  # type: ignore[attr-defined]
    said = page.run(lambda web: page.network.refresh(web, page.account, old))
    del page.double.extra  # type: ignore[attr-defined]
    assert isinstance(said, Grant) and said.ends_at == end
    assert said.secrets["refresh"] == old.secrets["refresh"]


def test_what_protects_from_sending_twice_differs(page: Case) -> None:
    person = replace(page.account, facts={"kind": "person"})
    assert page.network.idempotency_of(page.account) is Idempotency.LIST
    assert page.network.idempotency_of(person) is Idempotency.BLIND
    assert page.network.limits_of(page.account).comment
    assert not page.network.limits_of(person).comment


def test_a_page_that_is_no_longer_managed_wants_its_person(page: Case) -> None:
    def check() -> Any:
        return page.run(lambda web: page.network.check(web, page.account, page.grant))

    assert check() is None
    page.double.roles = ["ANALYST"]  # type: ignore[attr-defined]
    said = check()
    assert isinstance(said, Refused) and said.reconnect and "manage" in said.reason


def test_revoking_tells_where_it_is_done_by_hand(page: Case) -> None:
    said = page.run(lambda web: page.network.revoke(web, page.account, page.grant))
    assert isinstance(said, Refused) and "Permitted services" in said.reason


def test_one_picture_and_several(page: Case) -> None:
    one = post(page, Piece("one", pictures=(PICTURE,)))
    two = post(page, Piece("two", pictures=(PICTURE, PICTURE)))
    standing = page.double.posts
    assert standing[one.external_id].more["content"]["media"]["altText"] == "an engine"
    assert len(standing[two.external_id].media) == 2
    found = page.find(page.parcel(Piece("two", pictures=(PICTURE, PICTURE))))
    assert isinstance(found, Published) and found.external_id == two.external_id
    assert isinstance(page.find(page.parcel(Piece("two", pictures=(PICTURE,)))), Absent)


def test_a_video_goes_up_in_the_parts_that_linkedin_asks_for(person: Case) -> None:
    body = bytes(range(256)) * 10
    person.double.looks = 2  # type: ignore[attr-defined]
    film = Video(lambda start, n: body[start : start + n], len(body), "video/mp4", "", 1, 1, 4.0)
    said = post(person, Piece("moving", video=film))
    [id] = person.double.posts[said.external_id].media
    kept = person.double.media[id]  # type: ignore[attr-defined]
    assert (kept["body"], len(kept["parts"])) == (body, 3)


def test_a_link_gets_its_card(page: Case, httpd: Any) -> None:
    head = b"<title>T</title><meta property=og:description content=D>"
    pages = {"/a": (200, {"Content-Type": "text/html"}, head)}
    url = httpd(pages) + "/a"
    said = post(page, Piece(f"see {url}"))
    card = page.double.posts[said.external_id].more["content"]["article"]
    assert card == {"source": url, "title": "T", "description": "D"}


def test_a_link_card_shows_the_pages_picture(page: Case, httpd: Any) -> None:
    shots = {"/p.png": (200, {"Content-Type": "image/png"}, b"\x89PNG")}
    picture = httpd(shots) + "/p.png"
    head = f'<title>T</title><meta property="og:image" content="{picture}">'.encode()
    url = httpd({"/a": (200, {"Content-Type": "text/html"}, head)}) + "/a"
    said = post(page, Piece(f"see {url}"))
    card = page.double.posts[said.external_id].more["content"]["article"]
    assert page.double.media[card["thumbnail"]]["body"] == b"\x89PNG"  # type: ignore[attr-defined]


def test_a_first_comment_hangs_under_its_post_and_is_found(page: Case) -> None:
    first = post(page, page.piece)
    parcel = replace(page.parcel(Piece("more (here)", place=1, is_comment=True)), before=(first,))
    assert isinstance(page.find(parcel), Absent)
    page.double.faults.append("lose")
    assert isinstance(page.publish(parcel), Unknown)
    found = page.find(parcel)
    assert isinstance(found, Published) and first.external_id in found.external_id
    assert isinstance(page.find(replace(parcel, taken=frozenset({found.external_id}))), Absent)

    def delete() -> Any:
        id = found.external_id
        return page.run(lambda web: page.network.delete(web, page.account, page.grant, id))

    assert delete() is None and page.double.comments == {}  # type: ignore[attr-defined]
    assert delete() is None


def test_a_long_comment_is_refused_before_anything_goes_out(page: Case) -> None:
    piece = Piece("x" * 1251, place=1, is_comment=True)
    said = page.run(
        lambda web: page.network.prepare(web, page.account, page.grant, piece, clock.now(), {})
    )
    assert isinstance(said, Refused) and said.permanent and "1250" in said.reason


def test_the_named_twin_is_ours_only_when_reading_it_says_so(page: Case) -> None:
    first = post(page, page.piece)
    parcel = page.parcel()
    said = page.publish(parcel)
    assert isinstance(said, Published) and said.external_id == first.external_id
    bound = page.publish(replace(parcel, taken=frozenset({first.external_id})))
    assert isinstance(bound, Refused) and bound.permanent and first.url in bound.reason
    page.double.posts[first.external_id].more["at"] -= timedelta(days=1)
    older = page.publish(parcel)
    assert isinstance(older, Refused) and older.permanent
    assert isinstance(page.find(parcel), Absent)


def test_the_shadow_of_a_deleted_post_is_no_post(page: Case) -> None:
    page.double.shadows.add(WORDS)  # type: ignore[attr-defined]
    parcel = page.parcel()
    assert isinstance(page.publish(parcel), Unknown)
    said = page.publish(replace(parcel, at=clock.now() - timedelta(minutes=11)))
    assert isinstance(said, Refused) and said.permanent and "remembers" in said.reason


def test_of_a_persons_twin_only_the_person_can_tell(person: Case) -> None:
    first = post(person, person.piece)
    said = person.publish(person.parcel())
    assert isinstance(said, Unknown) and first.url in said.reason


def test_a_page_has_no_connections_to_show_a_post_to(page: Case, person: Case) -> None:
    piece = Piece("psst", options={"audience": "CONNECTIONS"})

    def prepare(account: Account) -> Any:
        return page.run(
            lambda web: page.network.prepare(web, account, page.grant, piece, clock.now(), {})
        )

    assert isinstance(prepare(page.account), Refused)
    assert prepare(person.account)["post"]["visibility"] == "CONNECTIONS"


def test_characters_are_utf_16_units() -> None:
    assert LinkedIn().count("👍" * 1500).problem is None
    assert "3000 characters; this is 3002" in (LinkedIn().count("👍" * 1501).problem or "")


@pytest.mark.parametrize(
    ("trouble", "words", "permanent"),
    [
        ((403, "ACCESS_DENIED", "Not enough permissions"), "admin", True),
        ((426, "NONEXISTENT_VERSION", "not active"), "version", False),
        ((422, "", "Organization is not eligible"), "not eligible", True),
    ],
)
def test_what_linkedin_refuses_is_said_in_plain_words(
    page: Case, trouble: tuple[int, str, str], words: str, permanent: bool
) -> None:
    parcel = page.parcel()
    page.double.trouble = trouble  # type: ignore[attr-defined]
    said = page.publish(parcel)
    assert isinstance(said, Refused) and words in said.reason and said.permanent is permanent


def test_a_no_at_linkedin_is_said_in_words(page: Case) -> None:
    told = {"error": "user_cancelled_login"}
    said = page.run(lambda web: page.network.finish(web, BACK, {}, told))
    assert isinstance(said, Refused) and "left the sign-in" in said.reason


def test_more_posts_than_are_listed_say_nothing_of_absence(
    page: Case, running: LinkedInDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST", 2)
    for words in ("One", "Two"):
        post(page, Piece(words, link_card=False))
    parcel = page.parcel(Piece("Three", link_card=False))
    assert page.find(parcel) == Unknown(reading.TOO_MANY)
    next(iter(running.posts.values())).more["at"] -= timedelta(hours=1)
    assert page.find(parcel) == Absent()
