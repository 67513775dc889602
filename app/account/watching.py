"""What is watched for: guessing, new devices, takeovers; and from when on people are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.account import activity, alerts, devices, limits
from app.account.limits import FACTOR, SIGN_IN, Limit
from app.account.models import User
from app.account.visits import Visit
from app.db import db

# Addresses that one network failed with; the tenth in a quarter of an hour is told to operators.
SPREAD = Limit("sign-in spread", 9, 15 * 60)
PAIR = Limit("sign-in pair", 1, 15 * 60)
TAKEOVER = Limit("takeover", 1, 24 * 3600)
COPIES = Limit("copies", 1, 24 * 3600)
USUAL = 3  # copies in a day
SOON, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Tries:
    """Seconds to wait, 0 while within the limit: for the address, and for it from here only."""

    address: int
    here: int

    @property
    def is_hopeless(self) -> bool:
        """Not even looked at: the password is not hashed."""
        return bool(self.address and self.here)

    def may_enter(self, user: User, where: Visit, now: datetime) -> bool:
        """Others' guessing does not lock a person out of a device that we know (no lock-out)."""
        return not self.address or devices.is_known(user, where, now)


def note(email: str, user_id: int | None, where: Visit, now: datetime) -> list[int | None]:
    """A wrong password, for an address that may be nobody's; the alerts that it sets off."""
    told: list[int | None] = []
    is_first = limits.take(PAIR, f"{email} {where.network}", now) == 0
    if is_first and limits.take(SPREAD, where.network, now):
        told.append(_tell("spraying", SPREAD, where.network, where, None, now))
    count = limits.count(SIGN_IN, email, now)  # asked for nobody, too: it takes as long
    if user_id and count == SIGN_IN.most:
        user = db.session.get_one(User, user_id)
        told.append(_tell("guessing", SIGN_IN, email, where, user, now))
    return told


def note_factor(user: User, where: Visit, now: datetime) -> int | None:
    """A wrong code after the right password; the alert that it sets off."""
    if limits.count(FACTOR, str(user.id), now) < FACTOR.most:
        return None
    return _tell("factor_guessing", SIGN_IN, str(user.id), where, user, now)


def arrival(user: User, where: Visit, now: datetime) -> list[int | None]:
    """Somebody signed in: the alerts for a device that we don't know."""
    told = devices.recognise(user, where, now)
    is_suspicious = told and alerts.was_told(user, alerts.REMOVALS, now - SOON)
    return [told, _takeover(user, where, now) if is_suspicious else None]


def removal(user: User, where: Visit, now: datetime) -> int | None:
    """A factor is gone: the alert, when a new device came just before."""
    is_suspicious = alerts.was_told(user, ["new_device"], now - SOON)
    return _takeover(user, where, now) if is_suspicious else None


def copies(user: User, where: Visit, now: datetime) -> int | None:
    """Somebody takes a copy of data; the alert for the fourth within a day."""
    taken = activity.copies_since(user, now - DAY) + 1
    return _tell("exports", COPIES, str(user.id), where, user, now) if taken > USUAL else None


def _takeover(user: User, where: Visit, now: datetime) -> int | None:
    return _tell("takeover", TAKEOVER, str(user.id), where, user, now)


def _tell(
    kind: str, limit: Limit, subject: str, where: Visit, user: User | None, now: datetime
) -> int | None:
    """Once in the window of `limit`."""
    window, _ = limits.window(limit, subject, now)
    return alerts.tell(kind, window, where, now, user=user)
