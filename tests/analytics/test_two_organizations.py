"""Two organisations, and two people: figures and reports of one are not the other's."""

from datetime import timedelta

from flask.testing import FlaskClient

from app.account.models import User
from app.analytics import labelled, post_life, subscriptions
from app.analytics.models import Measure
from app.db import db as database
from app.scheduler.labels import LABEL, PostLabel, named
from app.scheduler.models import Delivery
from tests import make
from tests.analytics.planted import out
from tests.analytics.things import published

DATABASES = ("sqlite",)

NOW = make.NOON


def wanting(user: User) -> int:
    """Who wants a report each week and may be mailed: the membership."""
    member = make.member(user)
    subscriptions.choose(member, subscriptions.WEEKLY, NOW.date())
    user.email_verified_at = NOW
    database.session.commit()
    return member.id


def test_no_post_of_ours_carries_a_label_of_others(alice: User, charlie: User) -> None:
    post = out(charlie, make.channel(charlie), NOW, likes=3)
    [label] = named(post.organization_id, LABEL, ["Spring"], NOW)
    database.session.flush()
    delivery = database.session.get_one(Delivery, post.delivery_id)
    database.session.add(PostLabel(post_id=delivery.post_id, label_id=label.id))
    database.session.commit()
    for user, carrying in ((charlie, [post.delivery_id]), (alice, [])):
        is_found = labelled.carries(make.member(user), label.id)
        found = database.session.scalars(database.select(Measure.delivery_id).where(is_found))
        assert found.all() == carrying


def test_a_post_has_its_place_among_those_of_its_own_organisation(
    alice: User, charlie: User
) -> None:
    """Whatever a route has found: it is compared with the member's own only."""
    channel = make.channel(charlie)
    first, _ = (out(charlie, channel, NOW, likes=likes) for likes in (5, 2))
    assert post_life.place(make.member(charlie), first) == (1, 2)
    assert post_life.place(make.member(alice), first) is None


def test_a_post_that_nobody_took_up_yet_is_shown_as_ones_own(client: FlaskClient) -> None:
    """It has no row of figures through which its readings would be found."""
    alice = make.alice()
    delivery = published(alice, make.channel(alice), NOW, "one")
    assert client.get(f"/analytics/posts/{delivery.id}").status_code == 200


def test_a_report_waits_for_who_can_get_it_whoever_else_could(alice: User, charlie: User) -> None:
    next_week, membership = NOW + timedelta(days=7), wanting(alice)
    charlie.email_verified_at = NOW
    database.session.commit()
    assert subscriptions.due(next_week) == [membership]
    alice.email_verified_at = None
    database.session.commit()
    assert subscriptions.due(next_week) == []


def test_of_an_organisation_that_is_about_to_go_no_report_is_due_though_others_stay(
    alice: User, charlie: User
) -> None:
    wanting(alice)
    make.organization("Orchard").closing_at = NOW
    database.session.commit()
    assert subscriptions.due(NOW + timedelta(days=7)) == []


def test_a_link_stops_the_mails_of_the_person_whom_it_was_sent_to(
    alice: User, charlie: User
) -> None:
    """Numbers of rows are given again: by then the membership can be another's."""
    wanting(alice)
    member = make.member(alice)
    token = subscriptions.stop_token(member)
    assert subscriptions.read_stop(token)
    member.user_id = make.person("emil@new.example", "Emil", make.organization("Third"), "owner").id
    database.session.commit()
    assert subscriptions.read_stop(token) is None
