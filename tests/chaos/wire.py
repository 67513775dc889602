"""The networks' answers as bytes would bring them: statuses, headers, lost replies. They go through
`app.networks.asking`, as those of real ones do."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from app import http
from app.networks import Refused, Unknown
from app.networks.asking import ask

WAITS = ("seconds", "date", "unix", "none", "past", "absurd")
LONG = 10**9  # seconds that no server means


class Wire:
    """Stands where the guarded client stands, for one request; `answer` is what comes back."""

    def __init__(self, web: http.Client, answer: http.Answer | Exception) -> None:
        self.web, self.answer = web, answer

    async def send(self, method: str, url: str, **what: Any) -> http.Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.web.hear:
            self.web.hear(self.answer)
        return self.answer


async def told(
    web: http.Client, answer: http.Answer | Exception
) -> http.Answer | Refused | Unknown:
    """What the engine's own reading makes of it."""
    wire: Any = Wire(web, answer)
    return await ask(wire, "POST", "https://chaos.example/")


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> http.Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = CIMultiDictProxy(CIMultiDict(named))
    return http.Answer(status, told, body, "https://chaos.example/")


def wait(form: str, until: datetime, now: datetime) -> dict[str, str]:
    """The headers of a 429, in one of the forms that servers use."""
    if form == "none":
        return {}
    if form == "seconds":
        return {"Retry_After": str(max(0, round((until - now).total_seconds())))}
    if form == "date":
        return {"Retry_After": format_datetime(until, usegmt=True)}
    if form == "past":
        return {"Retry_After": format_datetime(now - timedelta(hours=1), usegmt=True)}
    if form == "unix":
        return {"X_RateLimit_Reset": str(round(until.timestamp()))}
    return {"Retry_After": str(LONG)}


def lost() -> http.NoAnswer:
    return http.NoAnswer("The connection broke before an answer came.")


def nobody() -> http.NotSent:
    return http.NotSent("We could not reach that server.")
