"""A copy as a file that anybody may have made: what is in it is looked at before it is believed.

Nothing is unpacked to names of its own; each file is read as a stream, with its hash, at most once
its declared size (a zip that unpacks to more breaks its checksum), and never outside of the list."""

import json
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app import clock, signing
from app.privacy.packing import SCHEMA_VERSION

MOST_FILES = 20_000
MOST_DIRECTORY = 4 * 1024 * 1024  # bytes of the zip's own list
MOST_UNPACKED = 4 * 1024 * 1024 * 1024
MOST_PAPER = 4 * 1024 * 1024  # manifest, signature
MOST_LINE = 1024 * 1024
PIECE = 64 * 1024
END, END_SIZE, END_64 = b"PK\x05\x06", 22, b"PK\x06\x07"
MANIFEST, SEAL = "manifest.json", "manifest.sig.json"
NAME = re.compile(
    r"(?:data/[a-z_]{1,60}\.jsonl|csv/[a-z_]{1,60}\.csv|files/[a-z_]{1,60}-[0-9]{1,10}\.[a-z0-9]{3,4}"
    r"|index\.html|about\.json|schema\.json|manifest\.json|manifest\.sig\.json)"
)
HASH = re.compile(r"[0-9a-f]{64}")


class BadCopy(Exception):
    """`place` says where in the copy, `why` is a sentence for the person."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


class CopyFile:
    """The zip of a copy with its manifest checked. Raises BadCopy, here and while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        _check_directory(file)
        with _readable("the zip"):
            self.zip = ZipFile(file)
        self.entries = _entries(self.zip.infolist())
        self.unread = set(self.entries) - {MANIFEST, SEAL}
        raw = self._paper(MANIFEST)
        self.id = sha256(raw).hexdigest()
        self._take_manifest(strict(raw, MANIFEST))
        seal = strict(self._paper(SEAL), SEAL)
        if not _is_seal(seal) or not signing.is_signed(raw, seal):
            raise BadCopy(MANIFEST, "It was changed after it was signed.")
        self.is_ours = signing.is_ours(raw, seal)
        self.key: str = seal["public_key"]

    def _take_manifest(self, said: Any) -> None:
        if not isinstance(said, dict) or said.get("schema_version") != SCHEMA_VERSION:
            raise BadCopy(MANIFEST, f"It is no copy of version {SCHEMA_VERSION}.")
        self.counts = _mapping(said, "counts", lambda n: type(n) is int and 0 <= n < 2**31)
        self.hashes = _mapping(said, "files", lambda h: bool(HASH.fullmatch(str(h))))
        missing, made_at, instance = (said.get(n) for n in ("missing", "made_at", "instance"))
        if not isinstance(missing, list) or not all(isinstance(one, str) for one in missing):
            raise BadCopy(MANIFEST, "Its list of missing files is none.")
        if not isinstance(instance, str) or not re.fullmatch(
            r"https?://[\w.:\[\]/-]{1,200}", instance
        ):
            raise BadCopy(MANIFEST, "It does not say which instance it is from.")
        try:
            self.made_at = clock.parse(str(made_at))
        except ValueError:
            raise BadCopy(MANIFEST, "It does not say when it was made.") from None
        self.missing, self.instance = frozenset(missing), instance
        for name in sorted(set(self.hashes) ^ (set(self.entries) - {MANIFEST, SEAL})):
            raise BadCopy(name, "The manifest and the zip do not agree that it is there.")

    @property
    def tables(self) -> list[str]:
        """Tables that the copy has rows of."""
        found = [re.fullmatch(r"data/(.+)\.jsonl", name) for name in self.hashes]
        return [match[1] for match in found if match]

    def lines(self, table: str) -> Iterator[bytes]:
        """The rows of a table as they stand there; their number is the manifest's."""
        name, held, number = f"data/{table}.jsonl", b"", 0
        for piece in self.pieces(name):
            *whole, held = (held + piece).split(b"\n")
            for line in whole:
                number += 1
                yield _short(line, name, number)
            _short(held, name, number + 1)
        if held or number != self.counts.get(table):
            raise BadCopy(name, f"It has {number} rows and the manifest says another number.")

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file's bytes; after the last one they are known to be those that were signed for."""
        digest = sha256()
        with _readable(name), self.zip.open(self.entries[name]) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != self.hashes[name]:
            raise BadCopy(name, "It was changed after the copy was made.")
        self.unread.discard(name)

    def check_unread(self) -> None:
        """All files have to be the signed ones, also those that nothing is taken from."""
        for name in sorted(self.unread):
            for _ in self.pieces(name):
                continue

    def _paper(self, name: str) -> bytes:
        if name not in self.entries:
            raise BadCopy(name, "It is missing.")
        if self.entries[name].file_size > MOST_PAPER:
            raise BadCopy(name, "It is too large.")
        with _readable(name):
            return self.zip.read(self.entries[name])


def _short(line: bytes, name: str, number: int) -> bytes:
    if len(line) > MOST_LINE:
        raise BadCopy(f"{name}, line {number}", "It is longer than 1 MB.")
    return line


def strict(raw: bytes, place: str) -> Any:
    """JSON without doubles, NaN or depths that nobody needs. Raises BadCopy."""
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadCopy(place, "It is no JSON that can be read.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_seal(seal: Any) -> bool:
    words = ("algorithm", "public_key", "signature")
    return isinstance(seal, dict) and all(isinstance(seal.get(word), str) for word in words)


def _mapping(said: dict[str, Any], word: str, fits: Any) -> dict[str, Any]:
    found = said.get(word)
    if not isinstance(found, dict) or not all(fits(value) for value in found.values()):
        raise BadCopy(MANIFEST, f"Its {word} are not as they should be.")
    return found


def _check_directory(file: BinaryIO) -> None:
    """How long the zip's list says that it is, before it is read into memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_SIZE - 65_536 - 20))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + END_SIZE:
        raise BadCopy("the zip", "It is no zip, or only a part of one.")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if tail[max(0, at - 20) : at].startswith(END_64) or length > MOST_DIRECTORY:
        raise BadCopy("the zip", f"It holds more than {MOST_FILES} files or 4 GB.")
    file.seek(0)


def _entries(found: list[ZipInfo]) -> dict[str, ZipInfo]:
    entries: dict[str, ZipInfo] = {}
    for info in found:
        if problem := _problem(info, entries):
            raise BadCopy(f"the zip, {info.orig_filename[:80]!r}", problem)
        entries[info.filename] = info
    if len(entries) > MOST_FILES:
        raise BadCopy("the zip", f"It holds more than {MOST_FILES} files.")
    if sum(info.file_size for info in entries.values()) > MOST_UNPACKED:
        raise BadCopy("the zip", "It unpacks to more than 4 GB.")
    return entries


def _problem(info: ZipInfo, known: dict[str, ZipInfo]) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.orig_filename != info.filename or not NAME.fullmatch(info.filename):
        return "No copy holds a file of this name."
    if info.filename in known:
        return "It is there twice."
    if kind not in (0, stat.S_IFREG):
        return "It is a link or a device, not a file."
    if info.flag_bits & 1 or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "It is locked or packed in a way that no copy uses."
    return ""


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise BadCopy(name, "It is damaged and cannot be read.") from None
