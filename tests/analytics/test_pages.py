"""What a marketer sees: figures with their source, what is not told, and where the best and worst are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app import clock
from app.account import allowances
from app.account.allowances import Room
from app.analytics.models import Measure
from app.channels.models import Channel
from app.db import db
from app.networks.adapters.bluesky import Bluesky
from app.networks.figures import METRICS
from app.scheduler.labels import LABEL, Label, PostLabel, named
from app.scheduler.models import Delivery
from tests import make
from tests.analytics import planted

DATABASES = ("sqlite",)  # the sums on both databases: test_sums.py
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """Three posts of the last days on Bluesky, one on Telegram, which tells nothing."""
    monkeypatch.setattr(Bluesky, "tells", frozenset({"likes", "replies", "reposts"}))
    alice = make.alice()
    bluesky = make.channel(alice, "bluesky", name="blue")
    telegram = make.channel(alice, "telegram", name="tele")
    planted.out(alice, bluesky, NOW - timedelta(days=5), "The best of all", likes=40, replies=2)
    planted.out(alice, bluesky, NOW - timedelta(days=4), "In the middle", likes=7, replies=0)
    planted.out(alice, bluesky, NOW - timedelta(days=3), "The worst of all", likes=1, replies=0)
    planted.out(alice, telegram, NOW - timedelta(days=3), "Nobody tells", **{})
    planted.out(alice, bluesky, NOW - timedelta(days=40), "Before", likes=25, replies=0)
    planted.follow(bluesky, NOW - timedelta(days=31), 100)
    planted.follow(bluesky, NOW - timedelta(days=1), 130)
    return bluesky


@contextmanager
def counting() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)


def words(page: str) -> str:
    """As it is read, without the drawings."""
    page = re.sub(r"(?s)<svg.*?</svg>|<head>.*?</head>", " ", page)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def card(page: str, by: str) -> str:
    found = re.search(rf'(?s)id="by-{by}".*?</a>', page)
    assert found
    return words(found[0])


@pytest.mark.usefixtures("told")
def test_the_figures_of_a_month_say_what_they_were_before_and_who_does_not_tell(
    client: FlaskClient,
) -> None:
    page = client.get("/analytics").text
    assert card(page, "engagements").endswith(
        "Engagements 50 up 100% from 25 Not told by Telegram."
    )
    assert "not told Not told by" in card(page, "impressions")
    assert "4 up 300% from 1" in card(page, "posts")
    assert "130 up 30% from 100" in words(page)
    assert "from Bluesky" in words(page)


def test_best_and_worst_stand_apart_and_what_is_not_told_is_in_neither(
    client: FlaskClient, told: Channel
) -> None:
    page = words(client.get("/analytics").text)
    best, weakest = page.split("first day. Best ")[1].split(" Weakest ")
    assert best.startswith("The best of all 42 engagements")
    assert weakest.startswith("The worst of all 1 engagements")
    assert "Nobody tells" not in best + weakest.split("All posts")[0]


def test_a_post_of_today_may_be_best_and_is_not_called_weak(
    client: FlaskClient, told: Channel
) -> None:
    planted.out(make.alice(), told, NOW - timedelta(hours=3), "Just out", likes=0, replies=0)
    page = words(client.get("/analytics").text)
    assert "Just out" not in page.split(" Weakest ")[1].split("All posts")[0]


def test_the_table_is_sorted_and_what_is_not_told_stands_last(
    client: FlaskClient, told: Channel
) -> None:
    def order(query: str) -> list[str]:
        page = client.get(f"/analytics/posts?days=90&{query}").text
        return re.findall(r'class="ranked-words"[^>]*>([^<]+)<', page)

    falling = ["The best of all", "Before", "In the middle", "The worst of all", "Nobody tells"]
    assert order("sort=engagements") == falling
    assert order("sort=likes&order=rising") == [*falling[-2::-1], "Nobody tells"]
    assert order("text=WORST") == ["The worst of all"]
    assert order(f"channel={told.id}&text=o%25") == []
    assert order("text=nobody") == ["Nobody tells"]


@pytest.mark.parametrize("name", METRICS)
def test_what_the_table_is_sorted_by_is_a_column_also_on_a_phone(
    client: FlaskClient, told: Channel, name: str
) -> None:
    planted.out(make.alice(), told, NOW - timedelta(days=1), "All", **dict.fromkeys(METRICS, 137))
    page = client.get(f"/analytics/posts?sort={name}").text
    [head] = re.findall(r'(?s)<th scope="col" class="([^"]*)" aria-sort="descending">', page)
    assert head == "number"
    assert f'<option value="{name}" selected>' in page
    columns = re.findall(r'id="sort-(\w+)"', page)
    [row] = re.findall(r"(?s)<tr><th scope=\"row\">.*?>All<.*?</tr>", page)
    cells = re.findall(r"(?s)<td.*?</td>", row)
    assert words(cells[columns.index(name) - 1]) == "137"


def test_a_channel_shows_all_nine_and_says_which_are_not_told(
    client: FlaskClient, told: Channel
) -> None:
    page = words(client.get(f"/analytics/channels/{told.id}").text)
    assert "Likes 48 Replies 2" in page
    assert "Impressions not told Reach not told" in page
    assert "Followers by day" in page or "130" in page


def test_a_single_post_has_its_curve_and_says_until_when_readings_are_kept(
    client: FlaskClient, told: Channel
) -> None:
    made = planted.out(make.alice(), told, NOW - timedelta(days=2), "Curved", likes=3, replies=4)
    page = client.get(f"/analytics/posts/{made.delivery_id}").text
    assert "Engagements 7 Place 3 of 5 posts here" in words(page)
    assert "The one reading of this post is kept until Thu 23 Dec 2027" in words(page)
    assert (
        'aria-label="Likes since it went out'
        in client.get(f"/analytics/posts/{made.delivery_id}?by=likes").text
    )
    assert client.get(f"/analytics/posts/{made.delivery_id}?by=clicks").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [("from=2026-11-40&to=2026-11-20", "This is not a date, like 2026-11-24."),
     ("from=2026-11-20&to=2026-11-10", "This is before the first day."),
     ("from=2026-12-01&to=2026-12-02", "This day is still to come."),
     ("from=2020-01-01&to=2026-11-01", "Choose two years or less."),
     ("to=2026-11-01", "Choose the first day.")],
)  # fmt: skip
def test_a_range_that_is_none_is_said_beside_the_field_and_kept(
    client: FlaskClient, query: str, said: str
) -> None:
    make.channel(make.alice(), "bluesky")
    answer = client.get(f"/analytics?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    typed = query.split("=")[-1]
    assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize(
    "path",
    ["?days=0", "?days=x", "?days=9999", "?by=luck", "?channel=99999", "?channel=x", "/posts?sort=x",
     "/posts?page=9", "/posts?page=x", "/posts/99999", "/channels/99999"],
)  # fmt: skip
def test_what_there_cannot_be_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/analytics{path}").status_code == 404


def test_a_label_gathers_its_posts_and_finds_them_in_the_table(
    client: FlaskClient, told: Channel
) -> None:
    alice = make.alice()
    for said, likes, names in (("Labelled", 9, ["tips"]), ("Both", 4, ["tips", "shop"])):
        made = planted.out(alice, told, NOW - timedelta(days=2), said, likes=likes)
        post = db.session.get_one(Delivery, made.delivery_id).post
        for one in named(post.organization_id, LABEL, names, NOW):
            post.labels.append(PostLabel(label=one))
        db.session.commit()
    tips, shop = db.session.scalars(db.select(Label.id).order_by(Label.folded.desc()))
    page = words_of(client, "/analytics/labels")
    assert "tips 2 not told 13 6.5 not told shop 1 not told 4 4" in page
    page = words_of(client, f"/analytics/labels/{tips}")
    assert "Engagements 13 Nothing to compare with" in page and "Labelled 9 engagements" in page
    assert "The best of all" not in page
    found = client.get(f"/analytics/posts?label={shop}").text
    assert re.findall(r'class="ranked-words"[^>]*>([^<]+)<', found) == ["Both"]
    assert client.get("/analytics/posts?label=99999").status_code == 404


def words_of(client: FlaskClient, path: str) -> str:
    return words(client.get(path).text)


def test_another_organisation_is_not_seen(anonymous: FlaskClient, told: Channel) -> None:
    make.sign_in(anonymous, make.charlie())
    assert "The best of all" not in anonymous.get("/analytics/posts?days=90").text
    assert anonymous.get(f"/analytics/channels/{told.id}").status_code == 404


def test_a_plan_shows_as_much_as_it_holds_and_says_which_one_shows_more(
    client: FlaskClient, told: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = (Room("Free", history_days=30), Room("Team", history_days=None))
    monkeypatch.setattr(allowances, "ladder", lambda: ladder)
    page = words(client.get("/analytics?days=90").text)
    assert "Free shows the last 30 days" in page and "Team shows all of it" in page
    assert "Engagements 50 Nothing to compare with" in page
    assert "Free shows" not in words(client.get("/analytics?days=30").text)


def test_a_region_is_swapped_alone_and_the_address_is_the_same(
    client: FlaskClient, told: Channel
) -> None:
    swapped = client.get("/analytics?by=posts", headers={"HX-Target": "analytics"}).text
    assert swapped.startswith('<div id="analytics"') and "<html" not in swapped
    assert 'aria-label="Posts published by day' in swapped


def test_without_a_channel_it_says_what_it_is_for(client: FlaskClient) -> None:
    page = client.get("/analytics").text
    assert "Nothing to count yet" in page and 'href="/channels/connect"' in page


@pytest.mark.parametrize(
    "path", ["", "?by=posts", "/posts", "/posts/{delivery}", "/channels/{channel}", "/labels"]
)
def test_few_questions_are_asked_however_much_there_is(
    client: FlaskClient, told: Channel, path: str
) -> None:
    delivery = db.session.scalars(db.select(Measure.delivery_id)).first()
    path = f"/analytics{path.format(delivery=delivery, channel=told.id)}"
    with counting() as bare:
        client.get("/channels/connect")
    with counting() as said:
        client.get(path)
    assert len(said) - len(bare) <= 8
