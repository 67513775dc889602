"""Versions of the policy: readable for good, bound to each other, announced before they count."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, mail
from app.account.models import User
from app.db import db as database
from app.privacy import version_jobs, versions
from app.privacy.promises import load_register
from app.privacy.versions import Version
from tests import make

FIRST = versions.load()[0]


def following(effective_on: date, **sentences: str) -> Version:
    text = FIRST.sentences | sentences
    announced = clock.now().date()
    return Version(
        "2027-05-01", effective_on, announced, "Shorter periods.", FIRST.sha256, text, "x"
    )


@pytest.mark.proves("P11.1", "P0.1")
def test_the_present_text_is_the_last_version_and_no_version_was_edited() -> None:
    """Change a sentence, and the build fails until a version is made."""
    known = versions.load()
    assert versions.faults(known, load_register()) == []
    assert known[0].effective_on == load_register().effective_on
    assert load_register().updated_on == known[-1].announced_on
    assert load_register().updated_on <= clock.now().date()


def test_an_edited_version_breaks_the_chain(tmp_path: Path) -> None:
    first = tmp_path / "2026-02-17.toml"
    first.write_text((versions.FOLDER / "2026-02-17.toml").read_text())
    [one] = versions.load(tmp_path)
    later = following(clock.now().date() + timedelta(days=40))
    assert versions.faults([one, later], load_register()) == []
    first.write_text(first.read_text().replace("We set cookies only", "We set cookies"))
    [edited] = versions.load(tmp_path)
    assert versions.faults([edited, later], load_register()) == [
        "2026-02-17 was edited after 2027-05-01 was made"
    ]


@pytest.mark.proves("P11.2")
@pytest.mark.parametrize(("days", "is_fault"), [(29, True), (30, False)])
def test_a_change_is_announced_thirty_days_ahead(days: int, is_fault: bool) -> None:
    later = following(clock.now().date() + timedelta(days=days))
    assert bool(versions.faults([FIRST, later], load_register())) is is_fault


def test_a_sentence_without_a_version_is_a_fault() -> None:
    later = following(clock.now().date() + timedelta(days=40), **{"P5.1": "We set some cookies."})
    assert "the sentences have changed" in versions.faults([FIRST, later], load_register())[0]


def test_what_changed_is_told_word_by_word() -> None:
    later = following(date(2027, 5, 1), **{"P5.1": "We set cookies only to keep people signed in."})
    [change] = versions.changes(FIRST, later)
    assert change.id == "P5.1"
    assert ("gone", "you") in change.pieces
    assert ("new", "people") in change.pieces


@pytest.fixture
def coming(monkeypatch: pytest.MonkeyPatch) -> Version:
    later = following(clock.now().date() + timedelta(days=31), **{"P5.1": "Other words."})
    monkeypatch.setattr(versions, "published", lambda: (FIRST, later))
    return later


@pytest.mark.proves("P11.2")
def test_a_coming_version_stands_on_every_page_and_is_mailed_once(
    app: Flask, client: FlaskClient, coming: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = make.alice()
    assert "The privacy policy changes on" in client.get("/calendar").text
    page = client.get(f"/privacy/versions/{coming.name}").text
    assert "<ins>Other words.</ins>" in page
    sent: list[str] = []
    monkeypatch.setattr(mail, "send", lambda template, to, **_: sent.append(to))
    for _ in range(2):
        version_jobs.tell(alice.id)
    assert sent == [alice.email]
    assert database.session.get_one(User, alice.id).told_policy == coming.name


@pytest.mark.proves("P11.1")
def test_each_version_is_readable_and_an_unknown_one_is_not(client: FlaskClient) -> None:
    listed = client.get("/privacy/versions").text
    for one in versions.load():
        assert one.sha256 in listed
        page = client.get(f"/privacy/versions/{one.name}")
        assert page.status_code == 200
        assert "The privacy policy changes" not in page.text
    assert client.get("/privacy/versions/2020-01-01").status_code == 404
