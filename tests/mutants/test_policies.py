"""The second lock, weakened in each of its parts once: the probes of tests/tenants have to name it."""

import pytest

from app.db import db as database
from tests.mutants.policies import weakenings
from tests.tenants.probing import faults
from tests.tenants.town import Town

pytestmark = pytest.mark.usefixtures("on_postgres")


@pytest.mark.security_long
@pytest.mark.proves("P7.1")
def test_every_weakened_lock_is_named(town: Town) -> None:
    every = list(weakenings())
    left = []
    for one in every:
        with one.stands():
            left += [] if faults(database.metadata.tables[one.table], town) else [str(one)]
    print(f"row-level security: {len(every) - len(left)} of {len(every)} killed")
    assert not left, "\n".join(["", *left])
