"""A calendar as RFC 5545 wants it: events at instants, in UTC, so that no time zone has to be told."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

WIDTH = 75  # octets of a line, without its end
ESCAPED = re.compile(r"[\\;,]")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
PRODUCT = "-//AllStac//Posts//EN"
AGAIN = "PT1H"  # how often a calendar asks again (RFC 7986 5.7)
LASTS = "PT15M"


@dataclass(frozen=True)
class Event:
    """`uid` names it for ever; `changed_at` is when it was last revised, and `sequence` how often.
    `is_sure`: nothing is waited for but its time."""

    uid: str
    at: datetime
    words: str
    changed_at: datetime
    sequence: int = 0
    is_sure: bool = True


def write(name: str, events: Iterable[Event]) -> bytes:
    """The same events give the same bytes."""
    return b"".join(fold(line) for line in _lines(name, events))


def _lines(name: str, events: Iterable[Event]) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"NAME:{escape(name)}"
    yield f"X-WR-CALNAME:{escape(name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{AGAIN}"
    yield f"X-PUBLISHED-TTL:{AGAIN}"
    for one in events:
        yield from _event(one)
    yield "END:VCALENDAR"


def _event(one: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(one.uid)}"
    yield f"DTSTAMP:{moment(one.changed_at)}"
    yield f"LAST-MODIFIED:{moment(one.changed_at)}"
    yield f"SEQUENCE:{one.sequence}"
    yield f"DTSTART:{moment(one.at)}"
    yield f"DURATION:{LASTS}"
    yield f"SUMMARY:{escape(one.words)}"
    yield f"STATUS:{'CONFIRMED' if one.is_sure else 'TENTATIVE'}"
    yield "CLASS:PRIVATE"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def moment(at: datetime) -> str:
    """Form 2 of RFC 5545 3.3.5. `at` is aware and in UTC."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """RFC 5545 3.3.11; control characters are no text there."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    words = ESCAPED.sub(lambda sign: f"\\{sign[0]}", FORBIDDEN.sub("", lines))
    return words.replace("\n", "\\n")


def fold(line: str) -> bytes:
    """A content line with its end, in pieces of 75 octets (RFC 5545 3.1); no character is cut."""
    pieces: list[bytes] = []
    piece = b""
    for sign in line:
        octets = sign.encode()
        if len(piece) + len(octets) > WIDTH - bool(pieces):  # a space stands before further pieces
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
