"""Reports to hand on: counted by the month, within the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.analytics import making
from app.billing.plans import LADDER
from tests import make

NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def test_each_counts_once_and_the_month_begins_anew(
    app: Flask, db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "ladder", LADDER)
    home = make.member(make.alice()).organization_id
    assert making.take(home, NOW) == ""
    refused = making.take(home, NOW)
    assert "Free holds 1 report to hand on a month" in refused and "Solo holds 30" in refused
    assert making.made(home, NOW) == 1
    assert making.take(home, NOW + timedelta(hours=1)) == ""
    assert making.take(make.member(make.charlie()).organization_id, NOW) == ""


def test_where_nothing_is_sold_there_is_no_limit(db: object) -> None:
    home = make.member(make.alice()).organization_id
    assert [making.take(home, NOW) for _ in range(3)] == ["", "", ""]
    assert making.made(home, NOW) == 3
