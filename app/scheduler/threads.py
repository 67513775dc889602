"""A thread as one text, and the way back, which gives exactly the parts that went in."""

import re
from collections.abc import Iterable

RULE = re.compile(r"-{3,}")  # a line of its own between two posts of a thread
CUT = "---"


def join_thread(parts: Iterable[str]) -> str:
    """A line that would be taken for the one between two posts is a dash longer."""
    return f"\n{CUT}\n".join("\n".join(map(_longer, one.split("\n"))) for one in parts)


def _longer(line: str) -> str:
    return f"{line}-" if RULE.fullmatch(line) else line


def cut_thread(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line == CUT:
            parts.append([])
        else:
            parts[-1].append(line[:-1] if RULE.fullmatch(line) else line)
    return ["\n".join(part) for part in parts]
