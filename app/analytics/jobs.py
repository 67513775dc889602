"""Collecting figures. Running any of this twice, or twice at once, is harmless: a channel is looked at
by one at a time, and what was told twice counts once."""

import asyncio

from app import clock
from app.analytics import looking, retention, taking_up
from app.db import db
from app.publishing import clones
from app.scope import across_organizations

AT_ONCE = 20  # channels
SHIFTS = 10  # of that many channels in one run


@across_organizations("figures are collected for everybody")
def is_wanted() -> bool:
    return taking_up.is_wanted(clock.now())


@across_organizations("figures are collected for everybody")
def collect() -> int:
    """Look at every channel that is due; how many posts told something new. A copy of another
    instance's database asks nothing: keys that it renewed would be lost to the original."""
    if clones.is_foreign():
        return 0
    while taking_up.take_up(clock.now() - taking_up.A_DAY, clock.now()) == taking_up.CHUNK:
        db.session.commit()
    db.session.commit()
    new = 0
    for _ in range(SHIFTS):
        ids = taking_up.due(clock.now(), AT_ONCE)
        db.session.commit()
        if not ids:
            break
        new += asyncio.run(looking.look_at_all(ids))
    return new


@across_organizations("figures end for everybody")
def tidy() -> None:
    """Take up what was published at any time, put off what can't be asked, and end readings that a
    network lets nobody keep longer."""
    now = clock.now()
    while taking_up.take_up(None, now) == taking_up.CHUNK:
        db.session.commit()
    taking_up.put_off(now)
    db.session.commit()
    retention.end_by_network(now)
    db.session.commit()
