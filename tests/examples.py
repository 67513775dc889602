"""How many examples a property is tried on."""

import os


def examples(many: int) -> int:
    """So many where all runs on all (`make test ALL_DATABASES=1`), a fifth in the quick suite: what is
    tried changes with each run."""
    return many if os.environ.get("ALL_DATABASES") else max(many // 5, 10)
