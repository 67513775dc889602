"""What goes out: files, paper, links for people without an account, and mails."""

import csv
import io
import re
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.account.models import Membership
from app.analytics import links, report, report_jobs, subscriptions
from app.billing.plans import LADDER
from app.db import db as database
from app.scheduler.labels import LABEL, PostLabel, named
from app.scheduler.models import Delivery
from tests import make
from tests.analytics.planted import out
from tests.servers.smtp import Sink
from tests.times import Times

DATABASES = ("sqlite",)
HIDDEN = "noindex, nofollow, noarchive"


def yesterday() -> datetime:
    return clock.now() - timedelta(days=1)


def make_link(client: FlaskClient, **fields: str) -> str:
    """The path of a new link to the last 30 days."""
    sent = {"month": "", "channel": "", "days": "7"} | fields
    answer = client.post("/analytics/reports/links", data=sent)
    assert answer.status_code == 303, answer.text
    found = re.compile(r"http://localhost(/reports/[\w-]{43})")
    [path] = found.findall(client.get("/analytics/reports").text)
    assert not found.findall(client.get("/analytics/reports").text)  # shown once
    return path


def test_csv_holds_every_post_and_no_formula_and_leaves_empty_what_is_not_told(
    client: FlaskClient,
) -> None:
    channel = make.channel(make.alice())
    out(make.alice(), channel, yesterday(), text="=1+2", impressions=200, likes=4)
    out(make.alice(), channel, yesterday() + timedelta(hours=1), text="é, two", likes=0)
    out(make.alice(), channel, clock.now() - timedelta(days=40), text="old", likes=9)
    theirs = make.channel(make.charlie(), name="theirs")
    out(make.charlie(), theirs, yesterday(), text="not yours", likes=9)
    answer = client.get("/analytics/export.csv?days=30")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    first, second = csv.DictReader(io.StringIO(answer.text))
    assert (first["post"], second["post"]) == ("'=1+2", "é, two")
    assert (first["likes"], first["engagement_rate"], first["clicks"]) == ("4", "0.02", "")
    assert (second["likes"], second["impressions"], second["engagement_rate"]) == ("0", "", "")
    assert first["published"].endswith(("+01:00", "+02:00"))
    assert client.get("/analytics/export.csv?days=x").status_code == 404
    assert client.get(f"/analytics/export.csv?channel={theirs.id}").status_code == 404


def test_a_page_leads_to_a_file_of_exactly_what_it_shows(client: FlaskClient) -> None:
    alice = make.alice()
    one, two = make.channel(alice), make.channel(alice, name="two")
    out(alice, one, yesterday(), text="Apples on one", likes=1)
    made = out(alice, two, yesterday(), text="Apples on two", likes=2)
    out(alice, two, yesterday(), text="Pears on two", likes=3)
    out(alice, two, clock.now() - timedelta(days=40), text="Old apples on two", likes=4)
    post = database.session.get_one(Delivery, made.delivery_id).post
    [label] = named(post.organization_id, LABEL, ["tips"], clock.now())
    post.labels.append(PostLabel(label=label))
    database.session.commit()

    def shown(path: str) -> set[str]:
        page = client.get(path).text
        [link] = re.findall(r'href="(/analytics/export\.csv[^"]*)"', page)
        file = client.get(link.replace("&amp;", "&")).text
        return {row["post"] for row in csv.DictReader(io.StringIO(file))}

    on_two = {"Apples on two", "Pears on two"}
    assert shown("/analytics?days=7") == {"Apples on one", *on_two}
    assert shown(f"/analytics?channel={two.id}&by=rate") == on_two
    assert shown(f"/analytics/channels/{two.id}?days=90") == {*on_two, "Old apples on two"}
    assert shown(f"/analytics/labels/{label.id}") == {"Apples on two"}
    assert shown("/analytics/posts?text=apples&sort=likes") == {"Apples on one", "Apples on two"}
    assert shown(f"/analytics/posts?label={label.id}&days=90") == {"Apples on two"}
    assert client.get("/analytics/export.csv?label=99999").status_code == 404


def test_a_month_goes_into_a_file(client: FlaskClient) -> None:
    month = clock.now() - timedelta(days=60)
    out(make.alice(), make.channel(make.alice()), month, text="Then", likes=1)
    assert f'<option value="{month:%Y-%m}"' in client.get("/analytics/reports").text
    answer = client.get(f"/analytics/export.csv?month={month:%Y-%m}")
    assert f"posts-{month:%Y-%m}-01-to-" in answer.headers["Content-Disposition"]
    assert [row["post"] for row in csv.DictReader(io.StringIO(answer.text))] == ["Then"]
    assert client.get("/analytics/export.csv?month=2026-13").status_code == 404


def test_the_plan_counts_files_and_links_and_refuses_kindly(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.channel(make.alice())
    monkeypatch.setitem(app.extensions, "ladder", LADDER)
    assert client.get("/analytics/export.csv").status_code == 200
    refused = client.get("/analytics/export.csv")
    assert refused.status_code == 403 and "Solo holds 30" in refused.text
    sent = {"month": "", "channel": "", "days": "7"}
    assert client.post("/analytics/reports/links", data=sent).status_code == 403
    assert client.get("/analytics/report").status_code == 200


def test_whoever_has_the_link_reads_until_it_is_taken_back(
    app: Flask, client: FlaskClient, times: Times
) -> None:
    channel = make.channel(make.alice())
    out(make.alice(), channel, yesterday(), text="Our best apples", impressions=100, likes=7)
    out(make.charlie(), make.channel(make.charlie(), name="x"), yesterday(), text="Not ours")
    path, stranger = make_link(client), app.test_client()
    shown = stranger.get(path)
    assert shown.status_code == 200 and "Orchard" in shown.text and "Our best apples" in shown.text
    assert "Not ours" not in shown.text and "Alice" not in shown.text and "csrf" not in shown.text
    assert shown.headers["X-Robots-Tag"] == HIDDEN and 'content="noindex' in shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer" and "Set-Cookie" not in shown.headers
    make.sign_in(stranger, make.charlie())
    assert stranger.get(path).text == shown.text  # whoever is signed in is nobody there
    wrong = app.test_client().get(f"/reports/{'a' * 43}")
    stored = database.session.scalars(database.select(links.ReportLink)).one()
    assert stored.token_hash not in path and wrong.status_code == 404
    assert client.post(f"/analytics/reports/links/{stored.id}/revocation").status_code == 303
    gone = app.test_client().get(path)
    assert (gone.status_code, gone.text) == (404, wrong.text.replace("a" * 43, path[9:]))
    assert client.post(f"/analytics/reports/links/{stored.id}/revocation").status_code == 404
    late, home = make_link(client), make.member(make.alice()).organization
    home.closing_at = clock.now() + timedelta(days=14)
    database.session.commit()
    assert app.test_client().get(late).status_code == 404
    home.closing_at = None
    database.session.commit()
    times.go(days=7, seconds=1)
    assert app.test_client().get(late).status_code == 404


def test_a_link_to_one_channel_and_month_shows_no_other(app: Flask, client: FlaskClient) -> None:
    one, two = (make.channel(make.alice(), name=name) for name in ("one", "two"))
    out(make.alice(), one, yesterday(), text="On one", likes=7)
    out(make.alice(), two, yesterday(), text="On two", likes=9)
    month = f"{yesterday():%Y-%m}"
    shown = app.test_client().get(make_link(client, channel=str(one.id), month=month)).text
    assert "On one" in shown and "On two" not in shown and "two.test" not in shown
    assert f"{yesterday():%B %Y}" in shown
    wrong = {"month": "2099-01", "channel": "999", "days": "9999"}
    assert client.post("/analytics/reports/links", data=wrong).status_code == 422


def test_a_month_is_a_month_and_not_one_to_come() -> None:
    today = date(2026, 11, 26)
    assert report.span_of("2026-10", today) == (
        "October 2026",
        date(2026, 10, 1),
        date(2026, 10, 31),
    )
    assert report.span_of("2026-11", today) == ("November 2026", date(2026, 11, 1), today)
    assert report.span_of("2028-02", date(2028, 3, 1)).last == date(2028, 2, 29)  # type: ignore[union-attr]
    for wrong in ("2026-12", "2026-13", "26-10", "2026-1", "2026-10-01", "x"):
        assert report.span_of(wrong, today) is None


def test_reports_by_mail_come_to_whom_they_were_asked_by_and_once(
    client: FlaskClient, times: Times
) -> None:
    alice = make.alice()
    assert "Confirm your address" in client.get("/analytics/reports").text
    alice.email_verified_at = clock.now()
    database.session.commit()
    member = make.member(alice)
    assert client.post("/analytics/reports/mail", data={"rhythm": "weekly"}).status_code == 303
    assert subscriptions.due(clock.now()) == []  # from the next week on
    times.go(days=7)
    assert subscriptions.due(clock.now()) == [member.id]
    first = subscriptions.claim(member.id, clock.now())
    assert first and first[1].last - first[1].first == timedelta(days=6)
    assert subscriptions.claim(member.id, clock.now()) is None
    times.go(days=7)
    for column in ("restricted_at", "closing_at"):
        setattr(alice, column, clock.now())
        database.session.flush()
        assert subscriptions.due(clock.now()) == []
        setattr(alice, column, None)
    alice.email_verified_at = None
    database.session.flush()
    assert subscriptions.due(clock.now()) == []
    alice.email_verified_at = clock.now()
    database.session.flush()
    assert subscriptions.due(clock.now()) == [member.id]
    database.session.delete(database.session.get(Membership, member.id))
    database.session.commit()
    assert subscriptions.due(clock.now()) == []


def test_the_mail_tells_the_figures_once_and_can_be_stopped_by_the_mail_program(
    client: FlaskClient, mailing: Sink, times: Times
) -> None:
    alice, channel = make.alice(), make.channel(make.alice(), "bluesky")
    make.channel(alice, "telegram", name="two")
    alice.email_verified_at = clock.now()
    subscriptions.choose(make.member(alice), "weekly", clock.now().date())
    out(alice, channel, clock.now(), text="Apples. At evil.example", impressions=50, likes=5)
    times.go(days=7)
    member = make.member(alice)
    report_jobs.send_due()  # no queue is there to ring
    report_jobs.send(member.id)
    report_jobs.send(member.id)
    [letter] = mailing.messages
    words, stop = letter.get_content(), letter["List-Unsubscribe"].strip("<>")
    assert (
        letter["To"] == alice.email
        and letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    )
    assert "Engagements: 5" in words and "- 5: Apples" in words and stop in words
    assert "Impressions: 50. Not told by Bluesky." in words
    assert re.search(r"Fetched from Bluesky, \d+ \w+ 20\d\d, \d\d:\d\d \(Europe/Berlin\)\.", words)
    assert "evil.example" not in words  # no mail program makes a link of it
    path = stop.removeprefix("http://localhost")
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    database.session.expire_all()
    assert subscriptions.rhythm_of(make.member(alice)) == "off"


def test_the_weeks_and_months_of_mails() -> None:
    monday, first = date(2026, 11, 23), date(2026, 3, 1)
    assert subscriptions.last_whole("weekly", monday) == (date(2026, 11, 16), date(2026, 11, 22))
    assert subscriptions.last_whole("weekly", date(2026, 11, 22)).first == date(2026, 11, 9)
    assert subscriptions.last_whole("monthly", first) == (date(2026, 2, 1), date(2026, 2, 28))


def test_one_press_stops_them_also_without_a_session_and_only_theirs(
    app: Flask, client: FlaskClient
) -> None:
    client.post("/analytics/reports/mail", data={"rhythm": "monthly"})
    member, outside = make.member(make.alice()), app.test_client()
    token = subscriptions.stop_token(member)
    assert outside.get(f"/reports/stop/{token}").status_code == 200
    assert subscriptions.rhythm_of(member) == "monthly"
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert outside.post(f"/reports/stop/{other}").status_code == 404
    pressed = outside.post(f"/reports/stop/{token}", data={"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200 and "Stopped" in pressed.text
    database.session.expire_all()
    assert subscriptions.rhythm_of(member) == "off"
    assert outside.post(f"/reports/stop/{token}").status_code == 200


def test_best_time_says_how_many_posts_are_missing(client: FlaskClient) -> None:
    shown = client.get("/analytics/best-time").text
    assert "Not enough posts yet" in shown and "With 20 more" in shown
    assert client.get("/analytics/best-time?channel=999").status_code == 404
