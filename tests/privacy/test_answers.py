"""The desk carries requests out by the same verbs as a person's own buttons."""

from datetime import timedelta

import pytest

from app import clock
from app.db import db as database
from app.privacy import request_intake, requests
from app.privacy.carrying_out import CARRY_OUT, carry_out
from app.privacy.erasures import open_of
from app.privacy.exports import ExportRun
from app.privacy.request_words import Kind
from app.privacy.requests import NotNow
from tests import make


def begun(kind: Kind) -> request_intake.RightsRequest:
    asked = request_intake.ask(make.alice(), kind, "", clock.now())
    requests.start(asked, make.bob(), clock.now())
    database.session.commit()
    return asked


@pytest.mark.proves("P8.1", "P8.4")
@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.EXPORT])
def test_a_copy_is_ordered(db: object, kind: Kind) -> None:
    words = carry_out(begun(kind), clock.now())
    assert "A copy of your data is being made" in words
    assert database.session.scalars(ExportRun.of(make.alice())).one().state == "waiting"


@pytest.mark.proves("P8.3")
def test_a_deletion_begins_with_the_time_to_take_it_back(db: object) -> None:
    asked = begun(Kind.DELETION)
    now = clock.now()
    carry_out(asked, now)
    running = open_of(make.alice())
    assert running
    assert running.due_at - now == timedelta(days=14)


@pytest.mark.proves("P8.5")
def test_a_restriction_counts_at_once(db: object) -> None:
    carry_out(begun(Kind.RESTRICTION), clock.now())
    assert make.alice().restricted_at


def test_what_a_machine_can_not_do_is_done_by_hand(db: object) -> None:
    assert Kind.CORRECTION not in CARRY_OUT
    with pytest.raises(NotNow, match="by hand"):
        carry_out(begun(Kind.CORRECTION), clock.now())
