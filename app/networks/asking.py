"""Asking a network: what its answer means in our values, the same for every adapter."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app import clock, http
from app.networks import Refused, Unknown

LONGEST_WAIT = timedelta(hours=6)
LOST = "The network did not say whether it took this."


async def ask(
    web: http.Client,
    method: str,
    url: str,
    *,
    wait: Sequence[str] = (),
    answers: Collection[int] = (),
    **what: Any,
) -> http.Answer | Refused | Unknown:
    """One request. Not sent is a refusal, no answer and 5xx are not knowing, 429 is a wait. `wait`:
    where the body of a 429 says its seconds, for networks that say it there. `answers`: statuses
    from 500 on that say something here, for the caller to read."""
    try:
        answer = await web.send(method, url, **what)
    except http.NotSent as trouble:
        return Refused(str(trouble), not_sent=True)
    except http.NoAnswer as trouble:
        return Unknown(str(trouble))
    if answer.status >= 500 and answer.status not in answers:
        return Unknown(f"{LOST} (It answered {answer.status}.)")
    if answer.status == 429:
        now = clock.now()
        until = _seconds_in_body(answer, wait, now) or retry_at(answer.headers, now)
        return Refused("The network asks us to wait a little.", retry_at=until)
    return answer


def told(
    answer: http.Answer | Refused | Unknown, refusal: Callable[[http.Answer], Refused]
) -> dict[str, Any] | Refused | Unknown:
    """The object in the body of a success, or why there is none; `refusal` puts a no into words."""
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status >= 300:
        return refusal(answer)
    try:
        said = answer.json()
    except http.Unreadable:
        return Unknown(LOST)
    return said if isinstance(said, dict) else Unknown(LOST)


def _seconds_in_body(answer: http.Answer, path: Sequence[str], now: datetime) -> datetime | None:
    """Seconds, whole or broken, that the body names at that path of keys."""
    if not path:
        return None
    try:
        said = answer.json()
        for key in path:
            said = said[key]
        return now + min(max(timedelta(seconds=float(said)), timedelta()), LONGEST_WAIT)
    except (http.Unreadable, KeyError, TypeError, ValueError, OverflowError):
        return None


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """From Retry-After (RFC 9110 10.2.3: seconds or a date) or RateLimit-Reset (a Unix time, or
    seconds), also as X and Pinterest spell it, and as Mastodon fills it in (RFC 3339)."""
    for name in ("Retry-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"):
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
        parse = datetime.fromisoformat if text[4:5] == "-" else parsedate_to_datetime
        moment = parse(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
