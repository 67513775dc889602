"""Consent: events that are only ever added. The last one says how things stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, coming_back, telemetry
from app.account.models import User
from app.datamap import (
    Basis,
    Category,
    Erase,
    Purpose,
    Retention,
    Subject,
    link,
    personal,
    plain,
)
from app.db import Model, db
from app.privacy.notices import notices
from app.privacy.restriction import is_restricted

ANALYTICS = "product_analytics"
SHOWN_FOR = timedelta(days=1)


class State(StrEnum):
    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# An answer given to another instance is history here: it allows and forbids nothing.
ELSEWHERE = {str(state): f"{state}_elsewhere" for state in State}


class Consent(Model):
    """One thing that happened to one consent of one person. Rows are never changed."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    reference: Mapped[str] = mapped_column(
        unique=True, info=plain("names this row in receipts", back=coming_back.text(36))
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(
            Subject.OWNER,
            why="whose consent it is; the record outlives the account, without its person",
            erase=Erase.NULL,
        ),
    )
    purpose: Mapped[str] = mapped_column(
        info=plain("what was asked for, in consents.toml", back=coming_back.text(100))
    )
    state: Mapped[str] = mapped_column(
        info=personal(
            Category.CONSENT,
            why="to show what you answered, and when",
            purpose=Purpose.LEGAL_DUTY,
            basis=Basis.LEGAL_OBLIGATION,
            retention=Retention.CONSENT,
            erase=Erase.TOMBSTONE,
            back=coming_back.one_of(*State, *ELSEWHERE.values(), becomes=ELSEWHERE),
        )
    )
    version: Mapped[int] = mapped_column(info=plain("which wording was shown"))
    text_sha256: Mapped[str] = mapped_column(
        info=plain("hash of the exact text that was shown", back=coming_back.text(64))
    )
    variant: Mapped[str] = mapped_column(
        info=plain("which page it was shown on", back=coming_back.text(100))
    )
    method: Mapped[str] = mapped_column(
        info=plain("button | signal of the browser | new wording", back=coming_back.text(100))
    )
    has_gpc: Mapped[bool] = mapped_column(info=plain("did the browser send Sec-GPC: 1?"))
    at: Mapped[datetime] = mapped_column(info=plain())


@dataclass(frozen=True)
class Shown:
    """The text that stood on a person's screen, and since when; signed, so that an answer can't
    be filed under another text."""

    purpose: str
    version: int
    sha256: str
    variant: str
    at: datetime


def show(purpose: str, variant: str, now: datetime) -> str:
    """What a form carries to say which text it stands under."""
    wording = notices()[purpose].present
    shown = [purpose, wording.version, wording.sha256, variant, now.isoformat()]
    signed: str = _signer().dumps(shown)
    return signed


def read_shown(purpose: str, signed: str, now: datetime) -> Shown | None:
    """Which text a form stood under; None when that was too long ago or is not the present one."""
    try:
        named, version, sha256, variant, at = _signer().loads(signed)
    except BadSignature:
        return None
    shown = Shown(named, version, sha256, variant, clock.parse(at))
    is_present = named == purpose and sha256 == notices()[purpose].present.sha256
    return shown if is_present and shown.at >= now - SHOWN_FOR else None


def unread(purpose: str, now: datetime) -> Shown:
    """For a no, which needs no text to count."""
    wording = notices()[purpose].present
    return Shown(purpose, wording.version, wording.sha256, "none", now)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SETTINGS"].secret_key, salt="consent shown")


def history(user_id: int, purpose: str) -> list[Consent]:
    """All that happened, the oldest first."""
    mine = select(Consent).where(Consent.user_id == user_id, Consent.purpose == purpose)
    return list(db.session.scalars(mine.order_by(Consent.id)))


def state_of(user_id: int, purpose: str) -> State | None:
    """How things stand; None while the person has not answered."""
    answers = (State.GIVEN, State.REFUSED, State.WITHDRAWN, State.EXPIRED)
    mine = select(Consent).where(
        Consent.user_id == user_id, Consent.purpose == purpose, Consent.state.in_(answers)
    )
    last = db.session.scalar(mine.order_by(Consent.id.desc()).limit(1))
    if last is None:
        return None
    if last.state == State.GIVEN and not notices()[purpose].still_covers(
        last.version, last.text_sha256
    ):
        return State.EXPIRED
    return State(last.state)


def is_given(user_id: int, purpose: str) -> bool:
    return state_of(user_id, purpose) is State.GIVEN


def allows_analytics(user_id: int) -> bool:
    """The question that telemetry asks before it notes an event, and again before it sends one."""
    return is_given(user_id, ANALYTICS) and not is_restricted(user_id)


def give(user_id: int, shown: Shown, now: datetime) -> State | None:
    """A yes to this text. Product events may be noted from this moment. What was recorded; None
    when that was the state already."""
    was = state_of(user_id, shown.purpose)
    if was is State.GIVEN:
        return None
    if was is State.EXPIRED:
        _add(user_id, shown, State.EXPIRED, "new wording", now)
    _add(user_id, shown, State.REQUESTED, "button", shown.at)
    _add(user_id, shown, State.GIVEN, "button", now)
    if shown.purpose == ANALYTICS:
        telemetry.begin(user_id)
        joined = db.session.get_one(User, user_id).created_at
        telemetry.tell("analytics_allowed", user_id, account_age=telemetry.age(joined, now))
    return State.GIVEN


def refuse(user_id: int, shown: Shown, now: datetime) -> State | None:
    """A no to this text, or the end of an earlier yes: what waits is dropped at once. What was
    recorded; None when that was the state already."""
    was = state_of(user_id, shown.purpose)
    if was in (State.REFUSED, State.WITHDRAWN):
        return None
    if was is not State.GIVEN:
        _add(user_id, shown, State.REQUESTED, "button", shown.at)
    answer = State.WITHDRAWN if was is State.GIVEN else State.REFUSED
    _add(user_id, shown, answer, "button", now)
    if shown.purpose == ANALYTICS:
        telemetry.end(user_id)
    return answer


def withdraw_by_signal(user_id: int, now: datetime) -> bool:
    """The person's browser says no to everybody (Sec-GPC): an earlier yes ends. True if it did."""
    if not is_given(user_id, ANALYTICS):
        return False
    _add(user_id, unread(ANALYTICS, now), State.WITHDRAWN, "signal of the browser", now)
    telemetry.end(user_id)
    return True


def _add(user_id: int, shown: Shown, state: State, method: str, at: datetime) -> None:
    db.session.add(
        Consent(
            reference=str(uuid4()),
            user_id=user_id,
            purpose=shown.purpose,
            state=state,
            version=shown.version,
            text_sha256=shown.sha256,
            variant=shown.variant,
            method=method,
            has_gpc=telemetry.refuses_tracking(),
            at=at,
        )
    )
    db.session.flush()
