"""What a statement says about an organisation's tables, read off its tree: which place in FROM is held
to a value, and which places are held to each other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Join, Table
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    CollectionAggregate,
    Grouping,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows, FromClause, Select

ELSEWHERE = None  # a place outside of this part; that is judged where it stands


@dataclass(frozen=True)
class Named:
    """`place.column` equals a bound value, or is among several."""

    place: FromClause
    column: str
    bind: str


@dataclass(frozen=True)
class Joined:
    """A place is held to another one."""

    place: FromClause
    other: FromClause | None


@dataclass
class Part:
    """One SELECT, UPDATE or DELETE, nested ones apart, with the places that it looks at."""

    places: list[FromClause] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)


def read(compiled: Any) -> list[Part]:
    """Every part of a compiled statement."""
    statement = compiled.statement
    if isinstance(statement, ExecutableDDLElement):  # LOCK TABLE: looks at no row
        return []
    if not isinstance(statement, Insert | Update | Delete):
        core = getattr(getattr(compiled, "compile_state", None), "statement", None)
        statement = statement if core is None else core  # what the ORM made of it
    return list(_parts(statement, compiled.bind_names))


def _parts(statement: Any, names: dict[Any, str]) -> Iterator[Part]:
    for element in visitors.iterate(statement):
        if isinstance(element, Select):
            yield _part(element.get_final_froms(), element.whereclause, names)
        elif isinstance(element, Update | Delete):
            yield _part([element.table], element.whereclause, names)


def _part(froms: Any, where: Any, names: dict[Any, str]) -> Part:
    part = Part()
    conditions = [where] if where is not None else []
    for one in froms:
        conditions += _lay_open(one, part.places)
    for condition in conditions:
        for term in _conjuncts(condition):
            _note(part, term, names)
    return part


def _lay_open(one: FromClause, places: list[FromClause]) -> list[Any]:
    """Collect the places of a FROM; the conditions of its joins."""
    if isinstance(one, Join):
        inner = _lay_open(one.left, places) + _lay_open(one.right, places)
        return [*inner, one.onclause]
    places.append(one)
    return []


def _conjuncts(condition: Any) -> Iterator[Any]:
    if isinstance(condition, Grouping):
        yield from _conjuncts(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for clause in condition.clauses:
            yield from _conjuncts(clause)
    else:
        yield condition


def _note(part: Part, term: Any, names: dict[Any, str]) -> None:
    held = (operators.eq, operators.in_op)
    if not isinstance(term, BinaryExpression) or term.operator not in held:
        return
    for one, other in ((term.left, term.right), (term.right, term.left)):
        place = getattr(one, "table", None)
        if place is None:
            continue
        other = _array(other)
        if isinstance(other, BindParameter):
            part.named.append(Named(place, str(one.key), names.get(other, other.key)))
        elif getattr(other, "table", None) is not None:
            part.joined.append(Joined(place, _inside(part, other.table)))
        elif any(isinstance(inner, Select) for inner in visitors.iterate(other)):
            part.joined.append(Joined(place, ELSEWHERE))


def _array(term: Any) -> Any:
    """The bound array of `= ANY (array)`; any other term as it is."""
    while isinstance(term, CollectionAggregate | Grouping):
        term = term.element
    return term


def _inside(part: Part, place: FromClause) -> FromClause | None:
    """Places are told apart by their hashes: the ORM's annotated copies share that of the original."""
    return place if any(hash(place) == hash(one) for one in part.places) else ELSEWHERE


def table_of(place: Any) -> Table | None:
    """The table at a place; None for a subquery, whose own part is judged."""
    while isinstance(place, AliasedReturnsRows):
        place = place.element
    return place if isinstance(place, Table) else None
