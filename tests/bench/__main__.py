"""`make bench`: prints a table and writes bench.json. Never fails on absolute time."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench import Figure, export, figures, lateness, memory, million, page, purge, rush, trail

TARGET = Path(__file__).resolve().parents[2] / "bench.json"


def main() -> None:
    found: list[Figure] = []
    for part in (page, lateness, memory, export, million, figures, purge, rush, trail):
        with tempfile.TemporaryDirectory() as folder:
            found += part.measure(Path(folder))
    for each in found:
        floor = f"{each.floor:10.1f}" if each.floor else " " * 10
        print(f"{each.name:45} {each.value:10.1f} {each.unit:4} floor {floor}  ratio {each.ratio}")
    rows = [asdict(each) | {"ratio": each.ratio} for each in found]
    TARGET.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
