"""Everything that has an end ends then: not a second before, not a second after, with or without a date."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, func, insert, select, text

from app import audit, clock
from app.account.invitations import Invitation
from app.db import db as database
from app.privacy import holds, retention_jobs, retention_runs
from app.privacy.retention import DELETE, EMPTY, SHRED, Clock, Rule, faults, load_rules, parse
from app.privacy.retention_runs import BRAKED, DRY, RetentionRun
from tests import make
from tests.privacy.canaries import one_row, plant
from tests.times import Times

CLOCKS = [pair for pair in load_rules().clocks() if pair[1].does != SHRED]
LEAP = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)
DST = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # clocks go forward in Berlin
# Each clock on one of the two days in the quick form, in turn.
ENDS = [
    pytest.param(
        *pair,
        now,
        marks=[] if (n + m) % 2 == 0 else pytest.mark.security_long,
        id=f"{pair[1].column}-{name}",
    )
    for n, pair in enumerate(CLOCKS)
    for m, (name, now) in enumerate([("leap day", LEAP), ("clocks change", DST)])
]


@pytest.mark.proves("P6.1", "P6.4", "P3.3")
def test_every_item_has_a_rule_and_every_rule_an_item(app: Flask) -> None:
    with app.app_context():
        assert faults(load_rules(), database.metadata) == []


def test_a_rule_that_is_missing_or_reads_nothing_is_a_fault(app: Flask) -> None:
    with app.app_context():
        one = Rule("account", "…", "…", (Clock("login_session.used_at", 1, "forget"),))
        rules = parse('rules = []\n[backups]\ndays = 1\nsentence = ""')
        assert "account is used by marks and has no rule" in faults(rules, database.metadata)
        bad = type(rules)((one,), 1, "")
        assert "account: login_session.used_at does forget" in faults(bad, database.metadata)
        assert "user.email: account has no clock for this table" in faults(bad, database.metadata)


def age(rule: Rule, clock_: Clock, moment: datetime | None) -> None:
    """Give every row of the clock's table this date."""
    column = clock_.of(database.metadata)
    statement = column.table.update().values({column.name: moment})
    database.session.execute(statement)
    database.session.commit()


def left(clock_: Clock, rule: Rule) -> int:
    """Rows to which it was not done."""
    metadata: MetaData = database.metadata
    table = metadata.tables[clock_.table_name]
    rows = select(func.count()).select_from(table)
    if clock_.does == EMPTY:
        act = next(a for a in [retention_runs.act_of(rule, clock_, metadata, clock.now())])
        rows = rows.where(act.empties[0].is_not(None))
    return database.session.scalar(rows) or 0


@pytest.mark.proves("P6.2")
@pytest.mark.parametrize(("rule", "clock_", "now"), ENDS)
def test_each_rule_ends_at_its_very_second(
    db: object, times: Times, rule: Rule, clock_: Clock, now: datetime
) -> None:
    times.now = now
    plant(make.alice())
    if not left(clock_, rule):
        one_row(database.metadata.tables[clock_.table_name], make.alice())
    before = left(clock_, rule)
    assert before
    for seconds, stays in ((1, True), (0, False), (-1, False)):
        age(rule, clock_, now - timedelta(days=clock_.days) + timedelta(seconds=seconds))
        retention_jobs.run_retention()
        assert (left(clock_, rule) == before) is stays, f"{seconds} s"
    assert clock_.column not in retention_runs.overdue(now)


@pytest.mark.proves("P6.2")
def test_details_of_the_trail_are_shredded_and_it_still_verifies(db: object, times: Times) -> None:
    alice = make.alice()
    audit.record("account.changed", actor=alice.id)
    database.session.commit()
    times.go(days=731, seconds=-1)
    assert "audit_event.at" not in retention_runs.overdue(clock.now())
    times.go(seconds=1)
    assert retention_runs.overdue(clock.now())["audit_event.at"] >= 1
    retention_jobs.run_retention()
    assert retention_runs.overdue(clock.now()) == {}
    assert list(audit.verify()) == []


def test_a_row_without_a_date_counts_as_overdue_unless_its_time_has_not_begun(app: Flask) -> None:
    with app.app_context():
        running = Clock("rights_request.closed_at", 1, DELETE, "running")
        silent = Clock("rights_request.closed_at", 1, DELETE)
        says = [
            str(one.is_over(database.metadata, clock.now()).compile()) for one in (running, silent)
        ]
        assert ["IS NULL" in text for text in says] == [False, True]


def invitations(count: int, expires_at: datetime) -> None:
    organization = make.member(make.alice()).organization_id
    rows: list[dict[str, Any]] = [
        {
            "organization_id": organization,
            "email": f"n{n}@x.example",
            "role": "editor",
            "created_at": expires_at,
            "expires_at": expires_at,
        }
        for n in range(count)
    ]
    database.session.execute(insert(Invitation), rows)
    database.session.commit()


@pytest.mark.proves("P6.2")
def test_the_brake_stops_what_is_unusual_until_a_person_lets_it_go(db: object) -> None:
    invitations(retention_runs.LARGE + 1, clock.now() - timedelta(days=31))
    [run] = retention_jobs.run_retention()
    assert (run.state, run.done) == (BRAKED, 0)
    assert retention_runs.overdue(clock.now()) == {
        "invitation.expires_at": retention_runs.LARGE + 1
    }
    retention_runs.let_go(run)
    database.session.commit()
    [run] = retention_jobs.run_retention()
    assert (run.state, run.done) == ("done", retention_runs.LARGE + 1)


def test_what_is_usual_is_judged_by_the_runs_before() -> None:
    assert not retention_runs.is_unusual(900, 1000, [])
    assert retention_runs.is_unusual(1001, 10_000, [])
    assert not retention_runs.is_unusual(1001, 1_000_000, [])
    assert retention_runs.is_unusual(301, 1_000_000, [100] * 5)
    assert not retention_runs.is_unusual(299, 1_000_000, [100] * 5)


def test_a_dry_run_finds_the_same_and_deletes_nothing(db: object, app: Flask) -> None:
    invitations(3, clock.now() - timedelta(days=31))
    result = app.test_cli_runner().invoke(args=["retention", "run", "--dry-run"])
    assert "3 over, 0 done" in result.output
    assert database.session.scalar(select(func.count()).select_from(Invitation)) == 3
    result = app.test_cli_runner().invoke(args=["retention", "run"])
    assert (result.exit_code, "3 over, 3 done" in result.output) == (0, True)
    assert database.session.scalar(select(func.count()).select_from(Invitation)) == 0
    states = database.session.scalars(select(RetentionRun.state).order_by(RetentionRun.id)).all()
    assert states == [DRY, "done"]


@pytest.mark.proves("P6.3")
def test_a_hold_keeps_overdue_rows_and_their_rule_goes_on_after_it(db: object) -> None:
    invitations(2, clock.now() - timedelta(days=31))
    alice, bob = make.alice(), make.bob()
    day = (clock.now() + timedelta(days=9)).date()
    organization = make.member(alice).organization_id
    hold = holds.place("organization", organization, "Court", "Case 1", day, alice.id, clock.now())
    holds.approve(hold, bob.id, clock.now())
    database.session.commit()
    [run] = retention_jobs.run_retention()
    assert (run.held, run.done) == (2, 0)
    assert retention_runs.overdue(clock.now()) == {}
    holds.release(hold, bob.id, clock.now())
    database.session.commit()
    [run] = retention_jobs.run_retention()
    assert run.done == 2


def test_a_run_is_on_record_before_it_deletes(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    invitations(1, clock.now() - timedelta(days=31))

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retention_runs, "do_some", dies)
    with pytest.raises(KeyboardInterrupt):
        retention_jobs.run_retention()
    database.session.rollback()
    with database.engine.connect() as other:
        assert other.execute(text("SELECT state FROM retention_run")).scalar_one() == "running"
