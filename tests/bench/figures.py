"""Ten million figures on Postgres (a figure is one metric of one post at one time): an organisation's
overview of 90 days beside the same question to a bare table of gains, and beside the raw readings; how
fast figures are written down beside COPY; and what each takes on disk, its index included."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import NullPool, create_engine, event, select, text
from werkzeug.datastructures import MultiDict

from app import clock
from app.account.models import Membership, Organization
from app.analytics import came_in, choosing, overview
from app.analytics.models import Measure, Reading
from app.analytics.periods import Period
from app.analytics.recording import Look, record
from app.db import db, table
from app.networks.figures import METRICS, Figures
from app.scope import across_organizations, within_organization
from tests import make
from tests.bench import Figure
from tests.bench.purge import application
from tests.servers import postgres

FIGURES, LOOKS_OF_A_POST, ORGANIZATIONS = 10_000_000, 30, 1_000
TOLD = (6, 3, 4, 4)  # metrics that the networks of a post's channel tell, by turns
POSTS = FIGURES * len(TOLD) // (LOOKS_OF_A_POST * sum(TOLD))
DAYS, TURNS, INGESTED, AT_SQLITE = 90, 15, 40_000, 400_000
ZONE = ZoneInfo("Europe/Berlin")
FAST = "SET LOCAL statement_timeout = 0"
# Looks come at the ages of the timetable, figures grow the slower the older the post is.
CHANNELS = """INSERT INTO channel (organization_id, network, host, account_id, handle, name, url, state,
    problem, connected_at, facts) SELECT id, 'bluesky', 'h', 'a', 'a', 'a', 'https://a.test', 'active', '',
    now(), '{}' FROM organization WHERE name LIKE 'Figures%'"""
PLANT = (
    """INSERT INTO post (organization_id, text, state, nonce, created_at, updated_at, version, wall_time,
    zone) SELECT 1 + n % :organizations + :first, 'Post', 'published', 'figures' || n, now(), now(), 1, '', ''
    FROM generate_series(1, CAST(:posts AS int)) n""",
    """INSERT INTO delivery (organization_id, post_id, channel_id, state, content_hash, prepared_hash, reason,
    hold, lease_token, tries, patience, reads, external_id, published_at)
    SELECT p.organization_id, p.id, c.id, 'published', 'h', '', '', '', 0, 0, 8, 0, 'x' || p.id,
    date_trunc('day', now()) - (p.id % :days) * interval '1 day' - (p.id % 1439) * interval '1 minute'
    FROM post p JOIN channel c ON c.organization_id = p.organization_id WHERE p.nonce LIKE 'figures%'""",
    """INSERT INTO measure (delivery_id, organization_id, channel_id, published_at)
    SELECT id, organization_id, channel_id, published_at FROM delivery WHERE external_id LIKE 'x%'""",
    """INSERT INTO reading (delivery_id, at, impressions, likes, replies, reposts, clicks, saves)
    SELECT delivery_id, published_at + age, CASE WHEN told = 6 THEN seen END, seen / 40, seen / 200, seen / 90,
    CASE WHEN told = 6 THEN seen / 70 END, CASE WHEN told <> 3 THEN seen / 300 END
    FROM (SELECT m.delivery_id, m.published_at, a.age,
      (ARRAY[6, 3, 4, 4])[1 + m.channel_id % 4] AS told,
      CAST((200 + m.delivery_id * 7919 % 20000)
        * (1 - exp(-extract(epoch FROM a.age) / 90000)) AS bigint) AS seen
      FROM measure m CROSS JOIN (
        SELECT CASE WHEN n <= 20 THEN n * interval '1 hour' ELSE (n - 20) * interval '1 day 1 hour' END AS age
        FROM generate_series(1, CAST(:looks AS int)) n) a) every""",
)
# What came in by the hour, out of the readings alone.
GAINS = """SELECT organization_id, channel_id, hour, {sums} FROM (
  SELECT m.organization_id, m.channel_id, {gains},
    CASE WHEN lag(r.at) OVER w IS NULL THEN floor(extract(epoch FROM m.published_at) / 3600)
      ELSE floor(extract(epoch FROM r.at) / 3600) END::int AS hour
  FROM reading r JOIN measure m ON m.delivery_id = r.delivery_id {where}
  WINDOW w AS (PARTITION BY r.delivery_id ORDER BY r.at)) g GROUP BY 1, 2, 3"""
NO_INDEX = ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan")


def gains(where: str = "") -> str:
    each = (f"r.{m} - coalesce(lag(r.{m}) OVER w, 0) AS {m}" for m in METRICS)
    sums = ", ".join(f"sum({m})::bigint AS {m}" for m in METRICS)
    return GAINS.format(gains=", ".join(each), sums=sums, where=where)


def measure(folder: Path) -> list[Figure]:
    with postgres.database(f"figures_{time.time_ns()}") as url:
        app = application(url, folder)
        postgres.create_tables(url)
        with app.app_context(), across_organizations("a bench plants and looks"):
            told = _plant(url)
            found = [*_overview(url), *_sizes(url, folder, told), *_ingest(url)]
            db.session.rollback()
            db.engine.dispose()
    return found


def _plant(url: str) -> int:
    """How many figures stand there."""
    make.alice()
    now = clock.now()
    made = [Organization(name=f"Figures {n}", created_at=now) for n in range(ORGANIZATIONS)]
    db.session.add_all(made)
    db.session.flush()
    first = made[0].id - 1
    db.session.execute(text(CHANNELS))
    values = {"organizations": ORGANIZATIONS, "first": first, "posts": POSTS, "days": DAYS}
    for statement in PLANT:
        db.session.execute(text(FAST))
        db.session.execute(text(statement), values | {"looks": LOOKS_OF_A_POST})
    db.session.execute(text(FAST))
    columns = ", ".join(("organization_id", "channel_id", "hour", *METRICS))
    db.session.execute(text(f"INSERT INTO channel_tally ({columns}) {gains()}"))
    db.session.commit()
    _as_owner(
        url,
        f"UPDATE measure m SET fetched_at = at, {', '.join(f'{one} = r.{one}' for one in METRICS)} FROM"
        " (SELECT DISTINCT ON (delivery_id) * FROM reading ORDER BY delivery_id, at DESC) r"
        " WHERE r.delivery_id = m.delivery_id AND at < now()",
        "CREATE TABLE bare (LIKE channel_tally INCLUDING INDEXES)",
        "INSERT INTO bare SELECT * FROM channel_tally",
        *(f"VACUUM ANALYZE {name}" for name in ("reading", "channel_tally", "bare", "measure")),
    )
    counts = " + ".join(f"count({m})" for m in METRICS)
    db.session.execute(text(FAST))
    told = db.session.scalar(text(f"SELECT {counts} FROM reading"))
    db.session.commit()
    assert told and told >= FIGURES * 0.95, told
    return int(told)


def _as_owner(url: str, *statements: str) -> None:
    """Without row-level security."""
    engine = create_engine(
        postgres.as_owner(url),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"options": "-c app.organization=* -c statement_timeout=0"},
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _overview(url: str) -> list[Figure]:
    alice = make.member(make.alice())
    id = db.session.scalars(select(Organization.id).where(Organization.name == "Figures 7")).one()
    member = Membership(user_id=alice.user_id, organization_id=id, role="owner")
    today = datetime.now(ZONE).date()
    period = Period(today - timedelta(days=DAYS - 1), today, ZONE)
    db.session.commit()
    statement, values = _statement(member, period)
    engine = create_engine(postgres.as_owner(url), poolclass=NullPool)
    with engine.connect() as bare, within_organization(id):
        asked = statement.replace("channel_tally", "bare")
        session = db.session.connection()
        ours, floor = _by_turns(
            lambda: len(session.exec_driver_sql(statement, values).all()),
            lambda: len(bare.exec_driver_sql(asked, values).all()),
        )
        read = _median(lambda: len(came_in.by_day(member, period)))
        page = _median(lambda: _page(member))
        db.session.rollback()
    with engine.connect() as raw:
        raw.exec_driver_sql("SET app.organization = '*'")
        only = gains(f"WHERE m.organization_id = {id}")
        asked = statement.replace("FROM channel_tally", f"FROM ({only}) AS channel_tally", 1)
        days = {row.local_day: row for row in raw.exec_driver_sql(asked, values)}
        told = came_in.by_day(member, period)
        assert len(days) == len(told) and sum(row.likes for row in days.values()) == sum(
            one.figures.likes or 0 for one in told.values()
        ), "what is counted by the hour is what the readings say"
        indexed = _median(lambda: len(raw.exec_driver_sql(asked, values).all()), 5)
        for name in NO_INDEX:
            raw.exec_driver_sql(f"SET {name} = off")
        scan = _median(lambda: len(raw.exec_driver_sql(asked, values).all()), 3)
    name = f"overview of {DAYS} days among {FIGURES:,} figures"
    return [
        Figure(name, ours, "ms", floor, most=1.5),
        Figure(f"{name}: asked and read by the application", read, "ms", floor),
        Figure(f"{name}: all that stands on the page", page, "ms", None),
        Figure(f"{name}: the scan of all readings", scan, "ms", ours, least=100),
        Figure(f"{name}: the readings by their index", indexed, "ms", ours),
    ]


def _page(member: Membership) -> int:
    """Its four figures, followers, chart, map, lists and sources, as the route asks for them."""
    now = clock.now()
    asked = choosing.read(MultiDict({"days": str(DAYS)}), member, ZONE, now)
    assert asked
    return len(overview.look(member, asked, overview.channels_of(member), now).ends.best)


def _statement(member: Membership, period: Period) -> tuple[str, dict[str, Any]]:
    """What the overview asks, as it is sent."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if "channel_tally" in statement:
            asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    came_in.by_day(member, period)
    event.remove(db.engine, "before_cursor_execute", note)
    db.session.commit()
    return asked[-1]


def _by_turns(*looks: Callable[[], int]) -> list[float]:
    """Milliseconds of each, asked one after the other, so that what else the machine does meets all."""
    times: list[list[float]] = [[] for _ in looks]
    for _ in range(4 * TURNS):
        for look, of_look in zip(looks, times, strict=True):
            began = time.perf_counter()
            assert look() > 0
            of_look.append((time.perf_counter() - began) * 1000)
    return [median(each[5:]) for each in times]


def _median(look: Callable[[], int], turns: int = TURNS) -> float:
    """Milliseconds of one look; the first, which warms up, aside."""
    times = []
    for _ in range(turns + 1):
        began = time.perf_counter()
        assert look() > 0
        times.append((time.perf_counter() - began) * 1000)
    return median(times[1:])


def _sizes(url: str, folder: Path, told: int) -> list[Figure]:
    size = db.session.scalar(text("SELECT pg_total_relation_size('reading')"))
    chosen = select(table(Reading)).limit(AT_SQLITE)
    rows = db.session.execute(chosen).all()
    db.session.commit()
    figures = sum(value is not None for row in rows for value in row[2:])
    found = [Figure("a figure on disk, Postgres", (size or 0) / told, "B", None, most=40)]
    found.append(Figure("a figure on disk, SQLite", _at_sqlite(folder, rows) / figures, "B", None))
    return found


def _at_sqlite(folder: Path, rows: Any) -> int:
    engine = create_engine(f"sqlite:///{folder}/figures.db", poolclass=NullPool)
    db.metadata.create_all(engine, tables=[table(one) for one in (Reading,)], checkfirst=False)
    path = folder / "figures.db"
    with sqlite3.connect(path) as connection:
        empty = path.stat().st_size
        marks = ", ".join("?" * (2 + len(METRICS)))
        bound = (
            (row[0], row[1].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), *row[2:])
            for row in rows
        )
        connection.executemany(f"INSERT INTO reading VALUES ({marks})", bound)
    connection.close()
    return path.stat().st_size - empty


def _ingest(url: str) -> list[Figure]:
    """The same looks through the whole way (totals, readings, gains), and as rows by COPY."""
    ids = list(
        db.session.scalars(
            select(Measure.delivery_id).order_by(Measure.delivery_id).limit(INGESTED)
        )
    )
    db.session.commit()
    at = clock.now()
    looks = [Look(id, at, Figures(likes=id, replies=7, reposts=5, saves=3)) for id in ids]
    began = time.perf_counter()
    for start in range(0, len(looks), 1000):
        record(looks[start : start + 1000])
        db.session.commit()
    ours = 4 * len(looks) / (time.perf_counter() - began)
    _as_owner(url, "CREATE TABLE copied (LIKE reading INCLUDING INDEXES)")
    engine = create_engine(postgres.as_owner(url), poolclass=NullPool)
    with engine.connect() as connection:
        began = time.perf_counter()
        columns = "delivery_id, at, likes, replies, reposts, saves"
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY copied ({columns}) FROM STDIN") as copy:
            for look in looks:
                copy.write_row((look.delivery_id, look.at, look.told.likes, 7, 5, 3))
        connection.connection.commit()
        floor = 4 * len(looks) / (time.perf_counter() - began)
    return [Figure("figures written down, totals and gains with them", ours, "/s", floor)]


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        for each in measure(Path(place)):
            print(f"{each.name:80} {each.value:12.2f} {each.unit:4} {each.floor} {each.ratio}")
