"""`flask audit …`."""

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from app import audit
from app.audit.models import events, heads
from app.db import db, read_only
from app.scope import across_organizations

group = AppGroup("audit", help="The trail of what was done.")


@group.command("verify")
def verify() -> None:
    """Recompute the whole log and name each fault: edited, reordered, deleted, inserted,
    truncated, rewritten, details or heads that don't match. Exit 1 on any."""
    with read_only(), across_organizations("the whole log is counted"):
        faults = audit.verify()
        length = db.session.scalar(select(func.count()).select_from(events))
        signed = db.session.scalar(select(func.count()).select_from(heads))
    for fault in faults:
        click.echo(f"FAULT {fault}")
    words = f"{len(faults)} faults" if faults else "whole"
    click.echo(f"{length} events, {signed} signed heads: {words}.")
    if faults:
        raise SystemExit(1)
