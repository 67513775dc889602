"""Sentences of the policy that one look at the running application proves."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import config, datamap, http
from app.account.models import User
from app.datamap import Category, Purpose
from app.db import db as database
from app.db import table
from app.privacy import registers
from app.privacy.promises import load_register
from dev import screens
from tests import make

APP = Path(__file__).resolve().parents[2] / "app"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.mark.proves("P0.1")
def test_both_dates_stand_on_the_page(anonymous: FlaskClient) -> None:
    page = anonymous.get("/privacy").text
    register = load_register()
    assert f'Effective <time datetime="{register.effective_on}">' in page
    assert f'Last updated <time datetime="{register.updated_on}">' in page


@pytest.mark.proves("P0.2")
def test_every_page_leads_to_the_policy(client: FlaskClient, anonymous: FlaskClient) -> None:
    pages = [(client, path) for path in screens.OWN.values()]
    pages += [(anonymous, path) for path in screens.PUBLIC.values()]
    without = []
    for visitor, path in pages:
        answer = visitor.get(path)
        if answer.mimetype == "text/html" and answer.status_code != 303:
            without += [path] if 'href="/privacy"' not in answer.text else []
    assert without == []


@pytest.mark.proves("P0.2")
def test_every_mail_leads_to_the_policy() -> None:
    mails = sorted((APP / "templates/mail").glob("*.txt"))
    assert mails
    assert [
        one.name for one in mails if "{{ instance.base_url }}/privacy\n" not in one.read_text()
    ] == []


@pytest.mark.proves("P1.1")
def test_of_a_profile_there_is_a_name_an_address_a_role_and_memberships(
    anonymous: FlaskClient,
) -> None:
    """More than that is not taken, whatever is sent along."""
    sent = {
        "name": "Dora Dale", "email": "dora@dale.example", "password": make.PASSWORD,
        "organization": "Dale", "birth_month": "3", "birth_year": "1990", "accept": "y",
        "phone": "canary-phone", "birthdate": "canary-date", "picture": "canary-picture",
        "locale": "canary-locale", "job": "canary-job",
    }  # fmt: skip
    assert anonymous.post("/signup", data=sent).status_code == 303
    row = database.session.execute(database.select(table(User))).mappings().one()
    assert "canary" not in str(dict(row))
    kinds = {
        found.category
        for column in table(User).columns
        if (found := datamap.mark(column)) and found.is_personal
    }
    allowed = {Category.NAME, Category.EMAIL, Category.ROLE, Category.PREFERENCE}
    assert kinds <= allowed | {Category.SECRET, Category.CONSENT}


@pytest.mark.proves("P1.2")
def test_nothing_takes_or_holds_a_card(anonymous: FlaskClient) -> None:
    """Neither a column, nor a form field, nor a hint to the browser to fill one in; and what a form
    is sent of it anyway reaches no table."""
    card = re.compile(
        r"(^|[_-])(cc|cvc|cvv|pan|iban|expiry|exp[_-]month|card[_-](number|holder|name))([_-]|$)"
    )
    columns = [str(c) for one in database.metadata.sorted_tables for c in one.columns]
    assert [name for name in columns if card.search(name.split(".")[1])] == []
    html = "".join(path.read_text() for path in (APP / "templates").rglob("*.html"))
    fields = re.findall(r'(?:name|autocomplete|id)="([^"]+)"', html)
    fields += re.findall(r"^    (\w+) = \w+Field\(", _forms(), re.MULTILINE)
    assert len(fields) > 100 and [name for name in fields if card.search(name)] == []
    for path in ("/signup", "/support"):
        anonymous.post(path, data={"card_number": "4242424242424242", "text": "x", "cvc": "999"})
    rows = [database.session.execute(one.select()).all() for one in database.metadata.sorted_tables]
    assert "4242424242424242" not in repr(rows)


def _forms() -> str:
    return "".join(path.read_text() for path in APP.rglob("*forms.py"))


OF_PART_2 = {
    "P2.1": {Purpose.PROVIDE, Purpose.IMPROVE},
    "P2.2": {Purpose.AUTHENTICATE, Purpose.AUTHORISE},
    "P2.3": {Purpose.SUPPORT, Purpose.PROVIDE},
    "P2.4": {Purpose.SECURE},
    "P2.5": {Purpose.LEGAL_DUTY},
}


@pytest.mark.proves("P2.3")
def test_every_purpose_is_one_of_part_2_and_payment_is_left_to_its_provider() -> None:
    """The account itself, from sign-up to the certificate of its end, serves the purposes that part 2
    names; what is written to support serves support; what is typed to pay never comes here."""
    assert set().union(*OF_PART_2.values()) == set(Purpose)
    of = {str(column): found.purpose for column, found in _personal()}
    assert {of["user.email"], of["user.name"]} <= OF_PART_2["P2.3"] | OF_PART_2["P2.2"]
    letters = {purpose for name, purpose in of.items() if name.startswith("support")}
    assert Purpose.SUPPORT in letters and letters <= {Purpose.SUPPORT, Purpose.AUTHENTICATE}
    [paying] = [one for one in registers.providers() if one.id == "stripe"]
    assert (paying.purpose, paying.basis) == ("payment", "our contract with you")
    assert "Stripe's own pages" in paying.receives


def _personal() -> list[tuple[Any, datamap.Mark]]:
    marks = ((column, datamap.mark(column)) for column in datamap.columns(database.metadata))
    return [(column, found) for column, found in marks if found and found.is_personal]


@pytest.mark.proves("P4.1")
def test_nobody_receives_data_for_advertising_or_for_money(anonymous: FlaskClient) -> None:
    purposes = {one.purpose for one in registers.providers()}
    assert purposes == {
        "error reports, for reliability",
        "product analytics, to improve AllStac",
        "to send you mails about your account",
        "payment",
    }
    assert anonymous.get("/.well-known/gpc.json").get_json()["gpc"] is True


@pytest.mark.proves("P5.2")
@pytest.mark.parametrize(
    ("base_url", "name"), [("https://x.example", "__Host-allstac"), ("http://localhost", "allstac")]
)
def test_the_cookie_has_its_flags_when_it_is_set_and_when_it_is_taken_away(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, base_url: str, name: str
) -> None:
    client.post("/logout")
    settings = app.config["SETTINGS"].model_copy(update={"base_url": base_url})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    asked = {"base_url": base_url, "headers": {"Origin": base_url}}
    alice = make.alice()
    came = client.post("/login", data={"email": alice.email, "password": make.PASSWORD}, **asked)
    cookies = came.headers.getlist("Set-Cookie") + client.post("/logout", **asked).headers.getlist(
        "Set-Cookie"
    )
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith(f"{name}=")
        flags = {flag.strip() for flag in cookie.split(";")}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags, cookie
        assert ("Secure" in flags) is base_url.startswith("https")


@pytest.mark.proves("P7.2")
def test_production_does_not_start_without_https() -> None:
    settings = {
        "app_env": "production",
        "secret_key": "q8Zr4Lw1Xn7Tb3Vc6Md9Ks2Hf5Jg0PyA",
        "encryption_keys": KEY,
    }
    with pytest.raises(config.BadSettings, match="BASE_URL"):
        config.load(**settings, base_url="http://x.example")


@pytest.mark.proves("P7.2", "P9.2")
def test_nothing_leaves_unencrypted() -> None:
    async def go() -> None:
        async with http.Client(allow_private=False) as web:
            await web.send("GET", "http://x.example/")

    with pytest.raises(http.NotSent, match="https"):
        asyncio.run(go())


@pytest.mark.proves("P10.1")
def test_no_page_speaks_to_children_and_the_question_does_not_hint(anonymous: FlaskClient) -> None:
    for path in ("/", "/signup", "/login"):
        words = re.sub(r"<[^>]+>", " ", anonymous.get(path).text).lower()
        assert not re.search(r"\b(kids?|children|child|school|homework|game|fun)\b", words), path
    assert "13" not in re.sub(
        r"<option[^>]*>.*?</option>|<[^>]+>", " ", anonymous.get("/signup").text
    )
