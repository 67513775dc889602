"""Versions of the policy: files that nobody edits, each bound to the one before it by its hash."""

import difflib
import json
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from app.privacy.promises import ROOT, Register

FOLDER = ROOT / "docs/policies/versions"
AHEAD = timedelta(days=30)  # that a change is announced before it counts


@dataclass(frozen=True)
class Version:
    """One published text. `previous` is the SHA-256 of the version before, empty for the first."""

    name: str
    effective_on: date
    announced_on: date
    summary: str
    previous: str
    sentences: dict[str, str]
    sha256: str

    def is_effective(self, today: date) -> bool:
        return self.effective_on <= today


@dataclass(frozen=True)
class Change:
    """What became of one sentence from a version to the next, as pieces: kept, gone or new words."""

    id: str
    pieces: tuple[tuple[str, str], ...]


def load(folder: Path = FOLDER) -> list[Version]:
    """The oldest first."""
    return [_read(path) for path in sorted(folder.glob("*.toml"))]


@lru_cache(maxsize=1)
def published() -> tuple[Version, ...]:
    return tuple(load())


def _read(path: Path) -> Version:
    raw = tomllib.loads(path.read_text())
    return Version(
        path.stem,
        raw["effective_on"],
        raw["announced_on"],
        raw["summary"],
        raw["previous"],
        raw["sentences"],
        sha256(path.read_bytes()).hexdigest(),
    )


def faults(versions: list[Version], register: Register) -> list[str]:
    """What stands against publishing; empty when the present text is the last version."""
    found = []
    for earlier, later in pairwise(versions):
        if later.previous != earlier.sha256:
            found.append(f"{earlier.name} was edited after {later.name} was made")
        if later.effective_on < later.announced_on + AHEAD:
            found.append(f"{later.name} is announced less than {AHEAD.days} days ahead")
    present = {promise.id: promise.sentence for promise in register.promises}
    if not versions or versions[-1].sentences != present:
        found.append("the sentences have changed: make a version (python -m dev.policy_version)")
    return found


def changes(earlier: Version, later: Version) -> list[Change]:
    """Sentence by sentence, word by word; only those that differ."""
    ids = [*earlier.sentences, *(id for id in later.sentences if id not in earlier.sentences)]
    found = (
        Change(id, _pieces(earlier.sentences.get(id, ""), later.sentences.get(id, "")))
        for id in ids
    )
    return [change for change in found if any(kind != "kept" for kind, _ in change.pieces)]


def _pieces(before: str, after: str) -> tuple[tuple[str, str], ...]:
    old, new = before.split(), after.split()
    pieces = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("kept", " ".join(old[a:b])))
            continue
        pieces += [("gone", " ".join(old[a:b]))] if b > a else []
        pieces += [("new", " ".join(new[c:d]))] if d > c else []
    return tuple(pieces)


def announced(today: date) -> Version | None:
    """A version that is posted and does not count yet."""
    return next((one for one in published() if not one.is_effective(today)), None)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)
