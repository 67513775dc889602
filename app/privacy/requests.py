"""What can be done with a request about privacy, and by when. One who has not shown who they are
changes nothing of one who has, and learns nothing."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from app.account.models import User
from app.account.tokens import digest
from app.db import db
from app.privacy.request_models import RequestEvent, RightsRequest
from app.privacy.request_words import (
    ACTIVE,
    EXTENSIONS,
    MOVES,
    Extension,
    Proof,
    Refusal,
    State,
)

TARGET = timedelta(days=7)
SOON = timedelta(days=2)  # for a child's data
LIMIT = timedelta(days=30)  # never longer than the month of GDPR art. 12(3), February apart
MORE = timedelta(days=60)  # two further months


class NotNow(Exception):
    """The text says which rule stands against it."""


def strengthen(request: RightsRequest, now: datetime) -> None:
    """The person signed in to the account as well."""
    if not request.is_active or request.proof == Proof.SIGN_IN:
        raise NotNow("There is nothing more to confirm.")
    request.proof = Proof.SIGN_IN
    note(request, "Confirmed by signing in", now)


def start(request: RightsRequest, operator: User, now: datetime) -> None:
    move(request, State.IN_PROGRESS, "Work has begun", now, actor=operator)


def answer(request: RightsRequest, operator: User, words: str, now: datetime) -> None:
    move(request, State.ANSWERED, "Answered", now, actor=operator, words=words)


def refuse(
    request: RightsRequest, operator: User, reason: Refusal, words: str, now: datetime
) -> None:
    move(request, State.REFUSED, "Refused", now, actor=operator, words=words)
    request.refusal = reason


def extend(request: RightsRequest, operator: User, reason: Extension, now: datetime) -> None:
    """Once, before the limit, with a reason (GDPR art. 12(3)). Raises NotNow."""
    if request.state not in (State.OPEN, State.IN_PROGRESS) or request.extension:
        raise NotNow("Time can be added once, while the request is open.")
    if now >= request.due_at:
        raise NotNow("The limit has passed; adding time would have had to be told before it.")
    request.extension, request.due_at = reason, request.due_at + MORE
    note(request, "More time is needed", now, actor=operator, words=EXTENSIONS[reason])


def withdraw(request: RightsRequest, now: datetime) -> None:
    move(request, State.WITHDRAWN, "Withdrawn by you", now)


def appeal(request: RightsRequest, words: str, now: datetime) -> None:
    """Look at it again, once; new clocks. Raises NotNow."""
    if request.appealed_at:
        raise NotNow("It was looked at again already. You can go to the authority.")
    try:
        with db.session.begin_nested():
            move(request, State.APPEALED, "You asked us to look at it again", now, words=words)
            db.session.flush()
    except IntegrityError:
        raise NotNow("There is an open request of this kind; write there.") from None
    request.appealed_at = now
    request.target_at, request.due_at = now + TARGET, now + LIMIT


def move(
    request: RightsRequest,
    to: State,
    title: str,
    now: datetime,
    *,
    actor: User | None = None,
    words: str | None = None,
) -> None:
    """The only way to another state. Raises NotNow for a way that is not on the map."""
    if to not in MOVES[State(request.state)]:
        raise NotNow(f"A request that is “{request.state_words}” can't become that.")
    request.state = to
    request.closed_at = now if request.is_over else None
    note(request, title, now, actor=actor, words=words)


def note(
    request: RightsRequest,
    title: str,
    now: datetime,
    *,
    actor: User | None = None,
    words: str | None = None,
) -> None:
    request.events.append(
        RequestEvent(
            at=now, state=request.state, title=title, words=words, actor_id=actor and actor.id
        )
    )


def twin(request: RightsRequest, is_locked: bool = False) -> RightsRequest | None:
    """The open request of the same kind about the same person."""
    chosen = select(RightsRequest).where(
        RightsRequest.kind == request.kind,
        RightsRequest.holder == request.holder,
        RightsRequest.state.in_(ACTIVE),
        RightsRequest.id != request.id,
    )
    return db.session.scalar(chosen.with_for_update() if is_locked else chosen)


def locked(condition: ColumnElement[bool]) -> RightsRequest | None:
    """One request for a change: whoever comes at the same time waits and then sees it changed."""
    chosen = select(RightsRequest).where(condition).with_for_update()
    return db.session.scalar(chosen, execution_options={"populate_existing": True})


def has_link(token: str, now: datetime) -> ColumnElement[bool]:
    """The request behind a mailed link, while that is good."""
    return (RightsRequest.link_hash == digest(token)) & (RightsRequest.link_until > now)
