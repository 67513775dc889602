"""Mastodon's language at servers that are not ours: snac, for real, and a mock of Mastodon that
others made. The mock takes seconds to start, so it is asked in the long runs."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Away,
    Figures,
    Grant,
    Parcel,
    Partly,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.mastodon import Mastodon
from tests.networks.contract import Case
from tests.networks.joining import DOOR, join
from tests.servers.fault_proxy import FaultProxy
from tests.servers.mastodon_mock import MastodonMock
from tests.servers.snac import Person, Snac

TEXT = "Hello **world** https://example.com/a?b=1&c #tag <x> & y\n\nsecond"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f0001040100e5d8a3b10000000049454e44ae426082"
)


@dataclass
class Place(Case):
    """Alice's account at a server that is no double of ours."""

    person: Person | None = None

    @property
    def keys(self) -> tuple[Account, Grant]:
        return self.account, self.grant


def place(url: str, say_yes: Any, person: Person | None = None) -> Place:
    nobody = Account("mastodon", url, "", "", "", "")
    case = Place(Mastodon(), None, nobody, Grant({}, None), Piece(TEXT), person=person)  # type: ignore[arg-type]
    case.account, case.grant = join(case.network, url, say_yes)
    return case


@pytest.fixture(scope="module")
def at_snac(snac: Snac) -> Place:
    alice = snac.make_account("alice")
    return place(snac.url, lambda url: snac.say_yes(url, alice), alice)


@pytest.fixture(scope="module")
def at_mock(mastodon_mock: MastodonMock) -> Place:
    return place(mastodon_mock.url, mastodon_mock.say_yes)


in_long_runs = pytest.mark.security_long


@pytest.fixture(params=["at_snac", pytest.param("at_mock", marks=in_long_runs)])
def anywhere(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def proxy(snac: Snac) -> Iterator[FaultProxy]:
    made = FaultProxy(snac.url, on="/api/v1/statuses")
    yield made
    made.stop()


def picture(alt: str) -> Picture:
    return Picture(PIXEL, "image/png", alt, 1, 1)


def test_snac_says_what_it_is_and_takes_long_posts(at_snac: Place, snac: Snac) -> None:
    account = at_snac.account
    assert account.handle == f"{at_snac.person.name}@{urlsplit(snac.url).netloc}"
    assert "snac/2.75" in account.facts["software"]
    limits = at_snac.network.limits_of(account)
    assert (limits.graphemes, limits.link_characters) == (100_000, 32)


@pytest.mark.parametrize(
    "piece",
    [
        Piece(TEXT),
        Piece("Two pictures", pictures=(picture("one"), picture("two"))),
        Piece("Quietly", options={"visibility": "unlisted"}),
        Piece("For followers", options={"visibility": "private", "content_warning": "Sh"}),
        Piece("For nobody else", options={"visibility": "direct"}),
        Piece("*Not* `markup` __here__ :-)"),
    ],
    ids=lambda piece: piece.text[:12],
)
def test_it_publishes_and_finds_it(anywhere: Place, piece: Piece) -> None:
    parcel = anywhere.parcel(piece)
    assert isinstance(anywhere.find(parcel), Absent)
    said = anywhere.publish(parcel)
    assert isinstance(said, Published), said
    found = anywhere.find(parcel)
    assert isinstance(found, Published)
    assert found.external_id == said.external_id
    other = replace(parcel, taken=frozenset({said.external_id}))
    assert isinstance(anywhere.find(other), Absent)


def test_a_thread_hangs_together(anywhere: Place) -> None:
    first = anywhere.publish(anywhere.parcel(Piece("Thread, one")))
    parcel = replace(anywhere.parcel(Piece("Thread, two", place=1)), before=(first,))
    second = anywhere.publish(parcel)
    assert isinstance(second, Published)
    found = anywhere.find(parcel)
    assert isinstance(found, Published)
    assert found.external_id == second.external_id
    alone = replace(parcel, before=())
    assert isinstance(anywhere.find(alone), Absent), "a reply is no post of its own"


def test_pictures_keep_their_alt_texts_at_snac(at_snac: Place, snac: Snac) -> None:
    """The same picture twice, with other words: snac names files after what they were called."""
    piece = Piece("Alt", pictures=(picture("first"), picture("second")))
    assert isinstance(at_snac.publish(at_snac.parcel(piece)), Published)
    (note,) = snac.notes(at_snac.person, "Alt")
    attached: Any = note["attachment"]
    assert [one["name"] for one in attached] == ["first", "second"]


def test_snac_would_post_twice_for_one_key(at_snac: Place, snac: Snac) -> None:
    """Why the key alone is never relied on."""
    parcel = at_snac.parcel(Piece("Twice with one key"))
    one, two = at_snac.publish(parcel), at_snac.publish(parcel)
    assert isinstance(one, Published)
    assert isinstance(two, Published)
    assert one.external_id != two.external_id
    assert len(snac.notes(at_snac.person, "Twice with one key")) == 2


@in_long_runs
def test_the_mock_knows_a_key_again(at_mock: Place) -> None:
    parcel = at_mock.parcel(Piece("Once with one key"))
    assert at_mock.publish(parcel) == at_mock.publish(parcel)


@pytest.mark.parametrize("fault", ["lose", "error", "garbage"])
def test_what_snac_took_and_did_not_say_is_found(
    at_snac: Place, snac: Snac, proxy: FaultProxy, fault: str
) -> None:
    text = f"Lost: {fault}"
    parcel = at_snac.parcel(Piece(text))
    proxy.faults.append(fault)
    behind = replace(at_snac, account=replace(at_snac.account, host=proxy.url))
    assert isinstance(behind.publish(parcel), Unknown)
    found = behind.find(parcel)
    assert isinstance(found, Published), found
    assert len(snac.notes(at_snac.person, text)) == 1


def test_what_never_reached_snac_is_absent(at_snac: Place, snac: Snac, proxy: FaultProxy) -> None:
    parcel = at_snac.parcel(Piece("Never there"))
    proxy.faults.append("refuse")
    behind = replace(at_snac, account=replace(at_snac.account, host=proxy.url))
    assert isinstance(behind.publish(parcel), Unknown)
    assert isinstance(behind.find(parcel), Absent)
    assert snac.notes(at_snac.person, "Never there") == []


def test_many_posts_in_a_row_reach_snac_although_it_hangs_up(at_snac: Place, snac: Snac) -> None:
    async def publish(web: http.Client) -> list[Any]:
        answers = []
        for number in range(20):
            piece, now = Piece("In a row"), clock.now()
            made = await at_snac.network.prepare(
                web, at_snac.account, at_snac.grant, piece, now, {}
            )
            assert not isinstance(made, Partly | Refused | Unknown)
            parcel = Parcel(f"row-{number}", now, made)
            await at_snac.network.check(web, at_snac.account, at_snac.grant)
            said = await at_snac.network.publish(web, at_snac.account, at_snac.grant, parcel)
            answers.append(said)
        return answers

    assert all(isinstance(said, Published) for said in at_snac.run(publish))
    assert len(snac.notes(at_snac.person, "In a row")) == 20


def delete(case: Case, external_id: str) -> Any:
    return case.run(lambda web: case.network.delete(web, case.account, case.grant, external_id))


def test_snac_lets_no_app_delete_and_that_is_said(at_snac: Place) -> None:
    said = at_snac.publish(at_snac.parcel(Piece("Stays")))
    refused = delete(at_snac, said.external_id)
    assert isinstance(refused, Refused)
    assert refused.permanent
    assert "by hand" in refused.reason


@in_long_runs
def test_the_mock_deletes_and_deleting_twice_is_well(at_mock: Place) -> None:
    said = at_mock.publish(at_mock.parcel(Piece("Goes")))
    assert delete(at_mock, said.external_id) is None
    assert delete(at_mock, said.external_id) is None


@in_long_runs
def test_the_mock_refuses_what_mastodon_would(at_mock: Place) -> None:
    limits = at_mock.network.limits_of(at_mock.account)
    assert limits.graphemes == 500
    said = at_mock.publish(at_mock.parcel(Piece("x" * 501)))
    assert isinstance(said, Refused)
    assert said.permanent


@pytest.mark.parametrize("server", ["snac", pytest.param("mock", marks=in_long_runs)])
def test_a_key_that_was_given_back_is_worthless_and_the_next_one_is_not(
    request: pytest.FixtureRequest, server: str
) -> None:
    """snac forgets the whole app with its key, so the next person finds it registered anew."""
    if server == "snac":
        snac: Snac = request.getfixturevalue("snac")
        bob = snac.make_account("bob")
        url, yes = snac.url, lambda url: snac.say_yes(url, bob)
    else:
        mock: MastodonMock = request.getfixturevalue("mastodon_mock")
        url, yes = mock.url, mock.say_yes
    case = place(url, yes)
    known = case.run(lambda web: case.network.register(web, url, DOOR))
    grant = case.grant
    assert case.run(lambda web: case.network.revoke(web, case.account, grant)) is None
    asked = case.run(lambda web: case.network.check(web, case.account, grant))
    assert isinstance(asked, Refused)
    assert asked.reconnect
    forgotten = replace(known, client_id=grant.secrets["client_id"])
    door = replace(DOOR, app=forgotten)
    away = case.run(lambda web: case.network.begin(web, {"host": url}, door))
    assert isinstance(away, Away)
    assert (away.kept["client_id"] != forgotten.client_id) is (server == "snac")


def test_likes_boosts_and_answers_of_others_are_counted_at_snac(at_snac: Place, snac: Snac) -> None:
    ben = snac.make_account("ben")
    other = place(snac.url, lambda url: snac.say_yes(url, ben), ben)
    headers = {"Authorization": f"Bearer {other.grant.secrets['token']}"}

    def ask(method: str, path: str, **what: Any) -> Any:
        url = f"{snac.url}/api/v1{path}"
        return at_snac.run(lambda web: web.send(method, url, headers=headers, once=True, **what))

    alice = ask("GET", "/accounts/lookup", params={"acct": at_snac.account.handle}).json()["id"]
    assert ask("POST", f"/accounts/{alice}/follow").status == 200
    followers = snac.folder / "user" / alice_of(at_snac) / "followers"
    soon(lambda: len(list(followers.glob("*.json"))), 1)
    told = at_snac.run(lambda web: at_snac.network.audience(web, *at_snac.keys))
    assert told is None, "snac says 0, whoever follows"
    ids = []
    for n in (1, 2):
        said = at_snac.publish(at_snac.parcel(Piece(f"Count me {n}"), seed=40 + n))
        assert isinstance(said, Published)
        ids.append(said.external_id)
    soon(lambda: ask("POST", f"/statuses/{ids[0]}/favourite").status, 200)
    assert ask("POST", f"/statuses/{ids[0]}/reblog").status == 200
    answer = {"status": "An answer", "in_reply_to_id": ids[0]}
    assert ask("POST", "/statuses", json=answer).status == 200
    unknown = "1234567890.abcdef"
    soon(
        lambda: at_snac.run(
            lambda web: at_snac.network.measure(web, *at_snac.keys, [*ids, unknown])
        ),
        {
            ids[0]: Figures(likes=1, replies=1, reposts=1),
            ids[1]: Figures(likes=0, replies=0, reposts=0),
            unknown: Absent(),
        },
    )


def alice_of(case: Place) -> str:
    assert case.person
    return case.person.name


def soon(question: Callable[[], Any], wanted: Any) -> None:
    """Its queue delivers a moment later."""
    for _ in range(100):
        if (found := question()) == wanted:
            return
        time.sleep(0.1)
    assert found == wanted
