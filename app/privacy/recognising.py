"""Rows of a copy that are here already: found again by what no two rows share."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select, tuple_

from app.account.models import Membership, Organization
from app.account.permissions import Role
from app.db import table as table_of
from app.privacy.fates import Fate
from app.privacy.paths import ORGANIZATION
from app.privacy.placing import Placed

Known = dict[int, int | None]


def recognise(connection: Connection, fate: Fate, rows: list[Placed], person: int | None) -> Known:
    """By their ids in the copy: the id here when it is reached by what is the person's own; None
    when only a name that is unique everywhere says so."""
    if fate.name == ORGANIZATION:
        return _own_organizations(connection, rows, person)
    found: Known = {}
    links = {column.name for column in fate.links}
    for names in fate.known_by:
        named = set(names) & links
        asked = {
            key: one.row.id
            for one in rows
            if named <= one.old_ones and None not in (key := _key(one, names))
        }
        for key, id in _look_up(connection, fate, names, list(asked)):
            found[asked[key]] = id if named else None
    return found


def _key(one: Placed, names: tuple[str, ...]) -> tuple[Any, ...]:
    values = one.links | one.row.values
    return tuple(values.get(name) for name in names)


def _look_up(
    connection: Connection, fate: Fate, names: tuple[str, ...], keys: list[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...], int]]:
    if keys:
        columns = [fate.table.c[name] for name in names]
        wanted = select(fate.key, *columns).where(tuple_(*columns).in_(keys))
        for id, *key in connection.execute(wanted):
            yield tuple(key), id


def _own_organizations(connection: Connection, rows: list[Placed], person: int | None) -> Known:
    """Those that the person owns here under the same name."""
    organization, membership = table_of(Organization), table_of(Membership)
    owned = (
        select(organization.c.name, organization.c.id)
        .join(membership, membership.c.organization_id == organization.c.id)
        .where(membership.c.user_id == person, membership.c.role == Role.OWNER)
        .order_by(organization.c.id.desc())
    )
    known = {name.casefold(): id for name, id in connection.execute(owned)}
    names = ((one.row.id, one.row.values.get("name", "").casefold()) for one in rows)
    return {old: known.pop(name) for old, name in names if name in known}
