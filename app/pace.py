"""How fast pages may be asked for. Counted in the memory of each process, so that looking at a page
writes nothing; what guards passwords is counted in the database (account/limits.py)."""

from datetime import datetime
from threading import Lock

from flask import Flask, Response, current_app, g, request, session
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.account.limits import place
from app.errors import render_error, sent_token

MINUTE = 60
UNCOUNTED = frozenset({"static", "pages.live", "pages.ready", "media.fetched", "billing.webhook"})
MACHINES = "sandbox_api"  # publishers, with keys of their own


class Pace:
    """At most so many of each subject within a window of so many seconds; 0 is no limit."""

    def __init__(self, most: int, seconds: int) -> None:
        self.most, self.seconds = most, seconds
        self.window, self.counts = 0, dict[str, int]()
        self.lock = Lock()

    def take(self, subject: str, now: datetime) -> int:
        """Count one; the seconds to wait, 0 while within the limit."""
        if not self.most:
            return 0
        window, gone = divmod(int(now.timestamp()), self.seconds)
        with self.lock:
            if window != self.window:
                self.window, self.counts = window, {}
            self.counts[subject] = self.counts.get(subject, 0) + 1
            return self.seconds - gone if self.counts[subject] > self.most else 0


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    app.extensions["pace"] = {
        "session": Pace(settings.pages_per_minute, MINUTE),
        "network": Pace(settings.pages_per_minute_anonymous, MINUTE),
    }
    app.before_request(slow_down)


def slow_down() -> BaseResponse | None:
    """A page that waits, instead of the one that was asked for."""
    if request.endpoint in UNCOUNTED or request.blueprint == MACHINES:
        return None
    token: str | None = session.token if session.get("_user_id") else None  # type: ignore[attr-defined]
    kind, subject = ("session", token) if token else ("network", place(request.remote_addr))
    wait = current_app.extensions["pace"][kind].take(subject, clock.now())
    return too_fast(wait) if wait else None


def too_fast(wait: int) -> Response:
    g.without_person = True  # a cheap page: nothing is asked of the database for it
    words = f"Too many requests came from here. Please wait {wait} seconds."
    return render_error(429, words, again=sent_token(), wait=wait)
