"""Keys that rotate, as the networks see them. A refresh makes the next ones; the refresh key before
stays good until the new access key was used, except at strict accounts, which forget it at once."""

import os
from datetime import datetime, timedelta
from typing import Any

from app.networks import Grant, Refused, Unknown
from tests.chaos.faults import Faults
from tests.chaos.truth import Truth

LIFE = timedelta(minutes=40)
TAKEN_BACK = Refused("The account took our permission back.", reconnect=True)


def first(truth: Truth, account: str, now: datetime) -> Grant:
    """New keys, as a person who connects brings them."""
    with truth.state(account) as known:
        known["made"] = known.get("made", 0) + 1
        known |= {"good": known["made"], "before": None, "is_used": False}
        return _grant(account, known["made"], now)


def _grant(account: str, number: int, now: datetime) -> Grant:
    secrets = {"token": f"tok-{account}-{number}-", "refresh": f"ref-{account}-{number}-"}
    rotates = account.endswith(("rotating", "strict"))
    return Grant(secrets, now + LIFE if rotates else None)


def use(truth: Truth, account: str, token: str, now: datetime) -> Refused | None:
    """None when the access key opens the account."""
    owner, number = _read(token)
    if owner != account:
        truth.note(account, violates="I10", what=f"{account} was asked with a key of {owner}")
    with truth.state(account) as known:
        if number not in (known["good"], known["before"]):
            return Refused("The access key has run out.", stale_token=True)
        if number == known["good"]:
            known["is_used"] = True
    return None


def _read(key: str) -> tuple[str, int]:
    """Whose key it is, and which of theirs: "tok-list-1-17-" is the 17th of list-1."""
    owner, number = key[4:-1].rsplit("-", 1)
    return owner, int(number)


async def rotate(truth: Truth, account: str, grant: Grant, faults: Faults, now: datetime) -> Any:
    """A refresh, with the fault that is drawn for it."""
    fault = faults.answer("refresh")
    truth.note(account, refresh="began", by=os.getpid(), at=now.isoformat())
    faults.reach("network: renewing")
    answer: Grant | Refused | Unknown = Unknown("The reply was lost.")
    if fault == "refuse":
        answer = Refused("Not now.")
    elif fault != "drop":
        made = _next(truth, account, grant, now)
        answer = made if fault == "take" or isinstance(made, Refused) else answer
        truth.note(account, rotated=fault)
    faults.reach("network: renewed")
    truth.note(account, refresh="ended", by=os.getpid(), at=now.isoformat())
    return answer


def _next(truth: Truth, account: str, grant: Grant, now: datetime) -> Grant | Refused:
    owner, number = _read(grant.secrets["refresh"])
    with truth.state(account) as known:
        is_kept = (
            number == known["before"] and not known["is_used"] and not account.endswith("strict")
        )
        if owner != account or not (number == known["good"] or is_kept):
            return TAKEN_BACK
        known["made"] += 1
        known |= {"good": known["made"], "before": number, "is_used": False}
        return _grant(account, known["made"], now)
