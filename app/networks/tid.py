"""Timestamp identifiers of the AT Protocol (atproto.com/specs/tid): 64 bits, base32-sortable."""

from datetime import datetime, timedelta

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def make(at: datetime, clock_id: int) -> str:
    """13 characters: microseconds since 1970 (53 bits) and a clock id (10 bits)."""
    microseconds = int(at.timestamp() * 1_000_000)
    number = (microseconds & (2**53 - 1)) << 10 | (clock_id & 0x3FF)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def of_row(id: int, at: datetime) -> str:
    """The same for a row of ours and its time: two rows that are due at the same moment differ, up to
    a thousand million of them."""
    rest, clock_id = divmod(id, 1024)
    return make(at + timedelta(microseconds=rest % 1_000_000), clock_id)
