"""The states of a delivery, their words, and what a post's state sums up to."""

from collections.abc import Iterable
from datetime import UTC, datetime

from app.coming_back import one_of

DRAFT, PENDING = "draft", "pending_approval"
SCHEDULED, SENDING, CONFIRMING = "scheduled", "sending", "confirming"
PROCESSING = "processing"
RETRY, HELD = "retry_wait", "held"
PUBLISHED, FAILED, CANCELLED = "published", "failed", "cancelled"

WORDS = {
    DRAFT: "Draft",
    PENDING: "Waiting for approval",
    SCHEDULED: "Scheduled",
    SENDING: "Leaving now",
    CONFIRMING: "Checking with the network",
    PROCESSING: "The network is working on it",
    RETRY: "Trying again soon",
    HELD: "Held",
    PUBLISHED: "Published",
    FAILED: "Failed",
    CANCELLED: "Cancelled",
}

SET_ASIDE = "Its channel is set aside: the plan holds fewer channels than there are."
NO_PLACE = "billing"  # why such a delivery is held

NOT_ASKED = datetime(1970, 1, 1, tzinfo=UTC)  # may be out since before a gap of the engine
PATIENCE = 8  # tries before a delivery counts as failed
APPROVED = (  # else no row may stand where the engine takes it: the database refuses it
    "NOT needs_approval OR (approved_hash = content_hash AND approved_hash <> '')"
    " OR state NOT IN ('scheduled','retry_wait','sending','confirming')"
)
TAKEN_UP = "state IN ('scheduled','retry_wait','sending','confirming','processing')"
NEEDS_EYES = "state IN ('held','failed')"
PAUSED = "paused"  # a hold that ends by itself when publishing is resumed: nobody has to look
IN_A_SLOT = "in_slot AND state <> 'cancelled'"  # of a channel only one at that instant

WAITING = (SCHEDULED, RETRY)
ASKING = (CONFIRMING, PROCESSING)  # the network is asked what became of it
LEAVING = (SENDING, *ASKING)
EDITABLE = (DRAFT, PENDING, SCHEDULED, RETRY, HELD, FAILED)
LIVE = (*WAITING, *LEAVING)

# Another instance may send it yet: what was to go out comes back with a copy as a draft.
OPEN = (PENDING, SCHEDULED, SENDING, CONFIRMING, PROCESSING, RETRY, HELD)
NOT_SENT_BY_ITSELF = one_of(*WORDS, becomes=dict.fromkeys(OPEN, DRAFT))

# What needs an eye comes first: a post is as well as its worst delivery.
ORDER = (
    SENDING,
    CONFIRMING,
    PROCESSING,
    HELD,
    FAILED,
    PENDING,
    RETRY,
    SCHEDULED,
    DRAFT,
    PUBLISHED,
    CANCELLED,
)


def may_be_out(state: str, hold: str) -> bool:
    """Held, since nobody knows whether it is out: a person looks there and says, before all else."""
    return state == HELD and hold in ("needs_decision", "restore")


def can_move(rows: Iterable[tuple[str, str]]) -> bool:
    """State and hold of each delivery of a post: does some of it wait, and is none on its way?"""
    known = list(rows)
    is_settled = not any(state in LEAVING or may_be_out(state, hold) for state, hold in known)
    return is_settled and any(state in (*WAITING, PENDING, HELD, FAILED) for state, _ in known)


def sum_up(states: Iterable[str]) -> str:
    """The state of a post over its deliveries; a post without any is a draft."""
    found = set(states)
    return next((state for state in ORDER if state in found), DRAFT)
