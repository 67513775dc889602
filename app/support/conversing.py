"""What can be done with a conversation. Somebody without an account is read once they confirmed."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, select, update

from app.account.models import User, fold
from app.account.tokens import digest
from app.db import db, table
from app.support.models import ANSWERED, CLOSED, WAITING, Conversation, Message

LINK_DAYS = 30
UNCONFIRMED_DAYS = 14
IDLE_DAYS = 30  # an answer that nobody replies to closes the conversation
rows = table(Conversation)


def begin(user: User, topic: str, text: str, now: datetime) -> Conversation:
    """A person with an account writes to us."""
    return _begin(Conversation(user_id=user.id, confirmed_at=now), topic, text, now)


def begin_unconfirmed(email: str, topic: str, text: str, now: datetime) -> Conversation:
    """Somebody gave an address. It waits unread for the link that goes there."""
    return _begin(Conversation(email=fold(email)), topic, text, now)


def _begin(made: Conversation, topic: str, text: str, now: datetime) -> Conversation:
    made.topic, made.state, made.opened_at, made.written_at = topic, WAITING, now, now
    made.messages = [Message(text=text, sent_at=now)]
    db.session.add(made)
    db.session.flush()
    return made


def write(conversation: Conversation, text: str, now: datetime) -> None:
    """The person adds something; a closed conversation is open again."""
    conversation.messages.append(Message(text=text, sent_at=now))
    conversation.state, conversation.written_at, conversation.closed_at = WAITING, now, None


def answer(conversation: Conversation, operator: User, text: str, now: datetime) -> Message:
    said = Message(text=text, sent_at=now, is_answer=True, operator_id=operator.id)
    conversation.messages.append(said)
    conversation.state, conversation.written_at, conversation.closed_at = ANSWERED, now, None
    db.session.flush()
    return said


def close(conversation: Conversation, now: datetime) -> None:
    conversation.state, conversation.closed_at = CLOSED, conversation.closed_at or now


def renew_link(conversation: Conversation, now: datetime) -> str:
    """A fresh link to the thread; the earlier one is dead. The text is given out once."""
    text = secrets.token_urlsafe(32)
    days = LINK_DAYS if conversation.confirmed_at else UNCONFIRMED_DAYS
    conversation.link_hash = digest(text)
    conversation.link_until = now + timedelta(days=days)
    return text


def by_link(text: str, now: datetime) -> Conversation | None:
    """The conversation behind a mailed link, while it is good."""
    return db.session.scalar(
        select(Conversation).where(
            Conversation.link_hash == digest(text), Conversation.link_until > now
        )
    )


def confirm(conversation: Conversation, now: datetime) -> None:
    """The link was pressed: the address is the writer's, and we may read what it says."""
    conversation.confirmed_at = conversation.confirmed_at or now


def find(user: User, id: int) -> Conversation | None:
    return db.session.scalar(Conversation.of(user).where(Conversation.id == id))


def find_confirmed(id: int) -> Conversation | None:
    """Any conversation, for those who answer."""
    chosen = select(Conversation).where(Conversation.confirmed_at.is_not(None))
    return db.session.scalar(chosen.where(Conversation.id == id))


def to_read(state: str) -> Sequence[Conversation]:
    """Those in a state, the longest waiting first; unconfirmed ones are nobody's to read."""
    chosen = select(Conversation).where(Conversation.confirmed_at.is_not(None))
    order = rows.c.written_at if state == WAITING else rows.c.written_at.desc()
    return db.session.scalars(
        chosen.where(Conversation.state == state).order_by(order).limit(200)
    ).all()


def unconfirmed(now: datetime) -> tuple[Table, ColumnElement[bool]]:
    """What was never confirmed, and goes."""
    long_ago = rows.c.opened_at < now - timedelta(UNCONFIRMED_DAYS)
    return rows, and_(rows.c.confirmed_at.is_(None), long_ago)


def close_quiet(now: datetime) -> None:
    """Close what went quiet after our answer."""
    quiet = (rows.c.state == ANSWERED, rows.c.written_at < now - timedelta(IDLE_DAYS))
    db.session.execute(update(rows).where(*quiet).values(state=CLOSED, closed_at=now))
