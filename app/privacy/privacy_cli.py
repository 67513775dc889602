"""`flask export`, `erase`, `retention` and `privacy`: what people do themselves, for an operator who
answers a letter, and what runs by itself, by hand."""

from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app import clock
from app.db import db
from app.scope import across_organizations

export = AppGroup("export", help="Copies of what is held about a person.")


@export.command("create")
@click.argument("email")
@click.option("--to", "target", type=click.File("wb"), help="The zip; default: a link in the app.")
def create_export(email: str, target: Any) -> None:
    """Make a copy of all that is held about a person, now; prints where it is."""
    from app.account.models import User
    from app.privacy import exports, jobs

    person = User.by_email(email)
    if person is None:
        raise click.ClickException("Nobody here has this address.")
    run = exports.order(person, clock.now())
    db.session.commit()
    jobs.make_export(run.id)
    db.session.refresh(run)
    if not run.is_ready:
        raise click.ClickException("The copy could not be made; the log says why.")
    if target:
        target.writelines(exports.open_copy(run))
    click.echo(f"{run.rows_total} rows, {run.size} bytes; in the app under Your privacy, Copies.")


@click.command("erase")
@click.argument("email")
@click.option("--preview", "is_preview", is_flag=True, help="Only say what would happen.")
@click.option("--now", "is_now", is_flag=True, help="Do it, without the cooling time.")
@across_organizations("a person is in several")
def erase_person(email: str, is_preview: bool, is_now: bool) -> None:
    """Delete a person and what is held about them, as they could do themselves."""
    from app.account.models import User
    from app.privacy import erasure_jobs, erasure_plan, erasures

    person = User.by_email(email)
    if person is None:
        raise click.ClickException("Nobody here has this address.")
    if is_preview == is_now:
        raise click.UsageError("Say either --preview or --now.")
    leave = {str(o.organization.id): erasures.LEAVE for o in erasures.owned_alone(person)}
    choices = erasures.settle(person, leave)
    for act, rows in erasure_plan.preview(db.metadata, erasures.going(person, choices)):
        click.echo(f"{act.table.name:20} {rows:8} {act.word}")
    if is_now:
        erasure = erasures.begin(person, choices, clock.now(), clock.now())
        db.session.commit()
        erasure_jobs.erase(erasure.id)
        base = current_app.config["SETTINGS"].base_url
        click.echo(f"{erasures.WORDS[erasure.state]}: {base}/privacy/deletions/{erasure.code}")


retention = AppGroup("retention", help="What ends when its time is over.")


@retention.command("run")
@click.option("--dry-run", "is_dry", is_flag=True, help="Only say what would go.")
def run_retention(is_dry: bool) -> None:
    """Run every rule of docs/policies/retention.toml; 1 when the brake stopped one."""
    from app.privacy import retention_jobs, retention_runs

    runs = retention_jobs.try_retention() if is_dry else retention_jobs.run_retention()
    for one in runs:
        held = f", {one.held} held" if one.held else ""
        click.echo(f"{one.clock:32} {one.candidates:8} over, {one.done} done{held}  {one.words}")
    for name, rows in retention_runs.overdue(clock.now()).items():
        click.echo(f"OVERDUE {name}: {rows}", err=True)
    if any(one.state == retention_runs.BRAKED for one in runs):
        raise SystemExit(1)


privacy = AppGroup("privacy", help="What the policy rests on.")


@privacy.command("build")
@click.option("--check", is_flag=True, help="Only compare; 1 when one is out of date.")
def build_privacy(check: bool) -> None:
    """Write the documents of docs/policies that are made from the code."""
    from app.privacy import documents

    stale = documents.build(db.metadata, check=check)
    click.echo(
        f"{len(stale)} {'out of date' if check else 'written'}: {', '.join(stale) or 'none'}"
    )
    if check and stale:
        raise SystemExit(1)
