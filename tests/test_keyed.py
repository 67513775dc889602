"""JSON columns take the keys that the data map lists, and no other; files go into listed folders only."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from app import clock, storage
from app.account.tokens import LoginSession
from app.datamap import columns
from app.db import db as database
from app.db import table
from app.keyed import NAMES, NUMBERS, Keyed, UnlistedKey

DIALECT = sqlite.dialect()


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("a",), {"a": 1}),
        (("a",), [{"a": 1}, {"a": {"deep": 1}}]),
        ((), ["user", "post"]),
        ((NUMBERS,), {"12": "leave"}),
        ((NAMES,), {"look_afterwards": 1}),
        (("a",), None),
    ],
)
def test_listed_keys_are_written(keys: tuple[str, ...], value: object) -> None:
    assert Keyed(*keys).process_bind_param(value, DIALECT) == value


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("a",), {"a": 1, "email": "x"}),
        (("a",), [{"a": 1}, {"name": "x"}]),
        ((), [{"a": 1}]),
        ((NUMBERS,), {"leave": 1}),
        ((NAMES,), {"dora@dale.example": 1}),
    ],
)
def test_any_other_key_is_refused(keys: tuple[str, ...], value: object) -> None:
    with pytest.raises(UnlistedKey):
        Keyed(*keys).process_bind_param(value, DIALECT)


@pytest.mark.proves("P1.0")
def test_no_session_can_come_to_hold_more_than_the_map_says(client: FlaskClient) -> None:
    row = {"token_hash": "x", "values": {"birth_date": "1990-05-01"}, "device": "", "network": ""}
    now = clock.now()
    with pytest.raises(StatementError, match="birth_date"):
        database.session.execute(
            insert(table(LoginSession)).values(**row, created_at=now, used_at=now)
        )


def test_every_json_column_lists_its_keys() -> None:
    """Also a fault of the map: app/privacy/map_faults.py."""
    kinds = [type(column.type).__name__ for column in columns(database.metadata)]
    assert "JSON" not in kinds and kinds.count("Keyed") > 8


@pytest.mark.proves("P1.0")
def test_a_file_of_a_kind_that_is_not_listed_is_not_stored(client: FlaskClient) -> None:
    with pytest.raises(KeyError):
        storage.keep(b"a scan of a passport", "identity/1")
