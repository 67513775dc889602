"""Web, worker, publisher, clock and commands as real processes, each with a fault and a canary."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from app import clock, queue
from app.account import jobs
from app.channels.models import Channel, ChannelGrant
from app.db import db as database
from app.scheduler.models import Delivery
from app.scope import across_organizations
from app.telemetry.models import POSTHOG, TelemetryRecord
from tests import make
from tests.servers.app_processes import Running
from tests.servers.capture import Capture
from tests.servers.smtp import Sink
from tests.telemetry.conftest import KEY

CANARY = "kanari"


class Visitor:
    """A person with cookies and no JavaScript."""

    def __init__(self, url: str) -> None:
        self.url = url
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with self.opener.open(self.url + path, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def post(self, path: str, form: str, **fields: str) -> None:
        """Fill in the form that stands on the page `form`."""
        page = self.get(form)[1]
        hidden = dict(re.findall(r'name="(csrf_token|shown|nonce)"[^>]*value="([^"]*)"', page))
        hidden |= dict(re.findall(r'value="([^"]*)"[^>]*name="(nonce)"', page))
        body = urllib.parse.urlencode(hidden | fields).encode()
        with self.opener.open(self.url + path, body, timeout=20) as answer:
            assert answer.status == 200


@pytest.fixture
def running(tmp_path: Path, capture: Capture, smtp: Sink) -> Iterator[Running]:
    """Everything but the clock, with the application beside it; of each test's own, since what a clock
    has rung for would meet what the other test breaks."""
    with ExitStack() as stack:
        env = {
            "SENTRY_DSN": capture.dsn,
            "POSTHOG_API_KEY": KEY,
            "POSTHOG_HOST": capture.url,
            "SMTP_URL": smtp.url,
            "RELEASE": "process-test",
        }
        made = Running(tmp_path, env)
        stack.callback(made.stop)
        made.upgrade()
        made.start("web", "worker", "publisher")
        made.wait_until_up()
        app = made.application()
        with app.app_context(), across_organizations("a test looks at everything"):
            stack.callback(database.engine.dispose)
            yield made


def visit(running: Running, email: str) -> Visitor:
    visitor = Visitor(running.url)
    visitor.post("/login", "/login", email=email, password=make.PASSWORD)
    return visitor


def wait(until: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "that took too long"
        time.sleep(0.1)


def rows() -> list[TelemetryRecord]:
    """The ledger. SQLite has one writer: what we read is let go before we wait."""
    found = list(database.session.scalars(database.select(TelemetryRecord)))
    database.session.expunge_all()
    database.session.rollback()
    return found


@pytest.mark.proves("P5.6", "P1.3")
def test_events_of_a_person_who_allowed_it_leave_by_clock_and_worker(
    running: Running, capture: Capture
) -> None:
    make.alice()
    visitor = visit(running, "alice@orchard.example")
    consents = "/settings/privacy/consents"
    visitor.post(f"{consents}/product_analytics", consents, answer="yes")
    visitor.post("/channels/connect/sandbox", "/channels/connect/sandbox")
    channel = database.session.scalar(database.select(Channel.id))
    database.session.rollback()
    fields = {"text": f"{CANARY} text", "when": "now", "channels": str(channel)}
    visitor.post("/posts/new", "/posts/new", action="schedule", **fields)
    assert capture.connections == 0
    running.start("clock")  # it looks for what waits, and rings the publisher
    wait(lambda: [row.state for row in rows()] == ["sent"] * 4, 40)
    events = [event for one in capture.batches for event in json.loads(one.body)["batch"]]
    assert [event["event"] for event in events] == [
        "analytics_allowed",
        "channel_connected",
        "post_scheduled",
        "first_post_published",
    ]
    assert [json.loads(row.payload) for row in rows()] == events
    assert capture.envelopes == []
    assert not any(CANARY.encode() in one.everything for one in capture.caught)


@pytest.mark.proves("P5.5", "P1.3")
def test_faults_in_web_worker_clock_and_commands_are_reported_without_a_canary(
    running: Running, capture: Capture
) -> None:
    charlie = make.charlie()
    visitor = visit(running, "charlie@elsewhere.example")
    channel = make.channel(charlie, name=CANARY)
    post = make.post(charlie, channel, text=CANARY)
    charlie_id, channel_id, post_id = charlie.id, channel.id, post.id
    spoilt = database.update(ChannelGrant).where(ChannelGrant.channel_id == channel_id)
    database.session.execute(spoilt.values(sealed=f"{CANARY} is no seal"))
    charlie.email, charlie.timezone = f"{CANARY}@bounce.test", f"{CANARY}/Zone"
    database.session.commit()

    assert visitor.get(f"/calendar?odd={CANARY}")[0] == 500  # the zone does not exist
    queue.enqueue(jobs.send_verification, charlie_id, on="default")  # the mail server refuses
    wait(lambda: len(capture.envelopes) == 2)
    with pytest.raises(subprocess.CalledProcessError):
        running.flask("keys", "rotate")
    wait(lambda: len(capture.envelopes) == 3)
    delivery = database.session.scalars(
        database.select(Delivery).where(Delivery.post_id == post_id)
    ).one()
    delivery.state, delivery.lease_until = "sending", clock.now()
    database.session.get_one(Channel, channel_id).network = CANARY  # a network that we don't have
    database.session.commit()
    running.start("clock")
    wait(lambda: len(capture.envelopes) == 4)

    reports = [json.loads(one.body.split(b"\n")[2]) for one in capture.envelopes]
    assert [(one["transaction"], one["tags"]["kind"]) for one in reports] == [
        ("scheduler.calendar", "web"),
        ("app.account.jobs.send_verification", "job"),
        ("keys rotate", "command"),
        ("clock", "command"),
    ]
    kinds = [one["exception"]["values"][-1]["type"] for one in reports]
    assert kinds == ["ZoneInfoNotFoundError", "SMTPRecipientsRefused", kinds[2], "KeyError"]
    assert {one["release"] for one in reports} == {"process-test"}
    assert not any(CANARY.encode() in one.everything.lower() for one in capture.caught)
    concerning = [one.body.decode() for one in capture.envelopes[:2]]
    assert [row.payload for row in rows() if row.user_id == charlie_id] == concerning
    sent = {row.recipient for row in rows() if row.payload not in concerning}
    assert sent <= {POSTHOG}, "only the events of the person before"
