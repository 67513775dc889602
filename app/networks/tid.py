"""Timestamp identifiers of the AT Protocol (atproto.com/specs/tid): 64 bits, base32-sortable."""

from datetime import datetime

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def make(at: datetime, clock_id: int) -> str:
    """13 characters: microseconds since 1970 (53 bits) and a clock id (10 bits)."""
    microseconds = int(at.timestamp() * 1_000_000)
    number = (microseconds & (2**53 - 1)) << 10 | (clock_id & 0x3FF)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
