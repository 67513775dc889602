"""One trial per person and per remote account. What is kept of a trial is a keyed fingerprint, so that it
can be recognised and nobody can be read out of it."""

import hmac
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.account.models import Membership
from app.billing.models import Subscription
from app.channels.models import Channel
from app.datamap import Basis, Category, Export, Purpose, Retention, personal, plain
from app.db import Model, db, table

UNVERIFIED = "Confirm your own address first, under Account."
HAD = "Your organisation has had a plan already; a trial comes before the first one."
USED = "You, or one of the connected accounts, have had a trial already."


class TrialMark(Model):
    """Somebody had a trial: a person's address, or an account on a network."""

    __tablename__ = "trial_mark"

    key: Mapped[str] = mapped_column(
        primary_key=True,
        info=personal(
            Category.EMAIL,
            why="to give one trial to each; a keyed fingerprint of an address or an account",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
            retention=Retention.TRIAL,
            export=Export.OMIT,
            unlinked="a keyed fingerprint; it can't be turned back",
        ),
    )
    began_at: Mapped[datetime] = mapped_column(index=True, info=plain())


def why_none(member: Membership) -> str:
    """Why the organisation can't try a plan; empty when it can."""
    if member.user.email_verified_at is None:
        return UNVERIFIED
    if db.session.scalar(Subscription.of(member.organization_id).limit(1)):
        return HAD
    known = select(TrialMark.key).where(TrialMark.key.in_(_keys(member))).limit(1)
    return USED if db.session.scalar(known) else ""


def mark(member: Membership, now: datetime) -> bool:
    """Note it for the person and for each connected account, before it begins; False when one of
    them was noted meanwhile."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    rows = [{"key": key, "began_at": now} for key in _keys(member)]
    new = dialect.insert(table(TrialMark)).values(rows).on_conflict_do_nothing()
    return len(db.session.scalars(new.returning(table(TrialMark).c.key)).all()) == len(rows)


def _keys(member: Membership) -> list[str]:
    channels = db.session.scalars(Channel.of(member)).all()
    accounts = {f"{one.network}\n{one.account_id}" for one in channels if one.network != "sandbox"}
    return [_fingerprint(f"person\n{member.user.email}"), *map(_fingerprint, sorted(accounts))]


def _fingerprint(words: str) -> str:
    secret = current_app.config["SETTINGS"].secret_key.encode()
    return hmac.digest(secret, f"trial\n{words}".encode(), "sha256").hex()
