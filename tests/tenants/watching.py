"""SQLite has no row-level security; there, and beside it, the tests watch. Within a request of a member
every statement about an organisation's things must carry the organisation, or name rows that were
found through it. What does not is a fault, whatever it returned.

It is the tests' alone: walking over statements takes longer than running them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from flask import g, has_request_context
from sqlalchemy import Engine, MetaData, Table, event, inspect
from sqlalchemy.engine import Connection

from app.scope import EVERYBODY, NOBODY, scope
from app.tenants import ROOT, owners
from app.tenants import links as links_of
from tests.tenants.reading import ELSEWHERE, Named, Part, read, table_of

Rows = set[tuple[str, Any]]  # table and id
links = cache(links_of)


class Astray(AssertionError):
    """A statement that is held to no organisation."""


@dataclass
class Watch:
    """`faults` outlive the request, which answers 500 for them."""

    metadata: MetaData
    faults: list[str] = field(default_factory=list)
    read_before: WeakKeyDictionary[Any, list[Part]] = field(default_factory=WeakKeyDictionary)

    def __post_init__(self) -> None:
        self.owned = {
            name: owning
            for name, owning in owners(self.metadata).items()
            if not any(link.column.nullable for link in owning)
        }

    def stand_at(self, engine: Engine, models: type) -> None:
        event.listen(engine, "before_cursor_execute", self.look)
        for name in ("load", "after_insert"):
            event.listen(models, name, self.remember, propagate=True)

    def remember(self, *args: Any) -> None:
        """A row that came through the organisation, and what it points at, may be named from now on.
        One that came across organisations (a membership, a key's wall) counts for its own."""
        if not has_request_context():
            return
        found = next(one for one in args if hasattr(one, "__table__"))
        table, values = found.__table__, inspect(found).dict
        assert isinstance(table, Table)
        pointing = [(link.table, values.get(link.column.key)) for link in links(table)]
        whose = scope.get()
        if whose == EVERYBODY:
            whose = next((str(id) for target, id in pointing if target == ROOT), NOBODY)
        own = [(table.name, values.get(column.key)) for column in table.primary_key]
        self._known(whose).update(own + pointing)

    def _known(self, whose: str) -> Rows:
        rows: Rows = g.setdefault("watched", {}).setdefault(whose, set())
        return rows

    def look(
        self, _: Connection, __: Any, statement: str, ___: Any, context: Any, *____: Any
    ) -> None:
        told = scope.get()
        if told in (NOBODY, EVERYBODY) or not has_request_context() or not context.compiled:
            return
        for values in context.compiled_parameters or [{}]:
            for table in self._astray(context, values, int(told)):
                self.faults.append(f"{table} is held to no organisation in: {statement}")
                raise Astray(self.faults[-1])

    def _astray(self, context: Any, values: dict[str, Any], organization: int) -> Iterator[str]:
        if context.isinsert:
            yield from self._writes(context.compiled.statement.table, values, organization)
            return
        if context.compiled not in self.read_before:
            self.read_before[context.compiled] = read(context.compiled)
        for part in self.read_before[context.compiled]:
            yield from self._loose(part, values, organization)

    def _writes(self, table: Table, values: dict[str, Any], organization: int) -> Iterator[str]:
        """What is written is ours, and so is everything that it points at."""
        for link in links(table):
            value = values.get(link.column.key)
            if link.table not in self.owned or value is None:
                continue
            if not self._is_ours(link.table, value, organization):
                yield f"{table.name}.{link.column.name}"

    def _loose(self, part: Part, values: dict[str, Any], organization: int) -> list[str]:
        """The organisation's tables of a part that nothing holds."""
        held = {hash(one.place) for one in part.named if self._holds(one, values, organization)}
        while True:
            more = {
                hash(one.place)
                for one in part.joined
                if one.other is ELSEWHERE or hash(one.other) in held
            }
            if more <= held:
                break
            held |= more
        found = {hash(place): table_of(place) for place in part.places}
        return [
            table.name
            for place, table in found.items()
            if table is not None and table.name in self.owned and place not in held
        ]

    def _holds(self, one: Named, values: dict[str, Any], organization: int) -> bool:
        table = table_of(one.place)
        target = _target(table, one.column) if table is not None else ""
        several = [value for name, value in values.items() if name.startswith(f"{one.bind}_")]
        bound = values.get(one.bind, several)
        asked = bound if isinstance(bound, list) else [bound]
        return bool(target) and all(self._is_ours(target, each, organization) for each in asked)

    def _is_ours(self, table: str, value: Any, organization: int) -> bool:
        return (
            value == organization
            if table == ROOT
            else (table, value) in self._known(str(organization))
        )


@cache
def _target(table: Table, column: str) -> str:
    """Which table's id stands in a column."""
    found = [link for link in links(table) if link.column.key == column]
    if found:
        return found[0].table
    is_own = any(column == key.key for key in table.primary_key)
    return table.name if is_own else ""
