"""What a row would take along when it goes, and whether a hold names any of it."""

import pytest
from sqlalchemy import Table, select

from app import clock
from app.account.models import Membership, Organization
from app.channels.models import Channel
from app.db import db as database
from app.db import table
from app.privacy import holds
from app.privacy.holds import LegalHold, takes_held
from tests import make

pytestmark = pytest.mark.usefixtures("db")


def hold(scope: str, target: int) -> LegalHold:
    now = clock.now()
    review_on = (now + holds.LONGEST / 2).date()
    placed = holds.place(scope, target, "Court", "Case 12", review_on, make.alice().id, now)
    holds.approve(placed, make.bob().id, now)
    database.session.commit()
    return placed


def would_take(of: Table) -> list[int]:
    return sorted(database.session.scalars(select(of.c.id).where(takes_held(of))))


def test_an_organisation_would_take_a_post_whose_author_is_held() -> None:
    bob, charlie = make.bob(), make.charlie()
    for author in (bob, charlie):
        make.post(author, make.channel(author))
    assert would_take(table(Organization)) == []
    placed = hold("user", bob.id)
    assert would_take(table(Organization)) == [make.member(bob).organization_id]
    holds.release(placed, make.alice().id, clock.now())
    database.session.commit()
    assert would_take(table(Organization)) == []


def test_a_channel_would_take_what_a_held_organisation_sent_there() -> None:
    ours, theirs = make.channel(make.alice()), make.channel(make.charlie())
    for channel, author in ((ours, make.alice()), (theirs, make.charlie())):
        make.post(author, channel)
    hold("organization", make.member(make.alice()).organization_id)
    assert would_take(table(Channel)) == [ours.id]
    assert would_take(table(Membership)) == []
