"""The commands (`flask …`), thin."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app import audit, clock, datamap, queue, telemetry
from app.audit.cli import group as audit_commands
from app.billing.billing_cli import billing
from app.db import db
from app.privacy.holds_cli import list_holds
from app.privacy.import_cli import bring_back
from app.privacy.privacy_cli import erase_person, export, privacy, retention
from app.privacy.requests_cli import requests
from app.scope import across_organizations


def init_app(app: Flask) -> None:
    for command in (export, bring_back, erase_person, retention, privacy, list_holds):
        app.cli.add_command(command)
    app.cli.add_command(requests)
    app.cli.add_command(audit_commands)
    for command in (worker, run_clock, seed, user, show_datamap, keys, show_promises, see_doctor):
        app.cli.add_command(command)
    app.cli.add_command(billing)
    telemetry.watch(app.cli)


@click.command()
@click.argument("name", metavar="QUEUE", type=click.Choice(queue.QUEUES))
def worker(name: str) -> None:
    """Work off one queue until told to stop (popping from two is not atomic)."""
    from app.publishing.worker import Publisher
    from app.workers import Worker

    kind = Publisher if name == "publish" else Worker
    made: Any = kind(
        [queue.queue(name)],
        connection=queue.connection(),
        serializer="json",
        exception_handlers=[telemetry.report_job],
        worker_ttl=60,
        maintenance_interval=60,
    )
    made.work(logging_level="WARNING")


@click.command("clock")
def run_clock() -> None:
    """Wake for what is due, ring for workers, sweep up."""
    from app import periodic
    from app.publishing import clockwork

    clockwork.run(_stopping(), also=periodic.ring_due)


def _stopping() -> Callable[[], bool]:
    stop = threading.Event()

    def leave(*_: object) -> None:
        stop.set()
        queue.wake_clock()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    return stop.is_set


seed = AppGroup("seed", help="Make data to look around in.")


@seed.command("demo")
@across_organizations("it makes the organisation that it fills")
def seed_demo() -> None:
    """A demo organisation with channels and posts; prints its sign-in."""
    from app import demo

    email, password = demo.plant(clock.now())
    db.session.commit()
    click.echo(f"Demo sign-in: {email} / {password}")


user = AppGroup("user", help="Accounts.")


@user.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--operator", is_flag=True, help="May run this instance.")
def create_user(email: str, name: str, operator: bool) -> None:
    """Make an account with an organisation of its own; prints a one-time password link."""
    from app.account.enrolling import enrol

    link = enrol(email, name, operator=operator, now=clock.now())
    db.session.commit()
    click.echo(f"{current_app.config['SETTINGS'].base_url}{link}")


@user.command("release")
@click.argument("email")
def release_user(email: str) -> None:
    """Take the second factors of somebody who has lost them all; prints a one-time password link."""
    from app.account import alerts, enrolling
    from app.account.models import User
    from app.account.visits import Visit

    found = User.by_email(email)
    if found is None:
        raise click.ClickException("There is no account with this address.")
    link = enrolling.release(found, clock.now())
    by_hand = Visit("the operator, by hand", "")
    alert = alerts.tell_now("factors_released", found, by_hand, clock.now())
    audit.record("account.factors_released", subject=found.id)
    db.session.commit()
    queue.enqueue("app.account.jobs.send_alert", alert, on="default")
    click.echo(f"{current_app.config['SETTINGS'].base_url}{link}")


@click.command("datamap")
def show_datamap() -> None:
    """Print every column with what it holds of a person, why, on what basis and until when."""
    from app.privacy.map_faults import faults as faults_of

    faults = faults_of(db.metadata)
    for row in datamap.rows(db.metadata):
        words = [row["category"], row["subject"], row["purpose"], row["basis"], row["retention"]]
        click.echo(f"{row['column']:40} {'  '.join(w for w in words if w):60} {row['why']}")
    for fault in faults:
        click.echo(f"FAULT {fault}", err=True)
    if faults:
        raise SystemExit(1)


keys = AppGroup("keys", help="The keys that seal secrets.")


@keys.command("rotate")
@across_organizations("every key is sealed anew")
def rotate_keys() -> None:
    """Seal every secret anew under the first of ENCRYPTION_KEYS."""
    from app.account import authenticator
    from app.channels import models as channels
    from app.channels import registrations

    count = channels.reseal_all() + authenticator.reseal_all() + audit.reseal_keys()
    count += registrations.reseal_all()
    db.session.commit()
    click.echo(f"{count} secrets resealed.")


@click.command("promises")
def show_promises() -> None:
    """The register: each promise, its code, its proof and the last result."""
    from app.privacy.evidence import promises_command

    raise SystemExit(promises_command())


@click.command("doctor")
def see_doctor() -> None:
    """Look at every setting and service; say what is wrong and what mends it."""
    from app import doctor

    findings = doctor.examine(clock.now())
    for one in findings:
        click.echo(f"{'ok   ' if one.is_well else 'FAULT'} {one.part:10} {one.words}")
        if not one.is_well:
            click.echo(f"{'':16} Mend: {one.mend}")
    if not all(one.is_well for one in findings):
        raise SystemExit(1)
