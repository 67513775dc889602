"""Whether a secret is one that somebody could guess. An estimate that errs towards letting pass:
what a random generator makes is never refused."""

from base64 import urlsafe_b64decode
from collections import Counter
from math import log2

ENOUGH = 90  # bits, by the frequency of characters; 32 random hexadecimal digits have some 115
PUBLISHED = (
    "0123456789", "abcdefgh", "change-me", "change_me", "changeme", "deadbeef", "example",
    "insecure", "only-for", "password", "secret-key", "secret_key", "secretkey", "your-secret",
)  # fmt: skip


def why_weak(secret: str) -> str:
    """What is wrong with a text that signs; empty when nothing is."""
    if any(word in secret.lower() for word in PUBLISHED):
        return "holds a word from an example"
    if repeats(secret) or bits(secret) < ENOUGH:
        return "could be guessed"
    return ""


def why_weak_key(key: str) -> str:
    """The same for a Fernet key: 32 bytes in base64."""
    raw = urlsafe_b64decode(key.strip())
    if all(32 <= byte < 127 for byte in raw):
        return "is a text that somebody typed, not random bytes"
    if len(set(raw)) < 16:
        return "could be guessed"
    return ""


def bits(text: str) -> float:
    """Shannon's estimate for the whole text."""
    size = len(text)
    return -sum(n * log2(n / size) for n in Counter(text).values())


def repeats(text: str) -> bool:
    """Is it one shorter text over and over?"""
    return 0 < (text + text).find(text, 1) < len(text)
