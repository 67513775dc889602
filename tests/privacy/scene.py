"""Two people with a row in every table that can be theirs, and all rows as they stand."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import audit, clock
from app.account.models import User
from app.db import db
from app.privacy import holds
from app.privacy.erasures import CLOSED, Erasure
from app.privacy.exports import holder_of
from app.privacy.recipients import ErasureNotice
from tests import make
from tests.privacy.canaries import plant

Only = set[str] | None  # tables that are looked at; all of them
Rows = dict[str, dict[Any, dict[str, Any]]]  # by table and key


@dataclass(frozen=True)
class Scene:
    """Bob owns Orchard together with Alice, Charlie owns Elsewhere alone; both have a row of
    everything."""

    bob: User
    charlie: User
    before: Rows


def build() -> Scene:
    bob, charlie = make.bob("owner"), make.charlie()
    plant(bob), plant(charlie)
    for user in (bob, charlie):
        _what_plant_leaves_out(user)
    return Scene(bob, charlie, every_row())


def _what_plant_leaves_out(user: User) -> None:
    """The record of what is done here: the trail, a hold, an erasure with whom it was passed on to."""
    now, home = clock.now(), holder_of(user).organizations[0]
    audit.record("organization.changed", organization=home, actor=user.id, subject=user.id)
    review_on = (now + timedelta(days=9)).date()
    holds.place("user", user.id, "A court", "A case", review_on, user.id, now)
    begun = Erasure(
        user_id=user.id, code=f"c{user.id}", state=CLOSED, asked_at=now, due_at=now, choices={},
        plan_hash="", steps={}, kept=[], identity="x",
    )  # fmt: skip
    db.session.add(begun)
    db.session.flush()
    db.session.add(ErasureNotice(erasure_id=begun.id, recipient="x", payload="x", state="pending"))
    audit.sign_head(now)
    db.session.commit()


def every_row(only: Only = None) -> Rows:
    return {
        one.name: {
            tuple(row[key.name] for key in one.primary_key): dict(row)
            for row in db.session.execute(select(one)).mappings()
        }
        for one in db.metadata.sorted_tables
        if only is None or one.name in only
    }
