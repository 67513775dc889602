"""Ghost: the questions of every adapter and what is its own, asked of a double; `make ghost` asks
the same of a real one."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import Absent, Account, Figures, Grant, Piece, Published, Refused, Unknown
from app.networks.adapters.ghost import Ghost, wire
from tests.networks import drawn
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.servers import doubles
from tests.servers.doubles import Double, Standing
from tests.servers.front import Front, Twice
from tests.servers.ghost import Ghost as Server


@pytest.fixture(
    scope="module", params=["double", pytest.param("real", marks=pytest.mark.real_ghost)]
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Double, str]]:
    """A site, and the key to it."""
    from tests.servers.doubles.ghost import Ghost as Orchard

    if request.param == "double":
        double = Orchard()
        double.faults = Twice()
        yield double, double.key
        double.stop()
        return
    server = Server(tmp_path_factory.mktemp("ghost"))
    try:
        front = Front.of_puts(server.url, lambda r: r.method == "PUT", lambda t: stands(server, t))
        yield front, server.key
        front.stop()
    finally:
        server.stop()


def stands(server: Server, text: str) -> list[Standing]:
    return [Standing(id, said, "integration") for id, said in server.posts() if said == text]


@pytest.fixture
def case(site: tuple[Double, str]) -> Iterator[Case]:
    double, key = site
    account = Account("ghost", double.url, "s-1", "orchard", "Orchard", double.url)
    piece = Piece(f"Ripe apples {secrets.token_hex(4)}")
    dead = replace(account, host="http://localhost:1")
    yield Case(Ghost(), double, account, Grant({"key": key}, None), piece, dead=dead)
    double.faults.clear()
    double.revoked.clear()


def connect(case: Case, **answers: str) -> Any:
    known = {"host": case.account.host, "key": case.grant.secrets["key"]}
    return case.run(lambda web: case.network.connect(web, known | answers))


def stored(case: Case, said: Published) -> dict[str, Any]:
    def ask(web: Any) -> Any:
        site = wire.Site.of(web, case.account, case.grant)
        slug = said.url.rstrip("/").rsplit("/", 1)[-1]
        return site.read("posts", "GET", f"posts/slug/{slug}/", params={"formats": "html"})

    found: dict[str, Any] = case.run(ask)
    return found


def publish(case: Case, piece: Piece) -> dict[str, Any]:
    said = case.publish(case.parcel(piece))
    assert isinstance(said, Published), said
    return stored(case, said)


def test_a_key_opens_the_site_that_it_belongs_to(case: Case) -> None:
    account, grant = connect(case, host=f"{case.account.host}/ghost/#/settings")
    assert (account.host, account.name) == (case.account.host, "Orchard")
    assert account.account_id
    assert set(grant.secrets) == {"key"} and grant.expires_at is None


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"key": "abc"}, "key", "two parts"),
        ({"key": f"{'a' * 24}:{'b' * 64}"}, "key", "does not know"),
        ({"host": "http://localhost:1"}, "host", "could not reach"),
    ],
)
def test_what_does_not_open_a_site(
    case: Case, answers: dict[str, str], field: str, words: str
) -> None:
    said = connect(case, **answers)
    assert isinstance(said, Refused)
    assert (said.field, words in said.reason) == (field, True), said


def test_a_clock_that_is_wrong_is_no_lost_key(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = clock.now() - timedelta(minutes=10)
    monkeypatch.setattr(wire.clock, "now", lambda: earlier)
    token = wire.token(case.grant.secrets["key"], int(earlier.timestamp()))
    monkeypatch.undo()
    monkeypatch.setattr(wire, "token", lambda key, now: token)
    said = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert said == Refused(wire.CLOCKS)


def test_first_line_title_paragraphs_and_links(case: Case) -> None:
    text = "Late <b>harvest\n\nRead https://a.example/?q=1&r=2 now\n\n<script>x</script>"
    post = publish(case, Piece(text))
    assert post["title"] == "Late <b>harvest"
    assert '<a href="https://a.example/?q=1&amp;r=2">' in post["html"]
    assert "<script>" not in post["html"] and "&lt;script&gt;" in post["html"]


def test_title_tags_and_readers(case: Case) -> None:
    options = {"title": "Apples", "tags": "fruit, autumn", "visibility": "members"}
    post = publish(case, replace(case.piece, options=options))
    assert (post["title"], post["visibility"]) == ("Apples", "members")
    assert [tag["name"] for tag in post["tags"]] == ["fruit", "autumn"]


def test_pictures_and_a_video(case: Case) -> None:
    two = (drawn.picture('alt "0"'), drawn.picture("alt & 1"))
    post = publish(case, replace(case.piece, pictures=two, video=drawn.video()))
    assert post["feature_image"].startswith(case.account.host)
    assert post["feature_image_alt"] == 'alt "0"'
    assert re.search(r'<img [^>]*alt="alt &amp; 1"', post["html"])
    assert re.search(r'<video [^>]*src="[^"]+\.mp4"', post["html"])


def test_a_picture_may_be_the_whole_post(case: Case) -> None:
    post = publish(case, Piece("", (drawn.picture(),)))
    assert post["feature_image"].startswith(case.account.host)


@pytest.mark.parametrize("fault", ["lose", "drop", "500 after", "garbage", "late"])
def test_a_fault_at_the_draft_leaves_nothing_in_public(
    case: Case, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    parcel = case.parcel()
    with monkeypatch.context() as patched:
        for kind in (Front, type(case.double)):
            patched.setattr(kind, "is_publish", lambda _, r: r.method == "POST")
        case.double.faults = doubles.deque([fault])  # a POST is not sent again by the library
        assert isinstance(case.publish(parcel), Unknown)
    case.double.faults = Twice()
    assert case.times() == 0
    assert isinstance(case.find(parcel), Absent)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 1


def test_a_draft_that_was_changed_meanwhile_is_asked_for_again(case: Case) -> None:
    """Ghost answers 409 when `updated_at` is not the one that it knows."""
    parcel, network = case.parcel(), case.network
    assert isinstance(network, Ghost)
    case.double.faults.extend(["drop"])
    assert isinstance(case.publish(parcel), Unknown)

    async def too_late(web: Any) -> Any:
        site = wire.Site.of(web, case.account, case.grant)
        draft = await site.read("posts", "GET", f"posts/slug/{parcel.key}/")
        old = draft | {"updated_at": "2020-01-01T00:00:00.000Z"}
        return await network._make_public(site, parcel, old)

    said = case.run(too_late)
    assert said == Refused("Its draft was changed meanwhile.")
    assert isinstance(case.publish(parcel), Published)


def test_taking_the_key_away_is_told_as_work_for_a_person(case: Case) -> None:
    said = case.run(lambda web: case.network.revoke(web, case.account, case.grant))
    assert isinstance(said, Refused) and "remove the integration" in said.reason


def test_a_draft_that_was_left_there_goes_out_with_the_words_of_now(case: Case) -> None:
    """Its making public failed, then its author wrote it anew."""
    first = case.parcel(Piece("Unripe apples"))
    case.double.faults.extend(["drop"])
    assert isinstance(case.publish(first), Unknown)
    parcel = replace(case.parcel(), key=first.key)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 1


def test_a_post_that_was_no_newsletter_tells_nothing(case: Case) -> None:
    said = case.publish(case.parcel())

    def measure() -> Any:
        ids = [said.external_id]
        return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))

    assert measure() == {said.external_id: Figures()}
    if not isinstance(case.double, Front):
        case.double.counts = {said.external_id: {"reach": 9, "clicks": 4, "likes": 2}}
        assert measure() == {said.external_id: Figures(reach=9, clicks=4, likes=2)}
    case.run(lambda web: case.network.delete(web, case.account, case.grant, said.external_id))
    assert measure() == {said.external_id: Absent()}
