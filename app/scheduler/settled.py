"""When a post can't be changed any more, and why."""

from collections.abc import Sequence

from app.scheduler.models import Delivery
from app.scheduler.states import EDITABLE, LEAVING, NOT_ASKED, PUBLISHED, WAITING, may_be_out

UNDECIDED = "Nobody knows yet whether it is up on {}. Look there, then say under Needs your eyes what you saw."


def why_fixed(rows: Sequence[Delivery]) -> str:
    """Why a post with these deliveries can't be changed any more; '' while it can."""
    if any(row.state in LEAVING for row in rows):
        return "It is leaving now. You can delete it on the network once it is up."
    if any(row.state in WAITING and row.unknown_since == NOT_ASKED for row in rows):
        return "We are asking the network whether it went out before. Try again in a minute."
    for row in rows:
        if may_be_out(row.state, row.hold):
            return UNDECIDED.format(row.channel.network_name)
    if rows and not any(row.state in EDITABLE for row in rows):
        return "It is published already." if rows[0].state == PUBLISHED else "It is cancelled."
    return ""
