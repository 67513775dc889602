"""What was told is counted once, in whatever order it comes: held against a recount from scratch."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from app.analytics.models import Measure, Reading, Tally, hour_of
from app.analytics.recording import Look, record
from app.analytics.taking_up import take_up
from app.db import db as database
from app.networks.figures import METRICS, Figures
from tests import make
from tests.analytics.things import published

BORN = datetime(2026, 3, 29, 0, 40, tzinfo=UTC)  # an hour before Berlin's clocks change
COUNT = st.none() | st.integers(0, 6)


@pytest.fixture
def ids(db: object) -> list[int]:
    """Three posts on two channels, published half an hour apart."""
    alice = make.alice()
    channels = [make.channel(alice, "bluesky", "one"), make.channel(alice, "mastodon", "two")]
    made = [
        published(alice, channels[n % 2], BORN + n * timedelta(minutes=30), f"p{n}").id
        for n in range(3)
    ]
    take_up(None, BORN + timedelta(hours=2))
    database.session.commit()
    return made


def start_over() -> None:
    for model in (Reading, Tally):
        database.session.execute(delete(model))
    empty = dict.fromkeys((*METRICS, "fetched_at", "gone_at"))
    database.session.execute(update(Measure).values(**empty, unchanged=0))
    database.session.commit()


def tallies() -> dict[tuple[int, int], dict[str, int | None]]:
    rows = database.session.scalars(select(Tally)).all()
    return {(r.channel_id, r.hour): {m: getattr(r, m) for m in METRICS} for r in rows}


def recounted() -> dict[tuple[int, int], dict[str, int | None]]:
    """Metric by metric from all readings, without any code of the application's."""
    found: dict[tuple[int, int], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(METRICS))
    for measure in database.session.scalars(select(Measure)):
        chosen = select(Reading).where(Reading.delivery_id == measure.delivery_id)
        rows = database.session.scalars(chosen.order_by(Reading.at)).all()
        for metric in METRICS:
            told = [(r.at, getattr(r, metric)) for r in rows if getattr(r, metric) is not None]
            for n, (at, count) in enumerate(told):
                gain = count - (told[n - 1][1] if n else 0)
                hour = int((at if n else measure.published_at).timestamp() // 3600)
                of_hour = found[measure.channel_id, hour]
                of_hour[metric] = (of_hour[metric] or 0) + gain
    return dict(found)


def current() -> dict[int, tuple[int | None, ...]]:
    return {m.delivery_id: m.figures.values for m in database.session.scalars(select(Measure))}


def check(ids: list[int]) -> None:
    database.session.expire_all()
    assert tallies() == recounted()
    for n, metric in enumerate(METRICS):
        summed = database.session.scalar(select(func.sum(getattr(Tally, metric))))
        told = [values[n] for values in current().values() if values[n] is not None]
        assert summed == (sum(told) if told else None), metric


@st.composite
def looks(draw: st.DrawFn) -> list[tuple[int, int, Figures]]:
    """(which post, minutes after it went up, what was told) of few metrics and few times, so that
    they meet."""
    one = st.tuples(
        st.integers(0, 2),
        st.integers(1, 40).map(lambda n: 25 * n),
        st.builds(Figures, likes=COUNT, replies=COUNT, impressions=COUNT),
    )
    return draw(st.lists(one, max_size=12))


ONE_DATABASE = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ONE_DATABASE
@given(looks(), st.data())
def test_tallies_are_what_a_recount_from_scratch_finds(
    ids: list[int], drawn: list[tuple[int, int, Figures]], data: st.DataObject
) -> None:
    """Late, twice, with less than before, with metrics that are told only now and then."""
    drawn = list({(n, m): (n, m, told) for n, m, told in drawn}.values())
    start_over()
    every = [Look(ids[n], BORN + timedelta(minutes=m), told) for n, m, told in drawn]
    mixed = data.draw(st.permutations(every + every[::3]))
    cut = data.draw(st.integers(0, len(mixed)))
    for some in (mixed[:cut], mixed[cut:]):
        record(some)
        database.session.commit()
    check(ids)
    before = tallies(), current()
    assert record(mixed) == 0
    database.session.commit()
    database.session.expire_all()
    assert (tallies(), current()) == before


@ONE_DATABASE
@given(looks())
def test_in_order_nothing_that_was_told_is_lost(
    ids: list[int], drawn: list[tuple[int, int, Figures]]
) -> None:
    start_over()
    latest: dict[int, dict[str, int]] = defaultdict(dict)
    drawn = list({(n, m): (n, m, told) for n, m, told in drawn}.values())
    for n, minutes, told in sorted(drawn, key=lambda one: one[:2]):
        record([Look(ids[n], BORN + timedelta(minutes=minutes), told)])
        latest[ids[n]] |= {m: c for m in told.told if (c := getattr(told, m)) is not None}
    database.session.commit()
    check(ids)
    for id, values in current().items():
        assert {m: c for m, c in zip(METRICS, values, strict=True) if c is not None} == latest[id]


def test_a_look_that_comes_after_a_later_one_changes_nothing(ids: list[int]) -> None:
    first, second = (BORN + timedelta(hours=n) for n in (1, 2))
    record([Look(ids[0], second, Figures(likes=5))])
    assert record([Look(ids[0], first, Figures(likes=9))]) == 0
    assert record([Look(ids[0], second, Figures(likes=9))]) == 0
    database.session.commit()
    check(ids)
    assert database.session.get_one(Measure, ids[0]).likes == 5


def test_the_same_figures_add_no_reading_and_make_looks_rarer(ids: list[int]) -> None:
    for hour in (1, 2, 3):
        at = BORN + timedelta(hours=hour)
        assert record([Look(ids[0], at, Figures(likes=5))]) == (hour == 1)
    measure = database.session.get_one(Measure, ids[0])
    assert measure.unchanged == 2 and measure.fetched_at == at
    assert measure.next_at == at + timedelta(hours=4)
    assert database.session.scalar(select(func.count()).select_from(Reading)) == 1


def test_what_came_in_before_the_first_look_counts_for_the_hour_of_publication(
    ids: list[int],
) -> None:
    """Such as while a channel's keys did not work."""
    late = BORN + timedelta(days=5)
    record([Look(ids[0], late, Figures(likes=5))])
    record([Look(ids[0], late + timedelta(hours=1), Figures(likes=4, clicks=2))])
    database.session.commit()
    found = {hour: gains for (_, hour), gains in tallies().items()}
    assert found[hour_of(BORN)]["likes"] == 5
    assert found[hour_of(BORN)]["clicks"] == 2
    assert found[hour_of(late + timedelta(hours=1))]["likes"] == -1
    check(ids)


def test_what_has_no_measure_any_more_is_passed_over(ids: list[int]) -> None:
    assert record([Look(10**6, BORN, Figures(likes=1))]) == 0


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia",
                     "Australia/Lord_Howe", "America/New_York", "UTC"]),
)  # fmt: skip
def test_an_hour_falls_on_one_day_of_a_person_or_on_the_border(at: datetime, name: str) -> None:
    """Days are made of hours by the zone's offset then: exact where it is whole hours; elsewhere an
    hour that holds midnight counts for the day on which it begins."""
    zone, moment = ZoneInfo(name), at.replace(tzinfo=UTC)
    hour = hour_of(moment)
    begins = datetime.fromtimestamp(hour * 3600, UTC)
    offset = begins.astimezone(zone).utcoffset()
    assert offset is not None
    minutes = int(offset.total_seconds() // 60)
    day = (hour * 60 + minutes) // 1440
    assert datetime(1970, 1, 1) + timedelta(days=day) == datetime.combine(
        begins.astimezone(zone).date(), datetime.min.time()
    )
    if minutes % 60 == 0 and moment.astimezone(zone).utcoffset() == offset:
        assert moment.astimezone(zone).date() == begins.astimezone(zone).date()
