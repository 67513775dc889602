"""How one cell holds what is more than a text, and the way back: each of these pairs gives back exactly
what went in."""

import json
import re
from collections.abc import Sequence

from app.privacy.streaming import FORMULA

SEVERAL = re.compile(r"[,;|]")
ARMED = re.compile(f"'+[{''.join(map(re.escape, FORMULA))}]")


def guard(cell: str) -> str:
    """One apostrophe more for what looks as if it was guarded already; the first one is put before a
    formula when the line is written (`streaming.csv_line`)."""
    return f"'{cell}" if ARMED.match(cell) else cell


def unguard(cell: str) -> str:
    return cell[1:] if ARMED.match(cell) else cell


def join_names(names: Sequence[str]) -> str:
    """With commas; a line each where a name holds what stands between names elsewhere."""
    if any(SEVERAL.search(name) for name in names):
        return "".join(f"{name}\n" for name in names)
    return ", ".join(names)


def cut_names(cell: str) -> list[str]:
    lines = cell.splitlines() if "\n" in cell or "\r" in cell else SEVERAL.split(cell)
    return [name for line in lines if (name := " ".join(line.split()))]


def join_texts(texts: Sequence[str]) -> str:
    """One as it is, several as a JSON list."""
    if len(texts) == 1 and not texts[0].startswith("["):
        return texts[0]
    return json.dumps(list(texts), ensure_ascii=False) if any(texts) else ""


def cut_texts(cell: str) -> list[str]:
    """A JSON list of texts, or a line each."""
    if cell.startswith("["):
        try:
            found = json.loads(cell)
        except ValueError:
            return [cell]
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found
    return [cell]
