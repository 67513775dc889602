"""Which row of a copy became which row here. On disk: a copy may hold more rows than fit in memory."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class Found(NamedTuple):
    """`id` is None for a row that did not come back: `why`. `home` is its organisation here.
    A row that was here before is not written again: `is_here`. Before anything is written, rows
    that will be new have the negative of their old id."""

    id: int | None
    home: int | None
    is_here: bool
    why: str


class Whereabouts:
    def __init__(self) -> None:
        self.rows = sqlite3.connect("", isolation_level=None)  # "": a file of its own, gone with us
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE place (name TEXT, old INT, id INT, home INT, here INT, why TEXT,"
            " PRIMARY KEY (name, old)) WITHOUT ROWID",
            "BEGIN",
        ):
            self.rows.execute(statement)

    def find(self, table: str, old: int) -> Found | None:
        row = self.rows.execute(
            "SELECT id, home, here, why FROM place WHERE name = ? AND old = ?", (table, old)
        ).fetchone()
        return Found(row[0], row[1], bool(row[2]), row[3]) if row else None

    def put(self, table: str, rows: Iterable[tuple[int, Found]]) -> bool:
        """False when the copy has one of the ids twice."""
        try:
            self.rows.executemany(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?)",
                ((table, old, *found) for old, found in rows),
            )
        except sqlite3.IntegrityError:
            return False
        return True

    def close(self) -> None:
        self.rows.close()
