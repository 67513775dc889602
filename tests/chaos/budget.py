"""How many requests an account may make in a window, as its network counts them and says so."""

import os
from datetime import datetime, timedelta

from app import clock
from tests.chaos import wire
from tests.chaos.faults import Faults
from tests.chaos.truth import Truth

MOST, WINDOW = 12, timedelta(minutes=5)
CAPPED = timedelta(hours=6)  # what we take an absurd wait for


class Budget:
    """Of one account; those that are called narrow have few requests."""

    def __init__(self, truth: Truth, account: str) -> None:
        self.truth, self.account = truth, account
        self.is_narrow = "narrow" in account
        self._headers: dict[str, str] = {}

    def ask(self, now: datetime, *, is_busy: bool, draw: Faults) -> dict[str, str] | None:
        """The headers of a 429, None when the request is let in."""
        with self.truth.state(self.account) as known:
            if not known.get("ends") or clock.parse(known["ends"]) <= now:
                known |= {"ends": (now + WINDOW).isoformat(), "asked": 0, "told": 0}
            known["asked"] += 1
            self._note_waits(known.get("closed_until"), now)
            is_over = self.is_narrow and known["asked"] > MOST
            if is_over and known["told"]:
                what = f"request {known['asked']} of {MOST} by {known['ends']}"
                self.truth.note(self.account, violates="I9", what=what)
            ends = clock.parse(known["ends"])
            if is_busy or is_over:
                form = draw_form(draw) if is_busy else "seconds"
                until = now + timedelta(seconds=draw.uniform(30, 300)) if is_busy else ends
                if form in ("seconds", "date", "unix"):
                    known["closed_until"] = until.replace(microsecond=0).isoformat()
                elif form == "absurd":
                    known["closed_until"] = (now + CAPPED).isoformat()
                if form in ("seconds", "date", "unix", "absurd"):
                    self.truth.note(
                        self.account,
                        closed=known["closed_until"],
                        by=os.getpid(),
                        at=now.isoformat(),
                    )
                return wire.wait(form, until, now)
            known["told"] = 1
            self._headers = self._tell(MOST - known["asked"], ends)
        return None

    def _note_waits(self, until: str | None, now: datetime) -> None:
        """A request that leaves in the same instant as the 429 could not know of it."""
        if until and clock.parse(until) > now:
            self.truth.note(self.account, inside=until, at=now.isoformat())

    def _tell(self, left: int, ends: datetime) -> dict[str, str]:
        if not self.is_narrow:
            return {}
        return {
            "X_RateLimit_Limit": str(MOST),
            "X_RateLimit_Remaining": str(max(left, 0)),
            "X_RateLimit_Reset": ends.isoformat(),
        }

    def headers(self) -> dict[str, str]:
        """What an answer tells of the budget."""
        return self._headers


def draw_form(draw: Faults) -> str:
    """Mostly sane ones."""
    place = int(draw.uniform(0, 40))
    return "absurd" if place == 0 else wire.WAITS[:5][place % 5]
