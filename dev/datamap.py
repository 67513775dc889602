"""docs/data-map.md from the marks on the models: `python -m dev.datamap`; --check only compares."""

import sys
from pathlib import Path

import app.features  # noqa: F401  # all models
from app import datamap
from app.db import db

TARGET = Path(__file__).resolve().parent.parent / "docs/data-map.md"
HEAD = """# The data map

Every column of the database, with what it holds of a person, why, on what legal basis and until when.
Made from the marks on the models by `python -m dev.datamap`; `make lint` fails when it is out of date,
and the tests fail on a column without a mark. Columns without a category hold nothing personal.
"""
COLUMNS = ("column", "category", "subject", "purpose", "basis", "retention", "erase", "why")


def write() -> str:
    parts, table = [HEAD], ""
    for row in datamap.rows(db.metadata):
        name = row["column"].split(".")[0]
        if name != table:
            table = name
            parts += [
                f"\n## {table}\n",
                "| " + " | ".join(COLUMNS) + " |",
                "|---" * len(COLUMNS) + "|",
            ]
        cells = [row["column"].split(".")[1], *(row[column] for column in COLUMNS[1:])]
        parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts) + "\n"


def main() -> int:
    text = write()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        sys.stderr.write("docs/data-map.md is out of date: run python -m dev.datamap\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
