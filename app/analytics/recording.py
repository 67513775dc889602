"""Writing down what was told: readings, totals, and what came in by the hour. A look may come twice, late,
or beside another: it counts once, and what came in by the hour always adds up to the totals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, case, func, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.analytics import timetable
from app.analytics.gains import Gains, step
from app.analytics.models import Measure, Reading, Tally
from app.analytics.timetable import Rung
from app.db import among, db, table
from app.networks.figures import METRICS, Figures

measures, readings, tallies = table(Measure), table(Reading), table(Tally)
Place = tuple[int, int]  # organisation, channel


@dataclass(frozen=True)
class Look:
    """What a network told of a delivery's post at a time."""

    delivery_id: int
    at: datetime
    told: Figures


@dataclass
class Book:
    """What is to be written, gathered over many looks."""

    rungs: Sequence[Rung]
    rows: list[dict[str, Any]]
    gains: dict[Place, Gains]
    touched: dict[int, Measure]

    def enter(self, measure: Measure, look: Look) -> None:
        """Totals only tell what was there at their time: one that comes again, or after a later one,
        tells nothing that is not known, and is passed over."""
        if measure.fetched_at is not None and look.at <= measure.fetched_at:
            return
        before = measure.figures
        after = look.told.after(before)
        is_new = after != before
        if is_new:
            self._write(look)
            step(self._gains_of(measure), measure.published_at, before, look.at, look.told)
        measure.unchanged = 0 if is_new else measure.unchanged + 1
        measure.fetched_at, measure.gone_at, measure.trouble = look.at, None, ""
        since = (measure.published_at, look.at, measure.unchanged)
        measure.next_at = timetable.next_look(self.rungs, *since)
        for name, count in zip(METRICS, after.values, strict=True):
            setattr(measure, name, count)
        self.touched[measure.delivery_id] = measure

    def _gains_of(self, measure: Measure) -> Gains:
        return self.gains.setdefault((measure.organization_id, measure.channel_id), {})

    def _write(self, look: Look) -> None:
        figures = dict(zip(METRICS, look.told.values, strict=True))
        self.rows.append({"delivery_id": look.delivery_id, "at": look.at} | figures)


def record(looks: Iterable[Look], rungs: Sequence[Rung] = timetable.FREE) -> int:
    """Enter looks at posts of networks with that timetable; how many told something new. What has no
    measure any more is passed over. The caller commits."""
    every = sorted(looks, key=lambda look: (look.at, look.delivery_id))
    known = _locked({look.delivery_id for look in every})
    book = Book(rungs, [], {}, {})
    for look in every:
        if measure := known.get(look.delivery_id):
            book.enter(measure, look)
    _write_down(book)
    return len(book.rows)


def _locked(ids: set[int]) -> dict[int, Measure]:
    """Outside of the session: they are written all at once."""
    if not ids:
        return {}
    chosen = select(measures).where(among(measures.c.delivery_id, ids))
    rows = db.session.execute(chosen.order_by(measures.c.delivery_id).with_for_update()).mappings()
    return {row["delivery_id"]: Measure(**row) for row in rows}


CHANGING = (*METRICS, "fetched_at", "next_at", "unchanged", "gone_at", "trouble")


def _write_down(book: Book) -> None:
    if book.rows:
        db.session.execute(insert(readings), book.rows)
    if book.touched:
        changed = update(measures).where(measures.c.delivery_id == bindparam("b_id"))
        rows = [
            {"b_id": id} | {f"b_{name}": getattr(one, name) for name in CHANGING}
            for id, one in sorted(book.touched.items())
        ]
        values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in CHANGING}
        db.session.execute(changed.values(values), rows)
    tally(book.gains)


def tally(gains: dict[Place, Gains]) -> None:
    """Add to what is counted. In one order everywhere, so that two never wait for each other."""
    rows = [
        dict.fromkeys(METRICS) | counts | {"organization_id": o, "channel_id": c, "hour": hour}
        for (o, c), of_place in sorted(gains.items())
        for hour, counts in sorted(of_place.items())
    ]
    if rows:
        db.session.execute(_adding(tallies), rows)


def _adding(into: Table) -> Any:
    """What nobody told in an hour stays empty; the first who tells it begins at 0."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    made = dialect.insert(into)
    new = made.excluded
    told = {
        name: case(
            (new[name] == null(), into.c[name]),
            else_=func.coalesce(into.c[name], 0) + new[name],
        )
        for name in METRICS
    }
    key = ["organization_id", "channel_id", "hour"]
    return made.on_conflict_do_update(index_elements=key, set_=told)
