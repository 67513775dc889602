"""Signing up: who may, what is kept, and what is said when something is missing."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.account.models import Membership, Organization, User
from app.account.signup import is_old_enough
from app.db import db as database
from tests import make

FORM = {
    "name": "Grace Birch",
    "email": "grace@birch.example",
    "password": "seven quiet herons",
    "organization": "Birch & Sons",
    "birth_month": "5",
    "birth_year": "1990",
    "accept": "y",
    "timezone": "America/New_York",
}


def grace() -> User | None:
    return User.by_email("grace@birch.example")


def test_a_person_joins_and_owns_their_organisation(anonymous: FlaskClient) -> None:
    answer = anonymous.post("/signup", data=FORM)
    assert (answer.status_code, answer.location) == (303, "/channels/connect")
    user = grace()
    assert user
    assert (user.name, user.timezone) == ("Grace Birch", "America/New_York")
    member = make.member(user)
    assert (member.role, member.organization.name) == ("owner", "Birch & Sons")
    assert user.accepted_policy
    assert anonymous.get("/calendar").status_code == 200


@pytest.mark.proves("P10.2")
def test_of_the_birthday_only_that_it_sufficed_is_kept(anonymous: FlaskClient) -> None:
    anonymous.post("/signup", data=FORM)
    user = grace()
    assert user
    assert user.age_passed_at
    columns = {column.name for table in database.metadata.sorted_tables for column in table.columns}
    assert not [name for name in columns if "birth" in name]
    stored = " ".join(
        str(row)
        for table in (User.__table__, Organization.__table__, Membership.__table__)
        for row in database.session.execute(table.select())
    )
    assert "1990" not in stored


@pytest.mark.proves("P10.2")
def test_a_child_is_refused_and_nothing_is_kept(anonymous: FlaskClient) -> None:
    year = str(clock.now().year - 12)
    answer = anonymous.post("/signup", data=FORM | {"birth_year": year})
    assert answer.status_code == 422
    assert "We can&#39;t open an account for you." in answer.text
    assert grace() is None


@given(st.integers(1, 12), st.integers(1900, 2026), st.integers(1, 12), st.integers(2026, 2040))
def test_old_enough_means_that_the_month_of_the_thirteenth_birthday_is_over(
    month: int, year: int, this_month: int, this_year: int
) -> None:
    now = datetime(this_year, this_month, 15, tzinfo=UTC)
    over = (this_year, this_month) > (year + 13, month)
    assert is_old_enough(month, year, now) is over


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Tell us your name."),
        ({"name": "x" * 121}, "longer than 120 characters"),
        ({"email": "grace"}, "This does not look like an e-mail address."),
        ({"email": "grace@@birch.example"}, "This does not look like an e-mail address."),
        ({"email": "gra\x00ce@birch.example"}, "This does not look like an e-mail address."),
        ({"password": "short"}, "Use 12 characters or more; this has 5."),
        ({"password": "x" * 300}, "Use at most 256 characters; this has 300."),
        ({"password": "a" * 20}, "repeats very few characters"),
        ({"password": "birch12345"[:10] + "67"}, "easy to guess"),
        ({"password": "herons\x00and more"}, "NUL"),
        ({"organization": ""}, "Name your organisation."),
        ({"birth_month": ""}, "Tell us the month and the year."),
        ({"birth_year": "1066"}, "Not a valid choice"),
        ({"birth_year": "next"}, "Not a valid choice"),
        ({"accept": ""}, "Please accept to go on."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_stays(
    anonymous: FlaskClient, change: dict[str, str], words: str
) -> None:
    answer = anonymous.post("/signup", data=FORM | change)
    assert answer.status_code == 422
    assert words in answer.text.replace("&#39;", "'")
    assert 'aria-invalid="true"' in answer.text
    if "organization" not in change:
        assert "Birch &amp; Sons" in answer.text
    assert "seven quiet herons" not in answer.text
    assert grace() is None


def test_an_unknown_zone_becomes_utc(anonymous: FlaskClient) -> None:
    anonymous.post("/signup", data=FORM | {"timezone": "Mars/Base"})
    user = grace()
    assert user
    assert user.timezone == "UTC"


def test_one_address_is_one_account_however_it_is_written(anonymous: FlaskClient) -> None:
    anonymous.post("/signup", data=FORM)
    anonymous.post("/logout")
    answer = anonymous.post("/signup", data=FORM | {"email": "GRACE@Birch.example"})
    assert answer.status_code == 422
    assert "There is an account with this address." in answer.text
