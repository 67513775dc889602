"""What changed from one text to another, word by word."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

SAME, ADDED, REMOVED = "same", "added", "removed"
# A word with the space after it; in scripts that put no spaces, each character.
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]\s*|[^\W\u3040-\u30ff\u3400-\u9fff]+\s*|[^\w\s]\s*|\s+"
)
MOST = 250_000  # pairs of words that are compared; what differs more is shown as written anew


class Piece(NamedTuple):
    kind: str  # same | added | removed
    text: str


def diff(old: str, new: str) -> list[Piece]:
    """In reading order; neighbours of one kind are one piece."""
    before, after = WORD.findall(old), WORD.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    pieces = [Piece(SAME, "".join(before[:start]))]
    pieces += _between(before[start : len(before) - end], after[start : len(after) - end])
    pieces.append(Piece(SAME, "".join(before[len(before) - end :])))
    return [one for one in pieces if one.text]


def _alike(one: list[str], other: list[str]) -> int:
    """How many words are the same from the beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _between(old: list[str], new: list[str]) -> list[Piece]:
    if len(old) * len(new) > MOST:
        return [Piece(REMOVED, "".join(old)), Piece(ADDED, "".join(new))]
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(SAME, "".join(old[a:b])))
        else:
            found += [Piece(REMOVED, "".join(old[a:b])), Piece(ADDED, "".join(new[c:d]))]
    return found
