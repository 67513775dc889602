"""Asking for figures where a network tells of one post at a time."""

from collections.abc import Awaitable, Callable, Sequence

from app.networks import Absent, Figures, Refused, Unknown

Measured = dict[str, Figures | Absent]
Asked = Callable[[str], Awaitable[Figures | Absent | Refused | Unknown]]


async def each(ids: Sequence[str], ask: Asked) -> Measured | Refused | Unknown:
    """What is told of each, up to the first that is not. Why it is not, when none is."""
    found: Measured = {}
    for id in ids:
        said = await ask(id)
        if isinstance(said, Refused | Unknown):
            return found or said
        found[id] = said
    return found
