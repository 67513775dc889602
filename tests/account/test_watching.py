"""New devices, guessing, takeovers, copies: who is told, when, and no more than once."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import audit, clock
from app.account import alerts, devices, jobs, watching
from app.account.alerts import KINDS, Alert
from app.account.devices import KnownDevice
from app.account.visits import Visit
from app.db import db as database
from tests import make
from tests.account.steps import code, set_up_app, type_password
from tests.servers.smtp import Sink
from tests.times import Times

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1"
HOME, AWAY = "203.0.113.7", "198.51.100.7"
Browser = Callable[..., FlaskClient]


@pytest.fixture
def browser(app: Flask, db: object) -> Browser:
    def made(agent: str = FIREFOX, address: str = HOME) -> FlaskClient:
        client = app.test_client()
        client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent}
        return client

    return made


def kinds() -> list[str]:
    database.session.rollback()
    return list(database.session.scalars(database.select(Alert.kind).order_by(Alert.id)))


def only(kind: str) -> Alert:
    database.session.rollback()
    return database.session.scalars(database.select(Alert).where(Alert.kind == kind)).one()


def operator() -> None:
    make.charlie().is_operator = True
    database.session.commit()


def guess(client: FlaskClient, email: str = "alice@orchard.example") -> int:
    return client.post("/login", data={"email": email, "password": "not this one"}).status_code


# New devices


@pytest.mark.proves("P7.5")
def test_a_sign_in_from_a_new_device_or_network_is_told_once(
    browser: Browser, times: Times
) -> None:
    alice = make.alice()
    for agent, address, count in [
        (FIREFOX, HOME, 1),
        (FIREFOX, HOME, 1),
        (FIREFOX, "203.0.113.200", 1),
        (SAFARI, HOME, 2),
        (FIREFOX, AWAY, 3),
        (SAFARI, HOME, 3),
        (SAFARI, AWAY, 4),
    ]:
        make.sign_in(browser(agent, address), alice)
        assert kinds().count("new_device") == count, (agent, address)


def test_the_letter_names_device_network_and_the_time_where_the_person_is(
    browser: Browser, mailing: Sink
) -> None:
    make.sign_in(browser(SAFARI, AWAY), make.alice())
    told = only("new_device")
    told.created_at = make.NOON
    database.session.commit()
    jobs.send_alert(told.id)
    letter = mailing.wait_for("alice@orchard.example")
    assert letter["Subject"] == "New sign-in - AllStac"
    words = letter.get_content()
    assert "Safari on iPhone" in words
    assert "network 198.51.100.0/24" in words and AWAY not in words
    assert "24 November 2026, 13:00 (Europe/Berlin)" in words
    assert "http://localhost/account/sessions" in words


def test_the_device_that_signed_up_is_known(browser: Browser) -> None:
    form = {
        "name": "Grace Birch",
        "email": "grace@example.com",
        "password": make.PASSWORD,
        "organization": "Grove",
        "birth_month": "5",
        "birth_year": "1990",
        "accept": "y",
    }
    grace = browser()
    assert grace.post("/signup", data=form).status_code == 303
    grace.post("/logout")
    sent = {"email": "grace@example.com", "password": make.PASSWORD}
    assert grace.post("/login", data=sent).status_code == 303
    assert kinds() == []


def test_a_device_is_a_keyed_hash_of_one_person_and_forgotten_after_ninety_days(
    browser: Browser, times: Times
) -> None:
    alice, where = make.alice(), Visit("Firefox on Linux", "203.0.113.0/24")
    make.sign_in(browser(), alice)
    [row] = database.session.scalars(database.select(KnownDevice))
    assert re.fullmatch("[0-9a-f]{64}", row.fingerprint)
    assert devices.fingerprint(make.charlie(), where) != row.fingerprint
    assert devices.is_known(alice, where, times.now)
    times.go(days=90)
    assert not devices.is_known(alice, where, times.now)
    make.sign_in(browser(SAFARI), alice)
    assert database.session.scalar(database.select(database.func.count(KnownDevice.id))) == 1


# Guessing


@pytest.mark.proves("P7.5")
def test_ten_failures_for_one_address_are_told_to_its_owner_once_in_a_window(
    browser: Browser, mailing: Sink, times: Times
) -> None:
    make.alice()
    for number in range(12):
        guess(browser(address=f"198.51.{number}.7"))
    assert kinds() == ["guessing"]
    told = only("guessing")
    jobs.send_alert(told.id)
    letter = mailing.wait_for("alice@orchard.example")
    assert letter["Subject"] == "Unusual activity - AllStac"
    assert "Many failed sign-ins with this address." in letter.get_content()
    times.go(minutes=16)
    for number in range(12):
        guess(browser(address=f"198.51.{number}.7"))
    assert kinds() == ["guessing", "guessing"]


def test_nine_failures_are_nobody_elses_business(browser: Browser, times: Times) -> None:
    make.alice()
    for _ in range(9):
        guess(browser(AWAY))
    make.sign_in(browser(), make.alice())
    assert kinds() == ["new_device"]


@pytest.mark.proves("P7.5")
def test_guessing_at_many_addresses_from_one_network_is_told_to_the_operators(
    browser: Browser, mailing: Sink, times: Times
) -> None:
    operator()
    for number in range(14):
        guess(browser(address=f"198.51.100.{number}"), f"nobody{number}@else.example")
    assert kinds() == ["spraying"]
    told = only("spraying")
    assert (told.user_id, told.network) == (None, "198.51.100.0/24")
    assert "198.51" not in told.once_per
    jobs.send_alert(told.id)
    letter = mailing.wait_for("charlie@elsewhere.example")
    assert letter["Subject"] == "Unusual activity on your instance - AllStac"
    assert len(mailing.messages) == 1


def test_one_person_who_forgot_the_password_is_no_burst(browser: Browser, times: Times) -> None:
    for number in range(9):
        guess(browser(address=AWAY), f"nobody{number}@else.example")
    for _ in range(9):
        guess(browser(address=AWAY), "nobody1@else.example")
    assert kinds() == []


@pytest.mark.proves("P7.5")
@pytest.mark.parametrize("guesses", [200, pytest.param(1000, marks=pytest.mark.security_long)])
def test_guesses_over_fifty_networks_and_the_owner_still_gets_in(
    browser: Browser, times: Times, guesses: int
) -> None:
    alice, own = make.alice(), browser()
    make.sign_in(own, alice)
    own.post("/logout")
    answers = [guess(browser(address=f"198.51.{n % 50}.{n // 50 + 1}")) for n in range(guesses)]
    assert answers.count(422) == 10 and answers.count(429) == guesses - 10
    stranger = browser(SAFARI, "192.0.2.1")
    assert type_password(stranger, alice).status_code == 429, "the right word from nowhere waits"
    assert type_password(own, alice).status_code == 303, "a device that we know does not"
    for _ in range(11):
        last = guess(own)
    assert last == 429, "and has no more tries than others"


# Takeovers, copies


@pytest.mark.proves("P7.5")
def test_a_new_device_that_soon_removes_a_factor_is_told_as_a_takeover(
    browser: Browser, mailing: Sink, times: Times
) -> None:
    own, alice = browser(), make.alice()
    make.sign_in(own, alice)
    secret = set_up_app(own)
    times.go(hours=2)
    own.post("/login/again", data={"password": make.PASSWORD})
    thief = browser(SAFARI, AWAY)
    type_password(thief, alice)
    thief.post("/login/second-factor", data={"code": code(secret)})
    times.go(minutes=10)
    assert thief.post("/account/security/app/removal").status_code == 303
    assert kinds()[-2:] == ["app_removed", "takeover"]
    jobs.send_alert(only("takeover").id)
    assert "soon after it a second factor" in mailing.wait_for(alice.email).get_content()


def test_the_other_way_round_too_and_an_hour_apart_is_no_takeover(
    browser: Browser, times: Times
) -> None:
    own, alice = browser(), make.alice()
    make.sign_in(own, alice)
    set_up_app(own)
    times.go(hours=1, minutes=1)
    own.post("/login/again", data={"password": make.PASSWORD})
    own.post("/account/security/app/removal")
    assert "takeover" not in kinds()
    times.go(minutes=61)
    make.sign_in(browser(SAFARI), alice)
    assert "takeover" not in kinds()
    own.post("/login/again", data={"password": make.PASSWORD})
    set_up_app(own)
    own.post("/account/security/app/removal")
    assert kinds().count("takeover") == 1
    make.sign_in(browser(SAFARI, AWAY), alice)
    assert kinds().count("takeover") == 1, "once a day"


@pytest.mark.proves("P7.5")
def test_the_fourth_copy_of_data_in_a_day_is_told(app: Flask, db: object, times: Times) -> None:
    alice, where = make.alice(), Visit("Firefox on Linux", "203.0.113.0/24")

    def take() -> bool:
        told = watching.copies(alice, where, times.now)
        audit.record("export.fetched", actor=alice.id)
        database.session.commit()
        times.go(minutes=1)
        return told is not None

    for _ in range(3):
        audit.record("export.fetched", actor=make.charlie().id)
    assert [take() for _ in range(5)] == [False, False, False, True, False]
    times.go(hours=25)
    assert [take() for _ in range(4)] == [False, False, False, True]


# Where it can be seen


@pytest.mark.proves("P7.5")
def test_a_person_sees_what_was_done_with_their_account_and_nothing_of_others(
    browser: Browser, times: Times
) -> None:
    own, charlie = browser(), browser(SAFARI, AWAY)
    make.alice()
    make.sign_in(charlie, make.charlie())
    guess(browser(AWAY), "charlie@elsewhere.example")
    for _ in range(3):
        guess(browser(SAFARI, AWAY))
    make.sign_in(own, make.alice())
    set_up_app(own)
    own.post("/account/sessions/revocation")
    page = own.get("/account/security/activity").text
    for words in (
        "Sign-in failed",
        "3 times",
        "Signed in",
        "A sign-in from a device or network that we had not seen before",
        "Firefox on Linux",
        "203.0.113.0/24",
        "Set up an authenticator app",
        "Ended all other sessions",
    ):
        assert words in page, words
    assert HOME not in page and "198.51.100" not in page
    theirs = charlie.get("/account/security/activity").text
    assert "authenticator" not in theirs and "203.0.113" not in theirs


def test_what_others_did_names_them(client: FlaskClient) -> None:
    bob = make.member(make.bob())
    client.post(f"/organization/members/{bob.id}/role", data={"role": "viewer"})
    own = client.application.test_client()
    make.sign_in(own, make.bob())
    page = own.get("/account/security/activity").text
    assert "Changed a person&#39;s role" in page and "by Alice Ash" in page


@pytest.mark.proves("P7.5")
def test_operators_see_what_is_unusual_and_nobody_else_finds_the_page(
    browser: Browser, client: FlaskClient, times: Times
) -> None:
    assert client.get("/operator/activity").status_code == 404
    assert browser().get("/operator/activity").status_code == 303
    operator()
    for number in range(12):
        guess(browser(address=f"198.51.100.{number}"), f"nobody{number}@else.example")
    for number in range(12):
        guess(browser(address=f"198.51.{number}.7"))
    desk = browser()
    make.sign_in(desk, make.charlie())
    page = desk.get("/operator/activity").text
    assert "Failed sign-ins with many addresses from one network" in page
    assert f"account {make.alice().id}" in page
    assert "alice@orchard.example" not in page
    assert "had not seen before" not in page, "a new device is the person's own business"


def test_every_kind_has_a_letter_that_can_be_written(app: Flask, mailing: Sink, db: object) -> None:
    operator()
    alice, where = make.alice(), Visit("Firefox on Linux", "203.0.113.0/24")
    for kind in KINDS:
        user = None if kind == "spraying" else alice
        id = alerts.tell(kind, "test", where, clock.now(), user=user)
        database.session.commit()
        assert id
        assert alerts.tell(kind, "test", where, clock.now(), user=user) is None
        jobs.send_alert(id)
        jobs.send_alert(id)
    assert len(mailing.messages) == len(KINDS)
    jobs.send_alert(10**6)


def test_a_letter_whose_ring_was_lost_is_sent_by_the_clock(
    browser: Browser, mailing: Sink, times: Times
) -> None:
    make.sign_in(browser(), make.alice())
    jobs.send_waiting_alerts()
    assert mailing.messages == [], "its ring may still be on the way"
    times.go(minutes=6)
    jobs.send_waiting_alerts()
    jobs.send_waiting_alerts()
    assert [letter["Subject"] for letter in mailing.messages] == ["New sign-in - AllStac"]
