"""The calendar with 1,000 posts beside a bare Flask + SQL + Jinja page of the same rows and bytes."""

import gzip
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import create_engine, event, text

from app import clock
from app.db import db
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.chaos import application

POSTS, MORE, ROUNDS, CHIPS = 1000, 4000, 100, 4
VIEWS = ("month", "week", "day", "list")
ZONE = ZoneInfo("Europe/Berlin")
templates = Path(__file__).resolve().parents[2] / "app/templates"
QUERY = text(
    "SELECT id, substr(text, 1, 80) AS words, state, due_at FROM (SELECT *, row_number() OVER (PARTITION"
    " BY date(due_at) ORDER BY due_at, id) AS place FROM post WHERE organization_id = 1 AND due_at >="
    " '2000-01-01' AND state != 'cancelled') WHERE place <= 4 ORDER BY due_at, id"
)


def measure(folder: Path) -> list[Figure]:
    url = f"sqlite:///{folder}/page.db"
    app = application(folder, url)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    plant(app, POSTS)
    with app.app_context(), across_organizations("a bench plants"):
        make.sign_in(client, make.alice())
    figures = [figure for view in VIEWS for figure in _weight(app, client, view)]
    html = client.get("/calendar").text
    bare = _bare(url, html).test_client()
    assert abs(len(bare.get("/").data) - len(html.encode())) < len(html) * 0.05
    ours, floor = _race(lambda: _load(client, "/calendar"), lambda: _load(bare, "/"))
    figures.append(Figure(f"calendar with {POSTS:,} posts", ours, "ms", floor))
    for view in VIEWS[1:]:
        took, _ = _race(partial(_load, client, f"/calendar?view={view}"), lambda: None)
        figures.append(Figure(f"calendar, {view}, with {POSTS:,} posts", took, "ms", None))
    plant(app, MORE - POSTS, POSTS)
    grown, _ = _race(lambda: _load(client, "/calendar"), lambda: None)
    return [*figures, Figure(f"calendar with {MORE:,} posts, beside {POSTS:,}", grown, "ms", ours)]


def _weight(app: Flask, client: FlaskClient, view: str) -> list[Figure]:
    """Statements of a page beside the one of the bare page, those of the session and the shell among them,
    and its bytes."""
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    body = client.get(f"/calendar?view={view}").data
    event.remove(engine, "before_cursor_execute", note)
    named = f"calendar, {view}:"
    return [
        Figure(f"{named} statements, whole page", len(asked), "", 1.0),
        Figure(f"{named} bytes, gzipped", len(gzip.compress(body)) / 1024, "KiB", None),
    ]


def plant(app: Flask, count: int, after: int = 0) -> None:
    with app.app_context(), across_organizations("a bench plants"):
        alice, now = make.alice(), clock.now()
        channel, member = make.channel(alice), make.member(alice)
        chosen, first = random.Random(1 + after), now.replace(day=1, hour=0, minute=0)
        for number in range(after, after + count):
            due = first + timedelta(minutes=chosen.randrange(28 * 24 * 60))
            words = f"Post {number} about the orchard, the weather and what ripens next"
            write(member, Composition(words, (channel,), (), due, "", "UTC"), f"n{number}", now)
        db.session.commit()


def _bare(url: str, html: str) -> Flask:
    """One module: a query, a loop over the days, Jinja for the table; the shell is constant text.

    No sessions, no permissions, no models, no layers: what the same bytes cost at the least."""
    bare, engine = Flask("bare"), create_engine(url)
    begin, end = html.index('<table class="month">'), html.index("</table>") + len("</table>")
    jinja = Environment(loader=FileSystemLoader(templates), autoescape=True)
    jinja.trim_blocks = jinja.lstrip_blocks = True
    table = jinja.get_template("scheduler/calendar/month.html")
    around = (html[:begin], html[end:])
    constant = {
        "asked": SimpleNamespace(title="This month"),
        "zone": ZONE.key,
        "weekdays": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "sprite": "/static/icons.svg?v=0123456789ab",
        "move": "/calendar?view=month&month=2026-11&move=",
        "picked": None,
        "can": lambda permission: True,
    }

    @bare.get("/")
    def page() -> str:
        with engine.connect() as connection:
            rows = connection.execute(QUERY).all()
        return around[0] + table.render(laid={"weeks": _weeks(rows)}, **constant) + around[1]

    return bare


def _weeks(rows: Sequence[Any]) -> list[list[dict[str, Any]]]:
    """The days as plain dictionaries, in the viewer's zone as on the real page."""
    now = clock.now()
    first = now.date().replace(day=1)
    start = first - timedelta(days=first.weekday())
    end = (first + timedelta(days=32)).replace(day=1)
    found: dict[date, list[Any]] = {}
    for row in rows:
        local = datetime.fromisoformat(row.due_at).replace(tzinfo=UTC).astimezone(ZONE)
        found.setdefault(local.date(), []).append((row, local))
    days = []
    for number in range((end - start).days + (-(end - start).days % 7)):
        day = start + timedelta(days=number)
        chips = [_chip(row, local) for row, local in found.get(day, [])[:CHIPS]]
        is_past = day < now.date()
        cell = {"at": "" if is_past else str(day), "chips": chips, "count": 36, "more": 32}
        days.append(
            {
                "on": day,
                "cell": cell,
                "in_month": day.month == first.month,
                "is_today": day == now.date(),
                "url": f"/calendar/{day}",
                "new_url": f"/posts/new?on={day}",
            }
        )
    return [days[n : n + 7] for n in range(0, len(days), 7)]


def _chip(row: Any, local: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": f"/posts/{row.id}",
        "time": f"{local:%H:%M}",
        "at": f"{local:%Y-%m-%dT%H:%M}",
        "words": row.words,
        "state": row.state,
        "state_word": row.state.capitalize(),
        "networks": ["sandbox"],
        "is_moved": False,
    }


def _load(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data


def _race(ours: Callable[[], None], floor: Callable[[], None]) -> tuple[float, float]:
    """Turn by turn, so that whatever else the machine does hits both. Medians in ms."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for place, act in enumerate((ours, floor)):
            started = time.perf_counter()
            act()
            times[place].append((time.perf_counter() - started) * 1000)
    return median(times[0]), median(times[1])
