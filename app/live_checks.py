"""The live checks: what this very instance can see of its own promises while it runs. Each is named in
docs/policies/promises.toml; what it saw last stands on /privacy/promises."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import ColumnElement, func, inspect, select
from werkzeug.test import TestResponse

from app import audit, doctor
from app.audit.models import AuditEvent
from app.datamap import mark
from app.db import db
from app.operator.models import Incident
from app.privacy import documents, registers, retention_runs, versions
from app.privacy.consents import allows_analytics
from app.privacy.erasures import COOLING, EXECUTING, Erasure
from app.privacy.exports import RUNNING, WAITING, ExportRun
from app.privacy.holds import LegalHold
from app.privacy.promises import load_register
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import ACTIVE
from app.privacy.sightings import Seen
from app.scheduler.searching import NOT_IN_MODELS
from app.telemetry.models import TelemetryRecord

Look = Callable[[datetime], Seen]
HOURLY, DAILY = timedelta(minutes=50), timedelta(hours=23)
A_DAY = timedelta(days=1)
READ = ("/", "/privacy", "/privacy/cookies", "/privacy/retention", "/privacy/subprocessors")
FILLED_IN = ("/login", "/signup", "/support", "/privacy/request")  # their forms need the one cookie
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|video|form)\b[^>]*\b(?:src|href|action)=\"([^\"]+)\""
)


@dataclass(frozen=True)
class Check:
    """`look` only reads."""

    look: Look
    every: timedelta


CHECKS: dict[str, Check] = {}


def live(every: timedelta = HOURLY) -> Callable[[Look], Look]:
    """The function is the live check of its name."""

    def register(look: Look) -> Look:
        CHECKS[look.__name__] = Check(look, every)
        return look

    return register


@live()
def overdue(now: datetime) -> Seen:
    """Rows that a rule should have taken a day ago."""
    found = retention_runs.overdue(now - A_DAY)
    return Seen(not found, f"{sum(found.values())} rows overdue by more than a day")


@live(DAILY)
def trail(_: datetime) -> Seen:
    """The whole audit log, recomputed."""
    faults = audit.verify()
    size = _count(AuditEvent.number)
    return Seen(not faults, f"{size} events verified, {len(faults)} faults")


@live()
def marked(_: datetime) -> Seen:
    """Columns of the database itself, beside the data map."""
    inspector, models = inspect(db.engine), db.metadata.tables
    unmarked, total = [], 0
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        if NOT_IN_MODELS.fullmatch(table):  # SQLite's index over texts that are marked themselves
            continue
        for column in inspector.get_columns(table):
            total += 1
            known = models[table].columns.get(column["name"]) if table in models else None
            if known is None or mark(known) is None:
                unmarked.append(f"{table}.{column['name']}")
    return Seen(not unmarked, f"{total - len(unmarked)} of {total} columns are in the data map")


@live()
def ageless(_: datetime) -> Seen:
    """No column of the database holds a date of birth."""
    inspector = inspect(db.engine)
    found = [
        column["name"]
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
        if re.search(r"birth|(^|_)dob($|_)", column["name"])
    ]
    return Seen(not found, f"{len(found)} columns for a date of birth")


@live()
def sealed(_: datetime) -> Seen:
    """Every kept key of a channel is opened; none lies open."""
    shut, total = doctor.try_keys()
    return Seen(not shut, f"{total - len(shut)} of {total} channel keys are sealed and intact")


@live()
def locked(_: datetime) -> Seen:
    """Is the second lock between organisations on? Only Postgres has one."""
    if db.engine.dialect.name != "postgresql":
        return Seen(True, "one lock: this instance runs on SQLite, which has no second one")
    finding = doctor.look_at_locks()
    return Seen(finding.is_well, finding.words)


@live()
def cookieless(_: datetime) -> Seen:
    """What a stranger's browser is given by pages that are only read."""
    answers = _strangers_pages(READ)
    cookies = sum(len(answer.headers.getlist("Set-Cookie")) for answer in answers)
    return Seen(cookies == 0, f"{cookies} cookies on {len(answers)} pages without a form")


@live()
def own_only(_: datetime) -> Seen:
    """Whom the public pages make a browser ask."""
    own = urlsplit(current_app.config["SETTINGS"].base_url).netloc
    answers = _strangers_pages(READ + FILLED_IN)
    hosts = {
        urlsplit(url).netloc
        for answer in answers
        for url in LOADED.findall(answer.text)
        if urlsplit(url).netloc
    } - {own}
    return Seen(not hosts, f"{len(hosts)} other hosts on {len(answers)} public pages")


def _strangers_pages(paths: tuple[str, ...]) -> list[TestResponse]:
    """Asked of the application itself, without a network. Raises RuntimeError when one fails."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    answers = []
    for path in paths:
        with app.app_context():  # each request has a context of its own, as in real life
            base_url = app.config["SETTINGS"].base_url
            answers.append(app.test_client(use_cookies=False).get(path, base_url=base_url))
        if answers[-1].status_code != 200:
            raise RuntimeError(f"{path} answered {answers[-1].status_code}")
    return answers


@live()
def contracted(_: datetime) -> Seen:
    """Service providers that are switched on, and those of them without a contract or a safeguard in
    the register."""
    used = [one for one in registers.providers() if one.is_used]
    bare = [one for one in used if not (one.contract and one.safeguard)]
    words = f"{len(used)} of {len(registers.providers())} service providers in use"
    return Seen(not bare, f"{words}, {len(bare)} without a contract on record")


@live()
def requests_in_time(now: datetime) -> Seen:
    late = _count(RightsRequest.id, RightsRequest.state.in_(ACTIVE), RightsRequest.due_at <= now)
    waiting = _count(RightsRequest.id, RightsRequest.state.in_(ACTIVE))
    return Seen(late == 0, f"{late} of {waiting} open requests past the law's limit")


@live()
def copies_in_time(now: datetime) -> Seen:
    under_way = ExportRun.state.in_((WAITING, RUNNING))
    late = _count(ExportRun.id, under_way, ExportRun.asked_at <= now - A_DAY)
    return Seen(late == 0, f"{late} copies asked for more than a day ago and not ready")


@live()
def deletions_in_time(now: datetime) -> Seen:
    still = Erasure.state.in_((COOLING, EXECUTING))
    late = _count(Erasure.id, still, Erasure.due_at <= now - A_DAY)
    return Seen(late == 0, f"{late} deletions due for more than a day")


@live()
def incidents_in_time(now: datetime) -> Seen:
    """Those that the authority has to hear of, or whose risk nobody has judged."""
    silent = Incident.notified_at.is_(None) & Incident.risk.is_distinct_from("none")
    late = _count(Incident.id, silent, Incident.found_at <= now - timedelta(hours=72))
    return Seen(late == 0, f"{late} incidents silent for more than 72 hours")


@live()
def holds_reviewed(now: datetime) -> Seen:
    count = LegalHold.approved_at.is_not(None), LegalHold.released_at.is_(None)
    late = _count(LegalHold.id, *count, LegalHold.review_on < now.date())
    return Seen(late == 0, f"{_count(LegalHold.id, *count)} holds, {late} past their review")


@live()
def chained(_: datetime) -> Seen:
    """The versions of the policy, each bound to the one before."""
    found = versions.load()
    faults = versions.faults(found, load_register())
    return Seen(
        not faults, f"{len(found)} versions in an unbroken chain" if not faults else faults[0]
    )


@live()
def documented(_: datetime) -> Seen:
    """The published documents, generated anew and compared."""
    stale = documents.build(db.metadata, check=True)
    total = len(documents.documents(db.metadata))
    return Seen(not stale, f"{total - len(stale)} of {total} documents say what the code does")


@live()
def consented(_: datetime) -> Seen:
    """People about whom an event waits to be sent, and who did not say yes."""
    waiting = (
        select(TelemetryRecord.user_id)
        .distinct()
        .where(TelemetryRecord.recipient == "posthog", TelemetryRecord.state == "waiting")
    )
    people = db.session.scalars(waiting).all()
    against = [id for id in people if not allows_analytics(id)]
    return Seen(
        not against, f"{len(against)} of {len(people)} people with waiting events without consent"
    )


def _count(column: object, *conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(column)).where(*conditions)) or 0  # type: ignore[arg-type]
