"""What keeps everything from going out, and where people and whoever runs the instance see it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from app import clock, doctor
from app.account.models import Organization
from app.publishing import clocks, clockwork, clones, jobs
from app.scheduler.models import Delivery
from tests import make
from tests.publishing.double import DoubleNetwork
from tests.servers.smtp import Sink
from tests.times import Times

Act = Callable[[], None]
Deliver = Callable[..., Delivery]


@pytest.fixture
def named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def name(text: str) -> None:
        changed = app.config["SETTINGS"].model_copy(update={"instance_id": text})
        monkeypatch.setitem(app.config, "SETTINGS", changed)

    return name


@pytest.fixture
def skewed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """This machine's clock is so many seconds ahead."""

    def set_to(seconds: float) -> None:
        app.extensions.pop("clock_skew", None)
        monkeypatch.setattr(clocks, "measure", lambda: seconds)

    yield set_to
    app.extensions.pop("clock_skew", None)


def faults(part: str) -> list[str]:
    """What the doctor finds."""
    settings = current_app.config["SETTINGS"]
    found = [*doctor.look_at_clock(clock.now()), *doctor.look_at_owner(settings)]
    return [one.words for one in found if one.part == part and one.mend]


def test_a_copy_says_so_everywhere_until_somebody_adopts_it(
    app: Flask, client: FlaskClient, named: Callable[[str], None], db: Any
) -> None:
    named("production")
    clones.claim_database()
    db.session.commit()
    assert "belongs to another instance" not in client.get("/account").text
    named("staging")
    assert "This database belongs to another instance" in client.get("/account").text
    assert faults("instance")
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["instance", "adopt"], input="n\n")
    assert refused.exit_code == 1
    assert clones.is_foreign()
    assert runner.invoke(args=["instance", "adopt", "--yes"]).exit_code == 0
    assert not clones.is_foreign()
    assert "belongs to another instance" not in client.get("/account").text
    assert faults("instance") == []


def test_production_is_told_to_name_its_instance(app: Flask, db: Any) -> None:
    nameless = app.config["SETTINGS"].model_copy(
        update={"app_env": "production", "instance_id": None}
    )
    [found] = doctor.look_at_owner(nameless)
    assert found.mend.startswith("Set it to a name of this instance")


def test_the_operators_page_says_that_nothing_goes_out(
    app: Flask, anonymous: FlaskClient, named: Callable[[str], None], db: Any
) -> None:
    named("production")
    clones.claim_database()
    make.sign_in(anonymous, make.operator())
    named("staging")
    assert "flask instance adopt" in anonymous.get("/operator").text


def test_a_copy_writes_to_nobody(
    times: Times, deliver: Deliver, sweep: Act, mailing: Sink, named: Callable[[str], None], db: Any
) -> None:
    named("production")
    clones.claim_database()
    deliver(times.now)
    times.go(hours=3)
    sweep()
    named("staging")
    jobs.tell()
    assert mailing.messages == []


def test_a_clock_that_is_far_off_stops_publishing_and_judges_nothing_late(
    times: Times,
    deliver: Deliver,
    publish: Act,
    network: DoubleNetwork,
    client: FlaskClient,
    skewed: Callable[[float], None],
    db: Any,
) -> None:
    delivery = deliver(times.now)
    times.go(hours=3)
    skewed(10_800.0)
    clockwork.tick(0.0)
    publish()
    assert (delivery.state, network.calls) == ("scheduled", [])
    page = client.get("/queue").text
    assert "A clock of this instance is 10800 s ahead of its database" in page
    assert any("publishing has stopped" in words for words in faults("clock"))
    times.go(hours=-3)
    skewed(-3.0)
    clockwork.tick(0.0)
    publish()
    assert delivery.state == "published", "three seconds are a warning"
    assert any("-3.0 s off" in words for words in faults("clock"))


def test_the_database_is_asked_what_time_it_is(
    app: Flask, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    if db.engine.dialect.name == "sqlite":
        assert clocks.measure() == 0.0
        return
    assert abs(clocks.measure()) < 5
    real = clock.of_machine
    monkeypatch.setattr(clock, "of_machine", lambda: real() - timedelta(seconds=40))
    assert -45 < clocks.measure() < -35


def test_late_posts_and_a_sleeping_clock_stand_on_the_pages_where_people_plan(
    times: Times, deliver: Deliver, sweep: Act, client: FlaskClient, db: Any
) -> None:
    delivery = deliver(times.now + timedelta(minutes=1))
    db.session.get(Organization, delivery.organization_id).late_after = 15
    db.session.commit()
    clockwork.tick(0.0)
    assert "The clock ran 0 s ago" in client.get("/queue").text
    times.go(minutes=20)
    sweep()
    page = client.get("/calendar").text
    assert "1 post was held: its time passed" in page
    assert "last ran 20 min ago" in page
    assert "was held" not in client.get("/account").text


def test_a_channel_that_ends_stands_on_its_page_the_list_and_the_calendar(
    times: Times, deliver: Deliver, client: FlaskClient, db: Any
) -> None:
    delivery = deliver(times.now + timedelta(days=20))
    delivery.channel.grant.ends_at = times.now + timedelta(days=19)
    db.session.commit()
    for path in ("/calendar", "/queue", "/channels", f"/channels/{delivery.channel_id}"):
        assert "1 scheduled post falls after that" in client.get(path).text, path
    delivery.channel.grant.ends_at = times.now + timedelta(days=21)
    db.session.commit()
    assert "falls after that" not in client.get("/calendar").text
    assert "Can publish until" in client.get(f"/channels/{delivery.channel_id}").text
