"""Two organisations with the same things, and people who went from one to the other: what one of them
makes, links to or sets aside is never the other's."""

import re
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.account.models import Membership, User
from app.channels.models import Channel
from app.db import db as database
from app.scheduler import client_answers, client_links, copying, setting_aside, templates
from app.scheduler.calendar_asked import Asked
from app.scheduler.calendar_posts import standing
from app.scheduler.client_links import ClientLink
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from app.scheduler.recurrence import Occurrence, Recurrence, occurrence_of
from app.scheduler.saying import Words
from app.scheduler.templates import Content, Template
from tests import make

DATABASES = ("sqlite",)  # two at once
pytestmark = pytest.mark.usefixtures("noon")
SOON = make.NOON + timedelta(hours=3)


@pytest.fixture
def theirs(db: object, noon: datetime) -> Post:
    """Charlie's; his organisation is the first of the table, so what asks for none finds it."""
    return make.post(make.charlie(), make.channel(make.charlie()), due_at=SOON)


@pytest.fixture
def ours(theirs: Post) -> Post:
    return make.post(make.alice(), make.channel(make.alice()), due_at=SOON)


def moves_to_charlies(user: User) -> Membership:
    """As an owner there, and gone from where they were."""
    database.session.delete(make.member(user))
    home = make.member(make.charlie()).organization_id
    made = Membership(user_id=user.id, organization_id=home, role="owner", joined_at=make.NOON)
    database.session.add(made)
    database.session.commit()
    return made


def test_a_channel_of_another_is_not_set_aside(ours: Post, theirs: Post) -> None:
    """Whatever a page has found: the verb asks again."""
    ids = [one.deliveries[0].channel_id for one in (theirs, ours)]
    assert setting_aside.set_aside(ours.organization_id, ids, make.NOON) == 1
    database.session.expire_all()
    found = [database.session.get_one(Channel, id).set_aside_at for id in ids]
    assert found == [None, make.NOON]
    assert [one.deliveries[0].state for one in (theirs, ours)] == ["scheduled", "held"]


def test_posts_can_be_asked_for_by_people_of_ones_own(client: FlaskClient, theirs: Post) -> None:
    make.bob()
    [people] = re.findall(
        r'<select[^>]* name="author".*?</select>', client.get("/calendar").text, re.DOTALL
    )
    assert "Alice Ash" in people and "Bob Birch" in people and "Charlie Cedar" not in people


def test_templates_of_another_take_no_room(
    ours: Post, theirs: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 1)
    content = Content("Friday", Words(("Apples",)))
    for user in (make.charlie(), make.alice()):
        made = templates.make(make.member(user), templates.POST, content, make.NOON)
        assert isinstance(made, Template)


def test_a_link_is_listed_where_it_was_made_and_opens_nothing_of_another(
    ours: Post, theirs: Post
) -> None:
    client_links.make(make.member(make.charlie()), [theirs], 14, make.NOON)
    made, _ = client_links.make(make.member(make.alice()), [theirs, ours], 14, make.NOON)
    links = database.session.scalars(ClientLink.of(make.member(make.alice())))
    assert [one.id for one in links] == [made.id]
    assert list(database.session.scalars(client_links.posts_of(made))) == [ours]


def test_a_link_lends_no_yes_of_who_has_gone_to_another(ours: Post, theirs: Post) -> None:
    bob = make.bob("approver")
    for name in ("Elsewhere", "Orchard"):
        make.rule("four_eyes", name)
        make.organization(name).client_rule = "counts"
    made, _ = client_links.make(make.member(bob), [ours], 14, make.NOON)
    assert client_answers.counts(made, ours)
    moves_to_charlies(bob)
    assert not client_answers.counts(made, ours)


def test_a_copy_asks_for_a_yes_that_its_own_author_could_give_here(
    ours: Post, theirs: Post
) -> None:
    """Alice's would do, who was here first; so would Bob's where he owns, but not here."""
    for name in ("Elsewhere", "Orchard"):
        make.rule("one", name)
    bob, channel = make.bob(), ours.deliveries[0].channel
    pattern = make.post(bob, channel, due_at=SOON)
    made = Composition("Again", (channel,), (), SOON, "", "Europe/Berlin")
    assert copying.write(pattern, made, "n1", make.NOON).state == "pending_approval"
    moves_to_charlies(bob)
    assert copying.write(pattern, made, "n2", make.NOON).state == "pending_approval"


def test_a_series_of_another_that_names_our_post_is_not_its_series(
    ours: Post, theirs: Post
) -> None:
    """Nothing writes such a row; whatever did, our post comes again by no rule of theirs."""
    day, home = date(2026, 11, 25), theirs.organization_id
    series = Recurrence(organization_id=home, pattern_id=theirs.id, unit="day", every=1)
    series.weekdays, series.month_day, series.wall_time, series.zone = "", 1, "09:00", "UTC"
    series.starts_on, series.trouble = day, ""
    astray = Occurrence(organization_id=home, post_id=ours.id, occurs_on=day, state="made")
    series.occurrences = [astray]
    database.session.add(series)
    database.session.commit()
    assert occurrence_of(ours) is None
    astray.organization_id = ours.organization_id
    assert occurrence_of(ours) is astray


def test_a_row_of_another_puts_our_post_at_no_further_time(theirs: Post, db: object) -> None:
    """Nothing writes such a row; whatever did, the calendar shows what is ours."""
    alice = make.alice()
    channels = [make.channel(alice, name=name) for name in ("one", "two")]
    post = make.post(alice, *channels, due_at=SOON)
    for hour, one in enumerate(post.deliveries):
        one.in_slot, one.due_at = True, SOON + timedelta(hours=hour)
    edges, asked = [make.NOON, SOON + timedelta(days=1)], Asked("month", make.NOON, make.NOON)
    looked = make.member(alice), edges, asked, [one.id for one in channels], 5
    assert standing(*looked)[0].total == 2
    post.deliveries[1].organization_id = theirs.organization_id
    database.session.commit()
    assert standing(*looked)[0].total == 1
