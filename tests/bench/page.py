"""The calendar with 500 posts beside a bare Flask + SQL + Jinja page of the same bytes."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import create_engine, text

from app import clock
from app.db import db
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scope import across_organizations
from tests import make
from tests.bench import Figure
from tests.chaos import application

POSTS, ROUNDS = 500, 120
templates = Path(__file__).resolve().parents[2] / "app/templates"
SYMBOLS = {"scheduled": "clock", "published": "check", "failed": "alert", "held": "hand"}
QUERY = text(
    "SELECT id, substr(text, 1, 80) AS words, state, due_at FROM post WHERE organization_id = 1 "
    "AND due_at >= '2000-01-01' AND state != 'cancelled' ORDER BY due_at, id"
)


def measure(folder: Path) -> list[Figure]:
    url = f"sqlite:///{folder}/page.db"
    app = application(folder, url)
    app.config["WTF_CSRF_ENABLED"] = False
    plant(app)
    client = app.test_client()
    with app.app_context(), across_organizations("a bench plants"):
        make.sign_in(client, make.alice())
    html = client.get("/calendar").text
    bare = _bare(url, html).test_client()
    assert abs(len(bare.get("/").data) - len(html.encode())) < len(html) * 0.01
    ours, floor = _race(lambda: _load(client, "/calendar"), lambda: _load(bare, "/"))
    return [Figure(f"calendar with {POSTS} posts, {len(html) // 1024} KiB", ours, "ms", floor)]


def plant(app: Flask) -> None:
    with app.app_context(), across_organizations("a bench plants"):
        alice, now = make.alice(), clock.now()
        channel, member = make.channel(alice), make.member(alice)
        chosen, first = random.Random(1), now.replace(day=1, hour=0, minute=0)
        for number in range(POSTS):
            due = first + timedelta(minutes=chosen.randrange(28 * 24 * 60))
            words = f"Post {number} about the orchard, the weather and what ripens next"
            write(member, Composition(words, (channel,), (), due, "", "UTC"), f"n{number}", now)
        db.session.commit()


def _bare(url: str, html: str) -> Flask:
    """One module: a query, a loop over the days, Jinja for the table; the shell is constant text.

    No sessions, no permissions, no models, no layers: what the same bytes cost at the least."""
    bare, engine = Flask("bare"), create_engine(url)
    words = (templates / "scheduler/calendar.html").read_text()
    table = words[words.index("<tbody>") : words.index("</tbody>")]
    head, tail = html[: html.index("<tbody>")], html[html.index("</tbody>") :]
    bare.jinja_env.trim_blocks = bare.jinja_env.lstrip_blocks = True
    template = bare.jinja_env.from_string("{{ head }}" + table + "{{ tail }}")
    constant = {"head": Markup(head), "tail": Markup(tail), "may_add": True}
    constant |= {"sprite": "/static/icons.svg?v=0123456789ab", "SYMBOLS": SYMBOLS}

    @bare.get("/")
    def page() -> str:
        with engine.connect() as connection:
            rows = connection.execute(QUERY).all()
        return template.render(month={"weeks": _weeks(rows)}, **constant)

    return bare


def _weeks(rows: Sequence[Any]) -> list[list[dict[str, Any]]]:
    """The days as plain dictionaries, in the viewer's zone as on the real page."""
    zone, now = ZoneInfo("Europe/Berlin"), clock.now()
    first = now.date().replace(day=1)
    start = first - timedelta(days=first.weekday())
    end = (first + timedelta(days=32)).replace(day=1)
    found: dict[date, list[Any]] = {}
    for row in rows:
        local = datetime.fromisoformat(row.due_at).replace(tzinfo=UTC).astimezone(zone)
        found.setdefault(local.date(), []).append((row, local))
    days = []
    for number in range((end - start).days + (-(end - start).days % 7)):
        day = start + timedelta(days=number)
        chips = [
            {
                "url": f"/posts/{row.id}",
                "time": f"{local:%H:%M}",
                "words": row.words,
                "state": row.state,
                "state_word": row.state.capitalize(),
            }
            for row, local in found.get(day, [])[:4]
        ]
        count = len(found.get(day, []))
        days.append(
            {
                "number": day.day,
                "in_month": day.month == first.month,
                "is_today": day == now.date(),
                "is_past": day < now.date(),
                "url": f"/calendar/{day}",
                "new_url": f"/posts/new?on={day}",
                "month_name": f"{day:%B}",
                "chips": chips,
                "count": count,
                "more": max(0, count - 4),
            }
        )
    return [days[n : n + 7] for n in range(0, len(days), 7)]


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
