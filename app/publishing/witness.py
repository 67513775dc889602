"""What outcomes leave in a post's life beside its tries: the first answer, when it was not clear, for
the try's row says in the end what was found; what was found though no try is known; holds and ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_

from app.db import among_pairs
from app.networks import Processing, Published, Unknown
from app.publishing.writing import FOUND, row
from app.scheduler import noting
from app.scheduler.states import ASKING, FAILED, HELD

if TYPE_CHECKING:
    from app.publishing.outcomes import Outcome


def tell(outcomes: Sequence[Outcome], now: datetime) -> None:
    """After the rows say where each went, in the same transaction. Of those that went out well at the
    first answer there is nothing to tell."""
    noting.note_unless_answered(
        noting.FOUND, {one.work.id for one in outcomes if is_found(one)}, now, FOUND
    )
    first: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in outcomes:
        if isinstance(one.result, Unknown | Processing) and one.work.state not in ASKING:
            is_clear = isinstance(one.result, Processing)
            kind = noting.WORKING if is_clear else noting.UNCLEAR
            first[kind, one.result.reason].add(one.work.id)
    for (kind, reason), ids in first.items():
        noting.note(kind, ids, now, reason)
    _tell_ends([one for one in outcomes if not isinstance(one.result, Published)], now)


def _tell_ends(outcomes: Sequence[Outcome], now: datetime) -> None:
    """Those that are a person's by now, where the fence is still ours."""
    ours = {(one.work.id, one.work.fence): one for one in outcomes}
    if ours:
        which = among_pairs(row.id, row.lease_token, ours)
        noting.note_where(noting.HELD, and_(which, row.state == HELD), now)
        noting.note_where(
            noting.FAILED, and_(which, row.state == FAILED, noting.unanswered(now)), now
        )


def is_found(one: Outcome) -> bool:
    """Read back and there, whichever try it came from."""
    return isinstance(one.result, Published) and one.work.state in ASKING
