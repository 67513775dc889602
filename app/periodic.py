"""What runs by itself. The clock rings for what is due, a worker of the queue `default` does it, and
the database remembers when it was last done: a ring that was lost is rung again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app import clock, live_jobs, queue
from app.account import audit_jobs
from app.account import jobs as account_jobs
from app.analytics import advice_jobs, report_jobs
from app.analytics import jobs as analytics_jobs
from app.audit.jobs import sign_head
from app.billing import closing_jobs
from app.billing import jobs as billing_jobs
from app.db import db
from app.media import jobs as media_jobs
from app.privacy import erasure_jobs, import_jobs, request_jobs, retention_jobs, version_jobs
from app.privacy import jobs as privacy_jobs
from app.publishing import clones, telling
from app.publishing import jobs as publishing_jobs
from app.publishing.models import Heartbeat
from app.publishing.sweeping import beat
from app.scheduler import digest_jobs, digests, library_jobs, repeat_jobs
from app.scheduler import jobs as scheduler_jobs
from app.support import jobs as support_jobs

RING_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Line:
    """A job without arguments that may run twice; `at_once`: also the first time. `wanted`: is there
    anything to do? The clock asks, so it is one short statement."""

    name: str
    every: timedelta
    job: Callable[[], object]
    at_once: bool = True
    wanted: Callable[[], bool] = lambda: True


TABLE = (
    Line("account.alerts", timedelta(minutes=10), account_jobs.send_waiting_alerts),
    Line("analytics.advice", timedelta(days=1), advice_jobs.advise_all),
    Line(
        "analytics.collect",
        timedelta(minutes=1),
        analytics_jobs.collect,
        wanted=analytics_jobs.is_wanted,
    ),
    Line("analytics.tidy", timedelta(days=1), analytics_jobs.tidy),
    Line("analytics.reports", timedelta(minutes=30), report_jobs.send_due),
    Line("audit.head", timedelta(days=1), sign_head),
    Line("billing.closing", timedelta(minutes=10), closing_jobs.follow),
    Line("billing.events", timedelta(minutes=5), billing_jobs.ring_for_events),
    Line("billing.graces", timedelta(hours=1), billing_jobs.end_graces),
    Line("billing.look", timedelta(days=1), billing_jobs.look_at_all),
    Line("privacy.erasures", timedelta(minutes=5), erasure_jobs.resume),
    Line("privacy.exports", timedelta(minutes=5), privacy_jobs.ring_for_exports),
    Line("privacy.imports", timedelta(minutes=5), import_jobs.ring_for_imports),
    Line("privacy.retention", timedelta(hours=1), retention_jobs.run_retention),
    Line("privacy.overdue", timedelta(hours=1), retention_jobs.count_overdue),
    Line("privacy.providers", timedelta(hours=1), privacy_jobs.note_providers),
    Line("privacy.announcement", timedelta(days=1), version_jobs.announce),
    Line("media.tidy", timedelta(hours=1), media_jobs.tidy),
    Line("audit.head_mails", timedelta(days=7), audit_jobs.mail_heads, at_once=False),
    Line("channels.keys", timedelta(minutes=10), publishing_jobs.renew_worn),
    Line("posts.eyes", timedelta(minutes=1), publishing_jobs.tell, wanted=telling.is_wanted),
    Line("posts.again", timedelta(hours=1), repeat_jobs.extend_all),
    Line("posts.forget", timedelta(days=1), scheduler_jobs.forget_words),
    Line("posts.pictures", timedelta(minutes=30), library_jobs.rescue),
    Line("posts.untold", timedelta(minutes=5), scheduler_jobs.tell_untold),
    Line(
        "posts.digests",
        timedelta(minutes=10),
        digest_jobs.send_due,
        wanted=lambda: digests.is_wanted() and not clones.is_foreign(),
    ),
    Line("posts.reminders", timedelta(minutes=5), scheduler_jobs.remind),
    Line("promises.watch", timedelta(hours=1), live_jobs.look_at_all),
    Line("requests.reminder", timedelta(days=1), request_jobs.remind_desk),
    Line("requests.tidy", timedelta(days=1), request_jobs.tidy),
    Line("support.tidy", timedelta(days=1), support_jobs.tidy),
)


def ring_due(now: datetime) -> None:
    """Ring for each line whose time has come. Called at each tick of the clock."""
    for line in list(_due(now)):
        beat(_ring(line), now)
        db.session.commit()
        queue.enqueue(run, line.name, on="default")
    db.session.commit()


def _due(now: datetime) -> Iterator[Line]:
    names = [name for line in TABLE for name in (line.name, _ring(line))]
    found = select(Heartbeat.name, Heartbeat.at).where(Heartbeat.name.in_(names))
    seen = {row.name: row.at for row in db.session.execute(found)}
    for line in TABLE:
        done, rang = seen.get(line.name), seen.get(_ring(line))
        if done is None and not line.at_once:
            beat(line.name, now)
        elif _is_within(done, line.every, now) or _is_rung(rang, done, now):
            continue
        elif line.wanted():
            yield line


def _is_within(moment: datetime | None, span: timedelta, now: datetime) -> bool:
    return moment is not None and now - moment < span


def _is_rung(rang: datetime | None, done: datetime | None, now: datetime) -> bool:
    """Is a ring still unanswered?"""
    return rang is not None and (done is None or done < rang) and now - rang < RING_AGAIN


def _ring(line: Line) -> str:
    return f"{line.name} rang"


def run(name: str) -> None:
    """Do one line of the table, and remember that it is done."""
    [line] = [line for line in TABLE if line.name == name]
    line.job()
    beat(name, clock.now())
    db.session.commit()
