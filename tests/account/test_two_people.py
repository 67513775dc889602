"""Two people with the same things: what one of them does, or is asked for, is never the other's."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.account import alerts, authenticator, devices, factors, jobs, membership, recovery
from app.account.membership import Forbidden
from app.account.models import User
from app.account.permissions import Role
from app.account.recovery import RecoveryCode
from app.account.tokens import OneTimeToken
from app.account.visits import Visit
from app.db import db as database
from tests import make
from tests.servers.smtp import Sink

DATABASES = ("sqlite", "postgres")  # two at once

NOW, WHERE = make.NOON, Visit("Firefox on Linux", "203.0.113.0/24")


def test_an_app_is_found_counts_and_goes_for_one(alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        authenticator.begin(user, NOW)
    theirs, own = authenticator.find(charlie), authenticator.find(alice)
    assert theirs and own and (theirs.user_id, own.user_id) == (charlie.id, alice.id)
    theirs.confirmed_at = NOW
    database.session.commit()
    assert factors.has_second(charlie) and not factors.has_second(alice)
    assert authenticator.forget(alice)
    assert authenticator.find(charlie) and not authenticator.find(alice)


def test_recovery_codes_are_spent_by_one_even_where_two_are_the_same(
    alice: User, charlie: User
) -> None:
    recovery.issue(charlie)
    code = recovery.issue(alice)[0]
    same = select(RecoveryCode.salt, RecoveryCode.code_hash).where(RecoveryCode.user_id == alice.id)
    salt, hashed = database.session.execute(same.order_by(RecoveryCode.id)).first() or ("", "")
    database.session.add(RecoveryCode(user_id=charlie.id, salt=salt, code_hash=hashed))
    database.session.commit()
    assert recovery.spend(alice, code, NOW)
    assert (recovery.left(alice), recovery.left(charlie)) == (9, 11)
    recovery.forget(alice)
    assert (recovery.left(alice), recovery.left(charlie)) == (0, 11)


def test_a_device_is_known_and_forgotten_for_one(alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        devices.remember(user, WHERE, NOW)
    planted = devices.fingerprint(alice, WHERE)
    is_charlies = devices.rows.c.user_id == charlie.id
    later = NOW + devices.FORGOTTEN - timedelta(days=1)
    database.session.execute(update(devices.rows).where(is_charlies).values(fingerprint=planted))
    devices.remember(alice, Visit("Safari on iPhone", "198.51.100.0/24"), NOW + devices.FORGOTTEN)
    assert not devices.is_known(alice, WHERE, later), "not even with the fingerprint of another's"
    left = database.session.scalar(select(devices.rows.c.fingerprint).where(is_charlies))
    assert left == planted


def test_a_link_that_is_on_its_way_to_another_still_counts(alice: User, charlie: User) -> None:
    texts = {user: OneTimeToken.issue(user, "password", NOW, 5) for user in (alice, charlie)}
    database.session.flush()
    OneTimeToken.spend_all(alice, "password", NOW)
    database.session.expire_all()
    assert OneTimeToken.valid(texts[alice], "password", NOW) is None
    assert OneTimeToken.valid(texts[charlie], "password", NOW)


def test_what_one_was_told_is_not_anothers_and_is_mailed_to_one(
    alice: User, charlie: User, mailing: Sink
) -> None:
    id = alerts.tell_now("new_device", alice, WHERE, NOW)
    database.session.commit()
    assert id and alerts.was_told(alice, ["new_device"], NOW)
    assert not alerts.was_told(charlie, ["new_device"], NOW)
    assert len(alerts.about_person(alice, NOW)) == 1
    assert alerts.about_person(charlie, NOW) == []
    jobs.send_alert(id)
    assert [letter["To"] for letter in mailing.messages] == [alice.email]


def test_only_who_is_given_a_role_gets_a_new_session(
    app: Flask, alice: User, charlie: User
) -> None:
    browsers = {user.name: app.test_client() for user in (alice, make.bob(), charlie)}
    for user in (alice, make.bob(), charlie):
        make.sign_in(browsers[user.name], user)
    before = {name: browser.get_cookie("allstac") for name, browser in browsers.items()}
    bob = make.member(make.bob()).id
    browsers["Alice Ash"].post(f"/organization/members/{bob}/role", data={"role": "viewer"})
    for browser in browsers.values():
        assert browser.get("/calendar").status_code == 200
    changed = {
        name for name, browser in browsers.items() if browser.get_cookie("allstac") != before[name]
    }
    assert changed == {"Bob Birch"}


def test_an_owner_changes_and_removes_nobody_of_another_organisation(
    alice: User, charlie: User
) -> None:
    """Whatever a route has found: the verb asks again."""
    dora = make.person("dora@elsewhere.example", "Dora", make.organization("Elsewhere"), "editor")
    owner, foreign = make.member(alice), make.member(dora)
    with pytest.raises(Forbidden):
        membership.change_role(owner, foreign, Role.VIEWER)
    with pytest.raises(Forbidden):
        membership.remove(owner, foreign)
    database.session.commit()
    assert make.member(dora).role == "editor"
