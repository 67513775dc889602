"""What a post said before: kept by each save that says something else, compared, brought back."""

import pytest
from flask.testing import FlaskClient

from app import clock
from app.db import db as database
from app.media.models import Asset
from app.scheduler.models import Post
from app.scheduler.versions import PostVersion, VersionWords
from app.scheduler.word_diff import ADDED, REMOVED, SAME, diff
from tests import make
from tests.media.test_pictures import encoded

DATABASES = ("sqlite",)  # both are asked about these tables by tests/doors and tests/tenants


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("one two three", "one four three", "one [-two ][+four ]three"),
        ("", "all new", "[+all new]"),
        ("gone", "", "[-gone]"),
        ("same\nlines", "same\nlines", "same\nlines"),
        ("one, two", "one; two", "one[-, ][+; ]two"),
        ("今日は晴れ", "今日は雨", "今日は[-晴れ][+雨]"),
        ("a b", "a b b", "a [+b ]b"),
    ],
)
def test_a_diff_is_of_words_and_loses_nothing(old: str, new: str, said: str) -> None:
    pieces = diff(old, new)
    marks = {SAME: "{}", ADDED: "[+{}]", REMOVED: "[-{}]"}
    assert "".join(marks[one.kind].format(one.text) for one in pieces) == said
    assert "".join(one.text for one in pieces if one.kind != ADDED) == old
    assert "".join(one.text for one in pieces if one.kind != REMOVED) == new


def test_texts_that_have_nothing_in_common_are_not_compared_word_by_word() -> None:
    old, new = "a b " * 5_000, "b a " * 5_000 + "c"
    assert "".join(one.text for one in diff(old, new) if one.kind != REMOVED) == new


@pytest.fixture
def writer(client: FlaskClient) -> FlaskClient:
    make.sign_in(client, make.alice())
    return client


def save(client: FlaskClient, post: Post, **fields: object) -> None:
    database.session.refresh(post)
    sent = {"action": "draft", "version": str(post.version), **fields}
    answer = client.post(f"/posts/{post.id}/edit", data=sent)
    assert answer.status_code == 303, answer.text
    database.session.expire_all()


def begun(client: FlaskClient, **fields: object) -> Post:
    client.post("/posts/new", data={"action": "draft", "nonce": "n1", **fields})
    return database.session.scalars(database.select(Post)).one()


def test_what_stood_is_kept_compared_and_brought_back(writer: FlaskClient) -> None:
    post = begun(writer, text="Red apples today", part=["And pears"], comment="From the orchard")
    channel = make.channel(make.alice())
    more = {"channels": [channel.id], "differs": [channel.id], f"text-{channel.id}": "Only here"}
    save(writer, post, text="Green apples today", part=["And pears"], **more)
    save(writer, post, text="Green apples today", part=["And pears"], **more)
    assert [one.number for one in database.session.scalars(database.select(PostVersion))] == [1]
    page = writer.get(f"/posts/{post.id}/versions").text
    assert '<del><span class="hidden-visually">[removed: </span>Red ' in page
    assert '<ins><span class="hidden-visually">[added: </span>Green ' in page
    assert "[removed: </span>From the orchard" in page and "[added: </span>Only here" in page
    assert "Alice Ash" in page
    form = writer.get(f"/posts/{post.id}/edit?version=1").text
    assert "Red apples today</textarea>" in form and "From the orchard</textarea>" in form
    assert "Only here</textarea>" not in form and f'action="/posts/{post.id}/edit"' in form
    assert writer.get(f"/posts/{post.id}/edit?version=7").status_code == 404
    save(writer, post, text="Red apples today", part=["And pears"], comment="From the orchard")
    numbers = database.select(PostVersion.number).order_by(PostVersion.number)
    assert list(database.session.scalars(numbers)) == [1, 3]


def test_versions_go_with_their_post(writer: FlaskClient) -> None:
    post = begun(writer, text="First words")
    save(writer, post, text="Other words")
    assert writer.post(f"/posts/{post.id}/deletion").status_code == 303
    assert database.session.scalars(database.select(VersionWords)).all() == []


def test_who_wrote_a_version_is_who_saved_it(client: FlaskClient) -> None:
    make.sign_in(client, make.alice())
    post = begun(client, text="Hers")
    make.sign_in(client, make.bob())
    save(client, post, text="His")
    save(client, post, text="His again")
    rows = database.session.scalars(database.select(PostVersion).order_by(PostVersion.number))
    assert [one.writer.name for one in rows] == ["Alice Ash", "Bob Birch"]


def test_a_picture_in_the_trash_does_not_come_back_with_a_version(writer: FlaskClient) -> None:
    asset = Asset.upload(make.member(make.alice()), encoded("PNG"), clock.now())
    database.session.commit()
    post = begun(writer, text="With a picture", kept=[asset.id], alt=["A tree"])
    save(writer, post, text="Without")
    address, shown = f"/posts/{post.id}/edit?version=1", f"/media/{asset.id}"
    assert shown in writer.get(address).text
    asset.deleted_at = clock.now()
    database.session.commit()
    page = writer.get(address).text
    assert shown not in page and "With a picture</textarea>" in page


def test_what_one_wrote_is_kept_where_another_goes_on_in_the_same_form(client: FlaskClient) -> None:
    """A browser that two people share: the form stays open while who is signed in changes."""
    form = {"nonce": "n1", "typing": f"{'a' * 32}.1", "text": "Hers"}
    make.sign_in(client, make.alice())
    assert client.post("/posts/draft", data=form).status_code == 200
    post = database.session.scalars(database.select(Post)).one()
    make.sign_in(client, make.bob())
    form |= {"typing": f"{'a' * 32}.2", "text": "His", "post": str(post.id), "version": "1"}
    assert client.post("/posts/draft", data=form).status_code == 200
    kept = database.session.scalars(database.select(VersionWords.text))
    assert list(kept) == ["Hers"]
