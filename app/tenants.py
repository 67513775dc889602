"""The second lock between organisations (the first: every query starts at the membership).

Which tables are an organisation's, and by which way, is read from the models: a table is when it
names an organisation, or belongs (not null, deleted with it) to a row of one that is. Postgres holds
a policy on each, keyed on a setting that ends with the transaction: docs/decisions/0007."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import DDL, Column, Engine, MetaData, Table, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from app.db import db
from app.scope import NOBODY, scope

ROOT, KEY, PART_OF = "organization", "organization_id", "part_of"
POLICY, SETTING = "of_organization", "app.organization"
NAMED = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(\w+)|,\s+"?(\w+)"?\s+(?:AS\b|WHERE\b)')
UNASKING = ("SET ", "SAVEPOINT ", "ROLLBACK ", "RELEASE ")
TELL = f"SELECT set_config('{SETTING}', %s, true)"
quote = postgresql.dialect().identifier_preparer.quote


class Unscoped(RuntimeError):
    """A statement about an organisation's things, and nobody said whose; see `app.scope`."""


class Link(NamedTuple):
    """A column that points at an organisation's row: by a foreign key, by the name of the column,
    or, where neither is wanted, by `info={"part_of": "table.column"}` on it."""

    column: Column[Any]
    table: str
    target: str

    @property
    def is_binding(self) -> bool:
        """The row goes with what it points at."""
        cascades = any(key.ondelete == "CASCADE" for key in self.column.foreign_keys)
        return (cascades or PART_OF in self.column.info) and not self.column.nullable


def links(table: Table) -> list[Link]:
    """What the rows of a table point at, themselves aside."""
    found = []
    for column in table.columns:
        targets = [(key.column.table.name, key.column.name) for key in column.foreign_keys]
        if named := column.info.get(PART_OF):
            targets.append(tuple(named.split(".")))
        elif column.name == KEY and not targets:
            targets.append((ROOT, "id"))
        found += [Link(column, *target) for target in targets if target[0] != table.name]
    return found


def owners(metadata: MetaData) -> dict[str, list[Link]]:
    """Each of an organisation's tables with the links that say whose a row is."""
    found: dict[str, list[Link]] = {ROOT: []}
    while True:
        new = {
            table.name: keys
            for table in metadata.sorted_tables
            if table.name not in found and (keys := _owning(table, found))
        }
        if not new:
            return found
        found |= new


def _owning(table: Table, known: Iterable[str]) -> list[Link]:
    direct = [link for link in links(table) if link.table == ROOT]
    return direct or [link for link in links(table) if link.table in known and link.is_binding]


class Policy(NamedTuple):
    """What rows may be seen, and what rows may be written (SQL of Postgres)."""

    using: str
    check: str


def policies(metadata: MetaData) -> dict[str, Policy]:
    """The policy of each table of an organisation."""
    known, found = owners(metadata), {}
    for name, owning in known.items():
        table = metadata.tables[name]
        others = [one for one in links(table) if one.table in known and one not in owning]
        found[name] = Policy(scoped(table, owning), scoped(table, [*owning, *others]))
    return found


def scoped(table: Table, those: list[Link]) -> str:
    """All these are ours. CASE, because it alone fixes the order: '' is no number, and '*' need not
    look further. What is no organisation's is seen by who may see everybody's."""
    ours = " AND ".join(_ours(table, link) for link in those) or _equals("id")
    told = f"coalesce(current_setting('{SETTING}', true), '')"
    return f"CASE {told} WHEN '*' THEN true WHEN '' THEN false ELSE {ours} END"


def _ours(table: Table, link: Link) -> str:
    name = quote(link.column.name)
    if link.table == ROOT:
        return _equals(name)
    row = f"{quote(link.table)}.{quote(link.target)} = {quote(table.name)}.{name}"
    term = f"EXISTS (SELECT 1 FROM {quote(link.table)} WHERE {row})"  # noqa: S608  # our names
    return f"({name} IS NULL OR {term})" if link.column.nullable else term


def _equals(column: str) -> str:
    return f"{column} = current_setting('{SETTING}', true)::integer"


def locking(metadata: MetaData, tables: Iterable[str]) -> Iterator[str]:
    """The statements that put policies on these tables."""
    chosen = set(tables)
    for name, policy in policies(metadata).items():
        if name in chosen:
            yield f"ALTER TABLE {quote(name)} ENABLE ROW LEVEL SECURITY"
            yield f"ALTER TABLE {quote(name)} FORCE ROW LEVEL SECURITY"
            yield (
                f"CREATE POLICY {POLICY} ON {quote(name)}"
                f" USING ({policy.using}) WITH CHECK ({policy.check})"
            )


def _lock(metadata: MetaData, connection: Connection, tables: Any = (), **_: Any) -> None:
    """`create_all` locks what it makes."""
    if connection.dialect.name == "postgresql":
        for statement in locking(metadata, [table.name for table in tables]):
            connection.execute(DDL(statement))


event.listen(db.metadata, "after_create", _lock)


def prepare(engine: Engine) -> None:
    """Watch this engine's statements, and tell Postgres whose things they may see."""
    event.listen(engine, "before_cursor_execute", _guard(db.metadata))
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _forget)
        event.listen(engine, "rollback_savepoint", _doubt)
        event.listen(engine, "before_cursor_execute", _tell)


def _guard(metadata: MetaData) -> Any:
    closed = set(owners(metadata))

    @lru_cache(maxsize=2048)
    def touches(statement: str) -> bool:
        return any(closed.intersection(found) for found in NAMED.findall(statement))

    def guard(_: Connection, __: Any, statement: str, *___: Any) -> None:
        if scope.get() == NOBODY and touches(statement):
            raise Unscoped(statement)

    return guard


def _tell(connection: Connection, _: Any, statement: str, *__: Any) -> None:
    """Before the first query of a transaction and wherever the scope has changed since."""
    wanted = scope.get()
    if connection.info.get(SETTING, NOBODY) != wanted and not statement.startswith(UNASKING):
        cursor = connection.connection.cursor()
        cursor.execute(TELL, (wanted,))
        cursor.close()
        connection.info[SETTING] = wanted


def _forget(connection: Connection) -> None:
    """The setting ended with the transaction before."""
    connection.info[SETTING] = NOBODY


def _doubt(connection: Connection, *_: Any) -> None:
    """What was told since the savepoint is undone; nobody knows what stands now."""
    connection.info[SETTING] = None
