"""One trial per person and per remote account. What is kept of a trial is a keyed fingerprint, so that it
can be recognised and nobody can be read out of it."""

import hmac
from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.account.allowances import NoRoom
from app.account.models import Membership
from app.billing.models import Subscription, account_of, live
from app.channels.models import Channel
from app.datamap import Basis, Category, Export, Purpose, Retention, personal, plain
from app.db import Model, db, inserting, table
from app.networks import Account

UNVERIFIED = "Confirm your own address first, under Account."
HAD = "Your organisation has had a plan already; a trial comes before the first one."
TRIED = (
    "{} was in a trial before, and each account can be in one. It can be connected once the plan is paid"
    " for, or when the trial is over."
)
SANDBOX = "sandbox"  # everybody has one
USED = "You, or one of the connected accounts, have had a trial already."


class TrialMark(Model):
    """Somebody had a trial: a person by address and by number, since addresses change, or an account on a
    network."""

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
    trial: Mapped[str] = mapped_column(
        default="", server_default="", info=plain("which one: a keyed fingerprint of its customer")
    )


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
    keys = _keys(member)
    return len(_note(member.organization_id, keys, now)) == len(keys)


def gate(member: Membership, account: Account, now: datetime) -> None:
    """While a plan is tried out, an account that is connected is noted too. Raises NoRoom for one that
    was in somebody's trial before."""
    found = live(member.organization_id)
    if found is None or found.state != "trialing" or account.network == SANDBOX:
        return
    key = _fingerprint_of(account.network, account.account_id)
    if _note(member.organization_id, [key], now):
        return
    whose = db.session.scalar(select(TrialMark.trial).where(TrialMark.key == key))
    if whose != _trial(member.organization_id):
        raise NoRoom(TRIED.format(account.handle))


def _note(organization_id: int, keys: list[str], now: datetime) -> Sequence[str]:
    """Those that were not known."""
    trial, marks = _trial(organization_id), table(TrialMark)
    rows = [{"key": key, "began_at": now, "trial": trial} for key in keys]
    new = inserting(marks).values(rows).on_conflict_do_nothing()
    return db.session.scalars(new.returning(marks.c.key)).all()


def _trial(organization_id: int) -> str:
    account = account_of(organization_id)
    return _fingerprint(f"customer\n{account.customer_id}") if account else ""


def _keys(member: Membership) -> list[str]:
    channels = db.session.scalars(Channel.of(member)).all()
    accounts = {(one.network, one.account_id) for one in channels if one.network != SANDBOX}
    person = [f"person\n{member.user.email}", f"number\n{member.user_id}"]
    return [*map(_fingerprint, person), *(_fingerprint_of(*one) for one in sorted(accounts))]


def _fingerprint_of(network: str, account_id: str) -> str:
    return _fingerprint(f"{network}\n{account_id}")


def _fingerprint(words: str) -> str:
    secret = current_app.config["SETTINGS"].secret_key.encode()
    return hmac.digest(secret, f"trial\n{words}".encode(), "sha256").hex()
