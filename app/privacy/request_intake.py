"""How a request comes in, and how it is shown who asks: by a sign-in, by a link that went to the
address, by a network's signature, or by one of us. Until then it changes nothing of anybody's."""

import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, Table, and_, select
from sqlalchemy.exc import IntegrityError

from app.account.models import User, fold
from app.account.tokens import digest
from app.db import db, table
from app.privacy.inbox import Letter
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import UNVERIFIED, Kind, Proof, Source, State
from app.privacy.requests import LIMIT, SOON, TARGET, NotNow, move, note, twin

UNVERIFIED_DAYS = 14
LINK_DAYS = 30


def receive(
    kind: Kind,
    source: Source,
    now: datetime,
    *,
    user: User | None = None,
    email: str | None = None,
    details: str | None = None,
) -> RightsRequest:
    """Take in what somebody asks; the clocks start. Nobody is shown to be anybody yet."""
    made = RightsRequest(
        code=secrets.token_hex(12),
        kind=kind,
        state=State.RECEIVED,
        source=source,
        user_id=user.id if user else None,
        email=fold(email) if email else None,
        details=details or None,
        received_at=now,
        target_at=now + TARGET,
        due_at=now + LIMIT,
    )
    db.session.add(made)
    note(made, "Received", now)
    db.session.flush()
    return made


def ask(user: User, kind: Kind, details: str, now: datetime) -> RightsRequest:
    """A person who has just signed in asks; no more proof is needed."""
    made = receive(kind, Source.ACCOUNT, now, user=user, details=details)
    return open_request(made, Proof.SIGN_IN, now)


def take_in(letter: Letter, now: datetime) -> RightsRequest:
    """A mail as a request of a kind that its writer will choose; once, however often it comes."""
    known = select(RightsRequest).where(RightsRequest.origin == letter.origin)
    if found := db.session.scalar(known):
        return found
    made = receive(Kind.OTHER, Source.MAIL, now, email=letter.sender, details=letter.text)
    made.origin, made.reply_to = letter.origin, letter.message_id or None
    return made


def renew_link(request: RightsRequest, now: datetime) -> str:
    """A fresh link to the request; the earlier one is dead. The text is given out once."""
    token = secrets.token_urlsafe(32)
    days = LINK_DAYS if request.is_verified else UNVERIFIED_DAYS
    request.link_hash, request.link_until = digest(token), now + timedelta(days=days)
    if request.state == State.RECEIVED:
        move(request, State.IDENTITY_PENDING, "A link went to the address", now)
    return token


def confirm(request: RightsRequest, kind: Kind, details: str, now: datetime) -> RightsRequest:
    """The link was pressed: the address is the asker's. Raises NotNow when it was pressed before."""
    if request.state not in UNVERIFIED:
        raise NotNow("This is confirmed already.")
    request.kind = kind
    request.details = "\n\n".join(filter(None, (request.details, details))) or None
    owner = User.by_email(request.email or "")
    request.user_id = owner.id if owner and owner.email_verified_at else None
    return open_request(request, Proof.LINK, now)


def open_request(request: RightsRequest, proof: Proof, now: datetime) -> RightsRequest:
    """It is shown who asks. The request, or the one of the same kind that is open already and
    takes its words."""
    request.proof, request.holder = proof, holder_of(request)
    request.target_at = request.received_at + (SOON if request.kind == Kind.CHILD else TARGET)
    if found := twin(request):
        return _merge(request, found, now)
    try:
        with db.session.begin_nested():
            move(request, State.OPEN, "It is shown who asks", now)
            db.session.flush()
    except IntegrityError:  # another of the same kind was opened at this very moment
        db.session.refresh(request)
        request.proof, request.holder = proof, holder_of(request)
        return _merge(request, twin(request, is_locked=True) or request, now)
    return request


def _merge(request: RightsRequest, into: RightsRequest, now: datetime) -> RightsRequest:
    move(request, State.WITHDRAWN, f"Joined with request {into.code}", now)
    note(into, "Asked again", now, words=request.details)
    link, until = request.link_hash, request.link_until
    request.link_hash = request.link_until = None
    db.session.flush()  # a link names one request
    into.link_hash, into.link_until = link or into.link_hash, until or into.link_until
    return into


def holder_of(request: RightsRequest) -> str:
    """Who the request is about, as a keyed hash: an account, a network's user, or an address."""
    owner = f"user {request.user_id}" if request.user_id else request.network_user or request.email
    secret = current_app.config["SETTINGS"].secret_key.encode()
    return hmac.digest(secret, f"holder\n{owner}".encode(), "sha256").hex()


def unverified(now: datetime) -> tuple[Table, ColumnElement[bool]]:
    """What nobody stood by for 14 days, and goes."""
    long_ago = RightsRequest.received_at < now - timedelta(days=UNVERIFIED_DAYS)
    return table(RightsRequest), and_(RightsRequest.state.in_(UNVERIFIED), long_ago)


def verify_by_hand(
    request: RightsRequest, operator: User, why: str, now: datetime
) -> RightsRequest:
    """One of us is sure who asks, by a way that `why` tells. Raises NotNow."""
    if request.state not in UNVERIFIED:
        raise NotNow("It is shown already who asks.")
    note(request, "Identity looked at by one of us", now, actor=operator, words=why)
    return open_request(request, Proof.BY_HAND, now)
