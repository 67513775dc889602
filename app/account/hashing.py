"""Slow hashes of passwords and recovery codes: argon2id, a few at once and no more."""

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

ROUNDS, KIBIBYTES, LANES = 2, 19 * 1024, 1  # OWASP password storage
hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=KIBIBYTES, parallelism=LANES)
slots = BoundedSemaphore(5)  # per process: a flood of sign-ins waits here instead of eating memory
NOBODY = hasher.hash(secrets.token_urlsafe(16))


def slow_hash(password: str) -> str:
    with slots:
        return hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Takes as long for a person that we don't know as for one that we do."""
    try:
        with slots:
            return hasher.verify(password_hash or NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Made with other parameters than today's."""
    return hasher.check_needs_rehash(password_hash)


def stretch(text: str, salt: bytes) -> str:
    """The same text and salt give the same hash, so that one hash finds its row among several."""
    with slots:
        return hash_secret_raw(
            text.encode(), salt, ROUNDS, KIBIBYTES, LANES, hash_len=32, type=Type.ID
        ).hex()
