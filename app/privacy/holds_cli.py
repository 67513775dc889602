"""`flask holds`: what is kept, who ordered it, until when, and how much that is."""

import click
from sqlalchemy import select

from app import clock
from app.db import db, read_only
from app.privacy.holds import LegalHold, kept
from app.scope import across_organizations


@click.command("holds")
@click.option("--all", "with_past", is_flag=True, help="Those that are over, too.")
def list_holds(with_past: bool) -> None:
    """List the legal holds: number, scope, state, review date, rows that it keeps, authority and
    reason. Exit 1 when one is past its review date."""
    chosen = select(LegalHold).order_by(LegalHold.id)
    if not with_past:
        chosen = chosen.where(LegalHold.released_at.is_(None))
    late = 0
    with read_only(), across_organizations("a hold may keep anybody's"):
        for one in db.session.scalars(chosen):
            is_late = one.is_active and one.review_on <= clock.now().date()
            late += is_late
            rows = kept(one) if one.is_active else 0
            click.echo(
                f"{one.id:4}  {one.scope} {one.target_id}  {_state(one):10}"
                f"  review {one.review_on}{' OVERDUE' if is_late else ''}"
                f"  {rows} rows  {one.authority}: {one.reason}"
            )
    if late:
        raise SystemExit(1)


def _state(hold: LegalHold) -> str:
    if hold.released_at:
        return "released"
    return "holds" if hold.is_active else "unapproved"
