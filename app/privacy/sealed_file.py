"""A file sealed piece by piece under a key of its own (AES-256-GCM, NIST SP 800-38D): with the key
gone, so is the file, wherever a copy of it lies.

Shape: frames of a four-byte length and the sealed piece; the nonce is the frame's number, the last
frame is marked as such in the authenticated data, so that a cut file does not pass as a whole one."""

import base64
import struct
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app import storage, vault
from app.datamap import Category, Export, Mark, Retention, personal, secret

LENGTH = struct.Struct(">I")
MORE, LAST = b"more", b"last"


class Damaged(Exception):
    """The file is not what was sealed under this key."""


def name_mark(category: Category, retention: Retention, *, why: str) -> dict[str, Mark]:
    """Of the column that names a kept file: a copy only says that there is one."""
    return personal(category, why=why, retention=retention, export=Export.PRESENCE, names_file=True)


def key_mark(retention: Retention) -> dict[str, Mark]:
    """Of the column that holds its key, locked up."""
    why = "opens the sealed file; the file is worthless without it"
    return secret(Category.SECRET, why=why, at_rest="encrypted", retention=retention)


def keep(pieces: Iterable[bytes], folder: str) -> tuple[str, bytes]:
    """Store the pieces sealed under a new key; the storage key, and the key that opens them."""
    key = new_key()
    return storage.keep_pieces(seal(pieces, key), folder), key


def lock_up(key: bytes, *, bound_to: str) -> str:
    """The key of a stored file, as the row that names the file keeps it."""
    return vault.seal(base64.b64encode(key).decode(), bound_to=bound_to)


def open_kept(storage_key: str, locked_up: str, *, bound_to: str) -> Iterator[bytes]:
    """The pieces as they were. Raises FileNotFoundError or Damaged."""
    key = base64.b64decode(vault.unseal(locked_up, bound_to=bound_to))
    return unseal(storage.read_pieces(storage_key), key)


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def seal(pieces: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    box, number, waiting = AESGCM(key), 0, b""
    for piece in pieces:
        if waiting:
            yield _frame(box, number, waiting, MORE)
            number += 1
        waiting = piece
    yield _frame(box, number, waiting, LAST)


def _frame(box: AESGCM, number: int, piece: bytes, place: bytes) -> bytes:
    sealed = box.encrypt(number.to_bytes(12), piece, place)
    return LENGTH.pack(len(sealed)) + sealed


def unseal(pieces: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """The pieces as they were. Raises Damaged."""
    box = AESGCM(key)
    frames = enumerate(_frames(pieces))
    found = next(frames, None)
    if found is None:
        raise Damaged
    while found:
        following = next(frames, None)
        number, sealed = found
        try:
            yield box.decrypt(number.to_bytes(12), sealed, MORE if following else LAST)
        except InvalidTag:
            raise Damaged from None
        found = following


def _frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(held)[0]
            if len(held) < end:
                break
            yield bytes(held[LENGTH.size : end])
            del held[:end]
    if held:
        raise Damaged
