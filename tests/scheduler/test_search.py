"""Posts are found by their words, on both databases the same, and nobody finds another's."""

import io
from itertools import count

import pytest
from flask.testing import FlaskClient

from app.account.models import User
from app.channels.models import Channel
from app.db import db as database
from app.scheduler.composing import revise, write
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from app.scheduler.saying import Words
from app.scheduler.searching import forget, matching
from tests import make

DATABASES = ("sqlite", "postgres")
number = count()


def post(user: User, text: str, *further: str, **more: object) -> Post:
    made = Composition(text, (), (), None, "", "UTC", further=further, **more)  # type: ignore[arg-type]
    written = write(make.member(user), made, f"n{next(number)}", make.NOON)
    database.session.commit()
    return written


def found(user: User, asked: str) -> list[str]:
    member = make.member(user)
    chosen = matching(Post.of(member), member.organization_id, asked).order_by(Post.id)
    return [one.text.split()[0] for one in database.session.scalars(chosen)]


@pytest.fixture
def orchard(db: object) -> User:
    alice = make.alice()
    channel: Channel = make.channel(alice)
    post(alice, "Apples are ripe: #harvest2027, see https://example.com/apple-pie", "Pears too")
    post(alice, "Bäume — „größer“ als je. don't_stop", comment="Quinces next week")
    post(alice, "Cherries", variants={channel.id: Words(("A plum in the hat", "and apples"))})
    post(make.charlie(), "Dates and apples of somebody else")
    return alice


ASKED = [
    ("apples", ["Apples", "Cherries"]),
    ("APPL", ["Apples", "Cherries"]),
    ("pples", []),
    ("pears ripe", ["Apples"]),  # one in the first part, one in the second
    ("quince", ["Bäume"]),
    ("plum hat apples", ["Cherries"]),
    ('"plum in the hat"', ["Cherries"]),
    ('"hat the in plum"', []),
    ('"plum in the ha"', []),
    ("größer", ["Bäume"]),
    ("GRÖSS", []),
    ("BÄUM", ["Bäume"]),
    ("baume", []),
    ("#harvest", ["Apples"]),
    ("example.com/apple-pie", ["Apples"]),
    ("pie", ["Apples"]),
    ("don't", ["Bäume"]),
    ("stop", ["Bäume"]),
    ('apples AND NOT (pears OR "', []),
    ("apples & !pears | x:* <-> '", []),
    ("!", ["Apples", "Bäume", "Cherries"]),
    ("", ["Apples", "Bäume", "Cherries"]),
    ("🍏", []),
    ("100% \\ \x00", []),
    ("dates", []),
]


def test_words_prefixes_and_quotations_find_posts(orchard: User) -> None:
    assert [(asked, found(orchard, asked)) for asked, _ in ASKED] == ASKED


def test_what_is_changed_or_gone_is_found_no_more(orchard: User) -> None:
    kept, member = post(orchard, "Figs", "and nuts"), make.member(orchard)
    revise(kept, member, Composition("Grapes", (), (), None, "", "UTC"), 1, make.NOON)
    database.session.commit()
    assert [found(orchard, asked) for asked in ("figs", "nuts", "grapes")] == [[], [], ["Grapes"]]
    database.session.delete(kept)
    database.session.commit()
    forget()
    database.session.commit()
    assert [found(orchard, asked) for asked in ("grapes", "plum")] == [[], ["Cherries"]]


def test_the_list_of_posts_can_be_asked(client: FlaskClient, orchard: User) -> None:
    page = client.get("/posts?q=ripe+pears")
    assert "Apples are ripe" in page.text
    assert "Cherries" not in page.text
    assert 'value="ripe pears"' in page.text
    assert "/posts?state=draft&amp;q=ripe+pears" in page.text
    assert "Nothing found" in client.get("/posts?q=zebra").text
    taken = client.get("/posts/export.csv?q=ripe")
    assert taken.mimetype == "text/csv"
    lines = taken.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("text,date and time,time zone,channels,")
    assert "Apples are ripe" in taken.text
    assert "Cherries" not in taken.text
    sent = client.post("/import", data={"file": (io.BytesIO(taken.data), "posts.csv")})
    assert sent.status_code == 303
    assert "A file of AllStac" in client.get(sent.location).text


def test_everything_is_found_on_one_page(client: FlaskClient, orchard: User) -> None:
    alice = make.member(orchard)
    made = Composition(
        "Tagged", (), (), None, "", "UTC", labels=("Harvest",), campaign="Cider days"
    )
    write(alice, made, "tagged", make.NOON)
    database.session.commit()
    assert "Calendar" in client.get("/find").text
    page = client.get("/find?q=one").text
    assert "one.test" in page
    page = client.get("/find?q=harvest").text
    assert "Apples are ripe" in page
    assert "/posts?label=" in page
    assert "/labels" in client.get("/find?q=camp").text
    assert "Nothing here is called" in client.get("/find?q=zebra").text
    part = client.get("/find?q=cider", headers={"HX-Request": "true", "HX-Target": "found"}).text
    assert part.lstrip().startswith('<div id="found"')
    assert "Cider days" in part


def test_who_may_not_write_finds_no_page_to_write(client: FlaskClient) -> None:
    make.sign_in(client, make.bob("viewer"))
    page = client.get("/find?q=new").text
    assert 'href="/posts/new"><' not in page
