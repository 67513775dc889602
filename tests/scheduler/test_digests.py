"""The daily digest: one mail a day at eight on the person's own wall, each notice in one of them."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import clock, mail
from app.account.models import Membership, User
from app.db import db as database
from app.scheduler import digest_jobs, digests, mail_choices, notices
from app.scheduler.models import Post
from app.scheduler.notices import Notice
from tests import make
from tests.servers.smtp import Sink
from tests.times import Times

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)


@pytest.fixture
def bob(db: object, times: Times) -> User:
    """He hears of yeses once a day; it is a Tuesday, one in the afternoon in Berlin."""
    times.now = make.NOON
    make.alice()
    bob = make.bob()
    bob.email_verified_at = make.NOON
    database.session.commit()
    return bob


@pytest.fixture
def post(bob: User) -> Post:
    return make.post(bob, make.channel(bob, "bluesky", "grace"), text="Secret plums")


def tell(user: User, post: Post, kind: str = "approved") -> int:
    notices.tell([user], kind, clock.now(), post=post)
    database.session.commit()
    return database.session.scalars(database.select(Notice.id).order_by(Notice.id.desc())).first()


def work() -> None:
    """What the clock rings for, with the queue left out."""
    for id in digests.due(clock.now()):
        digest_jobs.send(id)


def letters(mailing: Sink) -> list[str]:
    found = [one.get_content().replace("\u200b", "") for one in mailing.messages]
    mailing.messages.clear()
    return found


def test_at_eight_on_their_own_wall_one_mail_tells_all_that_waits(
    bob: User, post: Post, mailing: Sink, times: Times, app: Flask
) -> None:
    first, home = tell(bob, post), make.member(make.charlie()).organization_id
    member = Membership(user_id=bob.id, organization_id=home, role="editor", joined_at=times.now)
    database.session.add(member)
    database.session.commit()
    other = make.post(make.charlie(), make.channel(make.charlie(), name="two"), text="Pears")
    second = tell(bob, other, "agreed")
    assert tell(make.alice(), post), "her address is not confirmed"
    times.now = datetime(2026, 11, 25, 6, 59, tzinfo=UTC)
    work()
    assert letters(mailing) == []
    times.now = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    make.charlie().email_verified_at = times.now
    assert digests.due(times.now) == [bob.id]
    work()
    [message] = mailing.messages
    assert message["To"] == bob.email
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [words] = letters(mailing)
    assert words.index("Elsewhere") < words.index("A client said yes") < words.index("Orchard")
    assert "Your post was approved: Bluesky, due Wed 25 Nov 2026, 13:00." in words
    assert "Secret plums" not in words and "Pears" not in words
    assert words.count("See it:") == 2
    for id in (first, second):
        assert f"See it: http://localhost/notifications/{id}" in map(str.strip, words.splitlines())
    work()
    times.go(days=1)
    work()
    assert letters(mailing) == [], "never twice, and nothing when there is nothing"


def test_what_is_read_or_chosen_away_by_then_is_left_out(
    bob: User, post: Post, mailing: Sink, times: Times
) -> None:
    read = tell(bob, post)
    notices.read(make.member(bob), times.now, read)
    tell(bob, post, "agreed")
    mail_choices.choose(bob, {"agreed": "none"})
    database.session.commit()
    times.go(days=1)
    work()
    assert letters(mailing) == []


def test_what_comes_after_eight_waits_for_tomorrow(
    bob: User, post: Post, mailing: Sink, times: Times
) -> None:
    tell(bob, post)
    times.now = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)
    tell(bob, post, "agreed")
    work()
    [words] = letters(mailing)
    assert "was approved" in words and "said yes" not in words
    times.go(hours=23)
    work()
    assert letters(mailing) == []
    times.go(hours=1)
    work()
    assert "said yes" in letters(mailing)[0]


def test_each_gets_their_own(bob: User, post: Post, mailing: Sink, times: Times) -> None:
    make.alice().email_verified_at = times.now
    tell(bob, post)
    tell(make.alice(), post, "agreed")
    times.go(days=1)
    work()
    by = {str(one["To"]): one.get_content() for one in mailing.messages}
    assert (
        set(by) == {"alice@orchard.example", "bob@orchard.example"} and len(letters(mailing)) == 2
    )
    assert "said yes" in by["alice@orchard.example"] and "approved" in by["bob@orchard.example"]
    assert "approved" not in by["alice@orchard.example"]


def test_of_what_is_restricted_or_about_to_go_none_tells(
    bob: User, post: Post, mailing: Sink, times: Times
) -> None:
    make.alice().email_verified_at = make.charlie().email_verified_at = times.now
    tell(bob, post)
    times.go(days=1)
    for row, column in ((bob, "restricted_at"), (make.organization("Orchard"), "closing_at")):
        setattr(row, column, times.now)
        database.session.commit()
        assert digests.due(times.now) == []
        digest_jobs.send(bob.id)
        assert letters(mailing) == []
        setattr(row, column, None)
        database.session.commit()
    work()
    assert len(letters(mailing)) == 1


def test_an_address_that_is_refused_for_now_is_tried_again_and_one_that_is_none_is_not(
    bob: User, post: Post, mailing: Sink, times: Times
) -> None:
    tell(bob, post)
    bob.email = "bob@later.test"
    database.session.commit()
    times.go(days=1)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            work()
    bob.email = "bob@bounce.test"
    database.session.commit()
    work()
    assert digests.due(times.now) == []


def test_a_mail_that_does_not_leave_is_tried_again_and_a_crash_never_tells_twice(
    bob: User, post: Post, mailing: Sink, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = tell(bob, post)
    times.go(days=1)
    with monkeypatch.context() as broken:
        broken.setattr(smtplib.SMTP, "send_message", raising(OSError("away")))
        with pytest.raises(OSError, match="away"):
            work()
    work()
    assert len(letters(mailing)) == 1
    tell(bob, post, "agreed")
    times.go(days=1)
    with monkeypatch.context() as broken:
        broken.setattr(mail, "send", raising(SystemExit()))
        with pytest.raises(SystemExit):
            work()
    database.session.rollback()
    work()
    assert letters(mailing) == []
    assert notices.unread(make.member(bob)) == 2, "it stands in the product still"
    assert database.session.get_one(Notice, id).digest_since is None


def raising(trouble: BaseException) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    return fail


def test_of_workers_that_begin_together_one_tells(
    app: Flask, bob: User, post: Post, mailing: Sink, times: Times
) -> None:
    tell(bob, post)
    times.go(days=1)
    id, gate = bob.id, Barrier(4)
    database.session.rollback()

    def run(_: int) -> None:
        with app.app_context():
            gate.wait(20)
            digest_jobs.send(id)

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(run, range(4)))
    assert len(letters(mailing)) == 1


@given(
    zone=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_eight_comes_once_a_day_on_every_wall(zone: str, now: datetime) -> None:
    at = digests.last_eight(now, ZoneInfo(zone))
    assert f"{at.astimezone(ZoneInfo(zone)):%H:%M}" == "08:00"
    assert at <= now < at + timedelta(hours=26)
    assert digests.last_eight(at, ZoneInfo(zone)) == at
    assert digests.last_eight(at - timedelta(microseconds=1), ZoneInfo(zone)) < at


def test_a_line_leads_to_the_one_thing_to_do_also_from_another_organisation(
    client: FlaskClient, app: Flask, bob: User, post: Post
) -> None:
    id, other = tell(bob, post, "sent_back"), app.test_client()
    make.sign_in(other, bob)
    assert other.get(f"/notifications/{id}").location == f"/posts/{post.id}/edit"
    assert client.get(f"/notifications/{id}").status_code == 404, "that is Bob's"
    other.post("/organization/new", data={"organization": "Bob's own"})
    page = other.get(f"/notifications/{id}")
    assert page.status_code == 200 and "This is in Orchard" in page.text
    home = {"organization": post.organization_id, "next": f"/notifications/{id}"}
    assert other.post("/organization/switch", data=home).location == home["next"]
    assert other.get(f"/notifications/{id}").location == f"/posts/{post.id}/edit"
    away = home | {"next": "https://evil.example/"}
    assert other.post("/organization/switch", data=away).location == "/calendar"
