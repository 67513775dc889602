"""docs/policies/*.md from the running code: `python -m dev.documents`; --check only compares."""

import sys

import app.features  # noqa: F401  # all models
from app.db import db
from app.privacy import documents


def main() -> int:
    check = "--check" in sys.argv
    stale = documents.build(db.metadata, check=check)
    if check and stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}. Run python -m dev.documents\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
