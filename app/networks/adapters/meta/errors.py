"""What Meta's errors mean (developers.facebook.com/docs/graph-api/guides/error-handling;
.../docs/instagram-platform/instagram-graph-api/reference/error-codes; Threads: .../docs/threads/
troubleshooting). Codes say what to do, subcodes what happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import Refused, Unknown
from app.networks.asking import LONGEST_WAIT, LOST

TOKEN = (102, 190)
PERMISSION = (3, 10, *range(200, 300))
BUSY = (4, 9, 17, 32, 341, 613, *range(80_000, 80_015))
OF_APP = 4  # "Application request limit reached": of all who use the app, not of one account
FAULT = (-2, -1, 1, 2)  # of their own, and perhaps after it was done
DUPLICATE, BLOCKED, GONE = 506, 368, 33
SPAM = 2_207_051
NOT_READY = (2_207_027,)
LOST_CONTAINER = (2_207_006, 2_207_008, 2_207_020, 4_279_009)
NO_FETCH = (2_207_003, 2_207_052)
BUSY_FOR = timedelta(minutes=15)
WORDS = {
    458: "The permission was taken away there.",
    459: "It wants you to sign in there and confirm that it is you.",
    460: "The password was changed there.",
    463: "The permission has run out.",
    464: "The account there is not confirmed.",
}


@dataclass(frozen=True)
class Trouble:
    """An error as it came."""

    code: int
    subcode: int
    words: str
    is_transient: bool
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Told(Refused):
    """A refusal that still holds what was answered."""

    trouble: Trouble | None = None

    @property
    def is_gone(self) -> bool:
        """The object is not there: deleted, never made, or not ours to see."""
        found = self.trouble
        return found is not None and (
            (found.code, found.subcode) == (100, GONE) or found.subcode in LOST_CONTAINER
        )

    @property
    def is_busy(self) -> bool:
        """We asked too often; nothing was looked at."""
        found = self.trouble
        return found is not None and found.code in BUSY and found.subcode != SPAM


def trouble(said: Mapping[str, Any]) -> Trouble:
    """Also of the two token endpoints that put `error_message` beside `code`."""
    found = said.get("error")
    found = found if isinstance(found, dict) else said
    words = found.get("error_user_msg") or found.get("message") or found.get("error_message") or ""
    data = found.get("error_data")
    if isinstance(data, str):
        data = _object(data)
    return Trouble(
        _number(found.get("code")),
        _number(found.get("error_subcode")),
        str(words)[:300],
        found.get("is_transient") is True,
        data if isinstance(data, dict) else {},
    )


def meaning(name: str, answer: http.Answer, said: Mapping[str, Any]) -> Told | Unknown:
    """One of our values; `name` is the network's. Unknown where it may have been done all the
    same."""
    found, now = trouble(said), clock.now()
    why = f": {found.words}" if found.words else "."
    if found.code in TOKEN or (found.code == 0 and answer.status == 401):
        words = WORDS.get(found.subcode, "The keys are not taken any more.")
        return Told(f"{name}: {words} Connect the channel again.", reconnect=True, trouble=found)
    if soft := _for_a_while(name, found, answer, now):
        return soft
    if found.code in FAULT or found.is_transient:
        return Unknown(f"{LOST} ({name} had a fault of its own{why})")
    if found.code in PERMISSION:
        words = f"{name} says that a permission is missing{why} Connect the channel again there"
        return Told(f"{words} and leave every permission ticked.", reconnect=True, trouble=found)
    if found.code == DUPLICATE:
        words = f"{name} does not take the same words twice in a row. Change them a little."
        return Told(words, permanent=True, trouble=found)
    if found.code == BLOCKED or found.subcode == SPAM:
        words = f"{name} blocks what this account does, as it looks like spam to it{why} Look at"
        return Told(f"{words} the account's status there.", permanent=True, trouble=found)
    return Told(f"{name} refused it{why}", permanent=True, trouble=found)


def _for_a_while(name: str, found: Trouble, answer: http.Answer, now: datetime) -> Told | None:
    """What is over when we wait or prepare again."""
    if found.subcode in LOST_CONTAINER:
        words = f"{name} does not know what was prepared any more. It is prepared again."
        return Told(words, prepare_again=True, trouble=found)
    if found.subcode in NOT_READY:
        later = now + timedelta(seconds=30)
        return Told(f"{name} is still working on the media.", retry_at=later, trouble=found)
    if found.subcode in NO_FETCH:
        words = f"{name} could not fetch the media from this instance. It has to be reachable"
        later = now + timedelta(minutes=2)
        return Told(f"{words} from the internet.", retry_at=later, trouble=found)
    if found.code in BUSY and found.subcode != SPAM:
        later = now + wait(answer.headers)
        words, of_app = f"{name} asks us to wait a little.", found.code == OF_APP
        return Told(words, retry_at=later, trouble=found, for_all=of_app)
    return None


def wait(headers: Mapping[str, str]) -> timedelta:
    """`estimated_time_to_regain_access` is in minutes (developers.facebook.com/docs/graph-api/
    overview/rate-limiting); `X-App-Usage` tells no time."""
    used = _object(headers.get("X-Business-Use-Case-Usage", ""))
    uses = [use for found in used.values() if isinstance(found, list) for use in found]
    minutes = [
        _number(use.get("estimated_time_to_regain_access")) for use in uses if isinstance(use, dict)
    ]
    longest = max(minutes, default=0)
    return min(timedelta(minutes=longest), LONGEST_WAIT) if longest > 0 else BUSY_FOR


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(found: object) -> int:
    text = str(found)
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) < 12
    return int(text) if is_number else 0
