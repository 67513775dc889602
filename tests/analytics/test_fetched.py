"""Where a page says when something was fetched, by whom it was told and until when it is kept, that is
true: of the very posts behind the figures beside it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app import clock
from app.analytics.models import Measure, Reading
from app.channels.models import Channel
from app.db import db
from app.networks.adapters.bluesky import Bluesky
from app.networks.adapters.linkedin import LinkedIn
from app.scheduler.labels import LABEL, PostLabel, named
from app.scheduler.models import Delivery
from tests import make
from tests.analytics import planted
from tests.analytics.test_pages import words

DATABASES = ("sqlite",)  # the sums on both databases: test_sums.py
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEPT = timedelta(days=396)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def blue(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Channel:
    monkeypatch.setattr(Bluesky, "tells", frozenset({"likes", "replies", "reposts"}))
    return make.channel(make.alice(), "bluesky", name="blue")


def out(channel: Channel, age: float, fetched: timedelta, text: str = "Hello") -> Measure:
    """A post that went out so many days ago and was last told so long ago."""
    made = planted.out(make.alice(), channel, NOW - timedelta(days=age), text, likes=5)
    made.fetched_at = NOW - fetched
    db.session.commit()
    return made


def moments(html: str) -> list[datetime]:
    return [datetime.fromisoformat(one) for one in re.findall(r'datetime="([^"]+)"', html)]


def told(client: FlaskClient, path: str) -> str:
    """The line that says what the page shows and where it comes from."""
    page = client.get(path).text
    [line] = re.findall(r'(?s)<p class="soft small told">.*?</p>', page)
    return line


def test_what_came_in_for_older_posts_says_when_it_was_fetched(
    client: FlaskClient, blue: Channel
) -> None:
    """Nothing went out on that day; what came in then was told of a post from before it."""
    made = out(blue, 30, timedelta(days=3))
    planted.came(blue, datetime(2026, 11, 1, 12, tzinfo=UTC), likes=21)
    db.session.commit()
    path = "/analytics?from=2026-11-01&to=2026-11-01"
    page = client.get(path).text
    assert "Engagements 21" in words(page)
    assert moments(told(client, path)) == [made.fetched_at]
    assert "Fetched 3 days ago from Bluesky." in words(told(client, path))
    rows = page.split('id="channels-title"')[1]
    assert set(moments(rows)) == {made.fetched_at} and "not yet" not in rows


def test_a_post_that_ended_before_the_period_says_nothing_of_it(
    client: FlaskClient, blue: Channel
) -> None:
    out(blue, 200, timedelta(days=100))
    line = told(client, "/analytics?days=7")
    assert moments(line) == [] and "Nothing was fetched yet." in line


def test_figures_that_outlast_their_posts_do_not_say_that_nothing_was_fetched(
    client: FlaskClient, blue: Channel
) -> None:
    planted.came(blue, NOW - timedelta(days=2), likes=21)
    db.session.commit()
    line = told(client, "/analytics")
    assert "Nothing was fetched yet" not in line and "no longer here" in line


def test_the_header_says_between_when_and_each_post_its_own_time(
    client: FlaskClient, blue: Channel
) -> None:
    late = out(blue, 25, timedelta(days=23), "Fetched long ago")
    soon = out(blue, 2, timedelta(hours=2), "Fetched of late")
    line = told(client, "/analytics")
    assert moments(line) == [late.fetched_at, soon.fetched_at]
    assert "Fetched between 23 days ago and 2 h ago from Bluesky." in words(line)
    page = client.get("/analytics").text
    ends = page.split('id="ends-title"')[1].split("</section>")[0]
    items = {words(one): moments(one)[-1] for one in re.findall(r"(?s)<li>.*?</li>", ends)}
    found = {said.split(" 5 ")[0]: at for said, at in items.items()}
    assert found == {"Fetched long ago": late.fetched_at, "Fetched of late": soon.fetched_at}


def test_labels_and_the_best_time_say_who_told_and_when(client: FlaskClient, blue: Channel) -> None:
    telegram = make.channel(make.alice(), "telegram", name="tele")
    tagged, other = out(blue, 9, timedelta(days=8)), out(blue, 6, timedelta(hours=1))
    silent = planted.out(make.alice(), telegram, NOW - timedelta(days=9))
    for made in (tagged, silent):
        post = db.session.get_one(Delivery, made.delivery_id).post
        [label] = named(post.organization_id, LABEL, ["tips"], NOW)
        post.labels.append(PostLabel(label=label))
    db.session.commit()
    assert moments(told(client, f"/analytics/labels/{label.id}")) == [tagged.fetched_at]
    listed = client.get("/analytics/labels").text.split('id="labels-title"')[1].split("<table")[0]
    assert moments(listed) == [tagged.fetched_at] and "from Bluesky." in words(listed)
    line = told(client, "/analytics/best-time")
    assert moments(line) == [tagged.fetched_at, other.fetched_at]
    assert "from Bluesky." in words(line)


def test_followers_say_of_which_day_they_are_and_who_does_not_tell(
    client: FlaskClient, blue: Channel
) -> None:
    make.channel(make.alice(), "telegram", name="tele")
    second = make.channel(make.alice(), "bluesky", name="second")
    planted.follow(blue, datetime(2026, 11, 20, tzinfo=UTC), 130)

    def card() -> str:
        page = client.get("/analytics").text
        return words(page.split('id="followers">')[1].split("</div>")[0])

    assert "130" in card() and "Told on 20 Nov 2026. Not told by Telegram." in card()
    assert "Not counted in these days: second.test." in card()
    planted.follow(second, datetime(2026, 11, 22, tzinfo=UTC), 70)
    assert "200" in card() and "Told between 20 and 22 Nov 2026." in card()
    assert "Not counted" not in card()


@pytest.mark.parametrize("path", ["/analytics", "/analytics/posts"])
def test_a_phone_shows_the_time_of_fetching_too(
    client: FlaskClient, blue: Channel, path: str
) -> None:
    """What is hidden on a narrow page stands there in another place, and says the same."""
    made = out(blue, 2, timedelta(hours=2))
    table = client.get(path).text.split("<tbody>")[-1].split("</tbody>")[0]
    [narrow] = re.findall(r'(?s)<span class="[^"]*is-nearer">.*?</time></span>', table)
    wide = re.findall(r'(?s)<td class="number soft is-further">.*?</td>', table)[-1]
    assert moments(narrow) == moments(wide) == [made.fetched_at]


def test_a_report_says_when_on_paper_with_the_year(client: FlaskClient, blue: Channel) -> None:
    out(blue, 25, timedelta(days=23), "Old")
    out(blue, 2, timedelta(hours=2), "New")
    page = words(client.get("/analytics/report").text)
    span = "Fetched between Sun 1 Nov 2026, 13:00 and Tue 24 Nov 2026, 11:00 from Bluesky."
    assert span in page
    assert "Old Bluesky; fetched Sun 1 Nov 2026, 13:00" in page
    assert "Single readings are kept for 396 days; totals stay" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [({"state": "disconnected"}, "Disconnected: nothing more is fetched of it."),
     ({"paused_at": NOW}, "Paused: nothing is fetched of it until it goes on."),
     ({"set_aside_at": NOW}, "Set aside, as the plan has no room for it"),
     ({"state": "needs_reconnect"}, "It has to be connected again")],
)  # fmt: skip
def test_nobody_promises_to_ask_again_on_a_channel_that_rests(
    client: FlaskClient, blue: Channel, state: dict[str, object], said: str
) -> None:
    made = out(blue, 2, timedelta(hours=2))
    made.next_at = NOW + timedelta(hours=4)
    db.session.commit()
    path = f"/analytics/posts/{made.delivery_id}"
    assert "asked again" in words(client.get(path).text)
    for name, value in state.items():
        setattr(blue, name, value)
    db.session.commit()
    page = words(client.get(path).text)
    assert "asked again" not in page and said in page
    assert said in words(client.get(f"/analytics/channels/{blue.id}").text)
    rows = client.get("/analytics").text.split('id="channels-title"')[1]
    assert said in words(rows)


def test_while_publishing_rests_nobody_is_asked(client: FlaskClient, blue: Channel) -> None:
    made = out(blue, 2, timedelta(hours=2))
    made.next_at = NOW + timedelta(hours=4)
    make.member(make.alice()).organization.paused_at = NOW
    db.session.commit()
    page = words(client.get(f"/analytics/posts/{made.delivery_id}").text)
    assert "asked again" not in page and "Publishing rests here" in page


def test_readings_are_kept_from_the_oldest_to_the_newest_that_is_there(
    client: FlaskClient, blue: Channel
) -> None:
    """The first has ended, later ones have not."""
    made = out(blue, 400, timedelta(days=310))
    path = f"/analytics/posts/{made.delivery_id}"
    [first] = db.session.scalars(db.select(Reading)).all()
    db.session.delete(first)
    oldest, newest = NOW - timedelta(days=390), NOW - timedelta(days=312)
    for at, likes in ((oldest, 6), (newest, 7)):
        db.session.add(Reading(delivery_id=made.delivery_id, at=at, likes=likes))
    db.session.commit()
    page = client.get(path).text
    said = re.findall(r"(?s)<p class=\"soft small\">The single readings.*?</p>", page)
    assert moments(said[0]) == [oldest, newest, oldest + KEPT, newest + KEPT]
    assert "no longer kept" not in page
    db.session.execute(db.delete(Reading))
    db.session.commit()
    assert "No single reading of this post is kept any more" in client.get(path).text


def test_each_page_says_how_long_its_networks_let_us_keep(
    client: FlaskClient, blue: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    out(blue, 2, timedelta(hours=2))
    said = "Single readings are kept for 396 days; totals stay as long as their post"
    for path in ("/analytics", f"/analytics/channels/{blue.id}", "/analytics/posts"):
        assert said in words(client.get(path).text), path
    monkeypatch.setattr(LinkedIn, "tells", frozenset({"likes"}))
    out(make.channel(make.alice(), "linkedin", name="link"), 2, timedelta(hours=2))
    assert "kept for 396 days and 365 days of LinkedIn;" in words(client.get("/analytics").text)
