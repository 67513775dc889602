"""Asking a network: what its answer means in our values, the same for every adapter."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app import clock, http
from app.networks import Refused, Unknown

LONGEST_WAIT = timedelta(hours=6)
LOST = "The network did not say whether it took this."


async def ask(
    web: http.Client, method: str, url: str, **what: Any
) -> http.Answer | Refused | Unknown:
    """One request. Not sent is a refusal, no answer and 5xx are not knowing, 429 is a wait."""
    try:
        answer = await web.send(method, url, **what)
    except http.NotSent as trouble:
        return Refused(str(trouble), not_sent=True)
    except http.NoAnswer as trouble:
        return Unknown(str(trouble))
    if answer.status >= 500:
        return Unknown(f"{LOST} (It answered {answer.status}.)")
    if answer.status == 429:
        wait = retry_at(answer.headers, clock.now())
        return Refused("The network asks us to wait a little.", retry_at=wait)
    return answer


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """From Retry-After (RFC 9110 10.2.3: seconds or a date) or RateLimit-Reset (a Unix time)."""
    for name in ("Retry-After", "RateLimit-Reset"):
        moment = _moment(headers.get(name, "").strip(), now)
        if moment is not None:
            return min(max(moment, now), now + LONGEST_WAIT)
    return None


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        if text.isascii() and text.isdecimal():
            number = int(text)
            if number > 1_000_000_000:
                return datetime.fromtimestamp(min(number, 10_000_000_000), UTC)
            return now + timedelta(seconds=min(number, 86_400))
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
