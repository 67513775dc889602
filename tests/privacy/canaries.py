"""Unique words, one planted in every text column of one person and of their organisation, so that a copy
and an erasure can be judged by what is found, without asking the code that made them."""

import secrets
from typing import Any

from sqlalchemy import JSON, Column, Date, String, Table, insert, select, update

from app import clock, storage
from app.account.models import Membership, User
from app.datamap import Export, mark
from app.db import Moment, db
from app.privacy.exports import holder_of
from app.privacy.paths import (
    PERSON,
    ways_to_organization,
    ways_to_person,
    ways_to_what_outlives,
)
from tests import rows

# The person has a membership; the others are the record of what is done here.
SKIPPED = {"membership", "erasure", "erasure_notice", "legal_hold"}
FIXED = {"timezone", "theme", "role", "state", "network", "zone", "late_after", "kind"}


def plant(user: User) -> dict[str, str]:
    """Give the person a row in every table that can hold one, each personal text with a word of its own;
    the words by column. Secrets are planted too but are not among the words: no copy shows them."""
    words: dict[str, str] = {}
    holder = holder_of(user)
    member = db.session.scalar(select(Membership.id).where(Membership.user_id == user.id))
    made: dict[str, Any] = {"user": user.id, "membership": member}
    made["organization"] = holder.organizations[0]
    own = ways_to_person(db.metadata)
    theirs = ways_to_organization(db.metadata) | ways_to_what_outlives(db.metadata)
    for table in db.metadata.sorted_tables:
        if table.name in ("user", "organization"):
            _rename(table, made[table.name], words)
        elif table.name in SKIPPED or table.name.startswith("audit_"):
            continue  # the trail is written by its own verb alone
        elif table.name in own or table.name in theirs:
            made[table.name] = _new_row(table, made, words)
    db.session.commit()
    return words


def one_row(table: Table, user: User) -> None:
    """A row in a table that the person's things don't reach."""
    _new_row(table, {PERSON: user.id}, {})
    db.session.commit()


def _rename(table: Table, id: int, words: dict[str, str]) -> None:
    values = {
        column.name: _value(column, words)
        for column in table.columns
        if _is_free(column) and column.name != "email"
    }
    db.session.execute(update(table).where(table.c.id == id).values(values))


def _is_free(column: Column[Any]) -> bool:
    found = mark(column)
    return bool(
        found
        and found.is_personal
        and found.export is Export.VALUE
        and isinstance(column.type, String | JSON)
        and column.name not in FIXED
        and not column.foreign_keys
    )


def _new_row(table: Table, made: dict[str, Any], words: dict[str, str]) -> Any:
    values = {}
    for column in table.columns:
        if column is table.autoincrement_column and not column.foreign_keys:
            continue
        if column.foreign_keys:
            [key] = column.foreign_keys
            parent = key.column.table.name
            values[column.name] = made.get(parent, made["user"] if parent == PERSON else None)
        else:
            values[column.name] = _value(column, words)
    row = db.session.execute(insert(table).values(values).returning(*table.primary_key)).first()
    assert row is not None
    return row[0]


def _value(column: Column[Any], words: dict[str, str]) -> Any:
    found = mark(column)
    if found and found.names_file and found.export is Export.VALUE:
        words[str(column)] = word = f"canary{secrets.token_hex(8)}"
        return storage.keep(word.encode(), "assets/canaries")
    if isinstance(column.type, JSON):
        return {"text": _word(column, words)} if _is_free(column) else {}
    if isinstance(column.type, String):
        known = KNOWN.get(column.name)
        return known or _word(column, words)
    if isinstance(column.type, Moment | Date):
        return clock.now() if isinstance(column.type, Moment) else clock.now().date()
    return 1


KNOWN = {"timezone": "UTC", "zone": "UTC", "theme": "auto", "role": "editor", "network": "sandbox"}
KNOWN |= {"unit": "day", "weekdays": "0"}


def _word(column: Column[Any], words: dict[str, str]) -> str:
    word = f"canary{secrets.token_hex(8)}"
    if _is_free(column):
        words[str(column)] = word
    return word


def everywhere(*words: str) -> dict[str, list[str]]:
    """Columns of the database that hold each of these words, found by reading all of it; without the
    words that none holds."""
    found: dict[str, list[str]] = {}
    db.session.flush()
    for table, lines in rows.every():
        for column, values in zip(table.columns, zip(*lines, strict=True), strict=False):
            held = "\0".join(str(value) for value in values if isinstance(value, str | dict | list))
            for word in words:
                if word in held:
                    found.setdefault(word, []).append(str(column))
    return found
