"""The database: one model code for SQLite and Postgres; what differs between them stands here."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    DDL,
    Column,
    ColumnElement,
    DateTime,
    Engine,
    FromClause,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    cast,
    column,
    event,
    func,
    make_url,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, registry

LONGEST = 10  # seconds that Postgres works on one statement
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An instant: aware and UTC in Python, in the database UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    registry = registry(metadata=metadata, type_annotation_map={datetime: Moment(), str: Text()})


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def index_of(name: str, column: str, condition: str) -> Index:
    """An index over the rows of a condition alone, on either database."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


def unique_of(name: str, columns: tuple[str, ...], condition: str) -> Index:
    """No two rows of a condition have the same values there."""
    where = text(condition)
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


def table(model: type[Base]) -> Table:
    """The table of a model, for statements over many rows."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def inserting(rows: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what becomes of a row that is there already (ON CONFLICT)."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(rows)


def among(of: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Is it one of these? On Postgres as one array: hundreds of parameters cost more to put into a
    statement than the rows to find."""
    if db.engine.dialect.name == "postgresql":
        return of == any_(bindparam(None, sorted(ids), type_=ARRAY(Integer), unique=True))
    return of.in_(sorted(ids))


def among_pairs(
    first: ColumnElement[int], second: ColumnElement[int], pairs: Iterable[tuple[int, int]]
) -> ColumnElement[bool]:
    """Are both of them together one of these?"""
    known = sorted(pairs)
    if db.engine.dialect.name != "postgresql":
        return tuple_(first, second).in_(known)
    one, other = (
        func.unnest(bindparam(None, list(ids), type_=ARRAY(Integer), unique=True))
        for ids in zip(*known, strict=True)
    )
    return tuple_(first, second).in_(select(one, other))


def spread(columns: Sequence[Column[Any]], rows: Sequence[Mapping[str, Any]]) -> Select[Any]:
    """Rows as a query, for Postgres: one array per column costs less than a statement per row. Its
    columns have the names of these, by which `rows` hold their values."""
    return select(
        *(
            func.unnest(
                bindparam(None, [row[one.name] for row in rows], ARRAY(one.type), unique=True)
            ).label(one.name)
            for one in columns
        )
    )


def listed(ids: Iterable[int]) -> FromClause:
    """A row for each `id`, to join with what it names: where a statement names the organisation too,
    SQLite would rather look through all that the organisation has than for these."""
    if db.engine.dialect.name == "postgresql":
        each = func.unnest(bindparam(None, sorted(ids), type_=ARRAY(Integer), unique=True))
        return select(each.label("id")).subquery()
    each_of = func.json_each(json.dumps(sorted(ids))).table_valued("value", name="listed")
    return select(cast(each_of.c.value, Integer).label("id")).subquery()


def spans(edges: Sequence[datetime]) -> FromClause:
    """A row for each stretch between two of these instants: `n` from 0, `begin`, `end`. As one
    parameter, so that the statement is put together once whatever their number."""
    begins, ends = list(edges[:-1]), list(edges[1:])
    if db.engine.dialect.name == "postgresql":
        both = [bindparam(None, one, type_=ARRAY(Moment()), unique=True) for one in (begins, ends)]
        named = func.unnest(*both).table_valued(
            column("begin", Moment()), column("end", Moment()), with_ordinality="nth", name="spans"
        )
        found = named.render_derived()
        return select((found.c.nth - 1).label("n"), found.c.begin, found.c.end).subquery()
    pairs = [
        [f"{at:%Y-%m-%d %H:%M:%S.%f}" for at in pair] for pair in zip(begins, ends, strict=True)
    ]
    each = func.json_each(json.dumps(pairs)).table_valued("key", "value", name="each")
    begin, end = (func.json_extract(each.c.value, f"$[{n}]", type_=Moment()) for n in (0, 1))
    return select(each.c.key.label("n"), begin.label("begin"), end.label("end")).subquery()


def lock(model: type[Base]) -> None:
    """Until the commit nobody else writes to the table or locks rows of it; who did is waited for.
    SQLite's writers stand in line anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(DDL(f"LOCK TABLE {table(model).name} IN EXCLUSIVE MODE"))


reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def read_only() -> Iterator[None]:
    """Transactions begun inside don't take SQLite's write lock; Postgres doesn't care."""
    token = reading.set(True)
    try:
        yield
    finally:
        reading.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """For the one thing that a GET writes: transactions begun inside take SQLite's write lock."""
    token = reading.set(False)
    try:
        yield
    finally:
        reading.reset(token)


def options(url: str) -> dict[str, Any]:
    """Engine options: a connection that died while idle is replaced, not reported."""
    quiet = {"hide_parameters": True}  # errors never carry what people wrote
    if url.startswith("sqlite"):
        return quiet | {"connect_args": {"timeout": 30}}
    limits = {"connect_timeout": 5, "options": f"-c statement_timeout={LONGEST * 1000}"}
    own = {name: value for name, value in limits.items() if name not in make_url(url).query}
    return quiet | {
        "connect_args": own,
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
    }


def prepare(engine: Engine) -> None:
    """Make SQLite behave: WAL, foreign keys, explicit BEGIN; writers queue instead of failing."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "busy_timeout=30000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if reading.get() else "BEGIN IMMEDIATE")
