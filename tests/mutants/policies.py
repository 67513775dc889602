"""Each part of the second lock, taken off in turn; put back whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, text

from app.db import db
from app.tenants import KEY, POLICY, Link, links, locking, owners, quote, scoped
from tests.servers.postgres import as_owner


@dataclass(frozen=True)
class Weakened:
    """Statements that weaken one table's lock."""

    table: str
    what: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}: {self.what}"

    @contextmanager
    def stands(self) -> Iterator[None]:
        _run(self.statements)
        try:
            yield
        finally:
            again = f"DROP POLICY IF EXISTS {POLICY} ON {quote(self.table)}"
            _run((again, *locking(db.metadata, [self.table])))


def _run(statements: tuple[str, ...]) -> None:
    """As the owner of the tables."""
    url = as_owner(db.engine.url.render_as_string(hide_password=False))
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def weakenings() -> Iterator[Weakened]:
    known = owners(db.metadata)
    for name in known:
        table = quote(name)
        for what, change in (
            ("no policy", f"DROP POLICY {POLICY} ON {table}"),
            ("no lock", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
            ("no lock for its owner", f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
            ("all is seen", f"ALTER POLICY {POLICY} ON {table} USING (true)"),
            ("all is written", f"ALTER POLICY {POLICY} ON {table} WITH CHECK (true)"),
        ):
            yield Weakened(name, what, (change,))
        yield from _shared(name, known)
        yield from _unchecked(name, known)


def _shared(name: str, known: dict[str, list[Link]]) -> Iterator[Weakened]:
    """What is nobody's is everybody's."""
    key = db.metadata.tables[name].c.get(KEY)
    if key is not None and key.nullable:
        seen = f"{KEY} IS NULL OR {scoped(key.table, known[name])}"
        change = f"ALTER POLICY {POLICY} ON {quote(name)} USING ({seen})"
        yield Weakened(name, "what is nobody's is seen", (change,))


def _unchecked(name: str, known: dict[str, list[Link]]) -> Iterator[Weakened]:
    """What is written may point anywhere, one key at a time."""
    table = db.metadata.tables[name]
    checked = [one for one in links(table) if one.table in known]
    for link in checked if len(checked) > 1 else ():
        rest = scoped(table, [one for one in checked if one is not link])
        change = f"ALTER POLICY {POLICY} ON {quote(name)} WITH CHECK ({rest})"
        yield Weakened(name, f"{link.column.name} is not checked", (change,))
