"""Writing down what was told: readings, totals, and what came in by the hour. A look may come twice, late,
or beside another: it counts once, and what came in by the hour always adds up to the totals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, bindparam, case, func, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.analytics import timetable
from app.analytics.gains import Gains, step
from app.analytics.models import Measure, Reading, Tally
from app.analytics.timetable import Rung
from app.db import among, db, spread, table
from app.networks.figures import METRICS, Figures

measures, readings, tallies = table(Measure), table(Reading), table(Tally)
Place = tuple[int, int]  # organisation, channel
_metrics = attrgetter(*METRICS)


@dataclass(frozen=True)
class Look:
    """What a network told of a delivery's post at a time."""

    delivery_id: int
    at: datetime
    told: Figures


@dataclass
class Known:
    """A post as it stands: whose it is, its totals, and when it is looked at again."""

    place: Place
    published_at: datetime
    fetched_at: datetime | None
    unchanged: int
    totals: Figures
    next_at: datetime | None = None
    is_touched: bool = False


@dataclass
class Book:
    """What is to be written, gathered over many looks."""

    rungs: Sequence[Rung]
    posts: dict[int, Known]
    rows: list[dict[str, Any]] = field(default_factory=list)
    gains: dict[Place, Gains] = field(default_factory=dict)

    def enter(self, look: Look) -> None:
        """Totals only tell what was there at their time: one that comes again, or after a later one,
        tells nothing that is not known, and is passed over."""
        post = self.posts.get(look.delivery_id)
        if post is None or (post.fetched_at is not None and look.at <= post.fetched_at):
            return
        after = look.told.after(post.totals)
        is_new = after != post.totals
        if is_new:
            figures = dict(zip(METRICS, look.told.values, strict=True))
            self.rows.append({"delivery_id": look.delivery_id, "at": look.at} | figures)
            into = self.gains.setdefault(post.place, {})
            step(into, post.published_at, post.totals, look.at, look.told)
        post.unchanged = 0 if is_new else post.unchanged + 1
        post.fetched_at, post.totals, post.is_touched = look.at, after, True
        post.next_at = timetable.next_look(self.rungs, post.published_at, look.at, post.unchanged)


def record(looks: Iterable[Look], rungs: Sequence[Rung] = timetable.FREE) -> int:
    """Enter looks at posts of networks with that timetable; how many told something new. What has no
    measure any more is passed over. The caller commits."""
    every = sorted(looks, key=lambda look: (look.at, look.delivery_id))
    book = Book(rungs, _locked({look.delivery_id for look in every}))
    for look in every:
        book.enter(look)
    _write_down(book)
    return len(book.rows)


def _locked(ids: set[int]) -> dict[int, Known]:
    if not ids:
        return {}
    chosen = select(measures).where(among(measures.c.delivery_id, ids))
    rows = db.session.execute(chosen.order_by(measures.c.delivery_id).with_for_update())
    return {
        row.delivery_id: Known(
            (row.organization_id, row.channel_id),
            row.published_at,
            row.fetched_at,
            row.unchanged,
            Figures(*_metrics(row)),
        )
        for row in rows
    }


CHANGING = ("fetched_at", "next_at", "unchanged", "gone_at", "trouble")


def _write_down(book: Book) -> None:
    """Many rows in few statements."""
    changed = [
        {"delivery_id": id, "gone_at": None, "trouble": ""}
        | {"fetched_at": one.fetched_at, "next_at": one.next_at, "unchanged": one.unchanged}
        | dict(zip(METRICS, one.totals.values, strict=True))
        for id, one in sorted(book.posts.items())
        if one.is_touched
    ]
    if book.rows:
        _insert(readings, book.rows)
    if changed:
        _change(changed)
    tally(book.gains)


def _insert(into: Table, rows: list[dict[str, Any]]) -> None:
    if _is_postgres():
        columns = [into.c[name] for name in rows[0]]
        db.session.execute(insert(into).from_select(columns, spread(columns, rows)))
    else:
        db.session.execute(insert(into), rows)


def _change(rows: list[dict[str, Any]]) -> None:
    names = (*METRICS, *CHANGING)
    if _is_postgres():
        new = spread([measures.c[name] for name in ("delivery_id", *names)], rows).subquery()
        same = measures.c.delivery_id == new.c.delivery_id
        db.session.execute(update(measures).where(same).values({n: new.c[n] for n in names}))
        return
    same = measures.c.delivery_id == bindparam("b_delivery_id")
    values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
    bound = [{f"b_{name}": value for name, value in row.items()} for row in rows]
    db.session.execute(update(measures).where(same).values(values), bound)


def tally(gains: dict[Place, Gains]) -> None:
    """Add to what is counted. In one order everywhere, so that two never wait for each other."""
    rows = [
        dict.fromkeys(METRICS) | counts | {"organization_id": o, "channel_id": c, "hour": hour}
        for (o, c), of_place in sorted(gains.items())
        for hour, counts in sorted(of_place.items())
    ]
    if rows and _is_postgres():
        columns = [tallies.c[name] for name in rows[0]]
        new = postgresql.insert(tallies).from_select(columns, spread(columns, rows))
        db.session.execute(_adding(new))
    elif rows:
        db.session.execute(_adding(sqlite.insert(tallies)), rows)


def _adding(made: Any) -> Any:
    """What nobody told in an hour stays empty; the first who tells it begins at 0."""
    new = made.excluded
    told = {
        name: case(
            (new[name] == null(), tallies.c[name]),
            else_=func.coalesce(tallies.c[name], 0) + new[name],
        )
        for name in METRICS
    }
    key = ["organization_id", "channel_id", "hour"]
    return made.on_conflict_do_update(index_elements=key, set_=told)


def _is_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"
