"""What a copy of somebody's data holds: per table the rows, and per column what is shown of it.

Drawn from the marks alone; a column that a mark leaves out is listed with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    case,
    func,
    literal,
    or_,
    select,
)

from app.datamap import Export, Mark, mark
from app.privacy.paths import (
    PERSON,
    ways_to_organization,
    ways_to_person,
    ways_to_what_outlives,
)

ME, SOMEBODY = "me", "somebody else"


@dataclass(frozen=True)
class Holder:
    """Whose data are asked for. `organizations`: those that the person owns, with all in them."""

    id: int
    address: str
    organizations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Portion:
    """The rows of one table that belong in a copy."""

    table: Table
    condition: ColumnElement[bool]
    holder: Holder

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def shown(self) -> list[Column[Any]]:
        return [column for column in self.table.columns if _export(column) is not Export.OMIT]

    @property
    def left_out(self) -> list[str]:
        return [column.name for column in self.table.columns if _export(column) is Export.OMIT]

    def rows(self) -> Select[Any]:
        """Statement of all rows as the copy shows them, in the order of their keys."""
        shown = [_shown(column, self.holder).label(column.name) for column in self.shown]
        return select(*shown).where(self.condition).order_by(*self.table.primary_key)

    def count(self) -> Select[Any]:
        return select(func.count()).select_from(self.table).where(self.condition)


def portions(metadata: MetaData, holder: Holder) -> Iterator[Portion]:
    """Every table with rows that can be the holder's, parents first."""
    own = ways_to_person(metadata)
    of_organization = ways_to_what_outlives(metadata) | ways_to_organization(metadata)
    for table in metadata.sorted_tables:
        conditions = [way.rows_of(holder.id) for way in own.get(table.name, [])]
        conditions += _by_address(table, holder)
        if table.name in of_organization:
            way = of_organization[table.name]
            conditions += [way.rows_of(id) for id in holder.organizations]
        if conditions:
            yield Portion(table, or_(*conditions), holder)


def _by_address(table: Table, holder: Holder) -> list[ColumnElement[bool]]:
    return [
        column == holder.address
        for column in table.columns
        if holder.address and (found := mark(column)) and found.by_address
    ]


def _export(column: Column[Any]) -> Export:
    found = mark(column)
    return found.export if isinstance(found, Mark) else Export.OMIT  # no mark, no copy


def _shown(column: Column[Any], holder: Holder) -> ColumnElement[Any]:
    if _export(column) is Export.PRESENCE:
        return column.is_not(None)
    if any(key.column.table.name == PERSON for key in column.foreign_keys):
        return case(
            (column == holder.id, literal(ME)),
            (column.is_(None), None),
            else_=literal(SOMEBODY),
        )
    return column
