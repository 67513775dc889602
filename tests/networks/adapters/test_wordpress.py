"""WordPress, asked of a real WordPress: the questions of every adapter, and what is its own."""

import re
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from app.networks import (
    Absent,
    Account,
    Figures,
    Grant,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
)
from app.networks.adapters.wordpress import WordPress, wire
from tests.networks import drawn
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.servers.doubles import Standing
from tests.servers.front import Front
from tests.servers.wordpress import WordPress as Server


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.fixture(scope="module")
def fronted(wordpress: Server) -> Iterator[Front]:
    def stands(text: str) -> list[Standing]:
        posts = [(str(p["id"]), plain(p["content"]["raw"])) for p in wordpress.posts()]
        return [Standing(id, said, "alice") for id, said in posts if said == text]

    def publishes(request: web.Request) -> bool:
        return request.method == "POST" and re.search(r"/posts/\d+$", request.path) is not None

    front = Front(wordpress.url, publishes, stands)
    yield front
    front.stop()


@pytest.fixture
def case(fronted: Front, wordpress: Server) -> Iterator[Case]:
    account = Account("wordpress", fronted.url, "1", "alice", "Orchard", fronted.url)
    grant = Grant({"user": "alice", "password": wordpress.password}, None)
    piece = Piece(f"Ripe apples {secrets.token_hex(4)}")
    dead = replace(account, host="http://localhost:1")
    yield Case(WordPress(), fronted, account, grant, piece, dead=dead)
    fronted.faults.clear()
    fronted.revoked.clear()


def connect(case: Case, **answers: str) -> Any:
    known = {"host": case.account.host, "username": "alice"}
    known["app_password"] = case.grant.secrets["password"]
    return case.run(lambda web: case.network.connect(web, known | answers))


def publish(case: Case, piece: Piece) -> tuple[Published, dict[str, Any]]:
    said = case.publish(case.parcel(piece))
    assert isinstance(said, Published), said
    return said, stored(case, said)


def stored(case: Case, said: Published) -> dict[str, Any]:
    site = wire.Site(None, "", case.grant)  # type: ignore[arg-type]
    found: dict[str, Any] = case.run(
        lambda web: replace(site, web=web, root=f"{case.account.host}/wp-json/").read(
            "GET", f"posts/{said.external_id}", params={"context": "edit"}
        )
    )
    return found


def test_the_root_is_found_by_the_link_header(case: Case, wordpress: Server) -> None:
    account, grant = connect(case)
    assert (account.host, account.account_id, account.name) == (case.account.host, "1", "Orchard")
    assert account.facts["endpoint"] == f"{case.account.host}/wp-json/"
    assert account.handle == f"alice@{case.account.host.removeprefix('http://')}"
    assert grant.expires_at is None


def test_plain_permalinks_work_as_well(case: Case, wordpress: Server) -> None:
    """Then the root is `…/index.php?rest_route=/`, and every question has a query of its own."""
    wordpress.run("update_option('permalink_structure', '');")
    try:
        account, _ = connect(case)
        assert account.facts["endpoint"].endswith("?rest_route=/")
        plainly = replace(case, account=account)
        parcel = plainly.parcel()
        assert isinstance(plainly.publish(parcel), Published)
        assert isinstance(plainly.find(parcel), Published)
    finally:
        wordpress.run("update_option('permalink_structure', '/%postname%/');")


@pytest.mark.parametrize(
    ("page", "root"),
    [
        (
            {"Link": '<https://a.example/x>; rel=next, </wp-json/>; rel="https://api.w.org/"'},
            "/wp-json/",
        ),
        ({"Link": '<https://a.example/?rest_route=/>; title="a"; rel=https://api.w.org/'}, "?rest"),
        (b'<link rel="https://api.w.org/" href="https://b.example/api/" />', "b.example/api/"),
        (b"<link href='https://b.example/?a=1&#038;r=/' rel='https://api.w.org/'>", "?a=1&r=/"),
        (b"<p>nothing</p>", ""),
    ],
)
def test_ways_to_name_the_root(page: Any, root: str) -> None:
    from app.http import Answer

    headers, body = (page, b"") if isinstance(page, dict) else ({}, page)
    answer = Answer(200, headers, body, "https://a.example/")
    found = wire._in_headers(answer) or wire._in_page(answer)
    assert root in found if root else found == ""


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"app_password": "aaaa bbbb cccc dddd"}, "app_password", "don't belong together"),
        ({"username": "mallory"}, "app_password", "don't belong together"),
        ({"host": "http://localhost:1"}, "host", "could not reach"),
    ],
)
def test_what_does_not_open_a_site(
    case: Case, answers: dict[str, str], field: str, words: str
) -> None:
    said = connect(case, **answers)
    assert isinstance(said, Refused)
    assert (said.field, words in said.reason) == (field, True), said


def test_who_may_not_publish_is_told_at_once(case: Case, wordpress: Server) -> None:
    said = connect(case, username="bob", app_password=wordpress.of_bob)
    assert said == Refused("That person may not publish on the site.", field="username")


def test_first_line_title_paragraphs_links_and_nothing_else_is_markup(case: Case) -> None:
    text = (
        "Late harvest <b>\n\nRead https://a.example/?q=1&r=2 now\nand & then\n\n<script>x</script>"
    )
    said, post = publish(case, Piece(text))
    assert post["title"]["raw"] == "Late harvest &lt;b&gt;"
    assert post["content"]["raw"] == (
        '<p>Read <a href="https://a.example/?q=1&amp;r=2">https://a.example/?q=1&amp;r=2</a> now'
        "<br>and &amp; then</p><p>&lt;script&gt;x&lt;/script&gt;</p>"
    )
    with urllib.request.urlopen(said.url) as page:
        assert "<script>x</script>" not in page.read().decode()


def test_a_title_that_was_typed_and_tags(case: Case, wordpress: Server) -> None:
    mark = secrets.token_hex(3)
    options = {"title": "Apples", "tags": f"fruit {mark}, autumn {mark}, "}
    for _ in range(2):  # the second time the tags are known
        _, post = publish(case, replace(case.piece, options=options))
        assert post["title"]["raw"] == "Apples"
        names = {tag["name"] for tag in wordpress.call("GET", f"tags?post={post['id']}")}
        assert names == {f"fruit {mark}", f"autumn {mark}"}


def test_pictures_and_their_alt_texts(case: Case, wordpress: Server) -> None:
    two = tuple(drawn.picture(f'alt "{n}" & more') for n in range(2))
    _, post = publish(case, replace(case.piece, pictures=two))
    first = wordpress.call("GET", f"media/{post['featured_media']}")
    assert first["alt_text"] == 'alt "0" & more'
    assert 'alt="alt &quot;1&quot; &amp; more"' in post["content"]["raw"]
    shown = re.search(r'<img src="([^"]+)"', post["content"]["raw"])
    assert shown
    with urllib.request.urlopen(shown.group(1)) as file:
        assert file.read() == two[1].body


def test_a_picture_may_be_the_whole_post(case: Case) -> None:
    _, post = publish(case, Piece("", (drawn.picture(),)))
    assert post["featured_media"] and "<img" in post["content"]["raw"]


def test_a_video_stands_in_the_text(case: Case) -> None:
    _, post = publish(case, replace(case.piece, video=drawn.video()))
    assert re.search(r'<video controls src="[^"]+\.mp4">', post["content"]["raw"])


def test_a_file_that_the_site_does_not_take_is_told_in_its_words(case: Case) -> None:
    odd = Picture(b"<svg/>", "image/svg+xml", "", 8, 6)
    piece = replace(case.piece, pictures=(odd,))
    said = case.run(
        lambda web: case.network.prepare(
            web,
            case.account,
            case.grant,
            piece,
            None,
            {},  # type: ignore[arg-type]
        )
    )
    assert isinstance(said, Refused) and said.permanent
    assert "not allowed to upload this file type" in said.reason, said.reason


@pytest.mark.parametrize("fault", ["lose", "drop", "500 after", "garbage", "late"])
def test_a_fault_at_the_draft_leaves_nothing_in_public(
    case: Case, fronted: Front, fault: str
) -> None:
    """The draft is put first; whatever becomes of it, one post is public in the end."""
    parcel, usual = case.parcel(), fronted.publishes
    fronted.publishes = lambda r: r.method == "POST" and r.path.endswith("/posts")
    try:
        fronted.faults.append(fault)
        assert isinstance(case.publish(parcel), Unknown)
    finally:
        fronted.publishes = usual
    assert case.times() == 0
    assert isinstance(case.find(parcel), Absent)
    assert isinstance(case.publish(parcel), Published)
    case.double.let_come()
    assert isinstance(case.find(parcel), Published)
    assert case.times() == 1


def test_revoked_is_the_application_password_itself(case: Case, wordpress: Server) -> None:
    made = wordpress.run(
        "[$p] = WP_Application_Passwords::create_new_application_password(1, ['name'=>'Passing']);"
        ' echo "secret:$p";'
    ).partition("secret:")[2]
    grant = Grant({"user": "alice", "password": made}, None)
    assert case.run(lambda web: case.network.check(web, case.account, grant)) is None
    assert case.run(lambda web: case.network.revoke(web, case.account, grant)) is None
    checked = case.run(lambda web: case.network.check(web, case.account, grant))
    assert isinstance(checked, Refused) and checked.reconnect
    assert case.run(lambda web: case.network.revoke(web, case.account, grant)) is None


def test_nothing_is_scheduled_at_the_site(case: Case, wordpress: Server) -> None:
    _, post = publish(case, case.piece)
    assert post["status"] == "publish"
    assert wordpress.posts("future") == []


def test_a_draft_that_was_left_there_goes_out_with_the_words_of_now(
    case: Case, fronted: Front
) -> None:
    """Its making public failed, then its author wrote it anew."""
    first = case.parcel(Piece("Unripe apples"))
    fronted.faults.append("drop")
    assert isinstance(case.publish(first), Unknown)
    parcel = replace(case.parcel(), key=first.key)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 1


def measure(case: Case, *ids: str) -> Any:
    return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))


def test_approved_comments_of_readers_are_counted(case: Case, wordpress: Server) -> None:
    said, other = (case.publish(case.parcel(seed=n)) for n in (41, 42))
    ids = (said.external_id, other.external_id)
    comments = [
        f"wp_insert_comment(['comment_post_ID' => {ids[0]}, 'comment_content' => 'Ripe {n}',"
        f" 'comment_author' => 'Ben', 'comment_approved' => {is_approved}]);"
        for n, is_approved in enumerate((1, 1, 0))
    ]
    wordpress.run("".join(comments))
    told = {ids[0]: Figures(replies=2), ids[1]: Figures(replies=0), "999999": Absent()}
    assert measure(case, *ids, "999999") == told
    wordpress.run(f"wp_trash_post({ids[1]});")
    assert measure(case, ids[1]) == {ids[1]: Absent()}
    case.double.revoked |= set(case.grant.secrets.values())
    refused = measure(case, ids[0])
    assert isinstance(refused, Refused) and refused.reconnect


@pytest.mark.parametrize("fault", ["500 before", "429 seconds", "lose"])
def test_figures_that_do_not_come_are_a_value(case: Case, fault: str) -> None:
    said = case.publish(case.parcel(seed=43))
    case.double.reading_faults.extend([fault, fault])
    told = measure(case, said.external_id)
    case.double.reading_faults.clear()
    assert isinstance(told, Refused if fault.startswith("429") else Unknown)
