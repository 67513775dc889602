"""Figures of Meta's three networks: counts that stand in the object itself, and insights, which want a
permission of their own (developers.facebook.com/docs/graph-api/reference/insights)."""

from typing import Any

from app.networks import Absent, Refused, Unknown
from app.networks.adapters.meta.errors import GONE, LOST_CONTAINER, Told
from app.networks.adapters.meta.graph import Graph, Said, rows
from app.networks.figures import whole

BATCH = 10
Counts = dict[str, int | None]


async def insights(graph: Graph, id: str, metrics: str) -> Counts | Absent | Refused | Unknown:
    """The lifetime value of each metric. Meta answers nothing where it knows nothing yet."""
    said = await graph.get(f"{id}/insights", metric=metrics)
    if isinstance(said, Refused | Unknown):
        return absent(said)
    return {str(row.get("name")): _value(row) for row in rows(said)}


async def allowed(graph: Graph, id: str, metrics: str) -> Counts | Absent | Unknown | Refused:
    """The same, and nothing where Meta does not let us: a channel that was connected before this was
    asked for lacks the permission, and some media know no insights."""
    said = await insights(graph, id, metrics)
    if isinstance(said, Told) and (said.permanent or _lacks_permission(said)):
        return {}
    return said


async def counts(graph: Graph, id: str, fields: str) -> Said | Absent | Refused | Unknown:
    """The object itself with these fields."""
    return absent(await graph.get(id, fields=fields))


def absent(said: Said | Refused | Unknown) -> Said | Absent | Refused | Unknown:
    """An object that is not there is told of by an error."""
    if isinstance(said, Told) and said.is_gone:
        return Absent()
    if isinstance(said, Told) and said.trouble and said.trouble.subcode in (GONE, *LOST_CONTAINER):
        return Absent()
    return said


def summed(said: Said, name: str) -> int | None:
    """`total_count` of an edge that was asked for with its summary."""
    edge = said.get(name)
    summary = edge.get("summary") if isinstance(edge, dict) else None
    return whole(summary.get("total_count")) if isinstance(summary, dict) else None


def _lacks_permission(said: Told) -> bool:
    found = said.trouble
    return found is not None and (found.code in (3, 10) or 200 <= found.code < 300)


def _value(row: dict[str, Any]) -> int | None:
    """`values` of a period, or one `total_value`."""
    total = row.get("total_value")
    if isinstance(total, dict):
        return whole(total.get("value"))
    values = row.get("values")
    last = values[-1] if isinstance(values, list) and values else {}
    return whole(last.get("value")) if isinstance(last, dict) else None


def of_account(said: Said | Refused | Unknown, name: str) -> int | Refused | Unknown | None:
    """An insight of the account itself."""
    if isinstance(said, Refused | Unknown):
        return said
    return next((_value(row) for row in rows(said) if row.get("name") == name), None)
