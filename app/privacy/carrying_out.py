"""What carries a request out by itself, by kind. Features fill the table where they are put
together; for a kind that is not in it the desk shows what to do by hand."""

from collections.abc import Callable
from datetime import datetime

from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, Proof, State
from app.privacy.requests import NotNow

# Each does its work for one request and answers with words for the person.
CARRY_OUT: dict[Kind, Callable[[RightsRequest, datetime], str]] = {}

# What hands out or destroys an account's data needs more than a link to its address.
BY_SIGN_IN = frozenset({Kind.ACCESS, Kind.EXPORT, Kind.DELETION})


def is_proven_enough(request: RightsRequest) -> bool:
    if request.user_id is None or request.kind not in BY_SIGN_IN:
        return request.is_verified
    return request.proof == Proof.SIGN_IN


def carry_out(request: RightsRequest, now: datetime) -> str:
    """Raises NotNow when it is not begun, not proven enough, or nothing is there to do it."""
    verb = CARRY_OUT.get(Kind(request.kind))
    if verb is None:
        raise NotNow("This kind is done by hand; the list says how.")
    if request.state not in (State.IN_PROGRESS, State.APPEALED):
        raise NotNow("Start work on it first.")
    if not is_proven_enough(request):
        raise NotNow("The person has to confirm it by signing in first.")
    return verb(request, now)
