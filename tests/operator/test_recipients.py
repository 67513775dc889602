"""Who receives data, for whoever runs the instance: by its own settings, and what is announced."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from app import clock, live_jobs
from app.db import db as database
from app.privacy import registers, versions
from tests import make
from tests.times import Times

DATABASES = ("sqlite",)


def row(page: str, name: str) -> str:
    """The table's row that begins with that name, as words."""
    found = re.search(
        rf'<tr><th scope="row">{re.escape(str(escape(name)))}<.*?</tr>', page, re.DOTALL
    )
    assert found, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_each_entry_of_both_registers_stands_there_with_its_setting(desk: FlaskClient) -> None:
    shown = desk.get("/operator/subprocessors").text
    for provider in registers.providers():
        assert provider.setting.upper() in row(shown, provider.name)
        assert provider.receives in row(shown, provider.name)
    for destination in registers.destinations():
        assert destination.sends in row(shown, destination.name)
    assert "X_CLIENT_SECRET" in row(shown, "X") and " Off " in row(shown, "X")
    assert "no setting" in row(shown, "Telegram") and "Offered" in row(shown, "Telegram")


def test_what_is_on_follows_from_the_settings(
    app: Flask, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Stripe, Inc."
    assert " Off " in row(desk.get("/operator/subprocessors").text, name)
    settings = app.config["SETTINGS"].model_copy(update={"stripe_secret_key": "sk_x"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    shown = desk.get("/operator/subprocessors").text
    assert " On " in row(shown, name) and "sk_x" not in shown


def test_the_last_live_check_is_shown_with_its_time(desk: FlaskClient, times: Times) -> None:
    assert "has not looked yet" in desk.get("/operator/subprocessors").text
    live_jobs.look_at_all()
    assert "0 without a contract on record" in desk.get("/operator/subprocessors").text
    times.go(hours=27)
    assert "that is too long ago" in desk.get("/operator/subprocessors").text


def test_an_announced_change_says_how_many_were_told(
    desk: FlaskClient, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No change is announced" in desk.get("/operator/subprocessors").text
    make.bob().told_policy = "2027-05-01"
    database.session.commit()
    today = clock.now().date()
    ends = today + timedelta(days=30)
    first = versions.published()[0]
    coming = versions.Version("2027-05-01", ends, today, "Another one.", "x", first.sentences, "x")
    monkeypatch.setattr(versions, "published", lambda: (first, coming))
    shown = desk.get("/operator/subprocessors").text
    assert "Another one." in shown and f'datetime="{ends}"' in shown
    assert "1 of 3 people" in shown  # Olga, Alice and Bob
    assert "bob@" not in shown
