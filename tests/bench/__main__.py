"""`make bench`: prints a table and writes bench.json; `make bench T=figures` runs one part. Fails when a
part breaks or a ratio leaves its bounds, never on absolute time."""

import json
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType

from tests.bench import Figure, export, figures, lateness, memory, million, page, purge, rush, trail

TARGET = Path(__file__).resolve().parents[2] / "bench.json"
WRITTEN = ("name", "value", "unit", "floor", "ratio")
PARTS = (page, lateness, memory, export, million, figures, purge, rush, trail)


def main(only: list[str]) -> int:
    found: list[Figure] = []
    broken: list[str] = []
    for part in PARTS:
        name = part.__name__.rsplit(".", 1)[-1]
        if not only or name in only:
            measured = _measure(part)
            broken += [] if measured else [name]
            for each in measured:
                print(each.line, flush=True)
            found += measured
    rows = [{name: getattr(each, name) for name in WRITTEN} for each in found]
    TARGET.write_text(json.dumps(rows, indent=2) + "\n")
    left = [each.name for each in found if not each.is_kept]
    print(f"{len(found)} figures. Broken: {broken or 'none'}. Out of bounds: {left or 'none'}.")
    return 1 if broken or left else 0


def _measure(part: ModuleType) -> list[Figure]:
    """A part that breaks is shown, and takes no other with it."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            measured: list[Figure] = part.measure(Path(folder))
            return measured
    except Exception:
        traceback.print_exc()
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
